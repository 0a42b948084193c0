#include "libs/unpack/disk/disk_reader.h"

#include <gtest/gtest.h>

#include "libs/unpack/parts/testing/drain.h"

namespace day::unpack::disk {
namespace {

using parts::testing::Drained;

constexpr std::size_t kSector = 512;

template <typename T>
void Set(std::string& text, std::size_t at, T value) {
  text.replace(at, sizeof(value), reinterpret_cast<const char*>(&value), sizeof(value));
}

// A disk of 64 sectors; sector i is filled with 'A' + i % 26.
std::string Disk() {
  std::string out;
  for (int i = 0; i < 64; ++i) {
    out += std::string(kSector, static_cast<char>('A' + i % 26));
  }
  return out;
}

void SetTable(std::string& disk, std::size_t sector) {
  disk.replace(sector * kSector, kSector, std::string(510, '\0') + "\x55\xAA");
}

void SetEntry(std::string& disk, std::size_t sector, std::size_t index, char kind,
              std::uint32_t start, std::uint32_t count) {
  const std::size_t at = sector * kSector + 446 + index * 16;
  disk[at + 4] = kind;
  Set(disk, at + 8, start);
  Set(disk, at + 12, count);
}

std::vector<Drained> Read(const std::string& image, std::string* problem = nullptr) {
  DiskReader reader(base::AsBytes(image));
  base::Budget budget(parts::testing::SmallLimits());
  auto all = parts::testing::Drain(reader, budget);
  if (problem != nullptr) {
    *problem = std::string(reader.problem());
  }
  return all;
}

TEST(DiskReaderTest, ReadsAnMbrWithExtendedPartitions) {
  std::string disk = Disk();
  SetTable(disk, 0);
  SetEntry(disk, 0, 0, 0x06, 2, 1);
  SetEntry(disk, 0, 1, 0x05, 10, 30);
  SetTable(disk, 10);
  SetEntry(disk, 10, 0, 0x06, 1, 2);
  SetEntry(disk, 10, 1, 0x05, 5, 5);
  SetTable(disk, 15);
  SetEntry(disk, 15, 0, 0x06, 1, 1);
  EXPECT_TRUE(DiskReader::IsDisk(base::AsBytes(disk)));
  std::string problem;
  const auto all = Read(disk, &problem);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].name, "partition 1");
  EXPECT_EQ(all[0].content, std::string(kSector, 'C'));
  EXPECT_EQ(all[1].name, "partition 5");
  EXPECT_EQ(all[1].content, std::string(kSector, 'L') + std::string(kSector, 'M'));
  EXPECT_EQ(all[2].content, std::string(kSector, 'Q'));
  EXPECT_EQ(problem, "");
  // The chain leads back to its start; the last partition is longer than the disk.
  SetEntry(disk, 15, 1, 0x05, 0, 5);
  SetEntry(disk, 0, 0, 0x06, 63, 2);
  const auto damaged = Read(disk, &problem);
  ASSERT_EQ(damaged.size(), 3u);
  EXPECT_EQ(damaged[0].gap, "damaged: the data ends too early");
  EXPECT_EQ(problem, "damaged: the chain of extended partitions has no end");
}

TEST(DiskReaderTest, ReadsAGptAndAHybridMbrOnce) {
  std::string disk = Disk();
  SetTable(disk, 0);
  SetEntry(disk, 0, 0, '\xEE', 1, 63);
  SetEntry(disk, 0, 1, 0x06, 20, 1);
  SetEntry(disk, 0, 2, 0x06, 30, 1);
  disk.replace(kSector, 8, "EFI PART");
  Set<std::uint64_t>(disk, kSector + 72, 2);
  Set<std::uint32_t>(disk, kSector + 80, 2);
  Set<std::uint32_t>(disk, kSector + 84, 128);
  disk.replace(2 * kSector, 256, std::string(256, '\0'));
  disk[2 * kSector + 128] = 1;
  Set<std::uint64_t>(disk, 2 * kSector + 128 + 32, 20);
  Set<std::uint64_t>(disk, 2 * kSector + 128 + 40, 20);
  disk[2 * kSector + 128 + 56] = 'n';
  const auto all = Read(disk);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "n");
  EXPECT_EQ(all[0].content, std::string(kSector, 'U'));
  EXPECT_EQ(all[1].name, "partition 3");
  Set<std::uint32_t>(disk, kSector + 80, 0xFFFFFFFF);
  std::string problem;
  Read(disk, &problem);
  EXPECT_NE(problem, "");
}

TEST(DiskReaderTest, ReadsAnApplePartitionMap) {
  std::string disk = Disk();
  disk.replace(0, 2, "ER");
  for (std::size_t i = 1; i <= 2; ++i) {
    disk.replace(i * kSector, kSector, std::string(kSector, '\0'));
    disk.replace(i * kSector, 8, std::string("PM\0\0\0\0\0\2", 8));
    disk.replace(i * kSector + 8, 8, std::string("\0\0\0\5\0\0\0\1", 8));
    const std::string kind = i == 1 ? "Apple_partition_map" : "Apple_HFS";
    disk.replace(i * kSector + 48, kind.size(), kind);
  }
  const auto all = Read(disk);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].name, "2 (Apple_HFS)");
  EXPECT_EQ(all[0].content, std::string(kSector, 'F'));
}

TEST(DiskReaderTest, BootSectorsAreNoTables) {
  std::string disk = Disk();
  disk[510] = '\x55';
  disk[511] = '\xAA';
  EXPECT_FALSE(DiskReader::IsDisk(base::AsBytes(disk)));
  SetTable(disk, 0);
  EXPECT_FALSE(DiskReader::IsDisk(base::AsBytes(disk)));
  SetEntry(disk, 0, 0, 0x06, 64, 1);
  EXPECT_FALSE(DiskReader::IsDisk(base::AsBytes(disk)));
}

}  // namespace
}  // namespace day::unpack::disk
