// The export table of a PE file, with YARA 4.5.8's idea of a valid one (docs/formats/pe.md).
//
// A table whose arrays do not lie in the file has no functions, though its name and time may be
// known. Limits: kExportCountMax functions, names cut at kExportNameSizeMax. Ownership: names are
// views into the file. Thread safety: as for any value type.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "libs/formats/pe/pe_reader.h"

namespace day::formats::pe {

inline constexpr std::uint32_t kExportCountMax = 16384;
inline constexpr std::size_t kExportNameSizeMax = 512;

struct ExportedFunction {
  std::optional<std::string_view> name;
  // Set for forwarders, which point to "LIBRARY.Function" inside the export directory.
  std::optional<std::string_view> forward_name;
  std::optional<std::uint64_t> offset;  // file offset; never set for forwarders
  std::uint32_t ordinal = 0;
  std::uint32_t rva = 0;
};

class ExportTable {
 public:
  void Clear();
  // Reads anew; memory of the last file is used again.
  void Read(const PeReader& pe);

  std::optional<std::uint32_t> timestamp() const { return timestamp_; }
  std::optional<std::string_view> dll_name() const { return dll_name_; }
  std::span<const ExportedFunction> functions() const { return functions_; }

 private:
  void ReadFunctions(const PeReader& pe, base::Bytes addresses, std::uint32_t ordinal_base,
                     std::uint64_t directory_begin, std::uint64_t directory_end);
  void ReadNames(const PeReader& pe, base::Bytes ordinals, base::Bytes names);

  std::optional<std::uint32_t> timestamp_;
  std::optional<std::string_view> dll_name_;
  std::vector<ExportedFunction> functions_;
};

}  // namespace day::formats::pe
