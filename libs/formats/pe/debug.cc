#include "libs/formats/pe/debug.h"

#include <algorithm>

namespace day::formats::pe {
namespace {

constexpr std::size_t kCodeViewHeaderSizeBytes = 8;

// Where the path begins in a CodeView record of that signature; 0 for a signature unknown.
std::uint64_t PathOffset(std::uint32_t signature) {
  switch (signature) {
    case 0x53445352:  // "RSDS"
      return 24;
    case 0x3031424E:  // "NB10"
      return 16;
    case 0x434F544D:  // "MTOC"
      return 20;
    default:
      return 0;
  }
}

// The file offset of a debug entry's data: its RVA if that leads anywhere, else its raw pointer.
std::uint64_t DataOffset(const PeReader& pe, std::uint32_t rva, std::uint32_t pointer) {
  const std::uint64_t offset = rva != 0 ? pe.RvaToOffset(rva).value_or(0) : 0;
  return offset != 0 ? offset : pointer;
}

}  // namespace

std::optional<std::string_view> PdbPath(const PeReader& pe) {
  const DataDirectory directory = pe.directory(Directory::kDebug);
  const auto start = pe.RvaToOffset(directory.virtual_address);
  if (directory.virtual_address == 0 || !start) {
    return std::nullopt;
  }
  const std::size_t count =
      std::min<std::size_t>(directory.size / kDebugEntrySizeBytes, kDebugEntriesMax);
  std::optional<std::uint64_t> path;
  for (std::size_t i = 0; i < count; ++i) {
    const auto bytes =
        base::Slice(pe.file(), *start + i * kDebugEntrySizeBytes, kDebugEntrySizeBytes);
    if (!bytes) {
      break;
    }
    base::ByteReader reader(*bytes);
    reader.Skip(12);
    const std::uint32_t type = reader.U32();
    reader.Skip(4);
    const std::uint32_t rva = reader.U32();
    const std::uint32_t pointer = reader.U32();
    const std::uint64_t data = type == kDebugTypeCodeView ? DataOffset(pe, rva, pointer) : 0;
    if (data == 0 || !base::Slice(pe.file(), data, kCodeViewHeaderSizeBytes)) {
      continue;
    }
    const std::uint64_t in_record =
        PathOffset(base::ReadAt<std::uint32_t>(pe.file(), data).value_or(0));
    if (in_record != 0 && data + in_record < pe.file().size()) {
      path = data + in_record;
    }
    if (path) {
      const std::string_view text = base::CStringAt(pe.file(), *path, kPdbPathSizeMax + 1);
      if (text.size() <= kPdbPathSizeMax) {
        return text;
      }
    }
  }
  return std::nullopt;
}

}  // namespace day::formats::pe
