// Any bytes as a path, a tile and a bundle; and any hashes as proofs of a small tree, where only
// the proof of the naive twin may be accepted.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "libs/tlog/testing/naive_tree.h"
#include "libs/tlog/tile.h"

namespace {

namespace tlog = day::tlog;

void CheckProofs(day::base::Bytes input) {
  static const std::vector<tlog::Hash> leaves = tlog::testing::NumberedLeaves(40);
  if (input.size() < 2) {
    return;
  }
  const std::size_t size = std::to_integer<std::size_t>(input[0]) % leaves.size() + 1;
  const std::size_t other = std::to_integer<std::size_t>(input[1]) % (size + 1);
  const auto tree = std::span(leaves).first(size);
  // The rest of the input picks hashes of the right proof, or brings its own.
  const auto right = other < size ? tlog::testing::NaivePath(other, tree)
                                  : tlog::testing::NaiveConsistency(size / 2, tree);
  std::vector<tlog::Hash> proof;
  for (const std::byte pick : input.subspan(2).first(std::min<std::size_t>(input.size() - 2, 80))) {
    const auto index = std::to_integer<std::size_t>(pick);
    proof.push_back(index < right.size() ? right[index] : leaves[index % leaves.size()]);
  }
  const tlog::Hash root = tlog::testing::NaiveRoot(tree);
  if (other < size) {
    const bool accepted = tlog::VerifyInclusion(proof, other, size, leaves[other], root).ok();
    if (accepted != (proof == right)) {
      std::abort();
    }
  } else {
    const tlog::Hash old_root = tlog::testing::NaiveRoot(tree.first(size / 2));
    const bool accepted = tlog::VerifyConsistency(proof, size / 2, old_root, size, root).ok();
    if (accepted != (proof == right)) {
      std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const day::base::Bytes input = std::as_bytes(std::span(data, size));
  const auto id = tlog::ParseTilePath(day::base::AsText(input));
  if (id && tlog::TilePath(*id) != day::base::AsText(input)) {
    std::abort();
  }
  CheckProofs(input);
  if (size > 0) {
    const std::uint32_t width = data[0] + 1u;
    const auto entries = tlog::ParseBundle(input.subspan(1), width);
    if (entries.ok()) {
      std::string again;
      for (const day::base::Bytes entry : *entries) {
        tlog::AppendToBundle(entry, &again);
      }
      if (again != day::base::AsText(input.subspan(1)) || entries->size() != width) {
        std::abort();
      }
    }
    const auto tile = tlog::ParseTile(input.subspan(1), width);
    if (tile.ok() && tile->size() != width) {
      std::abort();
    }
  }
  return 0;
}
