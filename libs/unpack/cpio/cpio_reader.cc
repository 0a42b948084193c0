#include "libs/unpack/cpio/cpio_reader.h"

#include <charconv>
#include <utility>

namespace day::unpack::cpio {
namespace {

constexpr std::uint16_t kBinaryMagic = 0x71C7;  // 070707
constexpr std::string_view kTrailer = "TRAILER!!!";
constexpr std::uint32_t kModeMask = 0170000;
constexpr std::uint32_t kModeRegular = 0100000;

struct Header {
  std::uint32_t mode = 0;
  std::uint64_t size = 0;
  std::string_view name;
  std::uint64_t data = 0;   // offset of the content
  std::uint64_t align = 1;  // of what follows the content
};

std::optional<std::uint64_t> ReadDigits(std::string_view text, std::uint64_t offset,
                                        std::size_t size, int base) {
  const std::string_view field = text.substr(static_cast<std::size_t>(offset), size);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value, base);
  return error == std::errc{} && end == field.data() + field.size() ? std::optional(value)
                                                                    : std::nullopt;
}

std::uint64_t Padded(std::uint64_t offset, std::uint64_t align) {
  return (offset + align - 1) / align * align;
}

// The name's bytes with the zero at their end, and where the data starts.
bool TakeName(base::Bytes file, std::uint64_t offset, std::uint64_t size, Header& header) {
  if (size == 0 || size > kNameBytesMax) {
    return false;
  }
  const auto name = base::Slice(file, offset, size);
  if (!name || name->back() != std::byte{0}) {
    return false;
  }
  header.name = base::CStringAt(*name, 0, name->size());
  header.data = offset + size;
  return true;
}

std::optional<Header> ReadNewc(base::Bytes file, std::uint64_t offset) {
  constexpr std::uint64_t kBytes = 110;
  const auto raw = base::Slice(file, offset, kBytes);
  if (!raw) {
    return std::nullopt;
  }
  const std::string_view text = base::AsText(*raw);
  const auto field = [&](std::uint64_t index) { return ReadDigits(text, 6 + index * 8, 8, 16); };
  const auto mode = field(1);
  const auto size = field(6);
  const auto name_size = field(11);
  Header header;
  if (!mode || !size || !name_size || !TakeName(file, offset + kBytes, *name_size, header)) {
    return std::nullopt;
  }
  header.mode = static_cast<std::uint32_t>(*mode);
  header.size = *size;
  header.align = 4;
  // Alignment counts from the archive's start; joined archives start at multiples of four too.
  header.data = Padded(header.data, header.align);
  return header;
}

std::optional<Header> ReadOdc(base::Bytes file, std::uint64_t offset) {
  constexpr std::uint64_t kBytes = 76;
  const auto raw = base::Slice(file, offset, kBytes);
  if (!raw) {
    return std::nullopt;
  }
  const std::string_view text = base::AsText(*raw);
  const auto mode = ReadDigits(text, 18, 6, 8);
  const auto name_size = ReadDigits(text, 59, 6, 8);
  const auto size = ReadDigits(text, 65, 11, 8);
  Header header;
  if (!mode || !size || !name_size || !TakeName(file, offset + kBytes, *name_size, header)) {
    return std::nullopt;
  }
  header.mode = static_cast<std::uint32_t>(*mode);
  header.size = *size;
  return header;
}

std::optional<Header> ReadBinary(base::Bytes file, std::uint64_t offset, base::Endian endian) {
  constexpr std::uint64_t kBytes = 26;
  const auto raw = base::Slice(file, offset, kBytes);
  if (!raw) {
    return std::nullopt;
  }
  const auto word = [&](std::uint64_t index) {
    return std::uint32_t{*base::ReadAt<std::uint16_t>(*raw, index * 2, endian)};
  };
  Header header;
  if (!TakeName(file, offset + kBytes, word(10), header)) {
    return std::nullopt;
  }
  header.mode = word(3);
  header.size = (std::uint64_t{word(11)} << 16) | word(12);  // the high half comes first
  header.align = 2;
  header.data = offset + Padded(header.data - offset, header.align);
  return header;
}

std::optional<Header> ReadHeader(base::Bytes file, std::uint64_t offset) {
  const std::string_view magic = base::AsText(base::ClippedSlice(file, offset, 6));
  if (magic == "070701" || magic == "070702") {
    return ReadNewc(file, offset);
  }
  if (magic == "070707") {
    return ReadOdc(file, offset);
  }
  for (const base::Endian endian : {base::Endian::kLittle, base::Endian::kBig}) {
    if (base::ReadAt<std::uint16_t>(file, offset, endian) == kBinaryMagic) {
      return ReadBinary(file, offset, endian);
    }
  }
  return std::nullopt;
}

std::uint64_t NextOffset(const Header& header, std::uint64_t header_offset) {
  const std::uint64_t end = header.data + header.size;
  return header.align == 4 ? Padded(end, 4)
                           : header_offset + Padded(end - header_offset, header.align);
}

std::uint64_t SkipZeros(base::Bytes file, std::uint64_t offset) {
  while (offset < file.size() && file[static_cast<std::size_t>(offset)] == std::byte{0}) {
    ++offset;
  }
  return offset;
}

}  // namespace

bool CpioReader::IsCpio(base::Bytes file) {
  const auto header = ReadHeader(file, 0);
  return header && !header->name.empty() && header->data <= file.size();
}

std::optional<parts::Member> CpioReader::Next(base::Budget& budget, inflate::OutputBuffer&) {
  while (offset_ < file_.size()) {
    const auto header = ReadHeader(file_, offset_);
    if (!header) {
      const std::uint64_t rest = SkipZeros(file_, offset_);
      if (rest > offset_ && ReadHeader(file_, rest)) {
        offset_ = rest;
        continue;
      }
      if (!ended_) {
        problem_ = "damaged: no header where one should be";
      }
      ended_ = true;
      offset_ = file_.size();
      if (rest == file_.size()) {
        return std::nullopt;
      }
      return parts::StoredMember("(trailing data)", base::ClippedSlice(file_, rest, file_.size()),
                                 budget);
    }
    const base::Bytes data = base::ClippedSlice(file_, header->data, header->size);
    const bool is_cut = data.size() < header->size;
    ended_ = header->name == kTrailer && header->size == 0;
    offset_ = is_cut ? file_.size() : NextOffset(*header, offset_);
    const std::uint32_t kind = header->mode & kModeMask;
    if (ended_ || (kind != kModeRegular && kind != 0)) {
      continue;
    }
    parts::Member member = parts::StoredMember(std::string(header->name), data, budget);
    if (is_cut && member.gap.empty()) {
      member.gap = "damaged: the data ends too early";
    }
    return member;
  }
  if (!ended_ && problem_.empty()) {
    problem_ = "damaged: the archive ends without its trailer";
  }
  return std::nullopt;
}

}  // namespace day::unpack::cpio
