#include "libs/unpack/gzip/gzip_reader.h"

#include <algorithm>

#include "libs/unpack/inflate/crc32.h"

namespace day::unpack::gzip {
namespace {

constexpr std::uint8_t kMagic1 = 0x1F;
constexpr std::uint8_t kMagic2 = 0x8B;
constexpr std::uint8_t kMethodDeflate = 8;
constexpr std::uint8_t kFlagHeaderCrc = 1 << 1;
constexpr std::uint8_t kFlagExtra = 1 << 2;
constexpr std::uint8_t kFlagName = 1 << 3;
constexpr std::uint8_t kFlagComment = 1 << 4;
constexpr std::uint64_t kTrailerBytes = 8;

bool IsMemberAt(base::Bytes file, std::uint64_t offset) {
  return base::ReadAt<std::uint8_t>(file, offset) == kMagic1 &&
         base::ReadAt<std::uint8_t>(file, offset + 1) == kMagic2 &&
         base::ReadAt<std::uint8_t>(file, offset + 2) == kMethodDeflate;
}

// A zero-terminated field; the view is cut at kNameBytesMax, the reader moves behind the zero.
std::string_view ReadText(base::Bytes file, base::ByteReader& reader) {
  const base::Bytes rest = base::ClippedSlice(file, reader.offset(), reader.remaining());
  const std::size_t size = base::AsText(rest).find('\0');
  if (size == std::string_view::npos) {
    reader.Skip(rest.size() + 1);
    return {};
  }
  reader.Skip(size + 1);
  return base::AsText(rest.first(std::min(size, kNameBytesMax)));
}

// The member's header; nothing if the file ends inside it. Reserved flags are not looked at: gunzip
// refuses them, but other readers do not.
std::optional<std::uint64_t> ReadHeader(base::Bytes file, std::uint64_t offset, Member& member) {
  base::ByteReader reader(file);
  reader.Seek(offset + 3);
  const std::uint8_t flags = reader.U8();
  member.mtime = reader.U32();
  reader.Skip(2);  // extra flags and operating system
  if ((flags & kFlagExtra) != 0) {
    reader.Skip(reader.U16());
  }
  if ((flags & kFlagName) != 0) {
    member.name = ReadText(file, reader);
  }
  if ((flags & kFlagComment) != 0) {
    member.comment = ReadText(file, reader);
  }
  if ((flags & kFlagHeaderCrc) != 0) {
    reader.Skip(2);
  }
  if (!reader.ok()) {
    return std::nullopt;
  }
  return reader.offset();
}

}  // namespace

base::Result<GzipReader> GzipReader::Create(base::Bytes file) {
  if (!IsMemberAt(file, 0)) {
    return base::MakeError(base::ErrorKind::kMalformed, "no gzip header", 0);
  }
  return GzipReader(file);
}

void GzipReader::Finish(std::uint64_t offset) {
  ended_ = true;
  const base::Bytes rest = base::ClippedSlice(file_, offset, file_.size());
  const bool is_padding =
      std::all_of(rest.begin(), rest.end(), [](std::byte b) { return b == std::byte{0}; });
  trailing_ = is_padding ? base::Bytes{} : rest;
}

std::optional<Member> GzipReader::Next(base::Budget& budget, inflate::Inflater& inflater,
                                       inflate::OutputBuffer& buffer) {
  if (ended_) {
    return std::nullopt;
  }
  if (!IsMemberAt(file_, offset_)) {
    Finish(offset_);
    return std::nullopt;
  }
  Member member;
  member.offset = offset_;
  member.content_offset = buffer.size();
  const std::optional<std::uint64_t> data = ReadHeader(file_, offset_, member);
  if (!data) {
    member.gap = "damaged: the header ends too early";
    ended_ = true;
    return member;
  }
  // One purse for the joined content: many members must not get past file_bytes_max.
  const std::uint64_t file_bytes_max = budget.limits().file_bytes_max;
  if (buffer.size() >= file_bytes_max) {
    (void)budget.Exceed(base::Limit::kFileBytes);
    member.gap = "limit " + std::string(base::LimitName(base::Limit::kFileBytes));
    ended_ = true;
    return member;
  }
  const inflate::Outcome outcome =
      inflater.Inflate(base::ClippedSlice(file_, *data, file_.size()), budget, buffer);
  member.content_size = outcome.produced;
  member.gap = inflate::GapReason(outcome);
  const std::uint64_t end = *data + outcome.consumed;
  if (!member.gap.empty()) {
    ended_ = true;
    return member;
  }
  const auto crc = base::ReadAt<std::uint32_t>(file_, end);
  const auto size = base::ReadAt<std::uint32_t>(file_, end + 4);
  if (!crc || !size) {
    member.gap = "damaged: the trailer ends too early";
    ended_ = true;
    return member;
  }
  const base::Bytes content =
      buffer.bytes().subspan(static_cast<std::size_t>(member.content_offset));
  if (*crc != inflate::Crc32(content) || *size != static_cast<std::uint32_t>(content.size())) {
    member.gap = "damaged: wrong checksum";
  }
  offset_ = end + kTrailerBytes;
  return member;
}

}  // namespace day::unpack::gzip
