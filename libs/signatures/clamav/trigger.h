// Which patterns of a logical signature are looked for in every object: one of them must match for
// the signature to be true, and together they are the cheapest such set. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "libs/signatures/clamav/logic.h"
#include "libs/signatures/clamav/part_plan.h"

namespace day::signatures::clamav {

// How a pattern is found: by its rarest part.
struct PatternPlan {
  std::uint32_t part = 0;
  PartPlan plan;
};

struct SubsignaturePlan {
  std::vector<PatternPlan> patterns;              // of patterns: one of them matches
  std::optional<std::uint8_t> depends_on;         // of a byte comparison
  std::optional<std::vector<LogicNode>> trigger;  // of a regex
  bool is_macro = false;                          // depends on the one before
  bool is_image = false;                          // of an image hash: no bytes say anything
};

// Nothing: the signature may be true where none of its patterns matches.
std::optional<std::vector<const PatternPlan*>> ChooseTrigger(
    std::span<const LogicNode> logic, std::span<const SubsignaturePlan> subsignatures);

}  // namespace day::signatures::clamav
