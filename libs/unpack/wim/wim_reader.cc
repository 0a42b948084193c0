#include "libs/unpack/wim/wim_reader.h"

#include <algorithm>
#include <set>
#include <utility>

#include "libs/unpack/parts/extents.h"

namespace day::unpack::wim {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::uint64_t kHeaderBytes = 208;
constexpr std::uint64_t kEntryBytes = 50;
constexpr std::uint64_t kHashBytes = 20;
constexpr std::uint64_t kStepsPerEntry = 200;
constexpr std::uint32_t kXpressFlag = 0x20000;
constexpr std::uint32_t kLzxFlag = 0x40000;
constexpr std::uint32_t kLzmsFlag = 0x80000;
constexpr std::uint32_t kPackedFlag = 2;
constexpr std::uint8_t kFreeResource = 1;
constexpr std::uint8_t kMetadataResource = 2;
constexpr std::uint8_t kPackedResource = 4;
constexpr std::uint8_t kSpannedResource = 8;
constexpr std::uint8_t kSolidResource = 16;
// The size of an entry that is a solid resource itself, and no stream in one.
constexpr std::uint64_t kSolidMark = 0x100000000;
constexpr std::size_t kSolidsMax = 64;

// Entries of folders.
constexpr std::uint64_t kFixedBytes = 102;
constexpr std::uint64_t kStreamFixedBytes = 38;

std::uint64_t Aligned(std::uint64_t offset) { return (offset + 7) / 8 * 8; }

}  // namespace

bool WimReader::IsWim(base::Bytes file) {
  const std::string_view magic = base::AsText(base::ClippedSlice(file, 0, 8));
  return magic == "MSWIM\0\0\0"sv || magic == "WLPWM\0\0\0"sv;
}

void WimReader::Note(std::string_view problem) {
  if (problem_.empty()) {
    problem_ = problem;
  }
}

WimReader::Resource WimReader::ReadResource(base::Bytes bytes, std::uint64_t offset) {
  const std::uint64_t first = base::ReadAt<std::uint64_t>(bytes, offset).value_or(0);
  return {static_cast<std::uint8_t>(first >> 56), first & ((std::uint64_t{1} << 56) - 1),
          base::ReadAt<std::uint64_t>(bytes, offset + 8).value_or(0),
          base::ReadAt<std::uint64_t>(bytes, offset + 16).value_or(0)};
}

void WimReader::Open(base::Budget& budget) {
  if (base::AsText(base::ClippedSlice(file_, 0, 5)) != "MSWIM") {
    return Note("unsupported: pipable image");
  }
  if (file_.size() < kHeaderBytes) {
    return Note("damaged: the header is cut off");
  }
  const auto flags = *base::ReadAt<std::uint32_t>(file_, 16);
  chunk_size_ = *base::ReadAt<std::uint32_t>(file_, 20);
  part_ = *base::ReadAt<std::uint16_t>(file_, 40);
  if (chunk_size_ == 0) {
    chunk_size_ = 32'768;
  }
  if ((flags & kPackedFlag) != 0) {
    packing_ = (flags & kXpressFlag) != 0 ? Packing::kXpress
               : (flags & kLzxFlag) != 0  ? Packing::kLzx
               : (flags & kLzmsFlag) != 0 ? Packing::kLzms
                                          : Packing::kOther;
  }
  const Resource table = ReadResource(file_, 48);
  base::BudgetLimits limits;
  limits.file_bytes_max = kMetadataBytesMax;
  base::Budget purse(limits);
  parts::Sink sink(file_.size(), purse, table_copy_);
  Write(table, sink, budget);
  table_ = sink.content();
  Note(sink.gap());
  // Names first: the metadata may stand anywhere in the table.
  for (std::uint64_t at = 0; at + kEntryBytes <= table_.size(); at += kEntryBytes) {
    const Resource resource = ReadResource(table_, at);
    if (!budget.SpendSteps(1).ok()) {
      return;
    }
    if ((resource.flags & kMetadataResource) != 0 && (resource.flags & kFreeResource) == 0) {
      ReadNames(resource, budget);
    }
  }
}

void WimReader::ReadNames(const Resource& metadata, base::Budget& budget) {
  base::BudgetLimits limits;
  limits.file_bytes_max = kMetadataBytesMax;
  base::Budget purse(limits);
  inflate::OutputBuffer copy;
  parts::Sink sink(file_.size(), purse, copy);
  Write(metadata, sink, budget);
  if (!sink.ok()) {
    Note(sink.gap());
  }
  WalkNames(sink.content(), budget);
}

// Notes the streams of one entry; false if there is none at `at`.
bool WimReader::ReadEntryName(base::Bytes metadata, std::uint64_t at, const std::string& path,
                              std::string& own_path) {
  const base::Bytes entry = base::ClippedSlice(metadata, at, metadata.size());
  const std::uint64_t size = base::ReadAt<std::uint64_t>(entry, 0).value_or(0);
  if (size < kFixedBytes || size > entry.size()) {
    return false;
  }
  const std::uint64_t name_size = *base::ReadAt<std::uint16_t>(entry, 100);
  const auto add = [&](std::uint64_t hash_at, const std::string& name) {
    const std::string_view hash = base::AsText(base::ClippedSlice(entry, hash_at, kHashBytes));
    if (hash.find_first_not_of('\0') != std::string_view::npos && names_.size() < kNamesMax) {
      names_.emplace(hash, name);
    }
  };
  own_path = parts::JoinPath(
      path,
      parts::Utf8OfUtf16(base::ClippedSlice(entry, kFixedBytes, name_size), base::Endian::kLittle));
  add(64, own_path);
  std::uint64_t stream = Aligned(size);
  for (unsigned left = *base::ReadAt<std::uint16_t>(entry, 96); left > 0; --left) {
    const auto stream_size = base::ReadAt<std::uint64_t>(entry, stream);
    if (!stream_size || *stream_size < kStreamFixedBytes || *stream_size > entry.size()) {
      break;
    }
    const std::uint64_t stream_name = base::ReadAt<std::uint16_t>(entry, stream + 36).value_or(0);
    const std::string name = parts::Utf8OfUtf16(
        base::ClippedSlice(entry, stream + kStreamFixedBytes, stream_name), base::Endian::kLittle);
    add(stream + 16, name.empty() ? own_path : own_path + ":" + name);
    stream += Aligned(*stream_size);
  }
  return true;
}

// Entries of one folder stand one behind the other, up to a size of zero; folders lead to theirs.
void WimReader::WalkNames(base::Bytes metadata, base::Budget& budget) {
  struct Folder {
    std::string path;
    std::uint64_t at = 0;
  };
  const std::uint64_t security = base::ReadAt<std::uint32_t>(metadata, 0).value_or(0);
  std::vector<Folder> folders{{"", Aligned(std::max<std::uint64_t>(security, 8))}};
  std::set<std::uint64_t> seen;
  while (!folders.empty()) {
    const Folder folder = std::move(folders.back());
    folders.pop_back();
    std::string path;
    for (std::uint64_t at = folder.at; ReadEntryName(metadata, at, folder.path, path);) {
      const std::uint64_t size = *base::ReadAt<std::uint64_t>(metadata, at);
      const std::uint64_t inner = *base::ReadAt<std::uint64_t>(metadata, at + 16);
      const unsigned streams = *base::ReadAt<std::uint16_t>(metadata, at + 96);
      if (!budget.SpendSteps(kStepsPerEntry * (1 + std::uint64_t{streams})).ok()) {
        return;
      }
      if (inner != 0 && seen.size() < kNamesMax && seen.insert(inner).second) {
        folders.push_back({path, inner});
      }
      at += Aligned(size);
      for (unsigned i = 0; i < streams; ++i) {
        const std::uint64_t skip = base::ReadAt<std::uint64_t>(metadata, at).value_or(0);
        at += Aligned(std::min<std::uint64_t>(skip, metadata.size()));
      }
    }
  }
}

void WimReader::Write(const Resource& resource, parts::Sink& sink, base::Budget& budget) {
  const base::Bytes raw = base::ClippedSlice(file_, resource.offset, resource.packed_size);
  if ((resource.flags & kSolidResource) != 0) {
    return WriteSolid(resource, sink, budget);
  }
  if ((resource.flags & kPackedResource) == 0) {
    sink.Write(raw);
    return raw.size() < resource.packed_size ? sink.End(parts::kEndsTooEarly) : void();
  }
  PackedResource(raw, resource.size, packing_, chunk_size_).Write(0, resource.size, sink, budget);
}

// Solid resources stand in the table in front of, or among, the streams in them.
void WimReader::OpenSolids(std::uint64_t at, base::Budget& budget) {
  solids_.clear();
  for (; at + kEntryBytes <= table_.size() && budget.SpendSteps(1).ok(); at += kEntryBytes) {
    const Resource resource = ReadResource(table_, at);
    if ((resource.flags & kSolidResource) == 0) {
      break;
    }
    if (resource.size == kSolidMark && solids_.size() < kSolidsMax) {
      solids_.push_back(
          PackedResource::Solid(base::ClippedSlice(file_, resource.offset, resource.packed_size)));
    }
  }
}

// Offsets of streams count through all resources of their run, as if these were one.
void WimReader::WriteSolid(const Resource& stream, parts::Sink& sink, base::Budget& budget) {
  std::uint64_t begin = stream.offset;
  std::uint64_t left = stream.packed_size;
  for (PackedResource& solid : solids_) {
    if (begin < solid.size()) {
      const std::uint64_t here = std::min(left, solid.size() - begin);
      solid.Write(begin, here, sink, budget);
      left -= here;
      begin += here;
    }
    begin -= solid.size();
    if (left == 0 || !sink.ok()) {
      return;
    }
  }
  if (left > 0) {
    sink.End("damaged: a stream lies outside its resource");
  }
}

std::optional<parts::Member> WimReader::Next(base::Budget& budget, inflate::OutputBuffer& buffer) {
  if (!std::exchange(opened_, true)) {
    Open(budget);
  }
  for (; at_ + kEntryBytes <= table_.size(); at_ += kEntryBytes) {
    const Resource resource = ReadResource(table_, at_);
    if (!budget.SpendSteps(kStepsPerEntry).ok()) {
      Note(parts::LimitReason(base::Limit::kSteps));
      return std::nullopt;
    }
    const bool is_solid = (resource.flags & kSolidResource) != 0;
    if (is_solid && !in_solid_run_) {
      OpenSolids(at_, budget);
    }
    in_solid_run_ = is_solid;
    if ((resource.flags & (kFreeResource | kMetadataResource)) != 0 ||
        (is_solid && resource.size == kSolidMark)) {
      continue;
    }
    const std::string_view hash = base::AsText(base::ClippedSlice(table_, at_ + 30, kHashBytes));
    const auto name = names_.find(hash);
    parts::Member member;
    member.name =
        name != names_.end() ? name->second : "stream " + std::to_string(at_ / kEntryBytes);
    const std::uint16_t part = *base::ReadAt<std::uint16_t>(table_, at_ + 24);
    at_ += kEntryBytes;
    if (part != part_ || (resource.flags & kSpannedResource) != 0) {
      member.gap = "unsupported: in another part of a split image";
      return member;
    }
    buffer.Clear();
    parts::Sink sink(file_.size(), budget, buffer);
    Write(resource, sink, budget);
    member.content = sink.content();
    member.gap = sink.gap();
    member.has_content = !member.content.empty() || member.gap.empty();
    return member;
  }
  return std::nullopt;
}

}  // namespace day::unpack::wim
