// What a release can no longer see, or sees in another way, than the one before it.
//
//   const auto diff = [](const std::string& older, const std::string& newer) {
//     return ...;  // what `daylight rules diff --json` prints about two rule files
//   };
//   DAY_TRY_ASSIGN(const Blindness blindness, CompareBundles(older, newer, diff));
//
// Analysts, monitors and endpoints all compare with this. Rules are parsed by the caller's `diff`
// alone, in its sandbox; hash lists are compared as lines. Thread safety: values, free functions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/update/bundle.h"

namespace day::update {

// "rules.yar": a rule file; "a.hdb": a hash list; "a.fp": hashes that are to be let through.
enum class RuleFileKind : std::uint8_t { kRules, kHashes, kAllowed, kOther };
RuleFileKind KindOfRuleFile(std::string_view path);

struct Blindness {
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<std::string> changed;  // "NAME: of 12 samples the old version finds 12, the new 3"
  std::vector<std::string> hashes_removed;  // "file: line"
  std::vector<std::string> allowed;         // "file: line"
  std::int64_t hashes_added = 0;

  // Whether it takes the higher threshold: detections go, become others, or are silenced. A rule
  // that finds the same samples as before counts too: samples prove no equality.
  bool Blinds() const {
    return !removed.empty() || !changed.empty() || !hashes_removed.empty() || !allowed.empty();
  }
  std::vector<std::string> Lines() const;  // in words
  bool operator==(const Blindness&) const = default;
};

// The JSON of `daylight rules diff --json` about two rule files.
using RuleDiff =
    std::function<base::Result<std::string>(const std::string& older, const std::string& newer)>;

// Only files that differ are given to `diff`. Errors: those of `diff`; kMalformed if what it gives
// is not its JSON.
base::Result<Blindness> CompareBundles(const Bundle& older, const Bundle& newer,
                                       const RuleDiff& diff);

}  // namespace day::update
