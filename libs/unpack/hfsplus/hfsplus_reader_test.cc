#include "libs/unpack/hfsplus/hfsplus_reader.h"

#include <gtest/gtest.h>

#include <map>

#include "libs/unpack/parts/testing/drain.h"

namespace day::unpack::hfsplus {
namespace {

using parts::testing::Drained;

constexpr std::size_t kBlock = 512;
constexpr std::size_t kNode = 4096;

template <typename T>
std::string Be(T value) {
  std::string out;
  for (int shift = (static_cast<int>(sizeof(T)) - 1) * 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(value >> shift & 0xFF);
  }
  return out;
}

using Runs = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

std::string RunsOf(const Runs& runs) {
  std::string out;
  for (const auto& [start, count] : runs) {
    out += Be(start) + Be(count);
  }
  out.resize(64);
  return out;
}

std::string Fork(std::uint64_t size, const Runs& runs) {
  return Be(size) + Be(0u) + Be(0u) + RunsOf(runs);
}

std::string Utf16(const std::string& text) {
  std::string out = Be(static_cast<std::uint16_t>(text.size()));
  for (const char c : text) {
    out += '\0';
    out += c;
  }
  return out;
}

std::string WithKey(const std::string& key, const std::string& data) {
  return Be(static_cast<std::uint16_t>(key.size())) + key + data;
}

std::string CatalogFile(std::uint32_t parent, const std::string& name, std::uint32_t id,
                        const std::string& data, const std::string& resource = Fork(0, {})) {
  std::string record = Be<std::uint16_t>(2) + std::string(6, '\0') + Be(id);
  record.resize(88);
  return WithKey(Be(parent) + Utf16(name), record + data + resource);
}

std::string CatalogFolder(std::uint32_t parent, const std::string& name, std::uint32_t id) {
  std::string record = Be<std::uint16_t>(1) + std::string(6, '\0') + Be(id);
  record.resize(88);
  return WithKey(Be(parent) + Utf16(name), record);
}

std::string LeafNode(const std::vector<std::string>& records, std::uint32_t next) {
  std::string node = Be(next) + Be(0u) + "\xFF\x01" +
                     Be(static_cast<std::uint16_t>(records.size())) + std::string(2, '\0');
  std::string offsets;
  for (const std::string& record : records) {
    offsets = Be(static_cast<std::uint16_t>(node.size())) + offsets;
    node += record;
  }
  offsets = Be(static_cast<std::uint16_t>(node.size())) + offsets;
  node.resize(kNode - offsets.size());
  return node + offsets;
}

// A header node, and one leaf that the header or the leaf itself leads to.
std::string TreeOf(const std::vector<std::string>& records, std::uint32_t next = 0) {
  std::string header(kNode, '\0');
  header[8] = 1;
  header.replace(24, 4, Be(1u));
  header.replace(32, 2, Be(static_cast<std::uint16_t>(kNode)));
  return header + LeafNode(records, next);
}

class Writer {
 public:
  Writer() : image_(4 * kBlock, '\0') {}

  std::uint32_t Put(const std::string& bytes) {
    const auto block = static_cast<std::uint32_t>(image_.size() / kBlock);
    image_ += bytes;
    image_.resize((image_.size() + kBlock - 1) / kBlock * kBlock);
    return block;
  }
  void PutTree(std::size_t field, const std::string& tree) {
    const std::uint32_t block = Put(tree);
    header_[field] = Fork(tree.size(), {{block, static_cast<std::uint32_t>(tree.size() / kBlock)}});
  }
  std::string Finish() {
    std::string header = "H+" + Be<std::uint16_t>(4);
    header.resize(512);
    header.replace(40, 4, Be(static_cast<std::uint32_t>(kBlock)));
    for (const auto& [field, fork] : header_) {
      header.replace(field, fork.size(), fork);
    }
    return image_.replace(1024, 512, header);
  }

 private:
  std::string image_;
  std::map<std::size_t, std::string> header_;
};

constexpr std::size_t kExtents = 192;
constexpr std::size_t kCatalog = 272;
constexpr std::size_t kAttributes = 352;

std::vector<Drained> Read(const std::string& image, std::string* problem = nullptr,
                          const base::BudgetLimits& limits = {}) {
  HfsPlusReader reader(base::AsBytes(image));
  base::Budget budget{limits};
  auto all = parts::testing::Drain(reader, budget);
  if (problem != nullptr) {
    *problem = std::string(reader.problem());
  }
  return all;
}

TEST(HfsPlusReaderTest, ReadsForksAndFurtherExtents) {
  Writer writer;
  const std::uint32_t a = writer.Put("first");
  Runs runs;
  std::string whole;
  for (char c = '0'; c < '9'; ++c) {
    runs.push_back({writer.Put(std::string(kBlock, c)), 1});
    whole += std::string(kBlock, c);
    writer.Put("between");
  }
  const Runs further{runs.back()};
  runs.pop_back();
  writer.PutTree(kExtents,
                 TreeOf({WithKey(std::string(2, '\0') + Be(21u) + Be(8u), RunsOf(further))}));
  writer.PutTree(kCatalog, TreeOf({CatalogFile(2, "a", 20, Fork(5, {{a, 1}}), Fork(3, {{a, 1}})),
                                   CatalogFolder(2, "dir", 18),
                                   CatalogFile(18, "b/c", 21, Fork(9 * kBlock, runs))}));
  std::string problem;
  const std::string image = writer.Finish();
  EXPECT_TRUE(HfsPlusReader::IsHfsPlus(base::AsBytes(image)));
  const auto all = Read(image, &problem);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].content, "first");
  EXPECT_EQ(all[1].name, "a/..namedfork/rsrc");
  EXPECT_EQ(all[1].content, "fir");
  EXPECT_EQ(all[2].name, "dir/b:c");
  EXPECT_EQ(all[2].content, whole);
  EXPECT_EQ(problem, "");
}

std::string Attribute(std::uint32_t file, std::uint32_t kind, std::uint64_t size,
                      const std::string& data) {
  const auto le = [](std::uint64_t value, std::size_t bytes) {
    return std::string(reinterpret_cast<const char*>(&value), bytes);
  };
  const std::string content = "fpmc" + le(kind, 4) + le(size, 8) + data;
  return WithKey(
      std::string(2, '\0') + Be(file) + Be(0u) + Utf16("com.apple.decmpfs"),
      Be(0x10u) + std::string(8, '\0') + Be(static_cast<std::uint32_t>(content.size())) + content);
}

TEST(HfsPlusReaderTest, UnpacksCompressedFiles) {
  const std::string zlib("\x78\x01\x01\x04\0\xFB\xFFtext", 11);
  Writer writer;
  std::string fork = Be(0x100u) + std::string(252, '\0') + Be(100u) + std::string("\2\0\0\0", 4) +
                     std::string("\x14\0\0\0\x0B\0\0\0\x1F\0\0\0\5\0\0\0", 16) + zlib + "\xFFmore";
  const auto size = fork.size();
  const std::uint32_t block = writer.Put(fork);
  writer.PutTree(kAttributes, TreeOf({Attribute(20, 3, 4, zlib), Attribute(21, 3, 4, "\xFFraw!"),
                                      Attribute(22, 4, 8, ""), Attribute(23, 5, 4, "x"),
                                      Attribute(24, 3, 100, zlib)}));
  const std::string none = Fork(0, {});
  writer.PutTree(kCatalog,
                 TreeOf({CatalogFile(2, "zlib", 20, none), CatalogFile(2, "raw", 21, none),
                         CatalogFile(2, "fork", 22, none, Fork(size, {{block, 1}})),
                         CatalogFile(2, "other", 23, none), CatalogFile(2, "short", 24, none)}));
  const auto all = Read(writer.Finish());
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(all[0].content, "text");
  EXPECT_EQ(all[0].gap, "");
  EXPECT_EQ(all[1].content, "raw!");
  EXPECT_EQ(all[2].gap, "");
  EXPECT_EQ(all[2].content, "textmore");
  EXPECT_EQ(all[3].gap, "unsupported: compression of a file");
  EXPECT_EQ(all[4].gap, "damaged: the data ends too early");
}

TEST(HfsPlusReaderTest, UnpacksAppleCodecs) {
  // Three literals and the end; the same and one stored block in a fork, behind their table.
  const std::string lzvn(
      "\xE3"
      "abc"
      "\6\0\0\0\0\0\0\0",
      12);
  const std::string lzfse(
      "bvx-\4\0\0\0"
      "textbvx$",
      16);
  const std::string fork = std::string("\x0C\0\0\0\x18\0\0\0\x1D\0\0\0", 12) + lzvn + "\6more";
  Writer writer;
  const std::uint32_t block = writer.Put(fork);
  writer.PutTree(kAttributes, TreeOf({Attribute(20, 7, 3, lzvn), Attribute(21, 8, 7, ""),
                                      Attribute(22, 9, 4, "\xCCtext"), Attribute(23, 11, 4, lzfse),
                                      Attribute(24, 12, 4, "")}));
  const std::string none = Fork(0, {});
  writer.PutTree(kCatalog,
                 TreeOf({CatalogFile(2, "lzvn", 20, none),
                         CatalogFile(2, "blocks", 21, none, Fork(fork.size(), {{block, 1}})),
                         CatalogFile(2, "stored", 22, none), CatalogFile(2, "lzfse", 23, none),
                         CatalogFile(2, "damaged", 24, none, Fork(fork.size(), {{block, 1}}))}));
  const auto all = Read(writer.Finish());
  ASSERT_EQ(all.size(), 5u);
  const std::string expected[] = {"abc", "abcmore", "text", "text"};
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    EXPECT_EQ(all[i].content, expected[i]);
    EXPECT_EQ(all[i].gap, "");
  }
  EXPECT_EQ(all[4].gap, "damaged: invalid LZFSE data");
}

TEST(HfsPlusReaderTest, FindsAVolumeInAWrapper) {
  Writer writer;
  const std::uint32_t a = writer.Put("inner");
  writer.PutTree(kCatalog, TreeOf({CatalogFile(2, "a", 20, Fork(5, {{a, 1}}))}));
  const std::string inner = writer.Finish();
  std::string outer(4096, '\0');
  outer.replace(1024, 2, "BD");
  outer.replace(1044, 4, Be(512u));
  outer.replace(1052, 2, Be<std::uint16_t>(6));
  outer.replace(1148, 6,
                "H+" + Be<std::uint16_t>(2) + Be(static_cast<std::uint16_t>(inner.size() / 512)));
  EXPECT_TRUE(HfsPlusReader::IsHfsPlus(base::AsBytes(outer)));
  const auto all = Read(outer + inner);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].content, "inner");
  std::string problem;
  outer.replace(1148, 2, "  ");
  EXPECT_TRUE(Read(outer, &problem).empty());
  EXPECT_EQ(problem, "unsupported: plain HFS");
}

TEST(HfsPlusReaderTest, CyclesAndHugeClaimsEnd) {
  Writer writer;
  // Two folders, each in the other; a leaf that follows itself; a file of 16 EiB.
  writer.PutTree(kCatalog,
                 TreeOf({CatalogFolder(19, "x", 18), CatalogFolder(18, "y", 19),
                         CatalogFile(18, "f", 20, Fork(~std::uint64_t{0}, {{0, 0xFFFFFFFF}}))},
                        1));
  std::string problem;
  const auto all = Read(writer.Finish(), &problem, parts::testing::SmallLimits());
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].gap, "damaged: the data ends too early");
  EXPECT_LE(all[0].name.size(), parts::kPathBytesMax);
  EXPECT_EQ(problem, "damaged: the chain of leaves is broken");
}

TEST(HfsPlusReaderTest, FilesThatShareTheirBytesDoNotMultiplyThem) {
  constexpr std::uint64_t kShared = 2 * 1024 * 1024;
  Writer writer;
  const std::uint32_t shared = writer.Put(std::string(kShared, 'x'));
  const std::string fork = Fork(kShared, {{shared, kShared / kBlock}});
  std::vector<std::string> records;
  for (char name = 'a'; name < 'm'; ++name) {
    records.push_back(CatalogFile(2, std::string(1, name), 20, fork, fork));
  }
  records.push_back(CatalogFile(2, "small", 21, Fork(4, {{shared, 1}})));
  writer.PutTree(kCatalog, TreeOf(records));
  // 10 MiB and 16 times the image: ten files with both forks.
  const auto all = Read(writer.Finish());
  ASSERT_EQ(all.size(), 23u);
  EXPECT_EQ(all[19].gap, "");
  EXPECT_EQ(all[20].name, "k");
  EXPECT_EQ(all[20].gap, "limit ratio_max");
  EXPECT_EQ(all[22].content, "xxxx");
}

TEST(HfsPlusReaderTest, EveryFlipEnds) {
  Writer writer;
  const std::uint32_t a = writer.Put("text");
  writer.PutTree(kAttributes, TreeOf({Attribute(20, 3, 4, "\xFFtext")}));
  writer.PutTree(kCatalog, TreeOf({CatalogFile(2, "a", 20, Fork(0, {}), Fork(4, {{a, 1}}))}));
  const std::string image = writer.Finish();
  for (std::size_t at = 1024; at < image.size(); ++at) {
    if (image[at] == '\0' && at % 7 != 0) {
      continue;
    }
    std::string flipped = image;
    flipped[at] = static_cast<char>(~flipped[at]);
    Read(flipped, nullptr, parts::testing::SmallLimits());
    Read(image.substr(0, at), nullptr, parts::testing::SmallLimits());
  }
}

}  // namespace
}  // namespace day::unpack::hfsplus
