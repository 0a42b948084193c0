#include "libs/unpack/udf/udf_reader.h"

#include <algorithm>
#include <utility>

#include "libs/unpack/parts/extents.h"
#include "libs/unpack/udf/iso_files.h"

namespace day::unpack::udf {
namespace {

constexpr std::uint64_t kRecognitionOffset = 32'768;
constexpr std::uint64_t kRecognitionStep = 2048;
constexpr int kRecognitionSteps = 64;
constexpr std::uint64_t kStepsPerEntry = 200;
constexpr std::uint64_t kStepsPerWork = 16;

constexpr std::uint8_t kFolderKind = 4;
constexpr std::uint8_t kStreamsKind = 13;
// Unspecified, plain file, real-time file.
constexpr std::uint8_t kFileKinds[] = {0, 5, 249};

constexpr unsigned kDeleted = 4;
constexpr unsigned kParent = 8;

// Names: one byte that says how many bits a character has, then the characters.
std::string NameOf(base::Bytes identifier) {
  if (identifier.empty()) {
    return {};
  }
  const base::Bytes rest = identifier.subspan(1);
  if (identifier[0] == std::byte{16}) {
    return parts::Utf8OfUtf16(rest, base::Endian::kBig);
  }
  return std::string(base::AsText(rest));
}

}  // namespace

bool UdfReader::IsUdf(base::Bytes image) {
  for (int i = 0; i < kRecognitionSteps; ++i) {
    const std::uint64_t at = kRecognitionOffset + static_cast<std::uint64_t>(i) * kRecognitionStep;
    const std::string_view name = base::AsText(base::ClippedSlice(image, at + 1, 5));
    if (name == "NSR02" || name == "NSR03") {
      return true;
    }
    // Sectors of 4 KiB leave every other one of these empty.
    if (name != "BEA01" && name != "CD001" && name != "BOOT2" && name != "CDW02" &&
        name != std::string_view("\0\0\0\0\0", 5)) {
      return false;
    }
  }
  return false;
}

void UdfReader::Note(std::string_view problem) {
  if (problem_.empty()) {
    problem_ = problem;
  }
}

bool UdfReader::Pay(base::Budget& budget) {
  if (budget.SpendSteps(kStepsPerEntry + volume_->TakeWork() * kStepsPerWork).ok()) {
    return true;
  }
  Note(parts::LimitReason(base::Limit::kSteps));
  folders_.clear();
  listing_ = {};
  return false;
}

void UdfReader::Open(base::Budget& budget) {
  volume_.emplace(image_);
  if (!volume_->gap().empty()) {
    return Note(volume_->gap());
  }
  iso_files_ = FilesOfEveryIsoTree(image_, budget);
  Push("", volume_->root());
}

void UdfReader::Push(std::string path, Location where) {
  const std::uint64_t key = std::uint64_t{where.partition} << 32 | where.block;
  if (!seen_.insert(key).second) {
    return Note("damaged: a folder is listed twice");
  }
  if (folders_.size() >= kFoldersMax) {
    return Note("limit folders_max");
  }
  folders_.push_back({std::move(path), where});
}

void UdfReader::OpenFolder(const Folder& folder, base::Budget& budget) {
  at_ = 0;
  listing_ = {};
  path_ = folder.path;
  const auto entry = volume_->ReadEntry(folder.where);
  if (!entry || (entry->kind != kFolderKind && entry->kind != kStreamsKind)) {
    return Note("damaged: a folder is none");
  }
  if (!entry->gap.empty()) {
    Note(entry->gap);
  }
  const std::uint64_t size = std::min(entry->size, kFolderBytesMax);
  if (size < entry->size) {
    Note("limit folder_bytes_max");
  }
  if (entry->extents.size() == 1 && !entry->extents[0].is_hole) {
    listing_ = base::ClippedSlice(image_, entry->extents[0].offset,
                                  std::min(size, entry->extents[0].size));
    return;
  }
  base::BudgetLimits limits;
  limits.file_bytes_max = limits.bytes_out_max = kFolderBytesMax;
  base::Budget purse(limits);
  listing_copy_.Clear();
  parts::Sink sink(image_.size(), purse, listing_copy_);
  parts::WriteExtents(image_, entry->extents, size, sink);
  listing_ = sink.content();
  if (!sink.ok()) {
    Note(sink.gap());
  }
  (void)budget.SpendSteps(listing_.size());
}

// The same bytes, in one run at the same place, as a file of the ISO side.
bool UdfReader::IsKnown(const FileEntry& entry) const {
  if (iso_files_.empty() || !entry.gap.empty()) {
    return false;
  }
  std::uint64_t end = 0;
  for (const parts::Extent& extent : entry.extents) {
    if (extent.is_hole || (end != 0 && extent.offset != end)) {
      return false;
    }
    end = extent.offset + extent.size;
  }
  const auto known =
      entry.extents.empty() ? iso_files_.end() : iso_files_.find(entry.extents[0].offset);
  return known != iso_files_.end() && known->second == entry.size;
}

std::optional<parts::Member> UdfReader::NextEntry(base::Budget& budget,
                                                  inflate::OutputBuffer& buffer) {
  constexpr std::uint64_t kFixedBytes = 38;
  const base::Bytes rest = base::ClippedSlice(listing_, at_, listing_.size());
  if (!HasTag(rest, Tag::kFileIdentifier) || rest.size() < kFixedBytes) {
    if (std::any_of(rest.begin(), rest.end(), [](std::byte b) { return b != std::byte{0}; })) {
      Note("damaged: a folder has an entry that is none");
    }
    at_ = listing_.size();
    return std::nullopt;
  }
  const unsigned flags = std::to_integer<unsigned>(rest[18]);
  const std::uint64_t name_size = std::to_integer<std::uint64_t>(rest[19]);
  const std::uint64_t other_size = *base::ReadAt<std::uint16_t>(rest, 36);
  const Location where = ReadLong(rest, 20);
  at_ += (kFixedBytes + other_size + name_size + 3) / 4 * 4;
  if ((flags & (kDeleted | kParent)) != 0) {
    return std::nullopt;
  }
  parts::Member member;
  member.name =
      parts::JoinPath(path_, NameOf(base::ClippedSlice(rest, kFixedBytes + other_size, name_size)));
  const auto entry = volume_->ReadEntry(where);
  if (!entry) {
    member.gap = "damaged: a file is none";
    return member;
  }
  if (entry->kind == kFolderKind || entry->kind == kStreamsKind) {
    Push(std::move(member.name), where);
    return std::nullopt;
  }
  if (entry->streams.size != 0) {
    Push(member.name, entry->streams);
  }
  const std::uint64_t key = std::uint64_t{where.partition} << 32 | where.block;
  const bool is_file =
      std::find(std::begin(kFileKinds), std::end(kFileKinds), entry->kind) != std::end(kFileKinds);
  if (!is_file || !seen_.insert(key).second || IsKnown(*entry) ||
      (entry->size == 0 && !iso_files_.empty())) {
    return std::nullopt;
  }
  member = parts::ExtentsMember(std::move(member.name), image_, entry->extents, entry->size, budget,
                                buffer);
  if (!entry->gap.empty()) {
    member.gap = entry->gap;
  }
  return member;
}

std::optional<parts::Member> UdfReader::Next(base::Budget& budget, inflate::OutputBuffer& buffer) {
  if (!volume_) {
    Open(budget);
  }
  while (at_ < listing_.size() || !folders_.empty()) {
    if (!Pay(budget)) {
      return std::nullopt;
    }
    if (at_ < listing_.size()) {
      if (auto member = NextEntry(budget, buffer)) {
        return member;
      }
      continue;
    }
    const Folder folder = std::move(folders_.back());
    folders_.pop_back();
    OpenFolder(folder, budget);
  }
  return std::nullopt;
}

}  // namespace day::unpack::udf
