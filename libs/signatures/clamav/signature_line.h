// One line of a body signature file, read:
//
//   .db              NAME=HEX
//   .ndb .ndu .sdb   NAME:TARGET:OFFSET:HEX[:MINFL[:MAXFL]]
//   .ldb .ldu        NAME;CONDITIONS;LOGIC;SUBSIGNATURE;...
//
// A line is a signature, nothing (blank, comment), skipped (sound, but not for us: a functionality
// level, a target or type we do not know, something that is not done yet) or malformed. ClamAV
// refuses a whole database for one malformed line; here the rest is still used. A subsignature is
// [offset:]hex[::options], a byte comparison, a regex or a macro (signature.h). Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/signatures/clamav/signature.h"

namespace day::signatures::clamav {

enum class BodyFormat : std::uint8_t { kNone, kDb, kNdb, kLdb };

// By the ending of the file's name.
BodyFormat BodyFormatOf(std::string_view file_name);

struct BodyLine {
  enum class Kind : std::uint8_t { kSignature, kNothing, kSkipped, kMalformed };
  Kind kind = Kind::kNothing;
  Signature signature;
  std::string reason;  // of kSkipped and kMalformed
};

// `line` without its newline; a carriage return at its end is no part of it.
BodyLine ParseBodyLine(BodyFormat format, std::string_view line);

// The conditions of a logical signature alone: other files have them, too. Errors: kMalformed, or
// kUnsupported (sound, but not for us).
base::Result<Conditions> ParseConditionText(std::string_view text);

inline constexpr std::size_t kBodyNameBytesMax = 512;
inline constexpr std::size_t kIntermediatesMax = 16;
inline constexpr std::size_t kIconGroupBytesMax = 255;

}  // namespace day::signatures::clamav
