#include "libs/rules/scan/entry_point.h"

#include <gtest/gtest.h>

#include <string>

namespace day::rules::scan {
namespace {

void Put(std::string& file, std::size_t offset, std::uint64_t value, unsigned size) {
  for (unsigned i = 0; i < size; ++i) {
    file.at(offset + i) = static_cast<char>(value >> (8 * i));
  }
}

// One section: addresses 0x1000.. are at file offset 0x200..
std::string PeFile() {
  std::string file(0x400, '\0');
  file.replace(0, 2, "MZ");
  Put(file, 60, 0x80, 4);
  file.replace(0x80, 4, std::string("PE\0\0", 4));
  Put(file, 0x84, 0x14C, 2);
  Put(file, 0x86, 1, 2);
  Put(file, 0x94, 224, 2);
  Put(file, 0x80 + 24 + 16, 0x1234, 4);
  const std::size_t section = 0x80 + 24 + 224;
  Put(file, section + 12, 0x1000, 4);
  Put(file, section + 20, 0x200, 4);
  return file;
}

std::string Elf64File(unsigned type) {
  std::string file(0x200, '\0');
  file.replace(0, 4,
               "\x7f"
               "ELF");
  file[4] = 2;
  Put(file, 16, type, 2);
  Put(file, 24, 0x401010, 8);
  Put(file, 32, 64, 8);     // program headers
  Put(file, 40, 0x100, 8);  // section headers
  Put(file, 56, 1, 2);
  Put(file, 60, 1, 2);
  Put(file, 64 + 8, 0x40, 8);
  Put(file, 64 + 16, 0x401000, 8);
  Put(file, 64 + 40, 0x100, 8);
  Put(file, 0x100 + 4, 1, 4);
  Put(file, 0x100 + 16, 0x401000, 8);
  Put(file, 0x100 + 24, 0x80, 8);
  Put(file, 0x100 + 32, 0x100, 8);
  return file;
}

TEST(EntryPointTest, PortableExecutable) {
  EXPECT_EQ(EntryPointOffset(base::AsBytes(PeFile())), 0x434u);
  std::string other = PeFile();
  Put(other, 0x84, 0x1C0, 2);  // neither i386 nor amd64
  EXPECT_EQ(EntryPointOffset(base::AsBytes(other)), std::nullopt);
  std::string many = PeFile();
  Put(many, 0x86, 50, 2);  // sections beyond the end
  EXPECT_EQ(EntryPointOffset(base::AsBytes(many)), 0u);
  EXPECT_EQ(EntryPointOffset(base::AsBytes(PeFile().substr(0, 0x100))), std::nullopt);
}

TEST(EntryPointTest, Elf) {
  EXPECT_EQ(EntryPointOffset(base::AsBytes(Elf64File(2))), 0x50u);  // through the program header
  EXPECT_EQ(EntryPointOffset(base::AsBytes(Elf64File(3))), 0x90u);  // through the section
  std::string cut = Elf64File(2);
  Put(cut, 56, 60000, 2);
  EXPECT_EQ(EntryPointOffset(base::AsBytes(cut)), 0u);
  EXPECT_EQ(EntryPointOffset(base::AsBytes("\x7f"
                                           "ELF")),
            std::nullopt);
  EXPECT_EQ(EntryPointOffset(base::AsBytes("#!/bin/sh")), std::nullopt);
}

}  // namespace
}  // namespace day::rules::scan
