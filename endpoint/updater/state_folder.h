// What an endpoint keeps about updates, in one folder that can be deleted:
//
//   policy            which logs and witnesses count (tlog-policy)
//   mirrors           where updates are, one URL a line
//   follower.json     how far the log was followed, trusted metadata, known releases
//   log.jsonl         every entry that was read, one a line
//   slots.json        which of the two slots is active
//   slots/a, slots/b  a bundle (`bundle`) and the same unpacked (`rules/`); slots/new while it is
//   tried key               32 random bytes that never leave this machine: the ring of each
//   roll-out fork-evidence.*   two checkpoints that exclude each other, for everybody to see
//
// Files are replaced atomically and durably. A slot is written whole before slots.json names it, so
// a crash at any time leaves the old slot active. slots.json is the only thing that switches.
// Thread safety: one thread; processes take Lock() before they change anything.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/result.h"
#include "libs/os/fd.h"
#include "libs/update/bundle.h"
#include "libs/update/follower.h"

namespace day::endpoint::updater {

struct Slot {
  std::string sha256;  // of its bundle; empty: the slot is empty
  std::int64_t sequence = 0;
};

// The content of slots.json.
struct Slots {
  std::array<Slot, 2> slots;  // "a" and "b"
  std::optional<std::size_t> active;
  // Bundles that must not be activated (again), and why: they failed their trial, or a person went
  // back from them.
  std::map<std::string, std::string> rejected;

  const Slot* Active() const { return active ? &slots[*active] : nullptr; }
  // The slot that is not active, if it holds something.
  const Slot* Previous() const;
  std::optional<std::size_t> Find(const std::string& sha256) const;
};

// One line of log.jsonl.
struct LogLine {
  std::uint64_t index = 0;
  std::string kind;
  std::int64_t time_s = 0;
  std::int64_t sequence = 0;
  std::vector<std::string> subjects;  // SHA-256
  std::string text;
  std::int64_t signers = 0;
  std::int64_t threshold = 0;
  std::string refused;  // empty: it counted
};

// $DAYLIGHT_STATE, $XDG_STATE_HOME/daylight or ~/.local/state/daylight; empty if there is none.
std::string DefaultStateFolder();

class StateFolder {
 public:
  explicit StateFolder(std::string folder) : folder_(std::move(folder)) {}

  const std::string& path() const { return folder_; }
  // Whether a root is trusted here.
  bool Exists() const;
  // Removes what a killed process left unfinished. Errors: kTimeout if another process holds it for
  // long; as os::ErrnoError.
  base::Result<os::Fd> Lock() const;

  // First trust: everything that was there before, but for evidence of forks, is forgotten.
  // Errors: as os::ErrnoError.
  base::Status Create(const std::string& policy, const update::FollowerState& state) const;

  // Where updates are; empty if nobody said. Errors: as os::ErrnoError.
  base::Result<std::vector<std::string>> ReadMirrors() const;
  base::Status WriteMirrors(const std::vector<std::string>& urls) const;

  // Errors: kNotFound; kMalformed if a file is damaged.
  base::Result<std::string> ReadPolicy() const;
  base::Result<update::FollowerState> ReadFollower() const;
  base::Status WriteFollower(const update::FollowerState& state) const;
  base::Result<Slots> ReadSlots() const;
  base::Status WriteSlots(const Slots& slots) const;

  // The folder of a slot's unpacked rules, and its bundle's bytes.
  std::string RulesFolder(std::size_t slot) const;
  base::Result<std::string> ReadBundle(std::size_t slot) const;
  // Writes a bundle beside the slots, for its trial; returns the folder of its rules.
  base::Result<std::string> WriteNew(const std::string& bytes, const update::Bundle& bundle) const;
  // Puts what WriteNew() wrote in the place of a slot. REQUIRES: slots.json says that it is empty.
  base::Status AdoptNew(std::size_t slot) const;

  // Keeps the proof of a release: proofs/HASH.entry and proofs/HASH.tlog-proof.
  base::Status WriteProof(const update::ReleaseProof& proof) const;
  // The entry of the log that released a bundle. Errors: kNotFound if it is not kept (any more).
  base::Result<std::string> ReadEntry(const std::string& sha256) const;
  // Removes the proofs of releases that neither a slot nor the follower knows any more.
  base::Status PruneProofs(const Slots& slots, const update::FollowerState& state) const;

  base::Result<std::string> Secret() const;
  base::Status AppendLog(const std::vector<update::EntryReport>& entries) const;
  // In the order of the log, each entry once.
  base::Result<std::vector<LogLine>> ReadLog() const;
  // Returns the file's path.
  base::Result<std::string> WriteEvidence(const std::string& evidence) const;

 private:
  std::string SlotFolder(std::size_t slot) const;

  std::string folder_;
};

// The folder of the active rules, if there are any: what a scan uses. No error: without a state, or
// with a damaged one, there is none; `problem` then says what is wrong (may be null).
std::optional<std::string> ActiveRules(const std::string& state_folder, std::string* problem);

}  // namespace day::endpoint::updater
