// One line of ClamAV's file type magic (.ftm):
//
//   MODE:OFFSET:HEX:NAME:REQUIRED:TYPE[:MINFL[:MAXFL]]
//
// MODE 0: these bytes stand at OFFSET; 4: likewise, of partitions; 1: HEX is a pattern as in .ndb
// and OFFSET an offset as there, looked for in files that are REQUIRED (or CL_TYPE_ANY) so far.
// Other modes say nothing, as in ClamAV. Tests of bytes around a pattern ((B), (L), (W), [n-m]) are
// not known here. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libs/signatures/clamav/file_types.h"
#include "libs/signatures/clamav/signature.h"

namespace day::signatures::filetypes {

struct FileTypeMagic {
  enum class Mode : std::uint8_t { kBytes, kPartition, kPattern };
  Mode mode = Mode::kBytes;
  std::string bytes;              // kBytes, kPartition
  std::string expression;         // kPattern: for clamav::Regex, with the flag "s"
  std::string literal;            // kPattern: bytes that every match has; may be empty
  clamav::Offset offset;          // kPattern: absolute, from the end, or any
  clamav::ClamType required = 0;  // 0: CL_TYPE_ANY
  clamav::ClamType type = 0;
};

struct FileTypeLine {
  enum class Kind : std::uint8_t { kMagic, kNothing, kBad };
  Kind kind = Kind::kNothing;
  FileTypeMagic magic;
  std::string problem;
};

// `line` without its newline; a carriage return at its end is no part of it.
FileTypeLine ParseFileTypeLine(std::string_view line);

}  // namespace day::signatures::filetypes
