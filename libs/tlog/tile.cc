#include "libs/tlog/tile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "libs/tlog/text.h"

namespace day::tlog {
namespace {

using base::ErrorKind;
using base::MakeError;

// 1234067 -> "x001/x234/067".
std::string IndexPath(std::uint64_t index) {
  std::string path = fmt::format("{:03}", index % 1000);
  for (index /= 1000; index > 0; index /= 1000) {
    path = fmt::format("x{:03}/{}", index % 1000, path);
  }
  return path;
}

}  // namespace

std::string TilePath(const TileId& id) {
  std::string path = id.kind == TileId::Kind::kEntries ? std::string("tile/entries/")
                                                       : fmt::format("tile/{}/", id.level);
  path += IndexPath(id.index);
  if (id.width < kTileWidth) {
    path += fmt::format(".p/{}", id.width);
  }
  return path;
}

std::optional<TileId> ParseTilePath(std::string_view path) {
  constexpr std::size_t kPathBytesMax = 64;
  const std::string_view whole = path;
  constexpr std::string_view kTop = "tile/";
  if (path.size() > kPathBytesMax || !path.starts_with(kTop)) {
    return std::nullopt;
  }
  path.remove_prefix(kTop.size());
  TileId id;
  std::size_t slash = path.find('/');
  const std::string_view level = path.substr(0, slash);
  if (level == "entries") {
    id.kind = TileId::Kind::kEntries;
  } else {
    const auto number = ParseDecimal(level);
    if (!number || *number > kTileLevelMax) {
      return std::nullopt;
    }
    id.level = static_cast<std::uint32_t>(*number);
  }
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  path.remove_prefix(slash + 1);
  if (const std::size_t partial = path.find(".p/"); partial != std::string_view::npos) {
    const auto width = ParseDecimal(path.substr(partial + 3));
    if (!width || *width == 0 || *width >= kTileWidth) {
      return std::nullopt;
    }
    id.width = static_cast<std::uint32_t>(*width);
    path = path.substr(0, partial);
  }
  // The digits, group by group; what was left out or written otherwise shows below.
  for (const char c : path) {
    if (c >= '0' && c <= '9') {
      if (id.index > kTreeSizeMax / 10) {
        return std::nullopt;
      }
      id.index = id.index * 10 + static_cast<std::uint64_t>(c - '0');
    }
  }
  if (TilePath(id) != whole) {
    return std::nullopt;
  }
  return id;
}

std::uint64_t TileLevelCount(std::uint64_t size, std::uint32_t level) {
  return level > kTileLevelMax ? 0 : size >> (kTileHeight * level);
}

std::uint32_t TileWidthAt(std::uint64_t size, std::uint32_t level, std::uint64_t index) {
  const std::uint64_t count = TileLevelCount(size, level);
  if (index > count / kTileWidth) {
    return 0;
  }
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(kTileWidth, count - index * kTileWidth));
}

std::vector<TileId> TilesOfGrowth(std::uint64_t old_size, std::uint64_t new_size) {
  std::vector<TileId> out;
  const auto add = [&out](TileId::Kind kind, std::uint32_t level, std::uint64_t old_count,
                          std::uint64_t new_count) {
    if (old_count == new_count) {
      return;
    }
    for (std::uint64_t index = old_count / kTileWidth; index * kTileWidth < new_count; ++index) {
      const std::uint64_t width =
          std::min<std::uint64_t>(kTileWidth, new_count - index * kTileWidth);
      out.push_back({kind, level, index, static_cast<std::uint32_t>(width)});
    }
  };
  for (std::uint32_t level = 0; level <= kTileLevelMax; ++level) {
    add(TileId::Kind::kHashes, level, TileLevelCount(old_size, level),
        TileLevelCount(new_size, level));
  }
  add(TileId::Kind::kEntries, 0, old_size, new_size);
  return out;
}

base::Result<std::vector<Hash>> ParseTile(base::Bytes bytes, std::uint32_t width) {
  if (bytes.size() != width * kHashBytes) {
    return MakeError(ErrorKind::kMalformed,
                     fmt::format("a tile of {} hashes has {} bytes", width, bytes.size()));
  }
  std::vector<Hash> hashes(width);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    std::memcpy(hashes[i].data(), bytes.data() + i * kHashBytes, kHashBytes);
  }
  return hashes;
}

base::Result<std::vector<base::Bytes>> ParseBundle(base::Bytes bytes, std::uint32_t width) {
  base::ByteReader reader(bytes, base::Endian::kBig);
  std::vector<base::Bytes> entries;
  entries.reserve(std::min(width, kTileWidth));
  for (std::uint32_t i = 0; i < width && reader.ok(); ++i) {
    entries.push_back(reader.Take(reader.U16()));
  }
  if (!reader.ok()) {
    return MakeError(ErrorKind::kMalformed, "an entry bundle ends within an entry", bytes.size());
  }
  if (reader.remaining() != 0) {
    return MakeError(ErrorKind::kMalformed, "an entry bundle has bytes behind its last entry",
                     reader.offset());
  }
  return entries;
}

void AppendToBundle(base::Bytes entry, std::string* bundle) {
  bundle->push_back(static_cast<char>(entry.size() >> 8));
  bundle->push_back(static_cast<char>(entry.size() & 0xFF));
  bundle->append(base::AsText(entry));
}

base::Result<const std::vector<Hash>*> TileNodes::Tile(std::uint32_t level, std::uint64_t index) {
  const std::uint32_t width = TileWidthAt(size_, level, index);
  if (width == 0) {
    return MakeError(ErrorKind::kInvalidUse, "the tree has no such tile");
  }
  const TileId id{TileId::Kind::kHashes, level, index, width};
  for (const auto& [kept_id, hashes] : kept_) {
    if (kept_id == id) {
      return &hashes;
    }
  }
  base::Result<std::string> bytes = reader_(id);
  if (!bytes.ok() && bytes.error().kind == ErrorKind::kNotFound && width < kTileWidth) {
    bytes = reader_({TileId::Kind::kHashes, level, index, kTileWidth});
    if (bytes.ok() && bytes->size() == kTileBytesMax) {
      bytes->resize(width * kHashBytes);
    }
  }
  if (!bytes.ok()) {
    return std::move(bytes).error();
  }
  DAY_TRY_ASSIGN(std::vector<Hash> hashes, ParseTile(base::AsBytes(*bytes), width));
  if (kept_.size() < kTilesKept) {
    kept_.emplace_back(id, std::move(hashes));
    return &kept_.back().second;
  }
  auto& victim = kept_[next_victim_++ % kTilesKept];
  victim = {id, std::move(hashes)};
  return &victim.second;
}

base::Result<Hash> TileNodes::Node(std::uint32_t level, std::uint64_t index) {
  if (level > 62 || index >= (size_ >> level)) {
    return MakeError(ErrorKind::kInvalidUse, "the tree has no such node");
  }
  // The node is a subtree of height `height` over hashes of one tile.
  const std::uint32_t tile_level = level / kTileHeight;
  const std::uint32_t height = level % kTileHeight;
  const std::uint64_t first = index << height;
  DAY_TRY_ASSIGN(const std::vector<Hash>* tile, Tile(tile_level, first / kTileWidth));
  const std::size_t offset = first % kTileWidth;
  std::vector<Hash> row(tile->begin() + static_cast<std::ptrdiff_t>(offset),
                        tile->begin() + static_cast<std::ptrdiff_t>(offset + (1u << height)));
  for (; row.size() > 1; row.resize(row.size() / 2)) {
    for (std::size_t i = 0; i < row.size() / 2; ++i) {
      row[i] = NodeHash(row[2 * i], row[2 * i + 1]);
    }
  }
  return row[0];
}

}  // namespace day::tlog
