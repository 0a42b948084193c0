#include "libs/unpack/udf/udf_reader.h"

#include <gtest/gtest.h>

#include "libs/unpack/parts/testing/drain.h"
#include "libs/unpack/udf/iso_files.h"

namespace day::unpack::udf {
namespace {

using parts::testing::Drained;

constexpr std::size_t kSector = 2048;
constexpr std::uint32_t kPartition = 257;  // the first sector of the partition

template <typename T>
void Set(std::string& text, std::size_t at, T value) {
  text.replace(at, sizeof(value), reinterpret_cast<const char*>(&value), sizeof(value));
}

std::string Tagged(std::uint16_t tag) {
  std::string out(kSector, '\0');
  Set(out, 0, tag);
  return out;
}

// A long allocation descriptor.
std::string Long(std::uint32_t size, std::uint32_t block, std::uint16_t partition = 0) {
  std::string out(16, '\0');
  Set(out, 0, size);
  Set(out, 4, block);
  Set(out, 8, partition);
  return out;
}

std::string Short(std::uint32_t size, std::uint32_t block) {
  return Long(size, block).substr(0, 8);
}

std::string Entry(std::uint8_t kind, std::uint64_t size, std::uint16_t form,
                  const std::string& descriptors, bool is_extended = false) {
  std::string out = Tagged(is_extended ? 266 : 261);
  const std::size_t fixed = is_extended ? 216 : 176;
  Set(out, 27, kind);
  Set(out, 34, form);
  Set(out, 56, size);
  Set(out, fixed - 4, static_cast<std::uint32_t>(descriptors.size()));
  return out.replace(fixed, descriptors.size(), descriptors);
}

std::string Name(const std::string& name, std::uint32_t block, std::uint8_t flags = 0) {
  std::string out = Tagged(257).substr(0, 38);
  Set(out, 18, flags);
  Set(out, 19, static_cast<std::uint8_t>(name.size() + 1));
  out.replace(20, 16, Long(kSector, block));
  out += '\x08' + name;
  out.resize((out.size() + 3) / 4 * 4);
  return out;
}

class Writer {
 public:
  Writer() : image_((kPartition + 40) * kSector, '\0') {
    Put(16, std::string("\0BEA01\1", 7));
    Put(17, std::string("\0NSR02\1", 7));
    Put(18, std::string("\0TEA01\1", 7));
    std::string anchor = Tagged(2);
    Set(anchor, 12, 256u);
    Set(anchor, 16, static_cast<std::uint32_t>(3 * kSector));
    Set(anchor, 20, 32u);
    Put(256, anchor);
    std::string partition = Tagged(5);
    Set(partition, 188, kPartition);
    Set(partition, 192, 40u);
    Put(32, partition);
    volume = Tagged(6);
    Set(volume, 212, static_cast<std::uint32_t>(kSector));
    volume.replace(248, 16, Long(kSector, 0));
    Set(volume, 268, 1u);
    volume.replace(440, 6, std::string("\1\6\1\0\0\0", 6));
    Put(34, Tagged(8));
    std::string set = Tagged(256);
    set.replace(400, 16, Long(kSector, 1));
    Block(0, set);
  }
  void Put(std::size_t sector, const std::string& bytes) {
    image_.replace(sector * kSector, bytes.size(), bytes);
  }
  void Block(std::size_t block, const std::string& bytes) { Put(kPartition + block, bytes); }
  void Root(const std::string& names) { Block(1, Entry(4, names.size(), 3, names)); }
  std::string Finish() {
    Put(33, volume);
    return image_;
  }

  std::string volume;

 private:
  std::string image_;
};

std::vector<Drained> Read(const std::string& image, std::string* problem = nullptr,
                          const base::BudgetLimits& limits = {}) {
  UdfReader reader(base::AsBytes(image));
  base::Budget budget{limits};
  auto all = parts::testing::Drain(reader, budget);
  if (problem != nullptr) {
    *problem = std::string(reader.problem());
  }
  return all;
}

TEST(UdfReaderTest, ReadsEveryFormOfAllocation) {
  Writer writer;
  const std::string names = Name("embedded", 2) + Name("short", 3) + Name("long", 4, 1) +
                            Name("gone", 3, 4) + Name("dir", 8, 2);
  writer.Block(1, Entry(4, names.size(), 0, Short(static_cast<std::uint32_t>(names.size()), 20)));
  writer.Block(20, names);
  writer.Block(2, Entry(5, 5, 3, "inner", true));
  // A hole, two runs, and an allocation that goes on elsewhere.
  writer.Block(3, Entry(5, 2 * kSector + 4, 0,
                        Short(kSector | 1u << 31, 0) + Short(0xC0000000u | kSector, 10)));
  std::string more = Tagged(258);
  Set(more, 20, 16u);
  writer.Block(10, more.replace(24, 16, Short(kSector, 11) + Short(4, 13)));
  writer.Block(11, std::string(kSector, 'x'));
  writer.Block(13, "tail");
  writer.Block(4, Entry(5, 4, 1, Long(4, 13)));
  writer.Block(8, Entry(4, Name("deep", 9).size(), 3, Name("deep", 9)));
  writer.Block(9, Entry(5, 4, 3, "deep"));
  std::string problem;
  const std::string image = writer.Finish();
  EXPECT_TRUE(UdfReader::IsUdf(base::AsBytes(image)));
  const auto all = Read(image, &problem);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].content, "inner");
  EXPECT_EQ(all[1].content, std::string(kSector, '\0') + std::string(kSector, 'x') + "tail");
  EXPECT_EQ(all[2].content, "tail");
  EXPECT_EQ(all[3].name, "dir/deep");
  EXPECT_EQ(all[3].content, "deep");
  EXPECT_EQ(problem, "");
}

TEST(UdfReaderTest, ReadsAMetadataPartition) {
  Writer writer;
  Set(writer.volume, 268, 2u);
  std::string map(64, '\0');
  map[0] = 2;
  map[1] = 64;
  map.replace(5, 23, "*UDF Metadata Partition");
  Set(map, 40, 5u);
  writer.volume.replace(446, 64, map);
  writer.volume.replace(248, 16, Long(kSector, 0, 1));
  // The metadata file's blocks 0 and 1 lie in blocks 7 and 6 of the partition.
  writer.Block(5, Entry(250, 2 * kSector, 0, Short(kSector, 7) + Short(kSector, 6)));
  std::string set = Tagged(256);
  writer.Block(7, set.replace(400, 16, Long(kSector, 1, 1)));
  writer.Block(6, Entry(4, Name("a", 9).size(), 3, Name("a", 9)));
  writer.Block(9, Entry(5, 4, 3, "text"));
  const auto all = Read(writer.Finish());
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].content, "text");
}

TEST(UdfReaderTest, GivesNamedStreams) {
  Writer writer;
  writer.Root(Name("a", 2));
  std::string entry = Entry(5, 4, 3, "main", true);
  writer.Block(2, entry.replace(152, 16, Long(kSector, 3)));
  writer.Block(3, Entry(13, Name("hidden", 4).size(), 3, Name("hidden", 4)));
  writer.Block(4, Entry(5, 6, 3, "stream"));
  const auto all = Read(writer.Finish());
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].name, "a/hidden");
  EXPECT_EQ(all[1].content, "stream");
}

TEST(UdfReaderTest, CyclesEnd) {
  Writer writer;
  writer.Root(Name("self", 1, 2) + Name("again", 1, 2) + Name("loop", 2));
  // An allocation that goes on in itself.
  writer.Block(2, Entry(5, 1ull << 40, 0, Short(0xC0000000u | kSector, 3)));
  std::string more = Tagged(258);
  Set(more, 20, 8u);
  writer.Block(3, more.replace(24, 8, Short(0xC0000000u | kSector, 3)));
  std::string problem;
  const auto all = Read(writer.Finish(), &problem);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].gap, "limit extents_max");
  EXPECT_EQ(problem, "damaged: a folder is listed twice");
}

TEST(UdfReaderTest, HugeClaimsEnd) {
  Writer writer;
  writer.Root(Name("a", 2) + Name("b", 3) + Name("c", 30));
  writer.Block(2, Entry(5, ~std::uint64_t{0}, 0, Short(0x3FFFFFFF, 0xFFFFFFFF)));
  writer.Block(3, Entry(5, 1ull << 40, 0, Short(0x3FFFFFFF | 1u << 31, 0)));
  const auto all = Read(writer.Finish(), nullptr, parts::testing::SmallLimits());
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].gap, "damaged: the data ends too early");
  EXPECT_EQ(all[1].gap, "limit file_bytes_max");
  EXPECT_EQ(all[2].gap, "damaged: a file is none");
}

TEST(UdfReaderTest, SaysWhatIsNotThere) {
  std::string problem;
  EXPECT_TRUE(Read(std::string(1 << 20, '\0'), &problem).empty());
  EXPECT_EQ(problem, "damaged: no anchor of a UDF volume");
  Writer writer;
  writer.volume.replace(440, 64, std::string(64, '\0'));
  writer.volume[440] = 2;
  writer.volume[441] = 64;
  writer.volume.replace(445, 22, "*UDF Virtual Partition");
  EXPECT_TRUE(Read(writer.Finish(), &problem).empty());
  EXPECT_EQ(problem, "unsupported: virtual partition");
}

// A plain ISO 9660 side with one folder of these records: (sector, size).
void AddIso(Writer& writer, std::size_t sector, char kind, std::size_t folder_sector,
            const std::vector<std::pair<std::uint32_t, std::uint32_t>>& files) {
  const auto record = [](std::uint32_t at, std::uint32_t size, char flags) {
    std::string out(34, '\0');
    out[0] = 34;
    Set(out, 2, at);
    Set(out, 10, size);
    out[25] = flags;
    return out;
  };
  std::string descriptor(kSector, '\0');
  descriptor.replace(0, 6, std::string(1, kind) + "CD001");
  const auto root = record(static_cast<std::uint32_t>(folder_sector), kSector, 2);
  writer.Put(sector, descriptor.replace(156, 34, root));
  std::string folder = root;
  for (const auto& [at, size] : files) {
    folder += record(at, size, 0);
  }
  writer.Put(folder_sector, folder);
}

TEST(UdfReaderTest, ABridgeGivesOnlyWhatTheIsoSideHasNot) {
  Writer writer;
  writer.Root(Name("both", 2) + Name("udf", 3) + Name("joliet", 4));
  const auto file = [&](std::uint32_t block) { return Entry(5, 4, 0, Short(4, block)); };
  writer.Block(2, file(10));
  writer.Block(3, file(11));
  writer.Block(4, file(12));
  writer.Block(10, "both");
  writer.Block(11, "only");
  writer.Block(12, "some");
  AddIso(writer, 16, 1, 40, {{kPartition + 10, 4}, {kPartition + 12, 4}, {kPartition + 11, 5}});
  AddIso(writer, 17, 2, 41, {{kPartition + 10, 4}});
  writer.Put(18, std::string("\0BEA01\1", 7));
  writer.Put(19, std::string("\0NSR02\1", 7));
  const std::string image = writer.Finish();
  EXPECT_TRUE(UdfReader::IsUdf(base::AsBytes(image)));
  const auto all = Read(image);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "udf");
  EXPECT_EQ(all[1].name, "joliet");
}

TEST(UdfReaderTest, EveryFlipEnds) {
  Writer writer;
  writer.Root(Name("a", 2));
  writer.Block(2, Entry(5, 4, 1, Long(4, 3)));
  const std::string image = writer.Finish();
  for (const std::size_t sector : {32u, 33u, 256u, 257u, 258u, 259u}) {
    for (std::size_t at = 0; at < 520; at += 3) {
      std::string flipped = image;
      char& byte = flipped[sector * kSector + at];
      byte = static_cast<char>(~byte);
      Read(flipped, nullptr, parts::testing::SmallLimits());
    }
  }
}

}  // namespace
}  // namespace day::unpack::udf
