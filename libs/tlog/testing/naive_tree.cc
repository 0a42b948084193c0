#include "libs/tlog/testing/naive_tree.h"

#include <algorithm>

namespace day::tlog::testing {
namespace {

std::size_t Split(std::size_t n) {
  std::size_t k = 1;
  while (k * 2 < n) {
    k *= 2;
  }
  return k;
}

std::vector<Hash> SubProof(std::size_t m, std::span<const Hash> d, bool whole) {
  if (m == d.size()) {
    return whole ? std::vector<Hash>{} : std::vector<Hash>{NaiveRoot(d)};
  }
  const std::size_t k = Split(d.size());
  std::vector<Hash> out;
  if (m <= k) {
    out = SubProof(m, d.first(k), whole);
    out.push_back(NaiveRoot(d.subspan(k)));
  } else {
    out = SubProof(m - k, d.subspan(k), false);
    out.push_back(NaiveRoot(d.first(k)));
  }
  return out;
}

}  // namespace

Hash NaiveRoot(std::span<const Hash> d) {
  if (d.empty()) {
    return crypto::Sha256({});
  }
  if (d.size() == 1) {
    return d[0];
  }
  const std::size_t k = Split(d.size());
  return NodeHash(NaiveRoot(d.first(k)), NaiveRoot(d.subspan(k)));
}

std::vector<Hash> NaivePath(std::uint64_t m, std::span<const Hash> d) {
  if (d.size() <= 1) {
    return {};
  }
  const std::size_t k = Split(d.size());
  std::vector<Hash> out = m < k ? NaivePath(m, d.first(k)) : NaivePath(m - k, d.subspan(k));
  out.push_back(m < k ? NaiveRoot(d.subspan(k)) : NaiveRoot(d.first(k)));
  return out;
}

std::vector<Hash> NaiveConsistency(std::uint64_t m, std::span<const Hash> d) {
  return m == 0 ? std::vector<Hash>{} : SubProof(static_cast<std::size_t>(m), d, true);
}

std::vector<Hash> NumberedLeaves(std::size_t count) {
  std::vector<Hash> out;
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(LeafHash(base::AsBytes("entry " + std::to_string(i))));
  }
  return out;
}

std::map<std::string, std::string> NaiveTiles(std::span<const Hash> leaf_hashes) {
  std::map<std::string, std::string> tiles;
  std::vector<Hash> row(leaf_hashes.begin(), leaf_hashes.end());
  for (std::uint32_t level = 0; !row.empty(); ++level) {
    std::vector<Hash> above;
    for (std::size_t first = 0; first < row.size(); first += kTileWidth) {
      const std::size_t width = std::min<std::size_t>(kTileWidth, row.size() - first);
      const std::span<const Hash> hashes = std::span<const Hash>(row).subspan(first, width);
      std::string bytes;
      for (const Hash& hash : hashes) {
        bytes += base::AsText(hash);
      }
      tiles[TilePath({TileId::Kind::kHashes, level, first / kTileWidth,
                      static_cast<std::uint32_t>(width)})] = bytes;
      if (width == kTileWidth) {
        above.push_back(NaiveRoot(hashes));
      }
    }
    row = std::move(above);
  }
  return tiles;
}

}  // namespace day::tlog::testing
