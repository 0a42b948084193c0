#include "libs/formats/pe/exports.h"

#include <algorithm>

namespace day::formats::pe {
namespace {

struct ExportDirectory {
  std::uint32_t time_date_stamp = 0;
  std::uint32_t name = 0;
  std::uint32_t base = 0;
  std::uint32_t number_of_functions = 0;
  std::uint32_t number_of_names = 0;
  std::uint32_t address_of_functions = 0;
  std::uint32_t address_of_names = 0;
  std::uint32_t address_of_name_ordinals = 0;
};

ExportDirectory ReadDirectory(base::Bytes bytes) {
  base::ByteReader reader(bytes);
  ExportDirectory out;
  reader.Skip(4);
  out.time_date_stamp = reader.U32();
  reader.Skip(4);
  out.name = reader.U32();
  out.base = reader.U32();
  out.number_of_functions = reader.U32();
  out.number_of_names = reader.U32();
  out.address_of_functions = reader.U32();
  out.address_of_names = reader.U32();
  out.address_of_name_ordinals = reader.U32();
  return out;
}

// `count` items of `size` bytes at an RVA, if all of them lie in the file.
std::optional<base::Bytes> ArrayAt(const PeReader& pe, std::uint32_t rva, std::uint64_t count,
                                   std::uint64_t size) {
  const auto offset = pe.RvaToOffset(rva);
  return offset ? base::Slice(pe.file(), *offset, count * size) : std::nullopt;
}

}  // namespace

void ExportTable::Clear() {
  timestamp_.reset();
  dll_name_.reset();
  functions_.clear();
}

void ExportTable::Read(const PeReader& pe) {
  Clear();
  const DataDirectory entry = pe.directory(Directory::kExport);
  const auto begin = pe.RvaToOffset(entry.virtual_address);
  if (entry.virtual_address == 0 || !begin) {
    return;
  }
  const auto bytes = base::Slice(pe.file(), *begin, kExportDirectorySizeBytes);
  if (!bytes) {
    return;
  }
  const ExportDirectory directory = ReadDirectory(*bytes);
  timestamp_ = directory.time_date_stamp;
  const std::uint64_t count = std::min(directory.number_of_functions, kExportCountMax);
  const auto name_offset = pe.RvaToOffset(directory.name);
  if (name_offset.value_or(0) > 0) {
    dll_name_ = base::CStringAt(pe.file(), *name_offset, pe.file().size());
  }
  // A table without a valid name is measured against the file and one byte more; it is YARA's way.
  const std::uint64_t room = name_offset ? pe.file().size() - *name_offset : pe.file().size() + 1;
  if (count * sizeof(std::uint32_t) > room) {
    return;
  }
  std::optional<base::Bytes> names = base::Bytes();
  if (directory.number_of_names > 0) {
    names =
        ArrayAt(pe, directory.address_of_names, directory.number_of_names, sizeof(std::uint32_t));
  }
  const auto ordinals =
      ArrayAt(pe, directory.address_of_name_ordinals, count, sizeof(std::uint16_t));
  const auto addresses = ArrayAt(pe, directory.address_of_functions, count, sizeof(std::uint32_t));
  if (!names || !ordinals || !addresses) {
    return;
  }
  ReadFunctions(pe, *addresses, directory.base, *begin, *begin + entry.size);
  ReadNames(pe, *ordinals, *names);
}

void ExportTable::ReadFunctions(const PeReader& pe, base::Bytes addresses,
                                std::uint32_t ordinal_base, std::uint64_t directory_begin,
                                std::uint64_t directory_end) {
  const std::size_t count = addresses.size() / sizeof(std::uint32_t);
  functions_.resize(count);
  base::ByteReader reader(addresses);
  for (std::size_t i = 0; i < count; ++i) {
    ExportedFunction& function = functions_[i];
    function.rva = reader.U32();
    function.ordinal = ordinal_base + static_cast<std::uint32_t>(i);
    const auto offset = pe.RvaToOffset(function.rva);
    if (offset && *offset > directory_begin && *offset < directory_end) {
      function.forward_name = base::CStringAt(pe.file(), *offset, kExportNameSizeMax);
    } else {
      function.offset = offset;
    }
  }
}

// ordinals[j] is the index of the function that names[j] names; of several names the first counts.
void ExportTable::ReadNames(const PeReader& pe, base::Bytes ordinals, base::Bytes names) {
  const std::size_t count =
      std::min(names.size() / sizeof(std::uint32_t), ordinals.size() / sizeof(std::uint16_t));
  for (std::size_t j = count; j-- > 0;) {
    const std::size_t index =
        base::ReadAt<std::uint16_t>(ordinals, j * sizeof(std::uint16_t)).value_or(0);
    if (index >= functions_.size()) {
      continue;
    }
    const auto offset =
        pe.RvaToOffset(base::ReadAt<std::uint32_t>(names, j * sizeof(std::uint32_t)).value_or(0));
    // Going backwards, an earlier name without an address takes away what a later one gave.
    functions_[index].name.reset();
    if (offset.value_or(0) > 0) {
      functions_[index].name = base::CStringAt(pe.file(), *offset, kExportNameSizeMax);
    }
  }
}

}  // namespace day::formats::pe
