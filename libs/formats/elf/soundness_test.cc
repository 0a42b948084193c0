#include "libs/formats/elf/soundness.h"

#include <gtest/gtest.h>

#include <string>

namespace day::formats::elf {
namespace {

// A 64-bit header, one segment that holds the entry point, and one section.
std::string Program() {
  std::string file(0x200, '\0');
  const auto put = [&](std::size_t at, std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      file[at + i] = static_cast<char>(value >> (8 * i));
    }
  };
  file.replace(0, 6,
               "\x7F"
               "ELF\2\1");
  put(24, 0x1100, 8);  // entry
  put(32, 64, 8);      // segments
  put(40, 120, 8);     // sections
  put(54, 56, 2);
  put(56, 1, 2);
  put(58, 64, 2);
  put(60, 1, 2);
  put(64 + 16, 0x1000, 8);
  put(64 + 40, 0x200, 8);
  return file;
}

bool Broken(const std::string& file) { return IsBroken(base::AsBytes(file)); }

TEST(ElfSoundness, Tables) {
  const std::string whole = Program();
  EXPECT_FALSE(Broken(whole));
  EXPECT_TRUE(Broken(whole.substr(0, 150)));  // within the sections
  EXPECT_TRUE(Broken(whole.substr(0, 100)));  // within the segments
  EXPECT_FALSE(Broken(whole.substr(0, 60)));  // no header at all
  std::string outside = whole;
  outside[25] = '\x55';  // entry point 0x5500
  EXPECT_TRUE(Broken(outside));
  outside[24] = outside[25] = '\0';  // none: a library
  EXPECT_FALSE(Broken(outside));
  std::string sizes = whole;
  sizes[58] = '\1';
  EXPECT_TRUE(Broken(sizes));
  EXPECT_FALSE(Broken("MZ"));
}

}  // namespace
}  // namespace day::formats::elf
