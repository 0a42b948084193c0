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

// How many bytes a header takes whose size or checksum is wrong: what is fixed, and two texts.
std::uint64_t SizeByTexts(base::Bytes file, std::uint64_t begin) {
  std::uint64_t size = base::ReadAt<std::uint8_t>(file, begin).value_or(0);
  for (int text = 0; text < 2; ++text) {
    size += base::CStringAt(file, begin + size, kHeaderBytesMax).size() + 1;
  }
  return size;
}

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
  auto body = base::Slice(file, offset + kMarkBytes, *size);
  header.is_sure =
      body && *size >= kHeaderBytesMin && *size <= kHeaderBytesMax &&
      base::ReadAt<std::uint32_t>(file, offset + kMarkBytes + *size) == inflate::Crc32(*body);
  if (!header.is_sure) {
    body = base::Slice(file, offset + kMarkBytes, SizeByTexts(file, offset + kMarkBytes));
  }
  if (!body || body->size() < kHeaderBytesMin || body->size() > kHeaderBytesMax) {
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
  header.end = offset + kMarkBytes + body->size() + sizeof(std::uint32_t);
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

// Whether a header with the right checksum stands soon behind the first one.
bool HasSureHeader(base::Bytes file) {
  constexpr std::uint64_t kLookBytes = 4096;
  constexpr int kMarksMax = 16;
  const std::string_view text = base::AsText(base::ClippedSlice(file, 0, kLookBytes));
  std::size_t at = text.find(kMark, 1);
  for (int marks = 0; marks < kMarksMax && at != std::string_view::npos; ++marks) {
    if (const auto header = ReadHeader(file, at); header && header->is_sure && !header->is_end) {
      return true;
    }
    at = text.find(kMark, at + 1);
  }
  return false;
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
  const auto size = base::ReadAt<std::uint16_t>(file, 2);
  if (!size || *size < kHeaderBytesMin || *size > kHeaderBytesMax ||
      !base::AsText(file).starts_with(kMark)) {
    return false;
  }
  const auto header = ReadHeader(file, 0);
  const bool is_main = header && header->type == kTypeMain && !header->is_end;
  if (header && header->is_sure) {
    return is_main;
  }
  return (is_main && ReadHeader(file, header->end)) || HasSureHeader(file);
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
    const bool is_whole = is_main || packed.size() == header->packed_size;
    const std::uint64_t behind = is_whole ? header->end + packed.size() : header->end;
    // What is damaged need not be as long as it says.
    offset_ = header->is_sure || ReadHeader(file_, behind) ? behind : offset_ + kMarkBytes;
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
