#include "libs/tlog/tile_builder.h"

#include <utility>

namespace day::tlog {
namespace {

using base::ErrorKind;
using base::MakeError;

std::string TileBytes(const std::vector<Hash>& hashes) {
  std::string bytes;
  bytes.reserve(hashes.size() * kHashBytes);
  for (const Hash& hash : hashes) {
    bytes += base::AsText(hash);
  }
  return bytes;
}

TileId HashTile(std::uint32_t level, std::uint64_t index, std::size_t width) {
  return {TileId::Kind::kHashes, level, index, static_cast<std::uint32_t>(width)};
}

TileId Bundle(std::uint64_t index, std::uint64_t width) {
  return {TileId::Kind::kEntries, 0, index, static_cast<std::uint32_t>(width)};
}

}  // namespace

base::Result<TileBuilder> TileBuilder::Load(const TileNodes::Reader& reader, std::uint64_t size,
                                            const Hash& root) {
  TileBuilder out;
  for (std::uint32_t level = 0; level <= kTileLevelMax; ++level) {
    const std::uint64_t index = TileLevelCount(size, level) / kTileWidth;
    const std::uint32_t width = TileWidthAt(size, level, index);
    if (width > 0) {
      DAY_TRY_ASSIGN(const std::string bytes, reader(HashTile(level, index, width)));
      DAY_TRY_ASSIGN(out.tiles_[level], ParseTile(base::AsBytes(bytes), width));
    }
  }
  TileNodes nodes(reader, size);
  DAY_TRY_ASSIGN(out.range_, RangeFromNodes(nodes, size));
  if (out.range_.Root() != root) {
    return MakeError(ErrorKind::kMalformed, "the tiles do not have the root of the tree");
  }
  if (const std::uint64_t width = size % kTileWidth; width > 0) {
    DAY_TRY_ASSIGN(out.bundle_, reader(Bundle(size / kTileWidth, width)));
    DAY_TRY_ASSIGN(const std::vector<base::Bytes> entries,
                   ParseBundle(base::AsBytes(out.bundle_), static_cast<std::uint32_t>(width)));
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (LeafHash(entries[i]) != out.tiles_[0][i]) {
        return MakeError(ErrorKind::kMalformed, "the last bundle is not the one of its tile");
      }
    }
  }
  return out;
}

void TileBuilder::Append(base::Bytes entry, const Hash& leaf_hash, std::vector<TileFile>* full) {
  const std::uint64_t position = size();
  AppendToBundle(entry, &bundle_);
  if ((position + 1) % kTileWidth == 0) {
    full->push_back({Bundle(position / kTileWidth, kTileWidth), std::exchange(bundle_, {})});
  }
  range_.Append(leaf_hash, [&](std::uint32_t level, std::uint64_t index, const Hash& hash) {
    if (level % kTileHeight != 0) {
      return;
    }
    const std::uint32_t tile_level = level / kTileHeight;
    std::vector<Hash>& row = tiles_[tile_level];
    row.push_back(hash);
    if (row.size() == kTileWidth) {
      full->push_back({HashTile(tile_level, index / kTileWidth, kTileWidth), TileBytes(row)});
      row.clear();
    }
  });
}

void TileBuilder::AppendPartials(std::uint64_t old_size, std::vector<TileFile>* out) const {
  for (std::uint32_t level = 0; level <= kTileLevelMax; ++level) {
    const std::uint64_t count = TileLevelCount(size(), level);
    if (count != TileLevelCount(old_size, level) && !tiles_[level].empty()) {
      out->push_back(
          {HashTile(level, count / kTileWidth, tiles_[level].size()), TileBytes(tiles_[level])});
    }
  }
  if (!bundle_.empty() && size() != old_size) {
    out->push_back({Bundle(size() / kTileWidth, size() % kTileWidth), bundle_});
  }
}

}  // namespace day::tlog
