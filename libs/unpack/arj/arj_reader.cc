#include "libs/unpack/arj/arj_reader.h"

#include <utility>

#include "libs/unpack/arj/arj_fastest.h"
#include "libs/unpack/inflate/crc32.h"
#include "libs/unpack/parts/lzh.h"

namespace day::unpack::arj {
namespace {

constexpr std::string_view kMark = "\x60\xEA";
constexpr std::uint64_t kMarkBytes = 4;  // with the header's size
constexpr std::uint16_t kHeaderBytesMin = 30;
constexpr std::uint16_t kHeaderBytesMax = 2600;
constexpr unsigned kFlagEncrypted = 1;
constexpr unsigned kFlagContinues = 4;
constexpr std::uint8_t kTypeMain = 2;
constexpr std::uint8_t kTypeFolder = 3;
constexpr parts::LzhForm kLzhForm = {17, 5, parts::Sink::Before::kDamage};

struct Header {
  std::uint8_t flags = 0;
  std::uint8_t method = 0;
  std::uint8_t type = 0;
  std::uint32_t packed_size = 0;
  std::uint32_t size = 0;
  std::uint32_t crc32 = 0;
  std::string_view name;
  bool is_sure = false;  // the header's own checksum fits
  bool is_end = false;
  std::uint64_t end = 0;  // of all headers: where the data starts
};

std::optional<Header> ReadHeader(base::Bytes file, std::uint64_t offset) {
  const auto size = base::ReadAt<std::uint16_t>(file, offset + 2);
  if (!size || !base::AsText(base::ClippedSlice(file, offset, 2)).starts_with(kMark)) {
    return std::nullopt;
  }
  Header header;
  header.end = offset + kMarkBytes;
  if (*size == 0) {
    header.is_end = true;
    header.is_sure = true;
    return header;
  }
  const auto body = base::Slice(file, offset + kMarkBytes, *size);
  if (!body || *size < kHeaderBytesMin || *size > kHeaderBytesMax) {
    return std::nullopt;
  }
  base::ByteReader reader(*body);
  const std::uint8_t first_size = reader.U8();
  reader.Skip(3);  // versions and system
  header.flags = reader.U8();
  header.method = reader.U8();
  header.type = reader.U8();
  reader.Skip(5);  // reserved, time
  header.packed_size = reader.U32();
  header.size = reader.U32();
  header.crc32 = reader.U32();
  header.name = base::CStringAt(*body, first_size, body->size());
  const auto crc = base::ReadAt<std::uint32_t>(file, offset + kMarkBytes + *size);
  header.is_sure = crc == inflate::Crc32(*body);
  header.end = offset + kMarkBytes + *size + sizeof(std::uint32_t);
  // Extended headers: a size, the bytes, a checksum.
  while (const auto extended = base::ReadAt<std::uint16_t>(file, header.end)) {
    header.end += sizeof(std::uint16_t);
    if (*extended == 0) {
      break;
    }
    header.end += *extended + sizeof(std::uint32_t);
  }
  return header;
}

parts::Member ReadMember(const Header& header, base::Bytes packed, base::Budget& budget,
                         inflate::OutputBuffer& buffer) {
  parts::Member member;
  member.name = std::string(header.name);
  if ((header.flags & kFlagEncrypted) != 0) {
    member.gap = "encrypted";
    return member;
  }
  if (header.method == 0) {
    member = parts::StoredMember(std::move(member.name), packed, budget);
  } else if (header.method > 4) {
    member.gap = "unsupported: method " + std::to_string(header.method);
    return member;
  } else {
    buffer.Clear();
    parts::Sink sink(packed.size(), budget, buffer);
    if (header.method == 4) {
      DecodeFastest(packed, header.size, sink);
    } else {
      parts::DecodeLzh(packed, header.size, kLzhForm, sink);
    }
    member.gap = sink.gap();
    member.content = sink.content();
  }
  if (member.gap.empty() && packed.size() < header.packed_size) {
    member.gap = parts::kEndsTooEarly;
  } else if (member.gap.empty() && inflate::Crc32(member.content) != header.crc32) {
    member.gap = "damaged: wrong checksum";
  } else if (member.gap.empty() && (header.flags & kFlagContinues) != 0) {
    member.gap = "unsupported: goes on in another volume";
  }
  member.has_content = !member.content.empty() || member.gap.empty();
  return member;
}

}  // namespace

bool ArjReader::IsArj(base::Bytes file) {
  const auto header = ReadHeader(file, 0);
  return header && header->type == kTypeMain && !header->is_end &&
         (header->is_sure || ReadHeader(file, header->end));
}

// Moves to the next header whose checksum fits.
bool ArjReader::Resync() {
  if (problem_.empty()) {
    problem_ = "damaged: no header where one should be";
  }
  const std::string_view text = base::AsText(file_);
  std::size_t at = static_cast<std::size_t>(offset_);
  while (candidates_ < kCandidatesMax &&
         (at = text.find(kMark, at + 1)) != std::string_view::npos) {
    ++candidates_;
    if (const auto header = ReadHeader(file_, at); header && header->is_sure && !header->is_end) {
      offset_ = at;
      return true;
    }
  }
  return false;
}

std::optional<parts::Member> ArjReader::Next(base::Budget& budget, inflate::OutputBuffer& buffer) {
  while (!ended_ && offset_ < file_.size()) {
    const auto header = ReadHeader(file_, offset_);
    if (!header || header->end > file_.size()) {
      ended_ = !Resync();
      continue;
    }
    if (header->is_end) {
      ended_ = true;
      break;
    }
    const bool is_main = header->type == kTypeMain;
    const base::Bytes packed =
        base::ClippedSlice(file_, header->end, is_main ? 0 : header->packed_size);
    offset_ = header->end + packed.size();
    if (!is_main && header->type != kTypeFolder) {
      parts::Member member = ReadMember(*header, packed, budget, buffer);
      member.is_encrypted = (header->flags & kFlagEncrypted) != 0;
      member.facts = {header->packed_size, header->size, header->crc32};
      return member;
    }
  }
  if (!ended_ && problem_.empty()) {
    problem_ = "damaged: the archive ends without its end mark";
  }
  ended_ = true;
  return std::nullopt;
}

}  // namespace day::unpack::arj
