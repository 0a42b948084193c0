#include "libs/unpack/zip/zip_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "libs/base/checked.h"
#include "libs/unpack/cipher/passwords.h"
#include "libs/unpack/cipher/zip_cipher.h"
#include "libs/unpack/inflate/crc32.h"
#include "libs/unpack/parts/sink.h"
#include "libs/unpack/stream/stream.h"
#include "libs/unpack/zip/methods.h"
#include "libs/unpack/zip/zip_format.h"

namespace day::unpack::zip {
namespace {

constexpr std::uint16_t kMethodAes = 99;
constexpr std::uint16_t kDiskUnknown = 0xFFFF;  // zip64: the record there knows it
// No directory at the end: how far back the search for one goes (junk behind the archive).
constexpr std::uint64_t kTailBytes = kEndRecordBytes + kCommentBytesMax;

Entry MakeEntry(const Header& header, Entry::Origin origin) {
  Entry entry;
  entry.origin = origin;
  entry.name = header.name;
  entry.flags = header.flags;
  entry.method = header.method;
  entry.crc32 = header.crc32;
  entry.has_crc32 = true;
  entry.time = header.time;
  entry.aes_strength = header.aes_strength;
  entry.aes_method = header.aes_method;
  entry.compressed_size = header.compressed_size;
  entry.uncompressed_size = header.uncompressed_size;
  entry.is_directory =
      header.name.ends_with('/') && header.compressed_size == 0 && header.uncompressed_size == 0;
  return entry;
}

// A header whose sizes and checksum are to be found behind the data.
bool SizesFollow(const Header& header) {
  return (header.flags & kFlagDescriptor) != 0 && header.compressed_size == 0;
}

// Where stored data of unknown size ends: at the next record of the archive, its descriptor first.
std::uint64_t EndOfStored(base::Bytes file, std::uint64_t begin) {
  std::uint64_t position = begin;
  while (const auto found = FindSignature(file, position, file.size(), "PK")) {
    for (const std::string_view signature :
         {kDescriptorSignature, kLocalSignature, kCentralSignature, kEndSignature}) {
      if (HasSignature(file, *found, signature)) {
        return *found;
      }
    }
    position = *found + 1;
  }
  return file.size();
}

bool ChecksumFits(const Entry& entry, base::Bytes content) {
  return entry.has_crc32 && entry.crc32 == inflate::Crc32(content);
}

}  // namespace

base::Result<ZipReader> ZipReader::Create(base::Bytes file,
                                          std::span<const std::uint64_t> volume_starts) {
  ZipReader reader(file);
  reader.volume_starts_ = volume_starts;
  reader.FindDirectories();
  const bool starts_like_zip =
      HasSignature(file, 0, kLocalSignature) || HasSignature(file, 0, kDescriptorSignature);
  if (reader.directories_.empty()) {
    const bool is_empty_archive = ReadEndRecord(file, 0).has_value();
    if (!starts_like_zip && !is_empty_archive) {
      return base::MakeError(base::ErrorKind::kMalformed, "no zip record", 0);
    }
    if (!is_empty_archive) {
      reader.problem_ = kNoDirectory;
    }
  }
  if (!reader.directories_.empty()) {
    reader.record_offset_ = reader.directories_.front().offset;
  }
  return reader;
}

bool ZipReader::HasDirectory(base::Bytes file) {
  ZipReader reader(file);
  reader.FindDirectories();
  return !reader.directories_.empty();
}

std::uint64_t ZipReader::FirstHeader(base::Bytes file) {
  ZipReader reader(file);
  reader.FindDirectories();
  if (!reader.directories_.empty()) {
    reader.record_offset_ = reader.directories_.front().offset;
  }
  std::uint64_t first = file.size();
  while (const auto entry = reader.NextListed()) {
    if (entry->origin != Entry::Origin::kMissingHeader) {
      first = std::min(first, entry->header_offset);
    }
  }
  return first;
}

void ZipReader::FindDirectories() {
  const base::Bytes tail = file_.last(std::min<std::size_t>(file_.size(), kTailBytes));
  const std::uint64_t tail_offset = file_.size() - tail.size();
  // Backwards to each 'P'. Most files asked are not zip files, so this must cost next to nothing:
  // memrchr looks at many bytes at a time.
  std::size_t before = tail.size();
  for (std::size_t tries = 0; before > 0 && tries < kDirectoriesMax;) {
    const void* found = ::memrchr(tail.data(), kEndSignature[0], before);
    if (found == nullptr) {
      return;
    }
    before = static_cast<std::size_t>(static_cast<const std::byte*>(found) - tail.data());
    if (HasSignature(tail, before, kEndSignature)) {
      AddDirectory(tail_offset + before);
      ++tries;
    }
  }
}

void ZipReader::AddDirectory(std::uint64_t record_offset) {
  const std::optional<EndRecord> end = ReadEndRecord(file_, record_offset);
  if (!end) {
    return;
  }
  const std::size_t known_before = directories_.size();
  // Two beliefs: the directory lies right before its end record, or where the record says. They
  // differ if data was put in front of the archive, or if somebody lies: then both are read.
  const auto add = [&](std::uint64_t offset) {
    const bool known = std::any_of(directories_.begin(), directories_.end(),
                                   [&](const Directory& d) { return d.offset == offset; });
    if (known || directories_.size() >= kDirectoriesMax ||
        !HasSignature(file_, offset, kCentralSignature)) {
      return;
    }
    Directory directory;
    directory.offset = offset;
    directory.entries = end->entries;
    directory.base = offset >= end->directory_offset ? offset - end->directory_offset : 0;
    directories_.push_back(directory);
  };
  if (end->directory_size <= end->directory_end) {
    add(end->directory_end - end->directory_size);
  }
  add(end->directory_offset);
  const bool is_directory = directories_.size() > known_before;
  const bool is_split = end->disk != 0 && end->disk != kDiskUnknown;
  if (is_directory && is_split && problem_.empty()) {
    if (volume_starts_.empty()) {
      problem_ = "unsupported: one volume of a split archive";
    } else if (volume_starts_.size() != end->disk + std::size_t{1}) {
      problem_ = "damaged: volumes of the archive are missing";
    }
  }
}

std::optional<Entry> ZipReader::Next() {
  if (entries_given_ >= kEntriesMax) {
    problem_ = "limit entries_max";
    return std::nullopt;
  }
  std::optional<Entry> entry;
  if (conflict_) {
    entry = std::exchange(conflict_, std::nullopt);
  } else {
    entry = NextListed();
  }
  if (!entry) {
    entry = NextUnlisted();
  }
  if (entry) {
    ++entries_given_;
  }
  return entry;
}

std::optional<Entry> ZipReader::NextListed() {
  while (directory_ < directories_.size()) {
    if (std::optional<Entry> entry = ReadRecord(directories_[directory_])) {
      return entry;
    }
    // Only the low 16 bits are sure to be declared.
    if ((records_read_ & 0xFFFF) != (directories_[directory_].entries & 0xFFFF) &&
        problem_.empty()) {
      problem_ = "damaged: the central directory does not have the number of entries it declares";
    }
    // An end record inside an entry's data belongs to a zip in the zip, which is opened on its own.
    do {
      ++directory_;
    } while (directory_ < directories_.size() && IsClaimed(directories_[directory_].offset));
    records_read_ = 0;
    record_offset_ = directory_ < directories_.size() ? directories_[directory_].offset : 0;
  }
  return std::nullopt;
}

// With data in front, some writers count from the start of the file, some from that of the archive.
// In a split archive all count from the start of a volume.
std::optional<Header> ZipReader::FindLocal(const Header& central, const Directory& directory,
                                           std::uint64_t& offset) const {
  const std::uint64_t volume =
      central.disk < volume_starts_.size() ? volume_starts_[central.disk] : directory.base;
  for (const std::uint64_t base : {volume, directory.base, std::uint64_t{0}}) {
    const auto place = base::CheckedAdd(central.local_offset, base);
    const auto local = place ? ReadLocalHeader(file_, *place) : std::nullopt;
    if (local) {
      offset = *place;
      return local;
    }
  }
  return std::nullopt;
}

std::optional<Entry> ZipReader::ReadRecord(const Directory& directory) {
  const std::optional<Header> central = ReadCentralRecord(file_, record_offset_);
  if (!central) {
    return std::nullopt;
  }
  record_offset_ = central->end;
  ++records_read_;
  Entry entry = MakeEntry(*central, Entry::Origin::kDirectory);
  const std::optional<Header> local = FindLocal(*central, directory, entry.header_offset);
  if (!local) {
    entry.origin = Entry::Origin::kMissingHeader;
    return entry;
  }
  entry.data_offset = local->end;
  std::uint64_t size_most = central->compressed_size;
  std::uint64_t size_least = central->compressed_size;
  if (!SizesFollow(*local)) {
    size_most = std::max(size_most, local->compressed_size);
    size_least = std::min(size_least, local->compressed_size);
  }
  const bool is_stored = entry.method == kMethodStored;
  entry.data = base::ClippedSlice(file_, local->end, is_stored ? entry.compressed_size : size_most);
  const bool size_conflict = size_most != size_least && local->method == kMethodStored;
  // The bits of method 6 say how it is packed.
  const bool flags_conflict =
      local->method == kMethodImplode && ((local->flags ^ central->flags) & kFlagsImplode) != 0;
  if (local->method != central->method || size_conflict || flags_conflict) {
    conflict_ = MakeEntry(*local, Entry::Origin::kConflict);
    conflict_->header_offset = entry.header_offset;
    conflict_->data_offset = local->end;
    conflict_->has_crc32 = !SizesFollow(*local);
    conflict_->data = base::ClippedSlice(file_, local->end,
                                         SizesFollow(*local) ? size_most : local->compressed_size);
  }
  Claim(entry, local->end + base::ClippedSlice(file_, local->end, size_least).size());
  return entry;
}

// The last region belongs to the entry given last, so that Extract() can correct its end.
void ZipReader::Claim(const Entry& entry, std::uint64_t end) {
  claimed_.push_back({entry.header_offset, end});
}

bool ZipReader::IsClaimed(std::uint64_t offset) const {
  return std::any_of(claimed_.begin(), claimed_.end(), [&](const Region& region) {
    return region.begin <= offset && offset < region.end;
  });
}

void ZipReader::StartUnlisted() {
  unlisted_started_ = true;
  std::sort(claimed_.begin(), claimed_.end(),
            [](const Region& a, const Region& b) { return a.begin < b.begin; });
  regions_sorted_ = claimed_.size();
  // What is in front of an archive that starts later is somebody else's (a program's stub).
  const bool starts_like_zip = file_.size() >= 2 && base::AsText(file_).starts_with("PK");
  if (!starts_like_zip && volume_starts_.empty()) {
    cursor_ = claimed_.empty() ? file_.size() : claimed_.front().begin;
  }
}

std::optional<Entry> ZipReader::NextUnlisted() {
  if (!unlisted_started_) {
    StartUnlisted();
  } else if (claimed_.size() > regions_sorted_) {
    // The unlisted entry given last ends where Extract() found its end.
    cursor_ = std::max(cursor_ + kLocalSignature.size(), claimed_.back().end);
    claimed_.pop_back();
  }
  while (cursor_ < file_.size()) {
    while (region_ < regions_sorted_ && claimed_[region_].begin <= cursor_) {
      cursor_ = std::max(cursor_, claimed_[region_].end);
      ++region_;
    }
    const std::uint64_t stop = region_ < regions_sorted_ ? claimed_[region_].begin : file_.size();
    const auto found = FindSignature(file_, cursor_, stop, kLocalSignature);
    if (!found) {
      cursor_ = std::max(cursor_, stop);
      continue;
    }
    cursor_ = *found;
    const std::optional<Header> local = ReadLocalHeader(file_, *found);
    if (!local || !IsPlausible(*local)) {
      ++cursor_;
      continue;
    }
    Entry entry = MakeEntry(*local, Entry::Origin::kUnlisted);
    entry.header_offset = *found;
    entry.data_offset = local->end;
    entry.has_crc32 = (local->flags & kFlagDescriptor) == 0;
    std::uint64_t end = file_.size();
    if (!SizesFollow(*local)) {
      end = local->end + base::ClippedSlice(file_, local->end, local->compressed_size).size();
    } else if (local->method == kMethodStored) {
      end = EndOfStored(file_, local->end);
      entry.compressed_size = end - local->end;
    }
    entry.data = base::ClippedSlice(file_, local->end, end - local->end);
    Claim(entry, local->method == kMethodStored ? end : local->end);
    return entry;
  }
  return std::nullopt;
}

Extraction ZipReader::ExtractStored(const Entry& entry, base::Budget& budget) {
  const base::BudgetLimits& limits = budget.limits();
  const std::uint64_t left =
      limits.bytes_out_max - std::min(limits.bytes_out_max, budget.bytes_out());
  const std::uint64_t size_max = std::min(limits.file_bytes_max, left);
  Extraction extraction;
  extraction.content = base::ClippedSlice(entry.data, 0, size_max);
  (void)budget.SpendBytesOut(extraction.content.size());
  if (extraction.content.size() < entry.data.size()) {
    const base::Limit limit =
        left < limits.file_bytes_max ? base::Limit::kBytesOut : base::Limit::kFileBytes;
    (void)budget.Exceed(limit);
    extraction.gap = "limit " + std::string(base::LimitName(limit));
  } else if (entry.data.size() < entry.compressed_size) {
    extraction.gap = "damaged: the data ends too early";
  } else if (entry.has_crc32 && !ChecksumFits(entry, extraction.content)) {
    extraction.gap = "damaged: wrong checksum";
  }
  return extraction;
}

Extraction ZipReader::ExtractDeflated(const Entry& entry, base::Budget& budget,
                                      inflate::Inflater& inflater, inflate::OutputBuffer& buffer) {
  const std::size_t start = buffer.size();
  const inflate::Outcome outcome = inflater.Inflate(entry.data, budget, buffer);
  Extraction extraction;
  extraction.content = buffer.bytes().subspan(start);
  extraction.gap = inflate::GapReason(outcome);
  const bool is_complete = outcome.end == inflate::Outcome::End::kComplete;
  if (is_complete && entry.has_crc32 && !ChecksumFits(entry, extraction.content)) {
    extraction.gap = "damaged: wrong checksum";
  }
  ClaimStream(entry, is_complete ? outcome.consumed : 0);
  return extraction;
}

// The stream knows its end better than the headers. Of a broken stream (size 0) only the header is
// claimed: whatever else lies in its bytes will be searched for headers.
void ZipReader::ClaimStream(const Entry& entry, std::uint64_t size) {
  if (entry.origin != Entry::Origin::kConflict && !claimed_.empty() &&
      claimed_.back().begin == entry.header_offset) {
    claimed_.back().end = entry.data_offset + size;
  }
}

Extraction ZipReader::ExtractStream(const Entry& entry, base::Budget& budget,
                                    inflate::OutputBuffer& buffer) {
  const std::size_t start = buffer.size();
  stream::Outcome outcome = DecodeStream(entry.method, entry.data, budget, buffer);
  Extraction extraction;
  extraction.content = buffer.bytes().subspan(start);
  if (outcome.gap.starts_with("damaged") && entry.has_crc32) {
    // An LZMA stream without an end mark ends where the declared size says.
    const base::Bytes declared = base::ClippedSlice(extraction.content, 0, entry.uncompressed_size);
    if (!declared.empty() && declared.size() == entry.uncompressed_size &&
        ChecksumFits(entry, declared)) {
      extraction.content = declared;
      ClaimStream(entry, entry.data.size());
      return extraction;
    }
  }
  extraction.gap = std::move(outcome.gap);
  ClaimStream(entry, extraction.gap.empty() ? outcome.consumed : 0);
  if (extraction.gap.empty() && entry.has_crc32 && !ChecksumFits(entry, extraction.content)) {
    extraction.gap = "damaged: wrong checksum";
  }
  return extraction;
}

// Shrink, reduce, implode and PPMd need no end mark: they end at the declared size, or, if that is
// a lie that the checksum shows, with the input.
Extraction ZipReader::ExtractToSink(const Entry& entry, base::Budget& budget,
                                    inflate::OutputBuffer& buffer) {
  const std::size_t start = buffer.size();
  Extraction extraction;
  const auto decode = [&](std::uint64_t size) {
    parts::Sink sink(entry.data.size(), budget, buffer);
    const std::uint64_t used = DecodeToSink(entry, size, sink);
    extraction.content = sink.content();
    extraction.gap = sink.gap();
    ClaimStream(entry, extraction.gap.empty() ? used : 0);
  };
  decode(entry.uncompressed_size);
  const bool fits = !entry.has_crc32 || ChecksumFits(entry, extraction.content);
  if (!fits && extraction.gap.empty() && entry.method != kMethodDeflate64) {
    buffer.Truncate(start);
    decode(~std::uint64_t{0});
    extraction.gap = "damaged: wrong checksum";
  } else if (!fits && extraction.gap.empty()) {
    extraction.gap = "damaged: wrong checksum";
  }
  return extraction;
}

// Decrypts into plain_ and describes it in `plain`. False if the password does not fit.
bool ZipReader::DecryptWith(const Entry& entry, std::string_view password, base::Budget& budget,
                            Entry& plain) {
  plain = entry;
  plain.flags = static_cast<std::uint16_t>(entry.flags & ~unsigned{kFlagEncrypted});
  if (entry.method == kMethodAes) {
    if (aes_tries_ >= kAesTriesMax || !budget.TryPassword()) {
      return false;
    }
    ++aes_tries_;
    auto decrypted = cipher::DecryptAes(entry.data, entry.aes_strength, password);
    if (!decrypted) {
      return false;
    }
    plain_ = *std::move(decrypted);
    plain.method = entry.aes_method;
    plain.has_crc32 = entry.has_crc32 && entry.crc32 != 0;  // AE-2 has none
  } else {
    const bool by_time = (entry.flags & kFlagDescriptor) != 0;
    const auto check = static_cast<std::uint8_t>(by_time ? entry.time >> 8 : entry.crc32 >> 24);
    if (!cipher::OldPasswordFits(entry.data, password, check)) {
      return false;
    }
    plain_ = cipher::DecryptOld(entry.data, password);
  }
  plain.data = plain_;
  plain.compressed_size = plain_.size();
  return true;
}

std::optional<Extraction> ZipReader::ExtractWith(const Entry& entry, std::string_view password,
                                                 base::Budget& budget, inflate::Inflater& inflater,
                                                 inflate::OutputBuffer& buffer) {
  Entry plain;
  if (!DecryptWith(entry, password, budget, plain)) {
    return std::nullopt;
  }
  // One in 256 wrong passwords comes this far, and a liar can make them all: something has to tell.
  if (!budget.SpendSteps(entry.data.size()).ok()) {
    return Extraction{{}, "limit " + std::string(base::LimitName(base::Limit::kSteps))};
  }
  const bool is_provable =
      entry.method == kMethodAes || plain.has_crc32 || plain.method == kMethodDeflate;
  if (!is_provable || plain.method == kMethodAes) {
    return std::nullopt;
  }
  const std::size_t start = buffer.size();
  Extraction extraction = Extract(plain, budget, inflater, buffer);
  if (!extraction.gap.starts_with("damaged")) {
    return extraction;
  }
  buffer.Truncate(start);
  return std::nullopt;
}

std::optional<Extraction> ZipReader::ExtractEncrypted(const Entry& entry, base::Budget& budget,
                                                      inflate::Inflater& inflater,
                                                      inflate::OutputBuffer& buffer) {
  const auto try_all = [&](const auto& passwords) {
    std::optional<Extraction> extraction;
    for (auto it = passwords.begin(); it != passwords.end() && !extraction; ++it) {
      extraction = ExtractWith(entry, *it, budget, inflater, buffer);
    }
    return extraction;
  };
  auto extraction = try_all(cipher::kWellKnownPasswords);
  return extraction ? extraction : try_all(passwords_);
}

// Flags and methods that lie are an old trick against scanners: the target's extractor ignores
// them. If the data, read plainly, has the right checksum, it is what the target would see.
std::optional<Extraction> ZipReader::ExtractDespiteFlags(const Entry& entry, base::Budget& budget,
                                                         inflate::Inflater& inflater,
                                                         inflate::OutputBuffer& buffer) {
  if (!entry.has_crc32 || entry.method == kMethodAes) {
    return std::nullopt;
  }
  if (entry.compressed_size == entry.uncompressed_size) {
    if (Extraction plain = ExtractStored(entry, budget); plain.gap.empty()) {
      return plain;
    }
  }
  if (entry.method == kMethodStored) {
    return std::nullopt;
  }
  const std::size_t start = buffer.size();
  if (IsStreamMethod(entry.method)) {
    if (Extraction plain = ExtractStream(entry, budget, buffer); plain.gap.empty()) {
      return plain;
    }
    buffer.Truncate(start);
  }
  if (entry.encrypted() && IsSinkMethod(entry.method)) {
    if (Extraction plain = ExtractToSink(entry, budget, buffer); plain.gap.empty()) {
      return plain;
    }
    buffer.Truncate(start);
  }
  if (Extraction plain = ExtractDeflated(entry, budget, inflater, buffer); plain.gap.empty()) {
    return plain;
  }
  buffer.Truncate(start);
  return std::nullopt;
}

Extraction ZipReader::Extract(const Entry& entry, base::Budget& budget, inflate::Inflater& inflater,
                              inflate::OutputBuffer& buffer) {
  if (entry.origin == Entry::Origin::kMissingHeader) {
    return {{}, "damaged: no local header"};
  }
  const bool is_known = entry.method == kMethodStored || entry.method == kMethodDeflate;
  if (!entry.encrypted() && IsStreamMethod(entry.method)) {
    const std::size_t start = buffer.size();
    Extraction extraction = ExtractStream(entry, budget, buffer);
    // A method that lies gives nothing; content that was decoded stands.
    if (extraction.content.empty() && extraction.gap.starts_with("damaged")) {
      buffer.Truncate(start);
      if (auto plain = ExtractDespiteFlags(entry, budget, inflater, buffer)) {
        return *plain;
      }
    }
    return extraction;
  }
  if (!entry.encrypted() && IsSinkMethod(entry.method)) {
    const std::size_t start = buffer.size();
    Extraction extraction = ExtractToSink(entry, budget, buffer);
    if (extraction.gap.starts_with("damaged") && entry.has_crc32) {
      inflate::OutputBuffer other;
      if (auto plain = ExtractDespiteFlags(entry, budget, inflater, other)) {
        buffer.Truncate(start);
        (void)buffer.Append(plain->content);
        plain->content = buffer.bytes().subspan(start);
        return *plain;
      }
    }
    return extraction;
  }
  if (entry.encrypted() || !is_known) {
    if (auto extraction = ExtractDespiteFlags(entry, budget, inflater, buffer)) {
      return *extraction;
    }
    if (entry.encrypted()) {
      if (auto extraction = ExtractEncrypted(entry, budget, inflater, buffer)) {
        return *extraction;
      }
    }
    return {{},
            entry.encrypted() || entry.method == kMethodAes ? "encrypted"
                                                            : UnsupportedReason(entry.method)};
  }
  return entry.method == kMethodStored ? ExtractStored(entry, budget)
                                       : ExtractDeflated(entry, budget, inflater, buffer);
}

}  // namespace day::unpack::zip
