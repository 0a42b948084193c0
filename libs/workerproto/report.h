// What a worker says of one file. The shapes follow libs/engine/report.h, which only the worker may
// include; yara mode has its own, which refers to rules and strings by their index in the
// RuleTable.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace day::workerproto {

enum class Verdict : std::uint8_t { kNothingFound, kFound };
enum class Completeness : std::uint8_t { kComplete, kPartial, kNotScanned };
enum class Severity : std::uint8_t { kInfo, kLow, kMedium, kHigh, kCritical };

std::string_view VerdictName(Verdict verdict);
std::string_view CompletenessName(Completeness completeness);
std::string_view SeverityName(Severity severity);

struct StringMatch {
  std::string identifier;
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
  std::string data;
  std::uint8_t xor_key = 0;
  bool is_hex = false;
  bool operator==(const StringMatch&) const = default;
};

struct Finding {
  // Of rules; of hash signatures; of body and logical signatures; of files that are nearly the
  // same; of how a file is made.
  enum class Source : std::uint8_t { kRule, kHash, kSignature, kNear, kHeuristic };
  Source source = Source::kRule;
  std::string name;
  std::string rule;
  std::string name_space;
  std::string provenance;
  Severity severity = Severity::kHigh;
  std::string inner_path;
  std::vector<StringMatch> matches;
  bool operator==(const Finding&) const = default;
};

// "rule", "hash", "signature", "near", "heuristic".
std::string_view SourceName(Finding::Source source);

// The reason of a gap when time ran out.
inline constexpr std::string_view kTimeoutReason = "timeout";

struct Gap {
  std::string inner_path;
  std::string reason;
  bool operator==(const Gap&) const = default;
};

struct FileReport {
  std::uint64_t id = 0;  // of the item in its batch
  Verdict verdict = Verdict::kNothingFound;
  Completeness completeness = Completeness::kComplete;
  std::vector<Finding> findings;
  std::vector<Gap> gaps;
  std::uint64_t objects_scanned = 0;
  std::uint64_t bytes_scanned = 0;
  bool operator==(const FileReport&) const = default;
};

// One match of a string, in yara mode. The data is a range of YaraReport::data, of at most 512
// bytes of the match.
struct YaraMatch {
  std::uint32_t string = 0;  // global index into RuleTable::strings
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
  std::uint8_t xor_key = 0;
  std::uint64_t data_offset = 0;
  std::uint32_t data_size = 0;
  bool operator==(const YaraMatch&) const = default;
};

// A rule to print, and its matches: a range of YaraReport::matches, by string in order of
// definition, then by offset.
struct YaraRule {
  std::uint32_t rule = 0;
  std::uint64_t matches_begin = 0;
  std::uint64_t matches_count = 0;
  bool operator==(const YaraRule&) const = default;
};

enum class YaraStatus : std::uint8_t { kScanned, kTimedOut, kNotScanned };

struct YaraReport {
  std::uint64_t id = 0;
  YaraStatus status = YaraStatus::kScanned;
  std::string error;  // kNotScanned: why
  std::uint64_t bytes_scanned = 0;
  std::vector<YaraRule> rules;  // matching (with negate: not matching) public rules, in rule order
  std::vector<YaraMatch> matches;
  std::string data;
  std::vector<std::uint32_t> too_many_matches;  // strings whose further matches were dropped
  std::vector<std::string> console;             // lines of the console module
  std::string module_dump;                      // what -D prints
  bool operator==(const YaraReport&) const = default;

  std::string_view DataOf(const YaraMatch& match) const {
    return std::string_view(data).substr(match.data_offset, match.data_size);
  }
};

// Adds a later part of the same file's report. REQUIRES: part.id == whole->id.
void AppendPart(const YaraReport& part, YaraReport* whole);

// What the parent needs to know of the rules to print them.
struct RuleTable {
  struct Meta {
    std::string key;
    std::variant<std::int64_t, bool, std::string> value;
    bool operator==(const Meta&) const = default;
  };
  struct Rule {
    std::string identifier;
    std::string name_space;
    std::string file;
    std::uint32_t line = 0;
    bool is_private = false;
    bool is_global = false;
    std::uint32_t strings_begin = 0;
    std::uint32_t strings_count = 0;
    std::vector<std::string> tags;
    std::vector<Meta> metas;
    bool operator==(const Rule&) const = default;
  };
  struct String {
    std::string identifier;
    bool is_private = false;
    bool is_hex = false;
    bool is_xor = false;
    bool operator==(const String&) const = default;
  };
  std::vector<Rule> rules;
  std::vector<String> strings;
  bool operator==(const RuleTable&) const = default;
};

}  // namespace day::workerproto
