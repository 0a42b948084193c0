#include "libs/unpack/disk/crossing.h"

#include <gtest/gtest.h>

#include <string>

namespace day::unpack::disk {
namespace {

void Put(std::string& image, std::size_t at, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    image[at + i] = static_cast<char>(value >> (8 * i));
  }
}

void PutEntry(std::string& image, std::size_t sector, std::size_t index, std::uint8_t kind,
              std::uint32_t start, std::uint32_t count) {
  const std::size_t at = sector * 512 + 446 + 16 * index;
  Put(image, sector * 512 + 510, 0xAA55, 2);
  Put(image, at + 4, kind, 1);
  Put(image, at + 8, start, 4);
  Put(image, at + 12, count, 4);
}

Table Crossing(const std::string& image) { return CrossingTable(base::AsBytes(image)); }

TEST(CrossingTest, Mbr) {
  std::string image(100 * 512, '\0');
  PutEntry(image, 0, 0, 0x83, 10, 10);
  PutEntry(image, 0, 1, 0x83, 20, 10);
  EXPECT_EQ(Crossing(image), Table::kNone);
  PutEntry(image, 0, 1, 0x83, 19, 10);
  EXPECT_EQ(Crossing(image), Table::kMbr);
  PutEntry(image, 0, 1, 0x83, 19, 1000);  // outside: no table at all
  EXPECT_EQ(Crossing(image), Table::kNone);
}

TEST(CrossingTest, ChainsOfExtendedPartitions) {
  std::string image(100 * 512, '\0');
  PutEntry(image, 0, 0, 0x05, 40, 50);
  PutEntry(image, 40, 0, 0x83, 1, 9);
  PutEntry(image, 40, 1, 0x05, 10, 20);
  PutEntry(image, 50, 0, 0x83, 1, 9);
  EXPECT_EQ(Crossing(image), Table::kNone);
  PutEntry(image, 40, 0, 0x83, 1, 11);
  EXPECT_EQ(Crossing(image), Table::kMbr);
  PutEntry(image, 50, 1, 0x05, 10, 20);  // a table that follows itself
  EXPECT_EQ(Crossing(image), Table::kMbr);
}

TEST(CrossingTest, Gpt) {
  std::string image(100 * 512, '\0');
  image.replace(512, 8, "EFI PART");
  Put(image, 512 + 40, 5, 8);
  Put(image, 512 + 48, 90, 8);
  Put(image, 512 + 72, 2, 8);
  Put(image, 512 + 80, 4, 4);
  Put(image, 512 + 84, 128, 4);
  Put(image, 1024 + 32, 10, 8);
  Put(image, 1024 + 40, 19, 8);
  Put(image, 1152 + 32, 20, 8);
  Put(image, 1152 + 40, 29, 8);
  EXPECT_EQ(Crossing(image), Table::kNone);
  Put(image, 1024 + 40, 20, 8);
  EXPECT_EQ(Crossing(image), Table::kGpt);
  Put(image, 512 + 72, ~std::uint64_t{0}, 8);
  EXPECT_EQ(Crossing(image), Table::kNone);
}

TEST(CrossingTest, AppleMap) {
  std::string image(100 * 512, '\0');
  image.replace(0, 2, "ER");
  for (const std::size_t i : {1u, 2u}) {
    image.replace(i * 512, 2, "PM");
    image[i * 512 + 7] = 2;
    image[i * 512 + 11] = static_cast<char>(i * 10);
    image[i * 512 + 15] = 10;
  }
  EXPECT_EQ(Crossing(image), Table::kNone);
  image[512 + 15] = 11;
  EXPECT_EQ(Crossing(image), Table::kApple);
  EXPECT_EQ(Crossing(image.substr(0, 700)), Table::kNone);
}

}  // namespace
}  // namespace day::unpack::disk
