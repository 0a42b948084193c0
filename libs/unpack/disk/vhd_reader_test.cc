#include "libs/unpack/disk/vhd_reader.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "libs/unpack/parts/testing/drain.h"

namespace day::unpack::disk {
namespace {

using parts::testing::Drained;

constexpr std::size_t kSector = 512;

template <typename T>
std::string Be(T value) {
  std::string out;
  for (int shift = (static_cast<int>(sizeof(T)) - 1) * 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(value >> shift & 0xFF);
  }
  return out;
}

// Blocks of one sector; the table of blocks stands at 1536, blocks (map, data) from sector 4 on.
std::string Vhd(std::uint64_t size, const std::vector<std::uint32_t>& table,
                const std::vector<char>& blocks, std::uint32_t kind = 3) {
  std::string out = "conectix" + std::string(8, '\0') + Be<std::uint64_t>(512);
  out.resize(48);
  out += Be(size) + std::string(4, '\0') + Be(kind);
  out.resize(kSector);
  out += "cxsparse" + std::string(8, '\xFF') + Be<std::uint64_t>(1536) + Be(0x10000u) +
         Be(static_cast<std::uint32_t>(table.size())) + Be<std::uint32_t>(kSector);
  out.resize(1536);
  for (const std::uint32_t entry : table) {
    out += Be(entry);
  }
  out.resize(std::max(out.size(), 4 * kSector));
  for (const char block : blocks) {
    out += std::string(kSector, '\xFF') + std::string(kSector, block);
  }
  return out;
}

std::vector<Drained> Read(const std::string& file, std::string* problem = nullptr) {
  VhdReader reader(base::AsBytes(file));
  base::Budget budget(parts::testing::SmallLimits());
  auto all = parts::testing::Drain(reader, budget);
  if (problem != nullptr) {
    *problem = std::string(reader.problem());
  }
  return all;
}

TEST(VhdReaderTest, PutsBlocksWhereTheyBelong) {
  const std::string file = Vhd(3 * kSector, {6, 0xFFFFFFFF, 4}, {'a', 'b'});
  EXPECT_TRUE(VhdReader::IsVhd(base::AsBytes(file)));
  std::string problem;
  const auto all = Read(file, &problem);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].name, "disk");
  EXPECT_EQ(all[0].content,
            std::string(kSector, 'b') + std::string(kSector, '\0') + std::string(kSector, 'a'));
  EXPECT_EQ(all[0].gap, "");
  EXPECT_EQ(problem, "");
}

TEST(VhdReaderTest, SaysWhatIsMissing) {
  std::string problem;
  EXPECT_EQ(Read(Vhd(kSector, {4}, {'a'}, 4), &problem).size(), 1u);
  EXPECT_EQ(problem, "unsupported: the disk that this one differs from");
  EXPECT_TRUE(Read(Vhd(kSector, {4}, {'a'}, 9), &problem).empty());
  EXPECT_EQ(problem, "unsupported: kind of virtual disk");
  EXPECT_TRUE(Read(Vhd(kSector, {4}, {'a'}).substr(0, 515), &problem).empty());
  EXPECT_EQ(problem, "damaged: no header of a dynamic disk");
  auto all = Read(Vhd(2 * kSector, {4}, {'a'}));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].content, std::string(kSector, 'a'));
  EXPECT_EQ(all[0].gap, "damaged: the table of blocks ends too early");
  all = Read(Vhd(kSector, {0x7FFFFFFF}, {}));
  EXPECT_EQ(all[0].gap, "damaged: the data ends too early");
  all = Read(Vhd(1ull << 60, std::vector<std::uint32_t>(3000, 0xFFFFFFFF), {'a'}));
  EXPECT_EQ(all[0].gap, "limit file_bytes_max");
}

TEST(VhdReaderTest, EveryFlipEnds) {
  const std::string file = Vhd(3 * kSector, {6, 0xFFFFFFFF, 4}, {'a', 'b'});
  for (std::size_t at = 0; at < 1600; ++at) {
    std::string flipped = file;
    flipped[at] = static_cast<char>(~flipped[at]);
    Read(flipped);
    Read(file.substr(0, at));
  }
}

}  // namespace
}  // namespace day::unpack::disk
