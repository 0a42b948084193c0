#include "libs/unpack/fat/fat_reader.h"

#include <gtest/gtest.h>

#include "libs/unpack/parts/testing/drain.h"

namespace day::unpack::fat {
namespace {

using parts::testing::Drained;

constexpr std::size_t kSector = 512;

template <typename T>
void Set(std::string& text, std::size_t at, T value) {
  text.replace(at, sizeof(value), reinterpret_cast<const char*>(&value), sizeof(value));
}

std::string Short(const std::string& name, std::uint8_t flags, std::uint16_t cluster,
                  std::uint32_t size) {
  std::string out = name;
  out.resize(11, ' ');
  out.resize(32);
  out[11] = static_cast<char>(flags);
  Set(out, 26, cluster);
  Set(out, 28, size);
  return out;
}

// One part of a long name: 13 characters at most.
std::string Long(const std::string& name, std::uint8_t order) {
  std::string wide;
  for (const char c : name) {
    wide += c;
    wide += '\0';
  }
  if (name.size() < 13) {
    wide += std::string(2, '\0');
  }
  wide.resize(26, '\xFF');
  std::string out(32, '\0');
  out[0] = static_cast<char>(order);
  out[11] = 0x0F;
  out.replace(1, 10, wide.substr(0, 10));
  out.replace(14, 12, wide.substr(10, 12));
  return out.replace(28, 4, wide.substr(22, 4));
}

// FAT12: a boot sector, one table, a root of 16 entries, 60 clusters of one sector.
class Writer {
 public:
  Writer() : image_(63 * kSector, '\0') {
    image_.replace(0, 3, "\xEB\x3C\x90");
    Set<std::uint16_t>(image_, 11, kSector);
    image_[13] = 1;
    Set<std::uint16_t>(image_, 14, 1);
    image_[16] = 1;
    Set<std::uint16_t>(image_, 17, 16);
    Set<std::uint16_t>(image_, 19, 63);
    image_[21] = '\xF8';
    Set<std::uint16_t>(image_, 22, 1);
  }
  void Link(std::size_t cluster, unsigned next) {
    const std::size_t at = kSector + cluster + cluster / 2;
    const auto old = static_cast<unsigned>(static_cast<unsigned char>(image_[at]) |
                                           static_cast<unsigned char>(image_[at + 1]) << 8);
    Set(image_, at,
        static_cast<std::uint16_t>(cluster % 2 == 0 ? (old & 0xF000) | next
                                                    : (old & 0x000F) | next << 4));
  }
  void Put(std::size_t cluster, const std::string& bytes, unsigned next = 0xFFF) {
    image_.replace((1 + cluster) * kSector, bytes.size(), bytes);
    Link(cluster, next);
  }
  void Root(const std::string& entries) { image_.replace(2 * kSector, entries.size(), entries); }
  const std::string& image() const { return image_; }

 private:
  std::string image_;
};

std::vector<Drained> Read(const std::string& image, std::string* problem = nullptr) {
  FatReader reader(base::AsBytes(image));
  base::Budget budget(parts::testing::SmallLimits());
  auto all = parts::testing::Drain(reader, budget);
  if (problem != nullptr) {
    *problem = std::string(reader.problem());
  }
  return all;
}

TEST(FatReaderTest, ReadsChainsAndLongNames) {
  Writer writer;
  writer.Root(Short("LABEL", 8, 0, 0) + Short("PLAIN   TXT", 0, 3, 600) +
              Short("\xE5GONE", 0, 3, 5) + Long("le.txt", 0x42) + Long("a long named ", 1) +
              Short("ALONGN~1TXT", 0, 7, 4) + Short("DIR", 0x10, 8, 0));
  writer.Put(3, std::string(kSector, 'x'), 5);
  writer.Put(5, std::string(kSector, 'y'));
  writer.Put(7, "long");
  writer.Put(8, Short(".", 0x10, 8, 0) + Short("..", 0x10, 0, 0) + Short("IN", 0, 9, 5));
  writer.Put(9, "inner");
  EXPECT_TRUE(FatReader::IsFat(base::AsBytes(writer.image())));
  std::string problem;
  const auto all = Read(writer.image(), &problem);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].name, "PLAIN.TXT");
  EXPECT_EQ(all[0].content, std::string(kSector, 'x') + std::string(88, 'y'));
  EXPECT_EQ(all[1].name, "a long named le.txt");
  EXPECT_EQ(all[1].content, "long");
  EXPECT_EQ(all[2].name, "DIR/IN");
  EXPECT_EQ(all[2].content, "inner");
  EXPECT_EQ(problem, "");
}

TEST(FatReaderTest, ReadsFat32) {
  std::string image(40 * kSector, '\0');
  image.replace(0, 3, "\xEB\x58\x90");
  Set<std::uint16_t>(image, 11, kSector);
  image[13] = 1;
  Set<std::uint16_t>(image, 14, 2);
  image[16] = 1;
  image[21] = '\xF8';
  Set<std::uint32_t>(image, 32, 40);
  Set<std::uint32_t>(image, 36, 1);
  Set<std::uint32_t>(image, 44, 5);  // the root's cluster; clusters start at sector 3
  const auto put = [&](std::size_t cluster, const std::string& bytes, std::uint32_t next) {
    image.replace((1 + cluster) * kSector, bytes.size(), bytes);
    Set(image, 2 * kSector + cluster * 4, next);
  };
  put(5, Short("A", 0, 6, 516), 0x0FFFFFFF);
  put(6, std::string(kSector, 'x'), 9 | 0xF0000000);
  put(9, "tail", 0x0FFFFFF8);
  const auto all = Read(image);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].content, std::string(kSector, 'x') + "tail");
  EXPECT_EQ(all[0].gap, "");
}

TEST(FatReaderTest, CyclesEnd) {
  Writer writer;
  writer.Root(Short("LOOP", 0, 3, 0xFFFFFFFF) + Short("SELF", 0x10, 4, 0) +
              Short("CUT", 0, 6, 2000) + Short("OUT", 0, 0xFFF, 5));
  writer.Put(3, "x", 3);
  writer.Put(4, Short("AGAIN", 0x10, 4, 0) + Short("A", 0, 6, 4), 0xFFF);
  writer.Put(6, "text");
  std::string problem;
  const auto all = Read(writer.image(), &problem);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].gap, "limit file_bytes_max");
  EXPECT_EQ(all[1].gap, "damaged: the chain of clusters ends too early");
  EXPECT_EQ(all[1].content.size(), kSector);
  EXPECT_EQ(all[2].gap, "damaged: the chain of clusters ends too early");
  EXPECT_EQ(all[3].content, "text");
  EXPECT_EQ(problem, "damaged: a folder is listed twice");
}

TEST(FatReaderTest, AFolderWithoutEndIsSaid) {
  Writer writer;
  writer.Root(Short("DIR", 0x10, 4, 0));
  std::string entries;
  for (int i = 0; i < 16; ++i) {
    entries += Short("LABEL", 8, 0, 0);
  }
  writer.Put(4, entries, 4);
  std::string problem;
  EXPECT_TRUE(Read(writer.image(), &problem).empty());
  EXPECT_EQ(problem, "limit folder_bytes_max");
}

TEST(FatReaderTest, EveryFlipEnds) {
  Writer writer;
  writer.Root(Long("name", 0x41) + Short("NAME", 0, 3, 600) + Short("DIR", 0x10, 4, 0));
  writer.Put(3, "x", 5);
  writer.Put(4, Short("A", 0, 5, 4));
  writer.Put(5, "y");
  for (std::size_t at = 0; at < 6 * kSector; ++at) {
    std::string flipped = writer.image();
    flipped[at] = static_cast<char>(~flipped[at]);
    Read(flipped);
    Read(writer.image().substr(0, at));
  }
}

}  // namespace
}  // namespace day::unpack::fat
