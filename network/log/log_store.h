// LogStore: a log on disk: its tiles, its entries, and how large it is.
//
//   DIR/public/   what the world may read: checkpoint, tile/... (any web server can serve it)
//   DIR/private/  tree (the durable tree), entries.sqlite (DedupIndex), lock, publish.lock, and
//                 s3.conf if the public part is in a bucket instead (store/s3/s3_blobs.h)
//
// The rule that everything rests on: tiles and bundles are written first, durably, and then `tree`
// is replaced. What `tree` does not cover does not exist: whatever lies there from an interrupted
// Add() is overwritten. So a crash at any moment leaves the old tree or the new one, and what Add()
// returned is in it. Files of the durable tree are never changed. Several processes may use one
// folder: each Add() runs under a lock on the folder. Thread safety: Add(), and Open() of the same
// folder, belong to one thread at a time; the rest may be called from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/store/blobs.h"
#include "libs/tlog/merkle.h"
#include "libs/tlog/tile.h"
#include "libs/tlog/tile_builder.h"
#include "network/log/dedup_index.h"

namespace day::network::log {

// A tree that is durable.
struct LogTree {
  std::uint64_t size = 0;
  tlog::Hash root = tlog::EmptyRoot();
  bool operator==(const LogTree&) const = default;
};

// Where an entry is.
struct Added {
  std::uint64_t index = 0;
  bool was_there = false;
};

class LogStore {
 public:
  // Makes an empty log; with `s3_settings`, whose public part goes to that bucket. Errors:
  // kInvalidUse if there is one in the folder; as store::Blobs and store::s3::ParseS3Options().
  static base::Status Create(const std::string& folder, std::string_view origin,
                             std::string_view s3_settings = {});
  // Opens a log and checks that its right edge is the tree it claims to be. Errors: kNotFound if
  // there is none, kInvalidUse if it has another origin, kMalformed if the files do not fit, as
  // store::Blobs.
  static base::Result<std::unique_ptr<LogStore>> Open(const std::string& folder,
                                                      std::string_view origin);

  // Appends the entries that are not there yet, in order. When it returns, all of them are durable.
  // Errors: kLimit for an entry above tlog::kEntryBytesMax, kTimeout if another process holds the
  // lock for a minute, as store::Blobs. After an error none of them may be taken as added, though
  // some may be.
  base::Result<std::vector<Added>> Add(std::span<const base::Bytes> entries);

  // The durable tree, also if another process made it grow. Errors: kMalformed, as store::Blobs.
  base::Result<LogTree> Tree();
  // A file of the tree. Errors: kNotFound, as store::Blobs.
  base::Result<std::string> ReadTile(const tlog::TileId& id);

  // Deletes partial tiles and bundles that full ones have replaced, for the first `size` leaves, as
  // far as this object has not done so yet. REQUIRES: a checkpoint of at least that size is
  // published.
  base::Status CleanUpPartials(std::uint64_t size);

  store::Blobs& public_blobs() { return *public_; }
  const std::string& origin() const { return origin_; }
  std::string private_path(std::string_view name) const;

  static constexpr std::uint32_t kLockTimeoutMs = 60'000;

 private:
  LogStore(std::string folder, std::string_view origin)
      : folder_(std::move(folder)), origin_(origin) {}
  base::Status LoadEdge(const LogTree& tree);
  base::Status CatchUpIndex(std::uint64_t size);
  base::Result<tlog::Hash> LeafAt(std::uint64_t index);
  base::Status WriteTree(const LogTree& tree);
  base::Result<std::vector<Added>> AddLocked(std::span<const base::Bytes> entries);
  base::Status DeletePartials(const tlog::TileId& full);

  std::string folder_;
  std::string origin_;
  std::unique_ptr<store::Blobs> public_;
  std::unique_ptr<store::Blobs> private_;
  std::unique_ptr<DedupIndex> index_;
  // The right edge, and the tree on disk that it is the edge of; none after any failure.
  tlog::TileBuilder edge_;
  std::optional<LogTree> edge_tree_;
  std::uint64_t cleaned_size_ = 0;
  std::pair<std::uint64_t, std::vector<tlog::Hash>> leaf_tile_{~std::uint64_t{0}, {}};
};

}  // namespace day::network::log
