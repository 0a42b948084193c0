#include "libs/unpack/dmg/dmg_reader.h"

#include <gtest/gtest.h>

#include "libs/base/base64.h"
#include "libs/unpack/dmg/property_list.h"
#include "libs/unpack/parts/testing/drain.h"

namespace day::unpack::dmg {
namespace {

using parts::testing::Drained;

template <typename T>
std::string Be(T value) {
  std::string out;
  for (int shift = (static_cast<int>(sizeof(T)) - 1) * 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(value >> shift & 0xFF);
  }
  return out;
}

std::string Sector(char filler) { return std::string(512, filler); }

class Writer {
 public:
  void Add(std::uint32_t kind, std::uint64_t sector, std::uint64_t sectors,
           const std::string& packed = {}) {
    entries_ += Be(kind) + Be(0u) + Be(sector) + Be(sectors) +
                Be(static_cast<std::uint64_t>(data_.size())) +
                Be(static_cast<std::uint64_t>(packed.size()));
    data_ += packed;
  }
  void EndTable(const std::string& name) {
    Add(0xFFFFFFFF, 0, 0);
    const std::string table = "mish" + std::string(200, '\0') + entries_;
    std::string text = base::EncodeBase64(base::AsBytes(table));
    text.insert(20, "\n\t\t");
    list_ += "<dict><key>Attributes</key><string>x</string><key>Data</key><data>\n" + text +
             "</data><key>Name</key><string>" + name + "</string></dict>";
    entries_.clear();
  }
  std::string Finish() const {
    const std::string list =
        "<?xml version=\"1.0\"?><plist><dict><key>resource-fork</key><dict><key>blkx</key><array>" +
        list_ +
        "</array><key>plst</key><array><dict><key>Data</key><data>AAAA</data></dict></array>";
    std::string trailer = "koly" + Be(4u) + Be(512u) + std::string(204, '\0') +
                          Be(static_cast<std::uint64_t>(data_.size())) +
                          Be(static_cast<std::uint64_t>(list.size()));
    trailer.resize(512);
    return data_ + list + trailer;
  }

 private:
  std::string data_;
  std::string entries_;
  std::string list_;
};

std::vector<Drained> Read(const std::string& file, std::string* problem = nullptr) {
  EXPECT_TRUE(DmgReader::IsDmg(base::AsBytes(file)));
  DmgReader reader(base::AsBytes(file));
  base::Budget budget(parts::testing::SmallLimits());
  auto all = parts::testing::Drain(reader, budget);
  if (problem != nullptr) {
    *problem = std::string(reader.problem());
  }
  return all;
}

std::string Zlib(const std::string& text) {
  const auto size = static_cast<std::uint16_t>(text.size());
  const auto low = [](std::uint16_t value) {
    return std::string{static_cast<char>(value & 0xFF), static_cast<char>(value >> 8)};
  };
  return "\x78\x01\x01" + low(size) + low(static_cast<std::uint16_t>(~size)) + text;
}

TEST(DmgReaderTest, ReadsPartitionsOfAllKindsOfBlocks) {
  Writer writer;
  writer.Add(0x80000005, 0, 1, Zlib(Sector('z')));
  writer.Add(0, 1, 2);
  writer.Add(0x7FFFFFFE, 3, 0);
  writer.Add(1, 4, 1, Sector('r'));  // behind a hole of one sector
  writer.Add(0x80000004, 5, 1,
             "\x80"
             "a" +
                 std::string("\x7F\0\0", 3) + std::string("\x7F\0\0", 3) +
                 std::string("\x7F\0\0", 3) + std::string("\x7F\0\0", 3) +
                 std::string("\x7F\0\0", 3) + std::string("\x7F\0\0", 3) +
                 std::string("\x7F\0\0", 3) + "\xA2" + std::string(35, 'a') + "\x86" +
                 std::string(7, 'a'));
  writer.EndTable("first (Apple_HFS : 1)");
  writer.Add(2, 0, 100);
  writer.EndTable("free");
  writer.Add(1, 0, 1, Sector('s'));
  writer.EndTable("second");
  std::string problem;
  const auto all = Read(writer.Finish(), &problem);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "first (Apple_HFS : 1)");
  EXPECT_EQ(all[0].gap, "");
  EXPECT_EQ(all[0].content, Sector('z') + std::string(512 * 3, '\0') + Sector('r') + Sector('a'));
  EXPECT_EQ(all[1].content, Sector('s'));
  EXPECT_EQ(problem, "");
}

TEST(DmgReaderTest, SaysWhatItDoesNotRead) {
  Writer writer;
  writer.Add(1, 0, 1, Sector('r'));
  writer.Add(0x80000009, 1, 1, "?");
  writer.EndTable("other");
  const auto all = Read(writer.Finish());
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].content, Sector('r'));
  EXPECT_EQ(all[0].gap, "unsupported: unknown kind of block");
  std::string problem;
  EXPECT_TRUE(Read("encrcdsa" + std::string(600, '\0'), &problem).empty());
  EXPECT_EQ(problem, "encrypted");
}

TEST(DmgReaderTest, ADamagedBlockLosesNoOther) {
  Writer writer;
  writer.Add(0x80000005, 0, 1, Zlib(Sector('z')));
  writer.Add(0x80000005, 1, 1, "\x78\x01\xFF\xFF no zlib");
  writer.Add(0x80000009, 2, 1, "?");
  writer.Add(1, 3, 1, Sector('r'));
  writer.EndTable("disk");
  const std::string file = writer.Finish();
  auto all = Read(file);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].content, Sector('z') + std::string(2 * 512, '\0') + Sector('r'));
  EXPECT_TRUE(all[0].gap.starts_with("damaged")) << all[0].gap;
  // The list of tables behind where the trailer says it is.
  std::string moved = file;
  const std::size_t list = moved.find("<plist");
  ASSERT_NE(list, std::string::npos);
  moved.insert(list, std::string(5000, ' '));
  std::string problem;
  all = Read(moved, &problem);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].content.substr(0, 512), Sector('z'));
  EXPECT_EQ(problem, "damaged: the block tables are not where they should be");
}

TEST(DmgReaderTest, HugeClaimsEnd) {
  Writer writer;
  writer.Add(0, 0, ~std::uint64_t{0});
  writer.Add(1, 5, 1, Sector('r'));
  writer.EndTable("zeros");
  writer.Add(0x80000005, 0, ~std::uint64_t{0}, Zlib("x"));
  writer.EndTable("block");
  writer.Add(1, ~std::uint64_t{0}, 1, "x");
  writer.EndTable("far");
  writer.Add(1, 0, 1, Sector('r'));
  writer.Add(1, 0, 1, Sector('r'));
  writer.EndTable("overlap");
  const auto all = Read(writer.Finish());
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].gap, "limit file_bytes_max");
  EXPECT_EQ(all[1].gap, "limit block_bytes_max");
  EXPECT_EQ(all[2].gap, "damaged: a block lies too far behind");
  EXPECT_EQ(all[3].gap, "damaged: blocks overlap");
}

TEST(DmgReaderTest, EveryFlipEnds) {
  Writer writer;
  writer.Add(0x80000005, 0, 1, Zlib(Sector('z')));
  writer.EndTable("a");
  const std::string file = writer.Finish();
  for (std::size_t at = 0; at < file.size() - 512; ++at) {
    std::string flipped = file;
    flipped[at] = static_cast<char>(~flipped[at]);
    for (const std::string& damaged : {flipped, file.substr(at)}) {
      DmgReader reader(base::AsBytes(damaged));
      base::Budget budget(parts::testing::SmallLimits());
      if (DmgReader::IsDmg(base::AsBytes(damaged))) {
        parts::testing::Drain(reader, budget);
      }
    }
  }
}

TEST(PropertyListTest, IsNotFooled) {
  EXPECT_TRUE(BlockTables("<key>Data</key><data>AAAA</data>", 10).empty());
  EXPECT_TRUE(BlockTables("<key>blkx</key><array><dict><key>Data</key><data>AAAA", 10).empty());
  EXPECT_EQ(BlockTables("<key>blkx</key><array><dict><key>Data</key><data>AA</data></dict><dict>"
                        "<key>Data</key><data>AA</data></dict>",
                        1)
                .size(),
            1u);
  EXPECT_EQ(DecodeLooseBase64(" eA\n= ="), "x");
  EXPECT_EQ(DecodeLooseBase64("e!=="), std::nullopt);
}

}  // namespace
}  // namespace day::unpack::dmg
