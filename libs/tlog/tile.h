// The static files of a log: tlog-tiles (C2SP, v0.1.0 and its main branch of July 2026).
//
// A tile holds up to 256 hashes of one level of tiles: tile (level, index) has the Merkle nodes
// (8 * level, 256 * index ...) in order. An entry bundle holds up to 256 entries, each behind its
// length. A partial tile or bundle says its width in its path; a full one is 256 wide.
// Paths are as a log serves them, without a leading slash: "tile/0/x001/x234/067.p/13",
// "tile/entries/000". Everything read here may come from a stranger and is checked; no I/O.
// Thread safety: values and free functions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/tlog/merkle.h"

namespace day::tlog {

inline constexpr std::uint32_t kTileWidth = 256;
inline constexpr std::uint32_t kTileHeight = 8;
inline constexpr std::size_t kHashBytes = 32;
inline constexpr std::size_t kTileBytesMax = kTileWidth * kHashBytes;
inline constexpr std::size_t kEntryBytesMax = 65'535;
inline constexpr std::size_t kBundleBytesMax = kTileWidth * (2 + kEntryBytesMax);
// Levels of tiles that a tree of at most kTreeSizeMax leaves can have: 0 to 7.
inline constexpr std::uint32_t kTileLevelMax = 7;

struct TileId {
  enum class Kind : std::uint8_t { kHashes, kEntries };
  Kind kind = Kind::kHashes;
  std::uint32_t level = 0;  // 0 for entries
  std::uint64_t index = 0;
  std::uint32_t width = kTileWidth;  // 1 to 256

  bool operator==(const TileId&) const = default;
};

std::string TilePath(const TileId& id);
// The tile that a path names, or nothing if it is not exactly what TilePath() writes.
std::optional<TileId> ParseTilePath(std::string_view path);

// The tiles of a tree: every tile of `level` (or every bundle) that holds the positions
// [first, last) of a tree of `size` leaves, the last one partial if need be.
// How many hashes stand on a level of tiles: floor(size / 256^level).
std::uint64_t TileLevelCount(std::uint64_t size, std::uint32_t level);
// The tile `index` of a level as it is in a tree of `size` leaves; width 0: it has none.
std::uint32_t TileWidthAt(std::uint64_t size, std::uint32_t level, std::uint64_t index);
// Every tile and bundle that differs between the trees of old_size and new_size leaves: what a log
// writes when it grows. Level by level, bundles last. REQUIRES: old_size <= new_size.
std::vector<TileId> TilesOfGrowth(std::uint64_t old_size, std::uint64_t new_size);

// The hashes of a tile. Errors: kMalformed unless it is exactly `width` hashes.
base::Result<std::vector<Hash>> ParseTile(base::Bytes bytes, std::uint32_t width);
// The entries of a bundle, views into `bytes`. Errors: kMalformed unless it is exactly `width`.
base::Result<std::vector<base::Bytes>> ParseBundle(base::Bytes bytes, std::uint32_t width);
// Appends one entry. REQUIRES: entry.size() <= kEntryBytesMax.
void AppendToBundle(base::Bytes entry, std::string* bundle);

// Nodes from tiles: reads the tile that holds a node (or whose hashes it is folded from) as it is
// in the tree of `size` leaves, and keeps the last few tiles. A partial tile that is not there any
// more is looked for as the full one. Not thread-safe.
//
// What the tiles say is not checked here: whoever makes a proof verifies it against a root.
class TileNodes : public NodeSource {
 public:
  // The bytes of a tile. Errors: kNotFound, others; they reach the caller of Node().
  using Reader = std::function<base::Result<std::string>(const TileId&)>;
  TileNodes(Reader reader, std::uint64_t size) : reader_(std::move(reader)), size_(size) {}

  // Errors: the reader's; kMalformed for a tile of the wrong size; kInvalidUse for a node that the
  // tree does not have.
  base::Result<Hash> Node(std::uint32_t level, std::uint64_t index) override;

 private:
  base::Result<const std::vector<Hash>*> Tile(std::uint32_t level, std::uint64_t index);

  static constexpr std::size_t kTilesKept = 32;
  Reader reader_;
  std::uint64_t size_;
  std::vector<std::pair<TileId, std::vector<Hash>>> kept_;
  std::size_t next_victim_ = 0;
};

}  // namespace day::tlog
