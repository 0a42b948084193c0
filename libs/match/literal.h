// Parts that are plain bytes: text strings, and expressions without any operator.
#pragma once

#include <cstdint>
#include <string>

#include "libs/base/bytes.h"
#include "libs/match/code.h"
#include "libs/match/program.h"

namespace day::match {

struct LiteralSpec {
  std::string bytes;  // as they stand in the file: already widened
  std::uint32_t width = 1;
  bool no_case = false;
  bool shadowed = false;
  const XorRange* xor_range = nullptr;
};

// Writes the body of a literal and fills in `part`.
void WriteLiteral(const LiteralSpec& spec, CodeWriter& writer, PartHeader& part);
// The windows it can be found by.
PartAtoms LiteralAtoms(const LiteralSpec& spec);

// The match of a literal part at `offset`, modifiers included. Returns whether there is one.
bool MatchLiteral(Code code, const PartHeader& part, base::Bytes data, std::uint64_t offset,
                  Match& match);

}  // namespace day::match
