#include "libs/rules/modules/elf/symbol_hashes.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/crypto/hash.h"
#include "libs/similarity/tlsh.h"

namespace day::rules::modules::elf {
namespace {

using formats::elf::ElfReader;
using formats::elf::Symbol;
using formats::elf::SymbolTable;

// Names that telfhash leaves out: what a compiler or C library adds by itself.
constexpr std::array<std::string_view, 8> kTelfhashExcluded = {
    "__libc_start_main", "main", "abort", "cachectl", "cacheflush", "puts", "atol", "malloc_trim"};

bool InTelfhash(const Symbol& symbol) {
  const std::string_view name = *symbol.name;
  if (symbol.bind != formats::elf::kSymbolBindGlobal ||
      symbol.type != formats::elf::kSymbolTypeFunction || symbol.visibility != 0) {
    return false;
  }
  // x86-64 has functions of its own, and GCC picks str* and mem* by processor.
  if (name.starts_with('.') || name.starts_with('_') || name.ends_with("64") ||
      name.starts_with("str") || name.starts_with("mem")) {
    return false;
  }
  return std::find(kTelfhashExcluded.begin(), kTelfhashExcluded.end(), name) ==
         kTelfhashExcluded.end();
}

bool InImportMd5(const Symbol& symbol) {
  return symbol.section_index == formats::elf::kSectionIndexUndefined && !symbol.name->empty();
}

std::string ToLower(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return lower;
}

// The qualifying names, joined; nothing if there is none or a limit is reached.
std::optional<std::string> JoinNames(const ElfReader& elf, bool (*qualifies)(const Symbol&)) {
  const std::optional<SymbolTable>& table = elf.dynsym() ? elf.dynsym() : elf.symtab();
  if (!table) {
    return std::nullopt;
  }
  std::vector<std::string> names;
  std::size_t bytes_read = 0;
  std::size_t bytes_hashed = 0;
  for (std::uint64_t i = 0; i < table->count; ++i) {
    const Symbol symbol = elf.symbol(*table, i);
    if (!symbol.name) {
      continue;
    }
    bytes_read += symbol.name->size();
    if (bytes_read > kNameBytesReadMax) {
      return std::nullopt;
    }
    if (!qualifies(symbol)) {
      continue;
    }
    bytes_hashed += symbol.name->size() + 1;
    if (bytes_hashed > kNameBytesHashedMax) {
      return std::nullopt;
    }
    names.push_back(ToLower(*symbol.name));
  }
  if (names.empty()) {
    return std::nullopt;
  }
  std::sort(names.begin(), names.end());
  std::string joined;
  joined.reserve(bytes_hashed);
  for (const std::string& name : names) {
    if (&name != &names.front()) {
      joined.push_back(',');
    }
    joined += name;
  }
  return joined;
}

}  // namespace

std::optional<std::string> Telfhash(const ElfReader& elf) {
  const std::optional<std::string> names = JoinNames(elf, InTelfhash);
  if (!names) {
    return std::nullopt;
  }
  const auto digest = similarity::TlshOf(base::AsBytes(*names));
  return digest ? similarity::TlshText(*digest) : std::string();
}

std::optional<std::string> ImportMd5(const ElfReader& elf) {
  const std::optional<std::string> names = JoinNames(elf, InImportMd5);
  return names ? std::optional(crypto::ToHexDigest(crypto::Md5(base::AsBytes(*names))))
               : std::nullopt;
}

}  // namespace day::rules::modules::elf
