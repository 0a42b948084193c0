// How a part is found: the code that verifies it, and the bytes that it is looked up by.
//
// A part is looked up by grams of four bytes at every fourth position (one gram for each rest of
// the offset by four), by one gram at every position, or by a pair of bytes; and in a second
// search by its anchor, a run of known bytes. Where alternatives of different lengths stand before
// those bytes the start is one of several: `slack`. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/signatures/clamav/signature.h"

namespace day::signatures::clamav {

struct GramChoice {
  std::uint32_t gram = 0;  // or pair
  std::uint32_t value = 0;
  std::uint32_t mask = 0;
  std::int32_t check = 0;   // where value stands behind the gram
  std::uint32_t back = 0;   // the smallest distance of the gram from the part's start
  std::uint32_t slack = 0;  // how much more it may be
};

struct PartPlan {
  enum class Class : std::uint8_t { kSampled, kDense, kShort };
  Class lookup = Class::kShort;
  std::vector<GramChoice> grams;
  double cost = 0;  // expected candidates a MiB of benign data, and a share of the fixed work
  std::uint32_t anchor_prefix = 0;
  std::uint32_t anchor_slack = 0;
  std::string anchor;
  bool anchor_is_masked = false;
};

// REQUIRES: a part as ParseHex() makes it (two known bytes in a row).
PartPlan PlanPart(const Part& part);

// The code of body_format.h.
std::string EncodeElements(const std::vector<Element>& elements);

}  // namespace day::signatures::clamav
