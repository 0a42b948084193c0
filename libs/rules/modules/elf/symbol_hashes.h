// Hashes over the names of an ELF file's symbols, as YARA 4.5.8 computes them.
//
// Both take the dynamic symbols if the file has a table of them, else the static ones, in lower
// case, sorted and joined with commas. Nothing (undefined) if no symbol qualifies, or if the names
// are longer than the limits below, which only a hostile file (every symbol pointing at one huge
// name) reaches. Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "libs/formats/elf/elf_reader.h"

namespace day::rules::modules::elf {

// Bytes of all names read, and of those that go into a hash.
inline constexpr std::size_t kNameBytesReadMax = std::size_t{1} << 30;
inline constexpr std::size_t kNameBytesHashedMax = std::size_t{1} << 27;

// telfhash (Trend Micro): TLSH of the names of exported and imported functions, without those that
// depend on the compiler or the processor. Empty if there is too little to hash.
std::optional<std::string> Telfhash(const formats::elf::ElfReader& elf);

// MD5, in hexadecimal, of the names of undefined symbols.
std::optional<std::string> ImportMd5(const formats::elf::ElfReader& elf);

}  // namespace day::rules::modules::elf
