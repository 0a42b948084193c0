#include "libs/unpack/dmg/dmg_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "libs/unpack/dmg/property_list.h"

namespace day::unpack::dmg {
namespace {

using base::Endian;

constexpr std::uint64_t kTrailerBytes = 512;
constexpr std::uint32_t kVersion = 4;
constexpr std::string_view kTablesKey = "<key>blkx</key>";
constexpr std::uint64_t kSectorBytes = 512;
constexpr std::uint64_t kJumpSectorsMax = 1ull << 17;  // that no block of zeros covers: 64 MiB
constexpr std::uint64_t kTableHeaderBytes = 204;
constexpr std::uint64_t kEntryBytes = 40;
// What a block may unpack to: Apple's tools write 256 KiB to 1 MiB, others a few MiB.
constexpr std::uint64_t kBlockBytesMax = 64ull * 1024 * 1024;

constexpr std::uint32_t kZeros = 0;
constexpr std::uint32_t kRaw = 1;
constexpr std::uint32_t kIgnored = 2;
constexpr std::uint32_t kComment = 0x7FFFFFFE;
constexpr std::uint32_t kEnd = 0xFFFFFFFF;
constexpr std::uint32_t kLzfse = 0x80000007;

std::optional<base::Bytes> Trailer(base::Bytes file) {
  if (file.size() < kTrailerBytes) {
    return std::nullopt;
  }
  for (const base::Bytes place : {file.last(kTrailerBytes), file.first(kTrailerBytes)}) {
    const bool is_trailer = base::AsText(place.first(4)) == "koly" &&
                            (base::ReadAt<std::uint32_t>(place, 4, Endian::kBig) == kVersion ||
                             base::ReadAt<std::uint32_t>(place, 8, Endian::kBig) == kTrailerBytes);
    // A trailer without its property list is the end of something else: of a whole image, when
    // what stands behind its first block is looked at.
    if (is_trailer && base::Slice(file, *base::ReadAt<std::uint64_t>(place, 216, Endian::kBig),
                                  *base::ReadAt<std::uint64_t>(place, 224, Endian::kBig))) {
      return place;
    }
  }
  return std::nullopt;
}

bool IsEncrypted(base::Bytes file) {
  return base::AsText(base::ClippedSlice(file, 0, 8)) == "encrcdsa" ||
         (file.size() >= kTrailerBytes && base::AsText(file.last(8)) == "cdsaencr");
}

std::optional<blocks::Codec> CodecOf(std::uint32_t kind) {
  switch (kind) {
    case kRaw:
      return blocks::Codec::kStored;
    case 0x80000004:
      return blocks::Codec::kAdc;
    case 0x80000005:
      return blocks::Codec::kZlib;
    case 0x80000006:
      return blocks::Codec::kBzip2;
    case kLzfse:
      return blocks::Codec::kLzfse;
    case 0x80000008:
      return blocks::Codec::kXz;
    default:
      return std::nullopt;
  }
}

bool HoldsBytes(std::uint32_t kind) {
  return kind != kZeros && kind != kIgnored && kind != kComment && kind != kEnd;
}

// Whether any entry is more than zeros.
bool HasBlocks(base::Bytes table) {
  for (std::uint64_t at = kTableHeaderBytes; at + kEntryBytes <= table.size(); at += kEntryBytes) {
    if (HoldsBytes(*base::ReadAt<std::uint32_t>(table, at, Endian::kBig))) {
      return true;
    }
  }
  return false;
}

void WriteZeros(std::uint64_t count, parts::Sink& sink) {
  constexpr std::array<std::byte, 4096> kZeroBytes{};
  while (count > 0 && sink.ok()) {
    const std::uint64_t some = std::min<std::uint64_t>(count, kZeroBytes.size());
    sink.Write(base::Bytes(kZeroBytes).first(static_cast<std::size_t>(some)));
    count -= some;
  }
}

}  // namespace

bool DmgReader::IsDmg(base::Bytes file) { return Trailer(file) || IsEncrypted(file); }

void DmgReader::Open() {
  const auto trailer = Trailer(file_);
  if (!trailer) {
    problem_ = "encrypted";
    return;
  }
  const auto field = [&](std::uint64_t at) {
    return *base::ReadAt<std::uint64_t>(*trailer, at, Endian::kBig);
  };
  fork_ = field(24);
  const std::uint64_t size = field(224);
  if (size == 0) {
    problem_ = "unsupported: block tables in a resource fork";
    return;
  }
  base::Bytes list = base::ClippedSlice(file_, field(216), std::min(size, kPropertyBytesMax));
  if (list.size() < size) {
    problem_ = "limit property_bytes_max";
  } else if (base::AsText(list).find(kTablesKey) == std::string_view::npos) {
    // Not where the trailer says.
    list = base::ClippedSlice(file_, base::AsText(file_).find(kTablesKey), kPropertyBytesMax);
    problem_ = list.empty() ? "damaged: no block tables"
                            : "damaged: the block tables are not where they should be";
  }
  for (const NamedData& found : BlockTables(base::AsText(list), kTablesMax + 1)) {
    if (tables_.size() == kTablesMax) {
      problem_ = "limit tables_max";
      break;
    }
    tables_.push_back({std::string(found.name), found.base64});
  }
  if (tables_.empty() && problem_.empty()) {
    problem_ = "damaged: no block tables";
  }
}

// The first gap of a table stays.
void DmgReader::Note(std::string_view gap) {
  if (gap_.empty()) {
    gap_ = gap;
  }
}

// A block that cannot be read is a gap, and ends where it ends; those behind it are read.
void DmgReader::WriteBlock(base::Bytes entry, std::uint64_t data_offset, parts::Sink& sink,
                           base::Budget& budget) {
  const auto kind = *base::ReadAt<std::uint32_t>(entry, 0, Endian::kBig);
  const auto sectors = *base::ReadAt<std::uint64_t>(entry, 16, Endian::kBig);
  const auto offset = *base::ReadAt<std::uint64_t>(entry, 24, Endian::kBig);
  const auto packed_size = *base::ReadAt<std::uint64_t>(entry, 32, Endian::kBig);
  const std::uint64_t size =
      sectors > ~std::uint64_t{0} / kSectorBytes ? ~std::uint64_t{0} : sectors * kSectorBytes;
  if (kind == kZeros || kind == kIgnored) {
    return WriteZeros(size, sink);
  }
  const auto codec = CodecOf(kind);
  if (!codec) {
    return Note("unsupported: unknown kind of block");
  }
  const base::Bytes packed = base::ClippedSlice(file_, data_offset + offset, packed_size);
  if (*codec == blocks::Codec::kStored) {
    sink.Write(base::ClippedSlice(packed, 0, size));
    if (packed.size() < std::min(size, packed_size)) {
      Note(parts::kEndsTooEarly);
    }
    return WriteZeros(size - std::min<std::uint64_t>(size, packed.size()), sink);
  }
  if (size > kBlockBytesMax) {
    return Note("limit block_bytes_max");
  }
  block_.Clear();
  const std::string gap = decoder_.Decode(*codec, packed, size, budget, block_);
  sink.Write(block_.bytes());
  if (gap == parts::LimitReason(base::Limit::kSteps)) {
    return sink.End(gap);
  }
  Note(!gap.empty() ? gap : block_.size() < size ? "damaged: a block is too short" : "");
}

void DmgReader::WriteTable(base::Bytes table, parts::Sink& sink, base::Budget& budget) {
  const std::uint64_t data_offset = fork_ + *base::ReadAt<std::uint64_t>(table, 24, Endian::kBig);
  for (std::uint64_t at = kTableHeaderBytes; sink.ok(); at += kEntryBytes) {
    const base::Bytes entry = base::ClippedSlice(table, at, kEntryBytes);
    if (entry.size() < kEntryBytes) {
      return entry.empty() ? void() : sink.End("damaged: a table is cut off");
    }
    const auto kind = *base::ReadAt<std::uint32_t>(entry, 0, Endian::kBig);
    const auto sector = *base::ReadAt<std::uint64_t>(entry, 8, Endian::kBig);
    if (kind == kEnd) {
      return;
    }
    if (kind == kComment) {
      continue;
    }
    const std::uint64_t here = sink.produced() / kSectorBytes;
    if (sector > here && sector - here > kJumpSectorsMax) {
      Note("damaged: a block lies too far behind");
    } else if (sector > here) {
      WriteZeros(sector * kSectorBytes - sink.produced(), sink);
    } else if (sector < here) {
      Note("damaged: blocks overlap");
    }
    if (!budget.SpendSteps(kEntryBytes).ok()) {
      return sink.End(parts::LimitReason(base::Limit::kSteps));
    }
    WriteBlock(entry, data_offset, sink, budget);
  }
}

std::optional<parts::Member> DmgReader::Next(base::Budget& budget, inflate::OutputBuffer& buffer) {
  if (!std::exchange(opened_, true)) {
    Open();
  }
  while (next_ < tables_.size()) {
    const Table& listed = tables_[next_++];
    parts::Member member;
    member.name = listed.name;
    const auto text = DecodeLooseBase64(listed.text);
    const base::Bytes table = text ? base::AsBytes(*text) : base::Bytes{};
    if (table.size() < kTableHeaderBytes || base::AsText(table.first(4)) != "mish") {
      member.gap = "damaged: no block table";
      return member;
    }
    if (!HasBlocks(table)) {
      continue;
    }
    buffer.Clear();
    parts::Sink sink(file_.size(), budget, buffer);
    gap_.clear();
    WriteTable(table, sink, budget);
    member.content = sink.content();
    member.gap = sink.ok() ? gap_ : sink.gap();
    member.has_content = !member.content.empty() || member.gap.empty();
    return member;
  }
  return std::nullopt;
}

}  // namespace day::unpack::dmg
