// The logic of logical signatures: which subsignatures must match, and how often.
//
// There is no precedence: outside of parentheses the first operator splits, inside them the last
// one does and then the first of what is left, as ClamAV's reader has it ("0|1&2" is 0|(1&2),
// "(0|1&2)" is (0|1)&2, "(0&1|2&3)" is (0&(1|2))&3). A count behind a group adds up all matches of
// its subsignatures; a second number asks for that many different ones, and does not see into
// groups inside that have a count themselves. Limits: kLogicNodesMax, kLogicDepthMax. Pure
// functions.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "libs/base/result.h"

namespace day::signatures::clamav {

inline constexpr std::size_t kLogicNodesMax = 1024;
inline constexpr std::size_t kLogicDepthMax = 128;

// Children stand before their parents; the last node is the root.
struct LogicNode {
  enum class Kind : std::uint8_t { kId, kAnd, kOr };
  Kind kind = Kind::kId;
  std::uint8_t id = 0;
  char op = 0;  // '=', '<' or '>' against `count`; 0: none
  std::uint32_t left = 0;
  std::uint32_t right = 0;
  std::uint32_t count = 0;
  std::uint32_t different = 0;  // at least that many different ids; 0: no matter
};

// Errors: kMalformed.
base::Result<std::vector<LogicNode>> ParseLogic(std::string_view text);

// The ids that are asked for: one more than the largest.
std::uint32_t IdCount(std::span<const LogicNode> nodes);

}  // namespace day::signatures::clamav
