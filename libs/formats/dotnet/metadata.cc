#include "libs/formats/dotnet/metadata.h"

#include <fmt/format.h>

#include <algorithm>

namespace day::formats::dotnet {
namespace {

constexpr std::uint32_t kCliHeaderSize = 72;
constexpr std::int64_t kCliMetadataRva = 8;
constexpr std::int64_t kCliResourcesRva = 24;
constexpr std::uint32_t kMetadataMagic = 0x424A5342;  // "BSJB"
constexpr std::int64_t kMetadataRootSize = 16;
constexpr std::int64_t kMetadataVersionLength = 12;
constexpr std::uint32_t kVersionLengthMax = 255;
constexpr std::int64_t kStreamHeaderSize = 8;
constexpr std::uint64_t kGuidSize = 16;
constexpr std::uint32_t kGuidHeapSizeMax = kGuidSize * kGuidsMax;
// A 64-bit image must announce this many directories; the CLI header's own is the fifteenth.
constexpr std::uint32_t kDirectoriesMin = 14;

}  // namespace

void Metadata::Open(base::Bytes file, const pe::PeReader* pe) {
  image_ = Image(file);
  is_pe_ = pe != nullptr;
  is_dotnet_ = false;
  resources_rva_ = 0;
  version_.reset();
  streams_.clear();
  stream_count_.reset();
  for (std::optional<Heap>* heap : {&tables_, &strings_, &blobs_, &guids_, &user_strings_}) {
    heap->reset();
  }
  user_strings_scanned_ = false;
  user_string_count_.reset();
  user_string_marks_.clear();
  if (pe == nullptr) {
    return;
  }
  const std::optional<std::int64_t> root = FindRoot(*pe);
  if (!root) {
    return;
  }
  is_dotnet_ = true;
  const std::uint32_t version_length = image_.U32(*root + kMetadataVersionLength);
  const std::string_view version = image_.Text(*root + kMetadataRootSize, version_length);
  const std::size_t end = version.find('\0');
  if (end != std::string_view::npos) {
    version_ = version.substr(0, end);
  }
  // Two bytes of flags stand before the number of streams.
  const std::int64_t count_offset = *root + kMetadataRootSize + version_length + 2;
  if (image_.Fits(count_offset, 2)) {
    ReadStreams(count_offset + 2, *root, image_.U8(count_offset));
  }
}

// The offset of the metadata root if this is a .NET file by libyara's measure.
std::optional<std::int64_t> Metadata::FindRoot(const pe::PeReader& pe) {
  const std::optional<std::uint64_t> cli =
      pe.RvaToOffset(pe.directory(pe::Directory::kComDescriptor).virtual_address);
  if (!cli) {
    return std::nullopt;
  }
  const auto header = static_cast<std::int64_t>(*cli);
  if (!image_.Fits(header, kCliHeaderSize) || image_.U32(header) != kCliHeaderSize) {
    return std::nullopt;
  }
  const std::optional<std::uint64_t> found = pe.RvaToOffset(image_.U32(header + kCliMetadataRva));
  if (!found) {
    return std::nullopt;
  }
  const auto root = static_cast<std::int64_t>(*found);
  if (!image_.Fits(root, kMetadataRootSize) || image_.U32(root) != kMetadataMagic) {
    return std::nullopt;
  }
  const std::uint32_t length = image_.U32(root + kMetadataVersionLength);
  if (length == 0 || length > kVersionLengthMax || length % 4 != 0 ||
      !image_.Fits(root + kMetadataRootSize, length)) {
    return std::nullopt;
  }
  if (pe.is_64bit() && pe.optional_header().number_of_rva_and_sizes < kDirectoriesMin) {
    return std::nullopt;
  }
  resources_rva_ = image_.U32(header + kCliResourcesRva);
  return root;
}

void Metadata::ReadStreams(std::int64_t offset, std::int64_t root, std::uint32_t count) {
  std::int64_t header = offset;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::int64_t name_offset = header + kStreamHeaderSize;
    if (!image_.Fits(header, kStreamHeaderSize) || !image_.Fits(name_offset, kStreamNameMax)) {
      break;
    }
    const std::string_view window = image_.Text(name_offset, kStreamNameMax);
    const std::size_t end = window.find('\0');
    if (end == std::string_view::npos) {
      break;
    }
    streams_.push_back({.name = window.substr(0, end),
                        .offset = root + image_.U32(header),
                        .size = image_.U32(header + 4)});
    KeepHeap(streams_.back());
    // The name with its zero is padded to a multiple of four.
    header = name_offset + static_cast<std::int64_t>(end + 4 - end % 4);
  }
  stream_count_ = streams_.size();
}

// Names are compared by their start only. The first stream of a kind counts, but for #GUID the
// last.
void Metadata::KeepHeap(const Stream& stream) {
  const Heap heap{.offset = stream.offset, .size = stream.size};
  const std::string_view name = stream.name;
  if ((name.starts_with("#~") || name.starts_with("#-")) && !tables_) {
    tables_ = heap;
  } else if (name.starts_with("#GUID")) {
    guids_ = heap;
  } else if (name.starts_with("#Strings") && !strings_) {
    strings_ = heap;
  } else if (name.starts_with("#Blob") && !blobs_) {
    blobs_ = heap;
  } else if (name.starts_with("#US") && !user_strings_) {
    user_strings_ = heap;
  }
}

std::optional<std::uint64_t> Metadata::GuidCount() const {
  if (!guids_) {
    return std::nullopt;
  }
  const std::uint64_t announced = std::min(guids_->size, kGuidHeapSizeMax) / kGuidSize;
  std::uint64_t count = 0;
  while (count < announced &&
         image_.Fits(guids_->offset + static_cast<std::int64_t>(count * kGuidSize), kGuidSize)) {
    ++count;
  }
  return count;
}

std::string_view Metadata::Guid(std::uint64_t index) {
  const std::int64_t at = guids_->offset + static_cast<std::int64_t>(index * kGuidSize);
  std::array<char, kGuidTextSize>& text = guid_texts_[index];
  fmt::format_to_n(text.data(), text.size(),
                   "{:08x}-{:04x}-{:04x}-{:02x}{:02x}-{:02x}{:02x}{:02x}{:02x}{:02x}{:02x}",
                   image_.U32(at), image_.U16(at + 4), image_.U16(at + 6), image_.U8(at + 8),
                   image_.U8(at + 9), image_.U8(at + 10), image_.U8(at + 11), image_.U8(at + 12),
                   image_.U8(at + 13), image_.U8(at + 14), image_.U8(at + 15));
  return {text.data(), text.size()};
}

// The next entry that is not empty; moves the cursor behind it. Nothing at the end of the heap.
std::optional<std::string_view> Metadata::NextUserString(Cursor* cursor) const {
  while (cursor->offset < user_strings_->end()) {
    const std::optional<Blob> blob = image_.ReadBlob(cursor->offset);
    if (!blob) {
      return std::nullopt;
    }
    cursor->offset += blob->prefix_size;
    // The last byte is a marker that is no part of the text. It is not skipped: read as an entry of
    // its own, it is an empty one.
    if (blob->length > 1) {
      const std::string_view text = image_.Text(cursor->offset, blob->length - 1);
      cursor->offset += blob->length - 1;
      ++cursor->index;
      return text;
    }
  }
  return std::nullopt;
}

void Metadata::ScanUserStrings() {
  if (user_strings_scanned_) {
    return;
  }
  user_strings_scanned_ = true;
  // The first entry must be a single zero byte.
  if (!user_strings_ || user_strings_->size == 0 ||
      !image_.Fits(user_strings_->offset, user_strings_->size) ||
      image_.U8(user_strings_->offset) != 0) {
    return;
  }
  Cursor cursor{.index = 0, .offset = user_strings_->offset + 1};
  user_string_next_ = cursor;
  do {
    if (cursor.index % kUserStringStride == 0) {
      user_string_marks_.push_back(cursor.offset);
    }
  } while (NextUserString(&cursor));
  user_string_count_ = cursor.index;
}

std::optional<std::uint64_t> Metadata::UserStringCount() {
  ScanUserStrings();
  return user_string_count_;
}

std::optional<std::string_view> Metadata::UserString(std::uint64_t index) {
  ScanUserStrings();
  if (!user_string_count_ || index >= *user_string_count_) {
    return std::nullopt;
  }
  const std::uint64_t mark = index / kUserStringStride;
  if (index < user_string_next_.index || user_string_next_.index < mark * kUserStringStride) {
    user_string_next_ = {.index = mark * kUserStringStride, .offset = user_string_marks_[mark]};
  }
  while (user_string_next_.index < index) {
    if (!NextUserString(&user_string_next_)) {
      return std::nullopt;
    }
  }
  return NextUserString(&user_string_next_);
}

}  // namespace day::formats::dotnet
