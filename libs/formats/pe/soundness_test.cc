#include "libs/formats/pe/soundness.h"

#include <gtest/gtest.h>

#include <string>

namespace day::formats::pe {
namespace {

constexpr std::size_t kNt = 0x40;
constexpr std::size_t kOptional = kNt + 24;
constexpr std::size_t kSections = kOptional + 224;

void Put(std::string& file, std::size_t at, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    file[at + i] = static_cast<char>(value >> (8 * i));
  }
}

// Two sections of a sector each.
std::string Program() {
  std::string file(0x600, '\0');
  file.replace(0, 2, "MZ");
  Put(file, 0x3C, kNt, 4);
  file.replace(kNt, 2, "PE");
  Put(file, kNt + 6, 2, 2);
  Put(file, kNt + 20, 224, 2);
  Put(file, kOptional, 0x10B, 2);
  Put(file, kOptional + 16, 0x1000, 4);  // entry point
  Put(file, kOptional + 32, 0x1000, 4);
  Put(file, kOptional + 36, 0x200, 4);
  Put(file, kOptional + 60, 0x200, 4);
  Put(file, kOptional + 68, 3, 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::size_t at = kSections + 40 * i;
    Put(file, at + 8, 0x200, 4);
    Put(file, at + 12, 0x1000 * (i + 1), 4);
    Put(file, at + 16, 0x200, 4);
    Put(file, at + 20, 0x200 * (i + 1), 4);
  }
  return file;
}

bool BrokenWith(std::size_t at, std::uint64_t value, std::size_t size) {
  std::string file = Program();
  Put(file, at, value, size);
  return IsBroken(base::AsBytes(file));
}

bool BrokenAt(std::size_t cut) {
  const std::string file = Program().substr(0, cut);
  return IsBroken(base::AsBytes(file));
}

TEST(PeSoundness, Headers) {
  EXPECT_FALSE(BrokenAt(0x600));
  EXPECT_FALSE(BrokenAt(0x401));  // the second section is there as far as it goes
  EXPECT_FALSE(BrokenAt(0x3FF));  // and is left out if it is not
  EXPECT_TRUE(BrokenAt(0x1FF));
  EXPECT_TRUE(BrokenAt(kSections + 50));
  EXPECT_TRUE(BrokenAt(kOptional + 20));
  EXPECT_TRUE(BrokenAt(0x3E));
  EXPECT_FALSE(BrokenAt(kNt + 10));          // no file header: no PE file
  EXPECT_TRUE(BrokenWith(kNt + 6, 0, 2));    // no sections
  EXPECT_FALSE(BrokenWith(kNt + 6, 97, 2));  // too many to look at
  EXPECT_TRUE(BrokenWith(kOptional + 16, 0x9000, 4));
  EXPECT_TRUE(BrokenWith(kOptional + 32, 0x800, 4));
  EXPECT_TRUE(BrokenWith(kOptional + 36, 0x100, 4));
  EXPECT_TRUE(BrokenWith(kSections + 52, 0x3000, 4));      // a hole
  EXPECT_TRUE(BrokenWith(kSections + 48, 0x80000000, 4));  // a sign
}

}  // namespace
}  // namespace day::formats::pe
