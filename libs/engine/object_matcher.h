// ObjectMatcher: how the engine asks "which rules match these bytes?", once for each object (the
// file itself and everything opened inside it). rule_matcher.h answers with compiled rules; tests
// answer with a fake, so that descending and judging are tested without the rule language.
//
// Thread safety: an implementation belongs to one engine, and so to one thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/engine/report.h"

namespace day::engine {

// What external variables may ask of an object. Views are valid for one Match().
struct ObjectFacts {
  std::string_view filename;   // last part of the path: "a.exe"
  std::string_view filepath;   // "/srv/outer.zip//inner.tar//a.exe"
  std::string_view extension;  // with its dot, as written: ".exe"; empty if there is none
  std::string_view filetype;   // FileTypeExternal() of identify.h: "EXE", "ZIP", ...
  std::string_view owner;      // name of the owner of the scanned file, or empty
};

struct MatchLimits {
  std::uint64_t timeout_ms = 0;  // processor time for this object; 0: none
  std::uint32_t matches_per_finding_max = 10;
  std::uint32_t findings_max = 1000;  // findings appended by one call
};

// How matching one object ended. Never a verdict: findings may exist with any of these.
struct MatchOutcome {
  bool timed_out = false;
  bool findings_dropped = false;  // findings_max was reached
};

class ObjectMatcher {
 public:
  virtual ~ObjectMatcher() = default;

  // Appends one finding for each matching rule, in order of definition. inner_path is left empty:
  // the engine fills it in. REQUIRES: `data` and the facts stay unchanged during the call.
  virtual MatchOutcome Match(base::Bytes data, const ObjectFacts& facts, const MatchLimits& limits,
                             std::vector<Finding>& findings) = 0;
};

}  // namespace day::engine
