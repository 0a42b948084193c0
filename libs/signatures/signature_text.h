// One line of a signature file, read. Which formats there are, by the ending of the file's name:
//
//   .hdb .hsb .hdu .hsu   HASH:SIZE:NAME[:MINFL[:MAXFL]]   whole files; SIZE may be *
//   .mdb .msb .mdu .msu   SIZE:HASH:NAME[:MINFL[:MAXFL]]   sections of PE files
//   .imp                  MD5:SIZE:NAME                    import hashes; SIZE may be *
//   .fp .sfp              as .hdb                          files never to be reported
//   .near .tlsh .ssdeep   DIGEST,NAME[,LIMIT]              files that are nearly the same: TLSH or
//                         ssdeep digests, also as their tools list them (TAB, quotes); LIMIT is the
//                         largest distance or the least score that counts
//   .csv                  HASH,NAME[,SIZE]                 a first line without a hash is a heading
//   anything else         HASH  NAME, "MD5 (NAME) = HASH" or HASH alone, as md5sum, sha256sum write
//
// MD5, SHA-1 and SHA-256 are told apart by their length, whatever the ending. Lines starting with
// '#' and blank lines say nothing. MINFL and MAXFL are ClamAV's functionality levels: this reader
// stands for kFunctionalityLevel, and `*` sizes need a MINFL of 73 or more in ClamAV's files, as
// there. Pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "libs/base/bytes.h"
#include "libs/signatures/database.h"

namespace day::signatures {

inline constexpr std::uint32_t kFunctionalityLevel = 216;
inline constexpr std::uint32_t kFunctionalityLevelWildcards = 73;

enum class TextFormat : std::uint8_t {
  kFileHashes,
  kSectionHashes,
  kImportHashes,
  kAllow,
  kNear,
  kCsv,
  kSums
};

TextFormat FormatOfName(std::string_view file_name);

struct TextSignature {
  Table table = Table::kFileMd5;
  std::array<std::byte, 32> digest{};  // the first DigestSize(table) bytes
  std::optional<std::uint64_t> size_bytes;
  std::string_view name;  // in the line; never empty
  // Near signatures: the digest's text; `table`, `digest` and `size_bytes` say nothing then.
  std::string_view near_digest;
  unsigned near_limit = 0;
};

enum class LineKind : std::uint8_t {
  kSignature,
  kNothing,  // blank or a comment
  kBad,      // `problem` says why
};

struct LineResult {
  LineKind kind = LineKind::kNothing;
  TextSignature signature;
  std::string_view problem;  // static text
};

// `line` without its newline; a carriage return at its end is no part of it. `line_number` from 1.
LineResult ParseLine(TextFormat format, std::string_view line, std::uint32_t line_number);

}  // namespace day::signatures
