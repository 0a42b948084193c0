// What an entry of the log says: an in-toto Statement v1 about one thing that can change an
// endpoint.
//
//   DAY_TRY_ASSIGN(const Statement statement, ParseStatement(envelope.payload));
//   if (statement.kind == StatementKind::kBundle) { DAY_TRY_ASSIGN(const Release release, ... ) }
//
// The payload is canonical JSON with integers only: same statement, same bytes. Statements of types
// that are not known here are kUnknown, so that newer ones do not stop older endpoints; a known
// type with a field that does not belong is refused. docs/formats/dsse.md lists the fields. Thread
// safety: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/wire/json.h"

namespace day::update {

enum class StatementKind : std::uint8_t {
  kBundle,    // a release of rules
  kEngine,    // a release of the program
  kText,      // a statement to people
  kRecall,    // a release must not be used any more
  kHalt,      // a release must not be activated any further
  kRebuild,   // a third party's verdict on a bundle
  kMetadata,  // no statement but a TUF file: who may say all this (metadata_proof.h)
  kUnknown,
};

// "bundle", "engine", ...; "unknown".
std::string_view StatementKindName(StatementKind kind);
struct Subject {
  std::string name;
  std::string sha256;  // lower-case hexadecimal

  bool operator==(const Subject&) const = default;
};

// One point of a roll-out: from `delay_s` seconds after the release on, machines whose ring is
// below `percent` activate it.
struct RolloutStep {
  std::uint32_t percent = 0;
  std::uint32_t delay_s = 0;

  bool operator==(const RolloutStep&) const = default;
};

constexpr std::size_t kSubjectsMax = 1000;
constexpr std::size_t kRolloutStepsMax = 32;
constexpr std::size_t kTextMaxBytes = 16'384;

// Every kind's fields; which are used is said behind each.
struct Statement {
  StatementKind kind = StatementKind::kUnknown;
  std::string predicate_type;     // as it stood
  std::vector<Subject> subjects;  // the bundle, the program, what is recalled or halted, ...
  std::int64_t time_s = 0;        // all: when it was proposed, seconds since 1970
  // Text, recall, halt: words for people; engine: its version; metadata: the name of the file.
  std::string text;
  // Bundle:
  std::int64_t sequence = 0;  // 1, 2, 3, ... of releases; also engine, metadata (its version)
  std::uint64_t size_bytes = 0;
  std::string previous_sha256;  // empty for the first
  // Entries below this index need not be read by who starts with this release: whatever of them
  // still counts is in `recalled`.
  std::uint64_t log_size = 0;
  std::vector<std::string> recalled;  // bundles that were halted or recalled, sorted
  std::vector<RolloutStep> rollout;   // percents and delays rise; the last percent is 100
  bool emergency = false;             // no roll-out: all at once
  // It sees less than the release before it, or something else: detections go, change or are
  // allowed. Takes the keys of "removals".
  bool removes = false;
  // Rebuild: whether the third party got the same bytes.
  bool same = false;

  bool operator==(const Statement&) const = default;
};

// What it says, for people: its text; a verdict in words; of a release that it sees less.
std::string WordsOf(const Statement& statement);

// The role of the TUF metadata whose keys may say this: "rules", "removals", "engine", "targets",
// "halt", "rebuild"; empty for kMetadata and kUnknown.
std::string_view RoleOf(const Statement& statement);

// The payload of the DSSE envelope. REQUIRES: kind is neither kMetadata nor kUnknown.
std::string WriteStatement(const Statement& statement);
// Errors: kMalformed, kLimit.
base::Result<Statement> ParseStatement(std::string_view payload);

// Which hundredth of all machines this one is for a release: the first eight bytes (big-endian) of
// SHA-256(secret || release hash), modulo 100. The secret stays on the machine, so nobody can aim
// at one. REQUIRES: release_sha256 is hexadecimal.
std::uint32_t RingOf(std::string_view secret, std::string_view release_sha256);
// Seconds after the release at which a ring activates it.
std::uint32_t DelayOf(const Statement& release, std::uint32_t ring);

}  // namespace day::update
