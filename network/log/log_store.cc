#include "network/log/log_store.h"

#include <fmt/format.h>

#include <cstring>
#include <unordered_map>
#include <utility>

#include "libs/os/file.h"
#include "libs/store/s3/s3_blobs.h"
#include "libs/tlog/checkpoint.h"

namespace day::network::log {
namespace {

using base::ErrorKind;
using base::MakeError;
using tlog::Hash;
using tlog::TileId;

constexpr std::string_view kTreeKey = "tree";
constexpr std::string_view kTreeMagic = "daylight-log-tree-v1\n";
constexpr std::size_t kTreeBytesMax = 4096;
constexpr std::uint64_t kS3SettingsBytesMax = 64u << 10;
// Leaves that go into the index in one transaction when it catches up.
constexpr std::uint64_t kCatchUpLeaves = 65'536;

struct HashOfHash {
  std::size_t operator()(const Hash& hash) const {
    return *base::ReadAt<std::size_t>(hash, 0);  // it is a hash already
  }
};

TileId HashTile(std::uint32_t level, std::uint64_t index, std::size_t width) {
  return {TileId::Kind::kHashes, level, index, static_cast<std::uint32_t>(width)};
}

TileId Bundle(std::uint64_t index, std::uint64_t width) {
  return {TileId::Kind::kEntries, 0, index, static_cast<std::uint32_t>(width)};
}

std::string TreeText(std::string_view origin, const LogTree& tree) {
  tlog::Checkpoint checkpoint;
  checkpoint.origin = origin;
  checkpoint.size = tree.size;
  checkpoint.root = tree.root;
  return std::string(kTreeMagic) + checkpoint.ToText();
}

base::Result<tlog::Checkpoint> ReadTree(store::Blobs& blobs) {
  DAY_TRY_ASSIGN(const std::string text, blobs.Get(kTreeKey, kTreeBytesMax));
  if (!text.starts_with(kTreeMagic)) {
    return MakeError(ErrorKind::kMalformed, "private/tree is not a tree of this version");
  }
  return tlog::ParseCheckpoint(std::string_view(text).substr(kTreeMagic.size()));
}

std::string S3SettingsPath(const std::string& folder) { return folder + "/private/s3.conf"; }

base::Result<std::unique_ptr<store::Blobs>> OpenPublicBlobs(const std::string& folder) {
  const std::string path = S3SettingsPath(folder);
  if (!os::StatPath(path, os::Symlinks::kRefuse).ok()) {
    return store::OpenDirectoryBlobs(folder + "/public");
  }
  DAY_TRY_ASSIGN(const std::string text, os::ReadFile(path, kS3SettingsBytesMax));
  DAY_TRY_ASSIGN(store::s3::S3Options options, store::s3::ParseS3Options(text));
  return store::s3::OpenS3Blobs(std::move(options));
}

}  // namespace

base::Status LogStore::Create(const std::string& folder, std::string_view origin,
                              std::string_view s3_settings) {
  DAY_TRY(os::MakeFolders(folder, 0755));
  DAY_TRY_ASSIGN(const auto private_blobs, store::OpenDirectoryBlobs(folder + "/private"));
  if (os::StatPath(folder + "/private/" + std::string(kTreeKey), os::Symlinks::kRefuse).ok()) {
    return MakeError(ErrorKind::kInvalidUse, folder + " has a log already");
  }
  if (!s3_settings.empty()) {
    DAY_TRY(os::WriteFileAtomic(S3SettingsPath(folder), base::AsBytes(s3_settings), 0600,
                                os::Durability::kCrashOfMachine));
  }
  DAY_TRY_ASSIGN(const auto public_blobs, OpenPublicBlobs(folder));
  // A bucket that cannot be reached, or that holds another log, should be known now.
  const auto present = public_blobs->List("", 1);
  if (!present.ok() ? present.error().kind == ErrorKind::kLimit : !present->empty()) {
    return MakeError(ErrorKind::kInvalidUse, "the place for the public part is not empty");
  }
  DAY_TRY(present);
  DAY_TRY_ASSIGN(const bool made,
                 private_blobs->PutIfAbsent(kTreeKey, base::AsBytes(TreeText(origin, {}))));
  if (!made) {
    return MakeError(ErrorKind::kInvalidUse, folder + " has a log already");
  }
  return base::OkStatus();
}

base::Result<std::unique_ptr<LogStore>> LogStore::Open(const std::string& folder,
                                                       std::string_view origin) {
  if (!os::StatPath(folder + "/private/tree", os::Symlinks::kRefuse).ok()) {
    return MakeError(ErrorKind::kNotFound,
                     "no log in " + folder + " (daylight-node init makes one)");
  }
  std::unique_ptr<LogStore> log(new LogStore(folder, origin));
  DAY_TRY_ASSIGN(log->public_, OpenPublicBlobs(folder));
  DAY_TRY_ASSIGN(log->private_, store::OpenDirectoryBlobs(folder + "/private"));
  DAY_TRY_ASSIGN(const os::Fd lock, os::LockFile(log->private_path("lock"), kLockTimeoutMs));
  DAY_TRY_ASSIGN(const LogTree tree, log->Tree());
  DAY_TRY(log->LoadEdge(tree));
  LogStore* self = log.get();
  DAY_TRY_ASSIGN(log->index_,
                 DedupIndex::Open(log->private_path("entries.sqlite"),
                                  [self](std::uint64_t index) { return self->LeafAt(index); }));
  DAY_TRY(log->CatchUpIndex(tree.size));
  return log;
}

std::string LogStore::private_path(std::string_view name) const {
  return fmt::format("{}/private/{}", folder_, name);
}

base::Result<LogTree> LogStore::Tree() {
  DAY_TRY_ASSIGN(const tlog::Checkpoint checkpoint, ReadTree(*private_));
  if (checkpoint.origin != origin_) {
    return MakeError(ErrorKind::kInvalidUse, fmt::format("the log in {} is {}, not {}", folder_,
                                                         checkpoint.origin, origin_));
  }
  return LogTree{checkpoint.size, checkpoint.root};
}

base::Result<std::string> LogStore::ReadTile(const TileId& id) {
  return public_->Get(tlog::TilePath(id), id.kind == TileId::Kind::kEntries ? tlog::kBundleBytesMax
                                                                            : tlog::kTileBytesMax);
}

base::Status LogStore::WriteTree(const LogTree& tree) {
  return private_->Put(kTreeKey, base::AsBytes(TreeText(origin_, tree)));
}

base::Status LogStore::LoadEdge(const LogTree& tree) {
  edge_tree_.reset();
  DAY_TRY_ASSIGN(edge_, tlog::TileBuilder::Load([this](const TileId& id) { return ReadTile(id); },
                                                tree.size, tree.root));
  edge_tree_ = tree;
  return base::OkStatus();
}

base::Result<Hash> LogStore::LeafAt(std::uint64_t index) {
  const std::uint64_t tile = index / tlog::kTileWidth;
  const std::size_t offset = index % tlog::kTileWidth;
  if (index >= edge_.size()) {
    return MakeError(ErrorKind::kInternal, "the index of entries is ahead of the log");
  }
  if (tile == edge_.size() / tlog::kTileWidth) {
    return edge_.last_leaves()[offset];
  }
  if (leaf_tile_.first != tile) {
    DAY_TRY_ASSIGN(const std::string bytes, ReadTile(HashTile(0, tile, tlog::kTileWidth)));
    DAY_TRY_ASSIGN(leaf_tile_.second, tlog::ParseTile(base::AsBytes(bytes), tlog::kTileWidth));
    leaf_tile_.first = tile;
  }
  return leaf_tile_.second[offset];
}

base::Status LogStore::CatchUpIndex(std::uint64_t size) {
  DAY_TRY_ASSIGN(std::uint64_t covered, index_->Covered());
  if (covered > size) {
    // The log was restored from an older copy.
    DAY_TRY(index_->Clear());
    covered = 0;
  }
  while (covered < size) {
    const std::uint64_t end = std::min(size, covered + kCatchUpLeaves);
    DAY_TRY(index_->Begin());
    base::Status status = base::OkStatus();
    for (; status.ok() && covered < end; ++covered) {
      const base::Result<Hash> leaf = LeafAt(covered);
      status = leaf.ok() ? index_->Insert(*leaf, covered) : base::Status(leaf.error());
    }
    if (status.ok()) {
      status = index_->Commit(covered);
    }
    if (!status.ok()) {
      index_->Rollback();
      return status;
    }
  }
  return base::OkStatus();
}

base::Result<std::vector<Added>> LogStore::Add(std::span<const base::Bytes> entries) {
  for (const base::Bytes entry : entries) {
    if (entry.size() > tlog::kEntryBytesMax) {
      return MakeError(ErrorKind::kLimit, "an entry is larger than 65,535 bytes");
    }
  }
  DAY_TRY_ASSIGN(const os::Fd lock, os::LockFile(private_path("lock"), kLockTimeoutMs));
  DAY_TRY_ASSIGN(const LogTree tree, Tree());
  if (edge_tree_ != tree) {
    DAY_TRY(LoadEdge(tree));
  }
  DAY_TRY(CatchUpIndex(tree.size));
  return AddLocked(entries);
}

base::Result<std::vector<Added>> LogStore::AddLocked(std::span<const base::Bytes> entries) {
  const std::uint64_t old_size = edge_.size();
  std::vector<Added> out;
  std::vector<Hash> fresh;
  std::vector<std::size_t> fresh_entries;
  std::unordered_map<Hash, std::uint64_t, HashOfHash> in_batch;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Hash leaf = tlog::LeafHash(entries[i]);
    DAY_TRY_ASSIGN(std::optional<std::uint64_t> index, index_->Find(leaf));
    if (!index) {
      const auto [found, inserted] = in_batch.try_emplace(leaf, old_size + fresh.size());
      index = inserted ? std::nullopt : std::optional(found->second);
    }
    out.push_back({index.value_or(old_size + fresh.size()), index.has_value()});
    if (!index) {
      fresh.push_back(leaf);
      fresh_entries.push_back(i);
    }
  }
  if (fresh.empty()) {
    return out;
  }
  // From here on the edge is ahead of the disk until the tree is written.
  edge_tree_.reset();
  std::vector<tlog::TileFile> files;
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    edge_.Append(entries[fresh_entries[i]], fresh[i], &files);
  }
  edge_.AppendPartials(old_size, &files);
  std::vector<store::Blob> blobs;
  blobs.reserve(files.size());
  for (tlog::TileFile& file : files) {
    blobs.push_back({tlog::TilePath(file.id), std::move(file.bytes)});
  }
  DAY_TRY(public_->PutMany(blobs));
  const LogTree tree{edge_.size(), edge_.Root()};
  DAY_TRY(WriteTree(tree));
  edge_tree_ = tree;
  // The entries are in the log now, whatever happens to the index: it catches up at the next Add().
  base::Status status = index_->Begin();
  for (std::size_t i = 0; status.ok() && i < fresh.size(); ++i) {
    status = index_->Insert(fresh[i], old_size + i);
  }
  if (status.ok()) {
    status = index_->Commit(tree.size);
  }
  if (!status.ok()) {
    index_->Rollback();
  }
  return out;
}

base::Status LogStore::DeletePartials(const TileId& full) {
  const std::string folder = tlog::TilePath(full) + ".p/";
  DAY_TRY_ASSIGN(const std::vector<std::string> keys, public_->List(folder, tlog::kTileWidth));
  for (const std::string& key : keys) {
    DAY_TRY(public_->Delete(key));
  }
  return base::OkStatus();
}

base::Status LogStore::CleanUpPartials(std::uint64_t size) {
  if (size < cleaned_size_) {
    return base::OkStatus();
  }
  if (cleaned_size_ == 0 && size > tlog::kTileWidth) {
    // Of what an earlier process left only the last few tiles can have partial ones: each cleaned
    // up as it went on. The folders just before the edge are looked at again.
    constexpr std::uint64_t kTilesLookedAt = 4096;
    const std::uint64_t tiles = size / tlog::kTileWidth;
    cleaned_size_ = (tiles > kTilesLookedAt ? tiles - kTilesLookedAt : 0) * tlog::kTileWidth;
  }
  for (std::uint32_t level = 0; level <= tlog::kTileLevelMax; ++level) {
    const std::uint64_t end = tlog::TileLevelCount(size, level) / tlog::kTileWidth;
    for (std::uint64_t index = tlog::TileLevelCount(cleaned_size_, level) / tlog::kTileWidth;
         index < end; ++index) {
      DAY_TRY(DeletePartials(HashTile(level, index, tlog::kTileWidth)));
      if (level == 0) {
        DAY_TRY(DeletePartials(Bundle(index, tlog::kTileWidth)));
      }
    }
  }
  cleaned_size_ = size;
  return base::OkStatus();
}

}  // namespace day::network::log
