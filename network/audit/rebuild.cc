#include "network/audit/rebuild.h"

#include <fmt/format.h>

#include <utility>

#include "libs/tlog/checkpoint.h"

namespace day::network::audit {
namespace {

using base::ErrorKind;
using base::MakeError;

// A mirror writes this much at once.
constexpr std::size_t kFilesAtOnce = 64;

void Problem(std::string text, FsckReport* report) {
  ++report->problem_count;
  if (report->problems.size() < FsckReport::kProblemsMax) {
    report->problems.push_back(std::move(text));
  }
}

void CompareTiles(const Source& source, std::vector<tlog::TileFile>* files, FsckReport* report) {
  for (const tlog::TileFile& file : *files) {
    ++report->tiles;
    auto served = ReadTile(source, file.id);
    if (!served.ok() && served.error().kind == ErrorKind::kNotFound &&
        file.id.width < tlog::kTileWidth) {
      // Logs may delete a partial tile when the full one is there.
      tlog::TileId full = file.id;
      full.width = tlog::kTileWidth;
      served = ReadTile(source, full);
      if (served.ok()) {
        served->resize(std::min(served->size(), file.bytes.size()));
      }
    }
    if (!served.ok()) {
      Problem(tlog::TilePath(file.id) + ": " + served.error().message, report);
    } else if (*served != file.bytes) {
      Problem(tlog::TilePath(file.id) + ": not what the entries give", report);
    }
  }
  files->clear();
}

base::Result<std::string> ReadBundle(const Source& source, std::uint64_t index,
                                     std::uint32_t width) {
  tlog::TileId id{tlog::TileId::Kind::kEntries, 0, index, width};
  auto bytes = ReadTile(source, id);
  if (bytes.ok() || bytes.error().kind != ErrorKind::kNotFound || width == tlog::kTileWidth) {
    return bytes;
  }
  id.width = tlog::kTileWidth;
  DAY_TRY_ASSIGN(const std::string full, ReadTile(source, id));
  DAY_TRY_ASSIGN(const std::vector<base::Bytes> entries,
                 tlog::ParseBundle(base::AsBytes(full), tlog::kTileWidth));
  std::string head;
  for (std::uint32_t i = 0; i < width; ++i) {
    tlog::AppendToBundle(entries[i], &head);
  }
  return head;
}

}  // namespace

base::Status ReadEntries(const Source& source, std::uint64_t first, std::uint64_t size,
                         const std::function<base::Status(base::Bytes entry)>& take) {
  for (std::uint64_t index = first / tlog::kTileWidth; index * tlog::kTileWidth < size; ++index) {
    const std::uint32_t width = tlog::TileWidthAt(size, 0, index);
    const std::string path = tlog::TilePath({tlog::TileId::Kind::kEntries, 0, index, width});
    const auto bytes = ReadBundle(source, index, width);
    if (!bytes.ok()) {
      return MakeError(bytes.error().kind, path + ": " + bytes.error().message);
    }
    const auto entries = tlog::ParseBundle(base::AsBytes(*bytes), width);
    if (!entries.ok()) {
      return MakeError(ErrorKind::kMalformed, path + ": " + entries.error().message);
    }
    for (std::uint32_t i = 0; i < width; ++i) {
      if (index * tlog::kTileWidth + i >= first) {
        DAY_TRY(take((*entries)[i]));
      }
    }
  }
  return base::OkStatus();
}

base::Result<FsckReport> Fsck(const Source& source, const tlog::Policy& policy) {
  FsckReport report;
  DAY_TRY_ASSIGN(const std::string note, ReadCheckpoint(source));
  DAY_TRY_ASSIGN(report.trusted, policy.Open(note));
  const tlog::Checkpoint& checkpoint = report.trusted.checkpoint;
  tlog::TileBuilder builder;
  std::vector<tlog::TileFile> files;
  const base::Status read =
      ReadEntries(source, 0, checkpoint.size, [&](base::Bytes entry) -> base::Status {
        builder.Append(entry, tlog::LeafHash(entry), &files);
        ++report.entries;
        if (files.size() >= kFilesAtOnce) {
          CompareTiles(source, &files, &report);
        }
        return base::OkStatus();
      });
  if (!read.ok()) {
    Problem(read.error().message, &report);
    return report;
  }
  builder.AppendPartials(0, &files);
  CompareTiles(source, &files, &report);
  if (builder.Root() != checkpoint.root) {
    Problem("the entries do not have the root of the checkpoint", &report);
  }
  return report;
}

base::Result<MirrorReport> Mirror(const Source& source, const tlog::Policy& policy,
                                  store::Blobs& copy) {
  MirrorReport report;
  DAY_TRY_ASSIGN(const std::string note, ReadCheckpoint(source));
  DAY_TRY_ASSIGN(report.trusted, policy.Open(note));
  const tlog::Checkpoint& checkpoint = report.trusted.checkpoint;
  const Source own = [&copy](const std::string& path, std::uint64_t size_max_bytes) {
    return copy.Get(path, size_max_bytes);
  };
  tlog::TileBuilder builder;
  const auto old_note = ReadCheckpoint(own);
  if (old_note.ok()) {
    DAY_TRY_ASSIGN(const tlog::TrustedCheckpoint old, policy.Open(*old_note));
    DAY_TRY_ASSIGN(builder, tlog::TileBuilder::Load(TileReader(own), old.checkpoint.size,
                                                    old.checkpoint.root));
    if (old.checkpoint.origin != checkpoint.origin || old.checkpoint.size > checkpoint.size) {
      return MakeError(
          ErrorKind::kMalformed,
          fmt::format("the copy has {} entries of {}, the source {} of {}", old.checkpoint.size,
                      old.checkpoint.origin, checkpoint.size, checkpoint.origin));
    }
  } else if (old_note.error().kind != ErrorKind::kNotFound) {
    return old_note.error();
  }
  report.entries_before = builder.size();
  const std::uint64_t old_size = builder.size();
  std::vector<tlog::TileFile> files;
  const auto write = [&copy, &files]() -> base::Status {
    std::vector<store::Blob> blobs;
    for (tlog::TileFile& file : files) {
      blobs.push_back({tlog::TilePath(file.id), std::move(file.bytes)});
    }
    files.clear();
    return copy.PutMany(blobs);
  };
  DAY_TRY(ReadEntries(source, old_size, checkpoint.size, [&](base::Bytes entry) -> base::Status {
    builder.Append(entry, tlog::LeafHash(entry), &files);
    return files.size() < kFilesAtOnce ? base::OkStatus() : write();
  }));
  if (builder.Root() != checkpoint.root) {
    return MakeError(ErrorKind::kMalformed,
                     "the source's entries do not have the root of its checkpoint: it is damaged, "
                     "or it shows another log than before");
  }
  builder.AppendPartials(old_size, &files);
  DAY_TRY(write());
  DAY_TRY(copy.Put("checkpoint", base::AsBytes(note)));
  return report;
}

}  // namespace day::network::audit
