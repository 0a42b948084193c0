// The texts of updates that a person reads. Placeholders are fmt's.
#pragma once

#include <string_view>

namespace day::endpoint::cli::texts {

inline constexpr std::string_view kUpdateHelp = R"(daylight update - get the newest rules

Usage: daylight update [OPTION]... [FROM]...

FROM is a URL (a folder with latest.upd and full.upd, or a .upd file) or a .upd file on this machine, such
as one from a USB stick. Several URLs are mirrors: they are asked in random order. Without FROM the mirrors
that were named with `daylight trust` are asked.

Whatever the source, an update is refused unless the public log has it, a quorum of witnesses has seen
that log, nothing in between was left out, and the release is signed by those who may. New rules are
compiled and tried on files of this machine that are known to be good before they are used.

  --export FILE   write the update to FILE, for a machine without a network (same bytes for everybody)
  --proxy URL     ask through an HTTP proxy
  --state DIR     where updates are kept (DAYLIGHT_STATE, or ~/.local/state/daylight)

Exit code: 0 up to date, updated, or waiting for this machine's turn; 2 otherwise.
)";
inline constexpr std::string_view kVerifyHelp =
    R"(daylight verify - check the active rules against the public log

Usage: daylight verify [--state DIR]

Without a network: the stored checkpoint and its witnesses, the entries that were followed, and every file of
the active rules. Exit code: 0 all is well, 2 something is wrong.
)";
inline constexpr std::string_view kLogHelp =
    R"(daylight log - what the public log said to this machine

Usage: daylight log [--state DIR]

One line an entry: its index, what it is, when it was proposed, how many signed it. Entries that do not count say
why.
)";
inline constexpr std::string_view kExplainHelp = R"(daylight explain - what a release changed

Usage: daylight explain [--state DIR] UPDATE

UPDATE is a number as in `daylight log` (release 12), or the beginning of a release's SHA-256. If its rules and
those of the release before are still here, they are compared rule by rule in the sandbox.
)";
inline constexpr std::string_view kTrustHelp = R"(daylight trust - choose whose updates to take

Usage: daylight trust --policy FILE [--mirror URL]... [--state DIR] ROOT

ROOT is the network's root (TUF root metadata), FILE names its log and its witnesses (tlog-policy; it must
have a quorum). What was trusted before is forgotten, with the rules that came from it.
)";
inline constexpr std::string_view kRollbackHelp =
    R"(daylight rollback - go back to the release before

Usage: daylight rollback [--state DIR]

The release that was active is not taken again; the next one will be.
)";

inline constexpr const char kActivated[] =
    "Release {} is active now: {} rules, {} hash signatures; tried on {} known good files.\n";
inline constexpr const char kReactivated[] = "Release {} is active now.\n";
inline constexpr const char kUpToDate[] = "Release {} is active; there is nothing newer.\n";
inline constexpr const char kNoRelease[] = "The log has no release of rules yet.\n";
inline constexpr const char kWaits[] =
    "Release {} was published; this machine's turn comes at {}. Until then the active rules "
    "stay.\n";
inline constexpr const char kWentBack[] = "Back to release {}.\n";
inline constexpr const char kStopped[] =
    "The active release was halted or recalled. Release {} is active now.\n";
inline constexpr const char kStoppedAll[] =
    "the active release was halted or recalled, and there is none to go back to; the rules that "
    "ship "
    "with Daylight are used until there is a new one";
inline constexpr const char kRejected[] =
    "release {} is not used: {}. The rules that were active stay so";
inline constexpr const char kNotTried[] =
    "release {} could not be tried: {}. The rules that were active stay so; the next update tries "
    "it again";
inline constexpr const char kFork[] =
    "THE LOG HAS FORKED: it has shown two histories that cannot both be true, both signed by its "
    "witnesses. Somebody may be showing this machine other updates than the rest of the world. "
    "Updates "
    "are stopped; the active rules stay. The proof is in {}: send it to people you trust";
inline constexpr const char kNoteEntry[] =
    "{:>8}  note      for people and other programs: it changes nothing on this machine\n";
inline constexpr const char kProgram[] = "Note: {}.\n";
inline constexpr const char kUnread[] =
    "{} older entries came as hashes only; the release accounts for them.\n";
inline constexpr const char kFresh[] = "Fresh: witnesses saw the log at {}.\n";
inline constexpr const char kStale[] =
    "STALE: the last word of the witnesses is from {}. A mirror may be holding back updates.";
inline constexpr const char kExpired[] =
    "EXPIRED: the last word of the witnesses is from {}, or the metadata has run out. The rules "
    "are still "
    "used, but they are old.";
inline constexpr const char kExported[] = "Written: {} ({} bytes)\n";
inline constexpr const char kNotTaken[] = "the update is refused: {}";
inline constexpr const char kTrusted[] =
    "Trusted. {} log(s), {} witnesses. Get the rules with `daylight update`.\n";

}  // namespace day::endpoint::cli::texts
