#include "libs/unpack/squashfs/squashfs_reader.h"

#include <gtest/gtest.h>

#include "libs/unpack/parts/testing/drain.h"

namespace day::unpack::squashfs {
namespace {

using parts::testing::Drained;

constexpr std::uint32_t kNoFragment = 0xFFFFFFFF;

template <typename T>
std::string Le(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

std::string Stored(const std::string& content) {
  return Le(static_cast<std::uint16_t>(0x8000 | content.size())) + content;
}

// Writes an image whose blocks are all stored: files in the root and one folder.
class Writer {
 public:
  struct Entry {
    std::string name;
    std::uint16_t inode = 0;  // offset in the inode table
  };

  std::string data = std::string(96, '\0');
  std::string inodes;

  std::uint16_t AddFile(std::uint32_t start, std::uint32_t fragment, std::uint32_t offset,
                        std::uint32_t size, const std::vector<std::uint32_t>& words) {
    const auto at = static_cast<std::uint16_t>(inodes.size());
    inodes += Le<std::uint16_t>(2) + std::string(14, '\0') + Le(start) + Le(fragment) + Le(offset) +
              Le(size);
    for (const std::uint32_t word : words) {
      inodes += Le(word);
    }
    return at;
  }
  // A file of one stored block.
  std::uint16_t AddPlain(const std::string& content) {
    const auto start = static_cast<std::uint32_t>(data.size());
    data += content;
    const auto size = static_cast<std::uint32_t>(content.size());
    return AddFile(start, kNoFragment, 0, size, {size | 1u << 24});
  }
  std::uint16_t AddFolder(const std::vector<Entry>& entries, int surplus = 3) {
    const auto listing_at = static_cast<std::uint16_t>(listings_.size());
    std::string listing = Le(static_cast<std::uint32_t>(entries.size() - 1)) + Le(0u) + Le(1u);
    for (const Entry& entry : entries) {
      listing += Le(entry.inode) + Le<std::uint16_t>(0) + Le<std::uint16_t>(2) +
                 Le(static_cast<std::uint16_t>(entry.name.size() - 1)) + entry.name;
    }
    listings_ += listing;
    const auto at = static_cast<std::uint16_t>(inodes.size());
    inodes += Le<std::uint16_t>(1) + std::string(14, '\0') + Le(0u) + Le(2u) +
              Le(static_cast<std::uint16_t>(static_cast<int>(listing.size()) + surplus)) +
              Le(listing_at) + Le(1u);
    return at;
  }
  void AddFragment(const std::string& content) {
    fragments_ += Le(static_cast<std::uint64_t>(data.size())) +
                  Le(static_cast<std::uint32_t>(content.size() | 1u << 24)) + Le(0u);
    data += content;
  }
  std::string Finish(std::uint16_t root) const {
    std::string out = data;
    const std::uint64_t inode_table = out.size();
    out += Stored(inodes);
    const std::uint64_t folder_table = out.size();
    out += Stored(listings_);
    const std::uint64_t fragment_block = out.size();
    out += fragments_.empty() ? "" : Stored(fragments_);
    const std::uint64_t fragment_table = out.size();
    out += Le(fragment_block);
    const std::string super = "hsqs" + Le(4u) + Le(0u) + Le(4096u) +
                              Le(static_cast<std::uint32_t>(fragments_.size() / 16)) +
                              Le<std::uint16_t>(1) + Le<std::uint16_t>(12) + Le<std::uint16_t>(0) +
                              Le<std::uint16_t>(1) + Le<std::uint16_t>(4) + Le<std::uint16_t>(0) +
                              Le<std::uint64_t>(root) + Le<std::uint64_t>(out.size()) +
                              std::string(16, '\xFF') + Le(inode_table) + Le(folder_table) +
                              Le(fragment_table) + std::string(8, '\xFF');
    return out.replace(0, super.size(), super);
  }

 private:
  std::string listings_;
  std::string fragments_;
};

std::vector<Drained> Read(const std::string& image, std::string* problem = nullptr,
                          const base::BudgetLimits& limits = {}) {
  EXPECT_TRUE(SquashfsReader::IsSquashfs(base::AsBytes(image)));
  SquashfsReader reader(base::AsBytes(image));
  base::Budget budget{limits};
  auto all = parts::testing::Drain(reader, budget);
  if (problem != nullptr) {
    *problem = std::string(reader.problem());
  }
  return all;
}

TEST(SquashfsReaderTest, ReadsFilesHolesAndTails) {
  Writer writer;
  writer.AddFragment("....the tail");
  const auto plain = writer.AddPlain("plain");
  const auto start = static_cast<std::uint32_t>(writer.data.size());
  writer.data += std::string(4096, 'x');
  const auto large = writer.AddFile(start, 0, 4, 4096 * 2 + 8, {4096 | 1u << 24, 0});
  const auto inner = writer.AddFolder({{"large", large}});
  std::string problem;
  const auto all =
      Read(writer.Finish(writer.AddFolder({{"a.txt", plain}, {"dir", inner}})), &problem);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "a.txt");
  EXPECT_EQ(all[0].content, "plain");
  EXPECT_EQ(all[1].name, "dir/large");
  EXPECT_EQ(all[1].content, std::string(4096, 'x') + std::string(4096, '\0') + "the tail");
  EXPECT_EQ(all[1].gap, "");
  EXPECT_EQ(problem, "");
}

TEST(SquashfsReaderTest, AFolderInItselfEnds) {
  Writer writer;
  const auto plain = writer.AddPlain("plain");
  const auto root = static_cast<std::uint16_t>(writer.inodes.size());
  EXPECT_EQ(writer.AddFolder({{"a", plain}, {"self", root}, {"self2", root}}), root);
  std::string problem;
  const auto all = Read(writer.Finish(root), &problem);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(problem, "damaged: a folder is listed twice");
}

TEST(SquashfsReaderTest, HugeClaimsAreDamageOrLimits) {
  Writer writer;
  const auto sparse = writer.AddFile(96, kNoFragment, 0, 0xFFFFFFFF, {0, 0, 0});
  const auto outside = writer.AddFile(0xFFFFFFF0, kNoFragment, 0, 10, {10 | 1u << 24});
  const auto fragment = writer.AddFile(96, 77, 0, 10, {});
  const auto all = Read(writer.Finish(
      writer.AddFolder({{"sparse", sparse}, {"outside", outside}, {"fragment", fragment}})));
  ASSERT_EQ(all.size(), 3u);
  // The words of the next inodes are taken for sizes of blocks.
  EXPECT_NE(all[0].gap, "");
  EXPECT_EQ(all[1].gap, "damaged: a block lies outside the image");
  EXPECT_EQ(all[2].gap, "damaged: no such fragment");
}

TEST(SquashfsReaderTest, SaysWhatItDoesNotRead) {
  Writer writer;
  const auto plain = writer.AddPlain("plain");
  std::string image = writer.Finish(writer.AddFolder({{"a", plain}}));
  std::string problem;
  image[20] = 7;
  EXPECT_TRUE(Read(image, &problem).empty());
  EXPECT_EQ(problem, "unsupported: unknown compression");
  image[28] = 3;
  EXPECT_TRUE(Read(image, &problem).empty());
  EXPECT_EQ(problem, "unsupported: squashfs before version 4");
  EXPECT_TRUE(Read(image.substr(0, 50), &problem).empty());
  EXPECT_EQ(problem, "damaged: the superblock is cut off");
}

TEST(SquashfsReaderTest, GivesWhatFollowsTheImage) {
  Writer writer;
  const auto plain = writer.AddPlain("plain");
  std::string image = writer.Finish(writer.AddFolder({{"a", plain}}));
  image.resize(4096);
  const auto all = Read(image + "appended");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].name, "(trailing data)");
  EXPECT_EQ(all[1].content, "appended");
}

TEST(SquashfsReaderTest, StepsEndIt) {
  Writer writer;
  const auto plain = writer.AddPlain("plain");
  base::BudgetLimits limits;
  limits.steps_max = 10'000;
  std::string problem;
  Read(writer.Finish(writer.AddFolder({{"a", plain}, {"b", plain}, {"c", plain}})), &problem,
       limits);
  EXPECT_EQ(problem, "limit steps_max");
}

TEST(SquashfsReaderTest, EveryTruncationAndFlipEnds) {
  Writer writer;
  writer.AddFragment("the tail");
  const auto plain = writer.AddPlain("plain");
  const auto tail = writer.AddFile(96, 0, 0, 8, {});
  const std::string image = writer.Finish(writer.AddFolder({{"a", plain}, {"b", tail}}));
  for (std::size_t at = 4; at < image.size(); ++at) {
    Read(image.substr(0, at), nullptr, parts::testing::SmallLimits());
    std::string flipped = image;
    flipped[at] = static_cast<char>(~flipped[at]);
    Read(flipped, nullptr, parts::testing::SmallLimits());
  }
}

}  // namespace
}  // namespace day::unpack::squashfs
