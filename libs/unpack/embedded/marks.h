// The marks by which files inside other files are found, and the search for them: one pass over
// the bytes, at the speed of memory (libs/match/pair_kernel.h). A mark is little evidence: what
// stands at it is judged by checks.h.
#pragma once

#include <cstdint>
#include <optional>

#include "libs/base/bytes.h"

namespace day::unpack::embedded {

enum class Kind : std::uint8_t {
  kPe,
  kZip,
  kRar,
  k7z,
  kCab,
  kArj,
  kNsis,
  kAutoit,
  kInstallshield,
  kPdf,
  kIso9660,
  kMail,
  kOle2,
};
inline constexpr std::size_t kKindCount = 13;

struct MarkPlace {
  Kind kind;
  std::uint64_t at;      // where such a file would begin
  std::uint64_t search;  // where the search goes on
};

// The first mark whose pair of bytes stands at or behind `from`. A mark tells one kind.
std::optional<MarkPlace> FindMark(base::Bytes file, std::uint64_t from);

}  // namespace day::unpack::embedded
