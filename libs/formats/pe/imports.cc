#include "libs/formats/pe/imports.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "libs/formats/pe/ordinal_names.h"

namespace day::formats::pe {
namespace {

constexpr std::uint32_t kOrdinalFlag32 = 0x80000000;
constexpr std::uint64_t kOrdinalFlag64 = 0x8000000000000000;
constexpr std::uint64_t kOrdinalMax = 0xFFFF;
constexpr std::size_t kOrdinalTextSizeMax = 8;  // "ord65535"
constexpr std::size_t kHintSizeBytes = 2;

constexpr char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

constexpr std::array<char, 256> MakeLowerTable() {
  std::array<char, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    table[i] = Lower(static_cast<char>(i));
  }
  return table;
}
constexpr std::array<char, 256> kLower = MakeLowerTable();

char LowerOf(char c) { return kLower[static_cast<unsigned char>(c)]; }

using CharSet = std::array<bool, 256>;

// Letters, digits and the few signs that mangled names are made of.
constexpr CharSet MakeFunctionNameChars() {
  CharSet set{};
  for (std::size_t i = 0; i < set.size(); ++i) {
    const char c = static_cast<char>(i);
    set[i] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }
  for (const char c : std::string_view("._?@$()<>")) {
    set[static_cast<unsigned char>(c)] = true;
  }
  return set;
}

// Printable, and not what Windows forbids in the name of a file.
constexpr CharSet MakeLibraryNameChars() {
  CharSet set{};
  for (std::size_t i = 0x20; i <= 0x7E; ++i) {
    set[i] = true;
  }
  for (const char c : std::string_view("\"*<>?|")) {
    set[static_cast<unsigned char>(c)] = false;
  }
  return set;
}

constexpr CharSet kFunctionNameChars = MakeFunctionNameChars();
constexpr CharSet kLibraryNameChars = MakeLibraryNameChars();

// How many characters of `text` are in the set before the first that is not.
std::size_t CountIn(const CharSet& set, std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && set[static_cast<unsigned char>(text[count])]) {
    ++count;
  }
  return count;
}

// The library name at `offset`: one to size_max - 1 allowed characters and a zero; else empty.
std::string_view LibraryNameAt(base::Bytes file, std::uint64_t offset, std::uint64_t size_max) {
  const std::string_view text = base::AsText(base::ClippedSlice(file, offset, size_max));
  const std::size_t size = CountIn(kLibraryNameChars, text);
  return size < text.size() && text[size] == '\0' ? text.substr(0, size) : std::string_view();
}

// Reads the pointer-sized thunk at `offset`.
std::optional<std::uint64_t> ThunkAt(const PeReader& pe, std::uint64_t offset) {
  if (pe.is_64bit()) {
    return base::ReadAt<std::uint64_t>(pe.file(), offset);
  }
  return base::ReadAt<std::uint32_t>(pe.file(), offset);
}

// Old delayed import tables (Visual C++ 6) hold addresses where newer ones hold RVAs.
std::uint64_t AddressToRva(const PeReader& pe, std::uint64_t value) {
  const std::uint64_t base = pe.optional_header().image_base;
  return value > base ? value - base : value;
}

}  // namespace

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (LowerOf(a[i]) != LowerOf(b[i])) {
      return false;
    }
  }
  return true;
}

void ImportTable::Clear() {
  libraries_.clear();
  functions_.clear();
  ordinal_names_.clear();
  steps_ = 0;
}

bool ImportTable::Spend(std::uint64_t steps) {
  steps_ += steps;
  return steps_ <= kImportStepsMax;
}

void ImportTable::ReadImports(const PeReader& pe) {
  Clear();
  const DataDirectory directory = pe.directory(Directory::kImport);
  const auto start = pe.RvaToOffset(directory.virtual_address);
  if (directory.virtual_address == 0 || !start) {
    return;
  }
  for (std::size_t i = 0; i < kImportCountMax && Spend(1); ++i) {
    const auto bytes =
        base::Slice(pe.file(), *start + i * kImportDescriptorSizeBytes, kImportDescriptorSizeBytes);
    if (!bytes) {
      return;
    }
    base::ByteReader reader(*bytes);
    const std::uint32_t lookup_rva = reader.U32();
    reader.Skip(8);
    const std::uint32_t name_rva = reader.U32();
    const std::uint32_t address_rva = reader.U32();
    if (name_rva == 0) {
      return;
    }
    const auto name_offset = pe.RvaToOffset(name_rva);
    const std::string_view name =
        name_offset ? LibraryNameAt(pe.file(), *name_offset, kImportLibraryNameSizeMax)
                    : std::string_view();
    if (name.empty()) {
      continue;
    }
    const std::size_t first = functions_.size();
    ReadThunks(pe, lookup_rva, address_rva, name);
    if (functions_.size() > first) {
      libraries_.push_back({name, static_cast<std::uint32_t>(first),
                            static_cast<std::uint32_t>(functions_.size() - first)});
    }
  }
}

void ImportTable::ReadThunks(const PeReader& pe, std::uint32_t lookup_rva,
                             std::uint32_t address_rva, std::string_view library) {
  // Some linkers leave the lookup table out: then the address table still holds the same thunks.
  auto start = pe.RvaToOffset(lookup_rva);
  if (start.value_or(0) == 0) {
    start = pe.RvaToOffset(address_rva);
  }
  if (!start) {
    return;
  }
  const std::uint64_t size = pe.is_64bit() ? 8 : 4;
  for (std::size_t i = 0; i < kImportCountMax && functions_.size() < kImportCountMax; ++i) {
    const std::uint64_t thunk = ThunkAt(pe, *start + i * size).value_or(0);
    if (thunk == 0 || !Spend(1)) {
      return;
    }
    const std::uint64_t slot_rva = address_rva + i * size;
    ReadThunk(pe, thunk, pe.is_64bit() ? slot_rva : static_cast<std::uint32_t>(slot_rva), library);
  }
}

void ImportTable::ReadThunk(const PeReader& pe, std::uint64_t thunk, std::uint64_t slot_rva,
                            std::string_view library) {
  const std::uint64_t flag = pe.is_64bit() ? kOrdinalFlag64 : kOrdinalFlag32;
  if ((thunk & flag) != 0) {
    if (thunk <= (flag | kOrdinalMax)) {
      AddByOrdinal(library, static_cast<std::uint16_t>(thunk & kOrdinalMax), slot_rva);
    }
    return;
  }
  const auto offset = pe.RvaToOffset(thunk);
  if (!offset) {
    return;
  }
  const std::string_view text = base::AsText(
      base::ClippedSlice(pe.file(), *offset + kHintSizeBytes, kImportFunctionNameSizeMax));
  const std::size_t size = CountIn(kFunctionNameChars, text);
  if (size == 0 || (size < text.size() && text[size] != '\0')) {
    return;
  }
  functions_.push_back({text.substr(0, size), slot_rva, 0, false});
}

void ImportTable::AddByOrdinal(std::string_view library, std::uint16_t ordinal,
                               std::uint64_t slot_rva) {
  std::string_view name = OrdinalName(library, ordinal);
  if (name.empty()) {
    // Reserved once for as many as there can be, so that views into it stay valid.
    ordinal_names_.reserve(kImportCountMax * kOrdinalTextSizeMax);
    const std::size_t begin = ordinal_names_.size();
    std::array<char, kOrdinalTextSizeMax> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), ordinal).ptr;
    ordinal_names_.append("ord").append(digits.data(), end);
    name = std::string_view(ordinal_names_).substr(begin);
  }
  functions_.push_back({name, slot_rva, ordinal, true});
}

void ImportTable::ReadDelayedImports(const PeReader& pe) {
  Clear();
  const DataDirectory directory = pe.directory(Directory::kDelayImport);
  const auto start = pe.RvaToOffset(directory.virtual_address);
  if (directory.virtual_address == 0 || !start) {
    return;
  }
  const std::uint32_t size_of_image = pe.optional_header().size_of_image;
  for (std::uint64_t i = 0; libraries_.size() < kImportCountMax && Spend(1); ++i) {
    const auto bytes =
        base::Slice(pe.file(), *start + i * kDelayDescriptorSizeBytes, kDelayDescriptorSizeBytes);
    if (!bytes || std::all_of(bytes->begin(), bytes->end(),
                              [](std::byte value) { return value == std::byte{0}; })) {
      return;
    }
    base::ByteReader reader(*bytes);
    const std::uint32_t attributes = reader.U32();
    const auto rva = [&] {
      const std::uint32_t value = reader.U32();
      return pe.is_64bit() || attributes != 0 ? value
                                              : static_cast<std::uint32_t>(AddressToRva(pe, value));
    };
    const std::uint32_t name_rva = rva();
    reader.Skip(4);
    const std::uint32_t address_table_rva = rva();
    const std::uint32_t name_table_rva = rva();
    if (attributes > 1 || name_table_rva >= size_of_image || address_table_rva >= size_of_image ||
        name_rva < kDosHeaderSizeBytes || name_table_rva < kDosHeaderSizeBytes) {
      return;
    }
    const auto name_offset = pe.RvaToOffset(name_rva);
    const std::string_view name =
        name_offset ? LibraryNameAt(pe.file(), *name_offset, pe.file().size()) : std::string_view();
    if (name.empty() || !Spend(name.size())) {
      continue;
    }
    const std::size_t first = functions_.size();
    ReadDelayedFunctions(pe, attributes != 0, name_table_rva, address_table_rva, name);
    libraries_.push_back({name, static_cast<std::uint32_t>(first),
                          static_cast<std::uint32_t>(functions_.size() - first)});
  }
}

void ImportTable::ReadDelayedFunctions(const PeReader& pe, bool addresses_are_rvas,
                                       std::uint64_t name_rva, std::uint64_t slot_rva,
                                       std::string_view library) {
  const std::uint64_t size = pe.is_64bit() ? 8 : 4;
  const std::uint64_t flag = pe.is_64bit() ? kOrdinalFlag64 : kOrdinalFlag32;
  const auto thunk_of = [&](std::uint64_t rva) -> std::uint64_t {
    const auto offset = pe.RvaToOffset(rva);
    return offset ? ThunkAt(pe, *offset).value_or(0) : 0;
  };
  for (; functions_.size() < kImportCountMax && Spend(1); name_rva += size, slot_rva += size) {
    const std::uint64_t thunk = thunk_of(name_rva);
    if (thunk == 0 || thunk_of(slot_rva) == 0) {
      return;
    }
    if ((thunk & flag) != 0) {
      AddByOrdinal(library, static_cast<std::uint16_t>(thunk & kOrdinalMax), slot_rva);
      continue;
    }
    const std::uint64_t hint_rva = addresses_are_rvas ? thunk : AddressToRva(pe, thunk);
    const auto offset = pe.RvaToOffset(hint_rva + kHintSizeBytes);
    if (offset) {
      functions_.push_back(
          {base::CStringAt(pe.file(), *offset, kImportFunctionNameSizeMax), slot_rva, 0, false});
    }
  }
}

std::uint64_t ImportTable::CountFunctions(std::string_view library) const {
  std::uint64_t count = 0;
  for (const ImportedLibrary& candidate : libraries_) {
    if (EqualsIgnoreCase(candidate.name, library)) {
      count += candidate.function_count;
    }
  }
  return count;
}

bool ImportTable::Contains(std::string_view library, std::string_view function) const {
  return Find(library, function) != nullptr;
}

bool ImportTable::ContainsOrdinal(std::string_view library, std::int64_t ordinal) const {
  return FindOrdinal(library, ordinal) != nullptr;
}

const ImportedFunction* ImportTable::Find(std::string_view library,
                                          std::string_view function) const {
  for (const ImportedLibrary& candidate : libraries_) {
    if (!EqualsIgnoreCase(candidate.name, library)) {
      continue;
    }
    for (const ImportedFunction& imported : functions(candidate)) {
      if (EqualsIgnoreCase(imported.name, function)) {
        return &imported;
      }
    }
  }
  return nullptr;
}

const ImportedFunction* ImportTable::FindOrdinal(std::string_view library,
                                                 std::int64_t ordinal) const {
  for (const ImportedLibrary& candidate : libraries_) {
    if (!EqualsIgnoreCase(candidate.name, library)) {
      continue;
    }
    for (const ImportedFunction& imported : functions(candidate)) {
      if (imported.has_ordinal && imported.ordinal == ordinal) {
        return &imported;
      }
    }
  }
  return nullptr;
}

void AppendImportHashText(const ImportTable& imports, std::string& text) {
  const auto append = [&](std::string_view part) {
    const std::size_t begin = text.size();
    text.resize(begin + part.size());
    std::transform(part.begin(), part.end(), text.begin() + static_cast<std::ptrdiff_t>(begin),
                   LowerOf);
  };
  bool first = true;
  for (const ImportedLibrary& library : imports.libraries()) {
    std::string_view name = library.name;
    const std::size_t dot = name.rfind('.');
    if (dot != std::string_view::npos) {
      constexpr std::size_t kExtensionSize = 4;
      const std::string_view extension = name.substr(dot, kExtensionSize);
      if (EqualsIgnoreCase(extension, ".dll") || EqualsIgnoreCase(extension, ".sys") ||
          EqualsIgnoreCase(extension, ".ocx")) {
        name = name.substr(0, dot);
      }
    }
    for (const ImportedFunction& function : imports.functions(library)) {
      if (!first) {
        text.push_back(',');
      }
      first = false;
      append(name);
      text.push_back('.');
      append(function.name);
    }
  }
}

}  // namespace day::formats::pe
