// TileBuilder: appends entries to a tree and makes the files that a log serves for it.
//
// Keeps the right edge only: the hashes of the last tile of each level and the entries of the last
// bundle, at most 80 KB and the bundle. Used by the log, and by whoever derives a log again to
// check it. Thread safety: a value.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/tlog/merkle.h"
#include "libs/tlog/tile.h"

namespace day::tlog {

struct TileFile {
  TileId id;
  std::string bytes;
};

class TileBuilder {
 public:
  TileBuilder() = default;
  // The edge of a tree that is stored already. Errors: the reader's; kMalformed if the files do not
  // fit each other or do not have this root.
  static base::Result<TileBuilder> Load(const TileNodes::Reader& reader, std::uint64_t size,
                                        const Hash& root);

  std::uint64_t size() const { return range_.size(); }
  Hash Root() const { return range_.Root(); }
  const CompactRange& range() const { return range_; }

  // Appends an entry, of which `leaf_hash` is the leaf hash; tiles and bundles that became full go
  // to `full`. REQUIRES: entry.size() <= kEntryBytesMax.
  void Append(base::Bytes entry, const Hash& leaf_hash, std::vector<TileFile>* full);
  // The partial tiles and the partial bundle that differ from those of the tree of old_size leaves.
  // REQUIRES: old_size <= size().
  void AppendPartials(std::uint64_t old_size, std::vector<TileFile>* out) const;

  // The leaf hashes of the last, partial tile.
  const std::vector<Hash>& last_leaves() const { return tiles_[0]; }

 private:
  CompactRange range_;
  std::array<std::vector<Hash>, kTileLevelMax + 1> tiles_;
  std::string bundle_;
};

}  // namespace day::tlog
