// One line of ClamAV's signatures on what containers say of the files in them:
//
//   .cdb   NAME:CONTAINER:CSIZE:REGEX:COMPRESSED:REAL:ENCRYPTED:POSITION:CRC32:RES[:MINFL[:MAXFL]]
//   .zmd   NAME:ENCRYPTED:REGEX:REAL:COMPRESSED:CRC32:METHOD:POSITION:DEPTH      in zip archives
//   .rmd   likewise                                                              in RAR archives
//
// "*" is anything; numbers may be ranges "a-b"; REGEX is compared with the whole name inside the
// container, anywhere in it; positions count from 1; METHOD and DEPTH say nothing. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/signatures/clamav/file_types.h"

namespace day::signatures::metadata {

struct Bounds {
  std::uint64_t min = 0;
  std::uint64_t max = ~std::uint64_t{0};
  bool Holds(std::uint64_t value) const { return value >= min && value <= max; }
};

struct MetadataSignature {
  std::string name;
  std::optional<clamav::ClamType> container;  // nothing: any
  Bounds container_size;
  std::string regex;  // empty: any name
  Bounds compressed_size;
  Bounds real_size;
  std::optional<bool> is_encrypted;
  Bounds position;
  std::optional<std::uint32_t> crc32;  // asked of zip and RAR archives only
};

enum class MetadataFormat : std::uint8_t { kNone, kCdb, kZmd, kRmd };
// By the ending of the file's name.
MetadataFormat MetadataFormatOf(std::string_view file_name);

struct MetadataLine {
  enum class Kind : std::uint8_t { kSignature, kNothing, kBad };
  Kind kind = Kind::kNothing;
  MetadataSignature signature;
  std::string_view problem;  // static text
};

// `line` without its newline; a carriage return at its end is no part of it.
MetadataLine ParseMetadataLine(MetadataFormat format, std::string_view line);

}  // namespace day::signatures::metadata
