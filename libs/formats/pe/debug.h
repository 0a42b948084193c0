// The debug directory of a PE file: where its symbols are.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "libs/formats/pe/pe_reader.h"

namespace day::formats::pe {

inline constexpr std::uint32_t kDebugTypeCodeView = 2;
inline constexpr std::size_t kPdbPathSizeMax = 4095;
// Ours: YARA goes on to the end of the file.
inline constexpr std::size_t kDebugEntriesMax = 65536;

// The path in the first CodeView record (RSDS, NB10 or MTOC) that has one of at most
// kPdbPathSizeMax bytes. A view into the file.
std::optional<std::string_view> PdbPath(const PeReader& pe);

}  // namespace day::formats::pe
