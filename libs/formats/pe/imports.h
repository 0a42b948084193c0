// The import table and the delayed import table of a PE file.
//
//   ImportTable imports;               // keep it: its memory is used again for the next file
//   imports.ReadImports(pe);
//   for (const ImportedLibrary& library : imports.libraries())
//     for (const ImportedFunction& function : imports.functions(library)) ...
//
// Which entries count is what YARA 4.5.8 says (docs/formats/pe.md): libraries with impossible names
// are left out, and, in the standard table, libraries without functions and functions with names
// that no compiler makes. Imports by ordinal get the name that ws2_32, wsock32 and oleaut32 give
// that ordinal, else "ord" and the number.
//
// Malformed tables end where they stop making sense; nothing fails. Limits below.
// Ownership: names are views into the file, into static tables or into this object; valid until the
// next Read or Clear. Thread safety: as for any value type.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/formats/pe/pe_reader.h"

namespace day::formats::pe {

// YARA's limits: descriptors in a table, thunks in a descriptor, functions in all.
inline constexpr std::size_t kImportCountMax = 16384;
inline constexpr std::size_t kImportFunctionNameSizeMax = 512;
inline constexpr std::size_t kImportLibraryNameSizeMax = 256;
// Ours: thunks and descriptors looked at, and bytes of delayed library names, in one table. YARA
// has no such limit and takes hours over a table that points at itself.
inline constexpr std::uint64_t kImportStepsMax = 4'000'000;

struct ImportedFunction {
  std::string_view name;
  std::uint64_t rva = 0;  // of its slot in the address table
  std::uint16_t ordinal = 0;
  bool has_ordinal = false;
};

struct ImportedLibrary {
  std::string_view name;
  std::uint32_t first_function = 0;
  std::uint32_t function_count = 0;
};

class ImportTable {
 public:
  ImportTable() = default;
  ImportTable(const ImportTable&) = delete;  // names point into it
  ImportTable& operator=(const ImportTable&) = delete;

  void Clear();
  void ReadImports(const PeReader& pe);
  void ReadDelayedImports(const PeReader& pe);

  std::span<const ImportedLibrary> libraries() const { return libraries_; }
  std::span<const ImportedFunction> functions() const { return functions_; }
  std::span<const ImportedFunction> functions(const ImportedLibrary& library) const {
    return functions().subspan(library.first_function, library.function_count);
  }

  // Names are compared without regard to ASCII case; every library of that name is looked at.
  std::uint64_t CountFunctions(std::string_view library) const;
  bool Contains(std::string_view library, std::string_view function) const;
  bool ContainsOrdinal(std::string_view library, std::int64_t ordinal) const;
  // The first such function; null if there is none.
  const ImportedFunction* Find(std::string_view library, std::string_view function) const;
  const ImportedFunction* FindOrdinal(std::string_view library, std::int64_t ordinal) const;

 private:
  struct Descriptor;

  bool Spend(std::uint64_t steps);
  void ReadThunks(const PeReader& pe, std::uint32_t lookup_rva, std::uint32_t address_rva,
                  std::string_view library);
  void ReadThunk(const PeReader& pe, std::uint64_t thunk, std::uint64_t slot_rva,
                 std::string_view library);
  void ReadDelayedFunctions(const PeReader& pe, bool addresses_are_rvas, std::uint64_t name_rva,
                            std::uint64_t slot_rva, std::string_view library);
  void AddByOrdinal(std::string_view library, std::uint16_t ordinal, std::uint64_t slot_rva);

  std::vector<ImportedLibrary> libraries_;
  std::vector<ImportedFunction> functions_;
  std::string ordinal_names_;  // "ord123" texts; never grows beyond what was reserved
  std::uint64_t steps_ = 0;
};

// True if the two differ at most in the case of ASCII letters.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

// The text that an import hash ("imphash") is the MD5 of: "library.function,library.function...",
// lower-case, without the library's ".dll", ".sys" or ".ocx". Appends to `text`.
void AppendImportHashText(const ImportTable& imports, std::string& text);

}  // namespace day::formats::pe
