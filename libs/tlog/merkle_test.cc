#include "libs/tlog/merkle.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "libs/tlog/testing/naive_tree.h"
#include "libs/tlog/tile.h"

namespace day::tlog {
namespace {

using testing::NaiveConsistency;
using testing::NaivePath;
using testing::NaiveRoot;
using testing::NumberedLeaves;

constexpr std::size_t kSizeMax = 66;

// Nodes straight from the leaves, by the definition.
class NaiveNodes : public NodeSource {
 public:
  explicit NaiveNodes(std::span<const Hash> leaves) : leaves_(leaves) {}
  base::Result<Hash> Node(std::uint32_t level, std::uint64_t index) override {
    if (((index + 1) << level) > leaves_.size()) {
      return base::MakeError(base::ErrorKind::kInvalidUse, "no such node");
    }
    return NaiveRoot(leaves_.subspan(index << level, std::size_t{1} << level));
  }

 private:
  std::span<const Hash> leaves_;
};

// Every way a proof can be wrong by one step must be refused.
template <typename F>
void ExpectOnlyThisProof(const std::vector<Hash>& proof, F&& verify) {
  EXPECT_TRUE(verify(proof));
  for (std::size_t i = 0; i < proof.size(); ++i) {
    std::vector<Hash> wrong = proof;
    wrong[i][31] ^= std::byte{1};
    EXPECT_FALSE(verify(wrong));
    wrong = proof;
    wrong.erase(wrong.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(verify(wrong));
  }
  for (std::size_t i = 0; i <= proof.size(); ++i) {
    std::vector<Hash> wrong = proof;
    wrong.insert(wrong.begin() + static_cast<std::ptrdiff_t>(i), Hash{});
    EXPECT_FALSE(verify(wrong));
  }
}

TEST(Merkle, NodesFromLeavesAreThoseOfTheDefinition) {
  const std::vector<Hash> leaves = NumberedLeaves(kSizeMax);
  NaiveNodes truth(leaves);
  LeafNodes nodes(leaves);
  for (std::uint32_t level = 0; level < 8; ++level) {
    for (std::uint64_t i = 0; i < (kSizeMax >> level); ++i) {
      EXPECT_EQ(nodes.Node(level, i).value(), truth.Node(level, i).value());
    }
    EXPECT_FALSE(nodes.Node(level, kSizeMax >> level).ok());
  }
  EXPECT_FALSE(nodes.Node(64, 0).ok());
}

TEST(Merkle, AnEdgeAndTheLeavesSinceGiveTheirProofs) {
  const std::vector<Hash> leaves = NumberedLeaves(kSizeMax);
  for (std::size_t edge = 0; edge < kSizeMax; ++edge) {
    CompactRange before;
    for (std::size_t i = 0; i < edge; ++i) {
      before.Append(leaves[i]);
    }
    LeafNodes nodes(before, std::span<const Hash>(leaves).subspan(edge));
    for (std::uint64_t i = edge; i < kSizeMax; ++i) {
      EXPECT_EQ(MakeInclusionProof(nodes, i, kSizeMax).value(), NaivePath(i, leaves));
    }
    if (edge > 2) {
      EXPECT_FALSE(MakeInclusionProof(nodes, 0, kSizeMax).ok());
    }
  }
}

TEST(Merkle, EmptyTree) {
  EXPECT_EQ(crypto::ToHexDigest(EmptyRoot()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(CompactRange().Root(), EmptyRoot());
}

TEST(CompactRange, IsTheNaiveRootAtEverySize) {
  const std::vector<Hash> leaves = NumberedLeaves(600);
  CompactRange range;
  for (std::size_t size = 0; size <= leaves.size(); ++size) {
    EXPECT_EQ(range.size(), size);
    ASSERT_EQ(range.Root(), NaiveRoot(std::span(leaves).first(size)));
    const auto stored = CompactRange::Create(size, range.hashes());
    ASSERT_TRUE(stored.ok());
    EXPECT_EQ(*stored, range);
    NaiveNodes nodes(std::span<const Hash>(leaves).first(size));
    EXPECT_EQ(RangeFromNodes(nodes, size).value(), range);
    if (size < leaves.size()) {
      range.Append(leaves[size], [&](std::uint32_t level, std::uint64_t index, const Hash& hash) {
        NaiveNodes grown(std::span<const Hash>(leaves).first(size + 1));
        EXPECT_EQ(grown.Node(level, index).value(), hash);
      });
    }
  }
  EXPECT_FALSE(CompactRange::Create(3, {leaves[0]}).ok());
  EXPECT_FALSE(CompactRange::Create(0, {leaves[0]}).ok());
  EXPECT_FALSE(CompactRange::Create(std::uint64_t{1} << 63, {leaves[0]}).ok());
}

TEST(Inclusion, AllProofsOfAllSmallTrees) {
  const std::vector<Hash> leaves = NumberedLeaves(kSizeMax);
  for (std::size_t size = 1; size <= kSizeMax; ++size) {
    const std::span<const Hash> tree = std::span(leaves).first(size);
    const Hash root = NaiveRoot(tree);
    NaiveNodes nodes(tree);
    for (std::size_t index = 0; index < size; ++index) {
      const auto proof = MakeInclusionProof(nodes, index, size);
      ASSERT_TRUE(proof.ok());
      ASSERT_EQ(*proof, NaivePath(index, tree));
      ExpectOnlyThisProof(*proof, [&](const std::vector<Hash>& hashes) {
        return VerifyInclusion(hashes, index, size, leaves[index], root).ok();
      });
      // Sizes and indices that are not meant. A path can fit another index only if the leaf does.
      for (std::size_t other = 0; other <= size; ++other) {
        EXPECT_EQ(VerifyInclusion(*proof, other, size, leaves[index], root).ok(), other == index);
      }
    }
    EXPECT_FALSE(MakeInclusionProof(nodes, size, size).ok());
  }
}

TEST(Consistency, AllProofsOfAllSmallTrees) {
  const std::vector<Hash> leaves = NumberedLeaves(kSizeMax);
  for (std::size_t size = 0; size <= kSizeMax; ++size) {
    const std::span<const Hash> tree = std::span(leaves).first(size);
    const Hash root = NaiveRoot(tree);
    NaiveNodes nodes(tree);
    for (std::size_t old_size = 0; old_size <= size; ++old_size) {
      const Hash old_root = NaiveRoot(tree.first(old_size));
      const auto proof = MakeConsistencyProof(nodes, old_size, size);
      ASSERT_TRUE(proof.ok());
      ASSERT_EQ(*proof, NaiveConsistency(old_size, tree));
      ExpectOnlyThisProof(*proof, [&](const std::vector<Hash>& hashes) {
        return VerifyConsistency(hashes, old_size, old_root, size, root).ok();
      });
      Hash wrong = old_root;
      wrong[0] ^= std::byte{0x80};
      EXPECT_FALSE(VerifyConsistency(*proof, old_size, wrong, size, root).ok());
      if (old_size != 0) {
        wrong = root;
        wrong[0] ^= std::byte{0x80};
        EXPECT_FALSE(VerifyConsistency(*proof, old_size, old_root, size, wrong).ok());
      }
      EXPECT_FALSE(size > 0 && VerifyConsistency(*proof, size + 1, old_root, size, root).ok());
    }
    EXPECT_FALSE(MakeConsistencyProof(nodes, size + 1, size).ok());
  }
}

TEST(Proofs, AbsurdSizesAreRefused) {
  const std::vector<Hash> many(200, EmptyRoot());
  EXPECT_FALSE(VerifyInclusion(many, 0, ~std::uint64_t{0}, {}, {}).ok());
  EXPECT_FALSE(VerifyInclusion(many, 5, kTreeSizeMax, {}, {}).ok());
  EXPECT_FALSE(VerifyInclusion({}, 0, 0, {}, {}).ok());
  EXPECT_FALSE(VerifyConsistency(many, 1, {}, ~std::uint64_t{0}, {}).ok());
  EXPECT_FALSE(VerifyConsistency(many, kTreeSizeMax - 1, {}, kTreeSizeMax, {}).ok());
}

TEST(TileNodes, AgreeWithTheLeavesAtEverySizeAroundTheEdges) {
  for (const std::size_t size : {1u, 2u, 255u, 256u, 257u, 300u, 511u, 512u, 513u}) {
    const std::vector<Hash> leaves = NumberedLeaves(size);
    const auto tiles = testing::NaiveTiles(leaves);
    TileNodes nodes(
        [&tiles](const TileId& id) -> base::Result<std::string> {
          const auto found = tiles.find(TilePath(id));
          if (found == tiles.end()) {
            return base::MakeError(base::ErrorKind::kNotFound, "none");
          }
          return found->second;
        },
        size);
    NaiveNodes truth(leaves);
    for (std::uint32_t level = 0; level < 11; ++level) {
      for (std::uint64_t index = 0; index <= (size >> level); ++index) {
        const auto node = nodes.Node(level, index);
        ASSERT_EQ(node.ok(), ((index + 1) << level) <= size) << level << " " << index;
        if (node.ok()) {
          ASSERT_EQ(*node, truth.Node(level, index).value());
        }
      }
    }
    EXPECT_FALSE(nodes.Node(64, 0).ok());
  }
}

TEST(TileNodes, ALargeTree) {
  constexpr std::size_t kSize = 70'000;
  const std::vector<Hash> leaves = NumberedLeaves(kSize);
  auto tiles = testing::NaiveTiles(leaves);
  EXPECT_EQ(tiles.size(), 273u + 1 + 1 + 1 + 1);  // the example of the specification
  CompactRange range;
  for (const Hash& leaf : leaves) {
    range.Append(leaf);
  }
  // A partial tile that was cleaned up is found as the full one.
  const std::string partial = "tile/0/200.p/7";
  ASSERT_EQ(tiles.count(partial), 0u);
  std::vector<std::string> read;
  const auto reader = [&](const TileId& id) -> base::Result<std::string> {
    read.push_back(TilePath(id));
    const auto found = tiles.find(TilePath(id));
    if (found == tiles.end()) {
      return base::MakeError(base::ErrorKind::kNotFound, "none");
    }
    return found->second;
  };
  const std::uint64_t old_size = 200 * 256 + 7;
  TileNodes old_nodes(reader, old_size);
  const auto old_range = RangeFromNodes(old_nodes, old_size);
  ASSERT_TRUE(old_range.ok()) << old_range.error().message;
  EXPECT_EQ(old_range->Root(), NaiveRoot(std::span(leaves).first(old_size)));
  EXPECT_NE(std::find(read.begin(), read.end(), partial), read.end());

  TileNodes nodes(reader, kSize);
  EXPECT_EQ(RangeFromNodes(nodes, kSize).value(), range);
  for (const std::uint64_t index : {0ull, 255ull, 256ull, 65'535ull, 65'536ull, 69'999ull}) {
    const auto proof = MakeInclusionProof(nodes, index, kSize);
    ASSERT_TRUE(proof.ok());
    EXPECT_TRUE(VerifyInclusion(*proof, index, kSize, leaves[index], range.Root()).ok());
  }
  const auto proof = MakeConsistencyProof(nodes, old_size, kSize);
  ASSERT_TRUE(proof.ok());
  EXPECT_TRUE(VerifyConsistency(*proof, old_size, old_range->Root(), kSize, range.Root()).ok());
}

TEST(Tiles, GrowthIsWhatDiffers) {
  for (const std::uint64_t old_size : {0u, 1u, 255u, 256u, 257u, 600u}) {
    for (const std::uint64_t new_size : {0u, 1u, 256u, 300u, 512u, 1000u}) {
      if (new_size < old_size) {
        continue;
      }
      const auto before = testing::NaiveTiles(NumberedLeaves(old_size));
      const auto after = testing::NaiveTiles(NumberedLeaves(new_size));
      std::vector<std::string> expected;
      for (const auto& [path, bytes] : after) {
        if (before.count(path) == 0) {
          expected.push_back(path);
        }
      }
      std::vector<std::string> found;
      std::size_t bundles = 0;
      for (const TileId& id : TilesOfGrowth(old_size, new_size)) {
        EXPECT_EQ(TileWidthAt(new_size, id.level, id.index), id.width);
        if (id.kind == TileId::Kind::kHashes) {
          found.push_back(TilePath(id));
        } else {
          ++bundles;
        }
      }
      std::sort(found.begin(), found.end());
      EXPECT_EQ(found, expected);
      EXPECT_EQ(bundles, old_size == new_size ? 0 : (new_size + 255) / 256 - old_size / 256);
    }
  }
}

}  // namespace
}  // namespace day::tlog
