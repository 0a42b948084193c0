#include "libs/unpack/embedded/checks.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/unpack/arj/arj_reader.h"
#include "libs/unpack/inflate/crc32.h"
#include "libs/unpack/inflate/output_buffer.h"
#include "libs/unpack/mspack/cabinet_blocks.h"

namespace day::unpack::embedded {
namespace {

using std::string_view_literals::operator""sv;

std::uint16_t At16(base::Bytes bytes, std::uint64_t at) {
  return base::ReadAt<std::uint16_t>(bytes, at).value_or(0);
}
std::uint32_t At32(base::Bytes bytes, std::uint64_t at) {
  return base::ReadAt<std::uint32_t>(bytes, at).value_or(0);
}

// The last block that a walk over blocks has seen whole; a file that ends in none is given whole.
Extent ExtentOfWalk(base::Bytes bytes, std::uint64_t at, bool has_ended) {
  const std::uint64_t read = std::min<std::uint64_t>(at, bytes.size());
  return {has_ended ? read : bytes.size(), read};
}

// RAR 1.5 to 4: CRC, type, flags, size; blocks with data say its size, too.
std::optional<Extent> Rar4Extent(base::Bytes bytes, Purse& purse) {
  constexpr std::uint64_t kMarkBytes = 7;
  constexpr std::uint16_t kMainHeader = 0x73;
  constexpr std::uint16_t kEndHeader = 0x7B;
  constexpr std::uint16_t kHasData = 0x8000;
  constexpr std::uint64_t kHeaderBytesMin = 7;
  if (std::to_integer<std::uint8_t>(bytes[kMarkBytes + 2]) != kMainHeader ||
      At16(bytes, kMarkBytes + 5) < 13) {
    return std::nullopt;
  }
  std::uint64_t at = kMarkBytes;
  while (at + kHeaderBytesMin <= bytes.size() && purse.Pay(kHeaderBytesMin)) {
    const auto type = base::ReadAt<std::uint8_t>(bytes, at + 2).value_or(0);
    const std::uint16_t size = At16(bytes, at + 5);
    if (size < kHeaderBytesMin || type < 0x72 || type > kEndHeader) {
      return ExtentOfWalk(bytes, at, false);
    }
    const bool has_data = (At16(bytes, at + 3) & kHasData) != 0 || type == 0x74;
    at += size + (has_data ? std::uint64_t{At32(bytes, at + 7)} : 0);
    if (type == kEndHeader) {
      return ExtentOfWalk(bytes, at, true);
    }
  }
  return ExtentOfWalk(bytes, at, at == bytes.size());
}

// A number of RAR 5: seven bits a byte. Moves `at` behind it; nothing if it does not end.
std::optional<std::uint64_t> RarNumber(base::Bytes bytes, std::uint64_t& at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 63; shift += 7) {
    const auto byte = base::ReadAt<std::uint8_t>(bytes, at++);
    if (!byte) {
      return std::nullopt;
    }
    value |= std::uint64_t{*byte & 0x7Fu} << shift;
    if (*byte < 0x80) {
      return value;
    }
  }
  return std::nullopt;
}

struct Rar5Block {
  std::uint64_t type;
  std::uint64_t end;
};

// CRC, size of the header, type, flags, sizes of what follows. The CRC must fit.
std::optional<Rar5Block> ReadRar5Block(base::Bytes bytes, std::uint64_t begin, Purse& purse) {
  constexpr std::uint64_t kHeaderBytesMax = 2 << 20;
  constexpr std::uint64_t kHasExtra = 1;
  constexpr std::uint64_t kHasData = 2;
  std::uint64_t at = begin + 4;
  const auto size = RarNumber(bytes, at);
  if (!size || *size == 0 || *size > kHeaderBytesMax) {
    return std::nullopt;
  }
  const std::uint64_t header_end = at + *size;
  const auto header = base::Slice(bytes, begin + 4, header_end - begin - 4);
  if (!header || !purse.Pay(header->size()) || inflate::Crc32(*header) != At32(bytes, begin)) {
    return std::nullopt;
  }
  const auto type = RarNumber(bytes, at);
  const auto flags = RarNumber(bytes, at);
  if (!type || !flags || ((*flags & kHasExtra) != 0 && !RarNumber(bytes, at))) {
    return std::nullopt;
  }
  std::uint64_t data = 0;
  if ((*flags & kHasData) != 0) {
    data = std::min<std::uint64_t>(RarNumber(bytes, at).value_or(0), bytes.size());
  }
  return Rar5Block{*type, header_end + data};
}

std::optional<Extent> Rar5Extent(base::Bytes bytes, Purse& purse) {
  constexpr std::uint64_t kMarkBytes = 8;
  constexpr std::uint64_t kEndBlock = 5;
  std::uint64_t at = kMarkBytes;
  while (const auto block = ReadRar5Block(bytes, at, purse)) {
    at = block->end;
    if (block->type == kEndBlock) {
      return ExtentOfWalk(bytes, at, true);
    }
  }
  return at == kMarkBytes ? std::nullopt
                          : std::optional(ExtentOfWalk(bytes, at, at == bytes.size()));
}

// Moves `at` behind a header of ARJ and its data; false if its checksum does not fit.
bool SkipArjHeader(base::Bytes bytes, std::uint64_t& at, bool is_main, Purse& purse) {
  constexpr std::uint16_t kHeaderBytesMax = 2600;
  constexpr std::uint8_t kTypeMain = 2;
  constexpr std::uint64_t kFixedBytes = 30;
  const std::uint16_t size = At16(bytes, at + 2);
  const auto type = base::ReadAt<std::uint8_t>(bytes, at + 10);
  if (At16(bytes, at) != 0xEA60 || size < kFixedBytes || size > kHeaderBytesMax || !type ||
      (*type == kTypeMain) != is_main) {
    return false;
  }
  const auto body = base::Slice(bytes, at + 4, size);
  if (!body || !purse.Pay(size) || inflate::Crc32(*body) != At32(bytes, at + 4 + size)) {
    return false;
  }
  const std::uint64_t packed = is_main ? 0 : At32(bytes, at + 16);
  at += 4 + std::uint64_t{size} + 4;
  while (const auto extended = base::ReadAt<std::uint16_t>(bytes, at)) {
    at += 2;
    if (*extended == 0 || !purse.Pay(2)) {
      break;
    }
    at += *extended + std::uint64_t{4};
  }
  at += packed;
  return true;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "12 0 obj" anywhere.
bool HasObject(std::string_view text) {
  for (std::size_t at = text.find(" obj"); at != std::string_view::npos;
       at = text.find(" obj", at + 1)) {
    if (at >= 3 && IsDigit(text[at - 1]) && text[at - 2] == ' ' && IsDigit(text[at - 3])) {
      return true;
    }
  }
  return false;
}

bool IsSameWord(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() &&
         std::equal(text.begin(), text.end(), lower.begin(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
         });
}

bool HasWord(std::string_view text, std::string_view lower) {
  for (std::size_t at = 0; at + lower.size() <= text.size(); ++at) {
    if (IsSameWord(text.substr(at, lower.size()), lower)) {
      return true;
    }
  }
  return false;
}

// "Name: value", or what continues one.
bool IsFieldLine(std::string_view line) {
  if (line.empty()) {
    return false;
  }
  if (line[0] == ' ' || line[0] == '\t') {
    return true;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon > 64) {
    return false;
  }
  return std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](char c) { return c > ' ' && c < 0x7F; });
}

}  // namespace

std::optional<Extent> RarExtent(base::Bytes bytes, Purse& purse) {
  constexpr std::uint64_t kBytesMin = 20;
  if (bytes.size() < kBytesMin) {
    return std::nullopt;
  }
  const auto version = std::to_integer<std::uint8_t>(bytes[6]);
  return version == 0 ? Rar4Extent(bytes, purse)
                      : (version == 1 ? Rar5Extent(bytes, purse) : std::nullopt);
}

std::optional<Extent> SevenZipExtent(base::Bytes bytes, Purse& purse) {
  constexpr std::uint64_t kHeaderBytes = 32;
  constexpr std::uint8_t kHeaderId = 0x01;
  constexpr std::uint8_t kPackedId = 0x17;
  const auto start = base::Slice(bytes, 12, 20);
  if (!start || !purse.Pay(kHeaderBytes)) {
    return std::nullopt;
  }
  const bool is_sure = inflate::Crc32(*start) == At32(bytes, 8);
  const std::uint64_t offset = base::ReadAt<std::uint64_t>(bytes, 12).value_or(0);
  const std::uint64_t size = base::ReadAt<std::uint64_t>(bytes, 20).value_or(0);
  const std::uint64_t rest = bytes.size() - kHeaderBytes;
  if (offset > rest || size > rest - offset) {
    return is_sure ? std::optional(Extent{bytes.size(), kHeaderBytes}) : std::nullopt;
  }
  // With a wrong checksum: a version that there is, and a header where it should be.
  const auto id = base::ReadAt<std::uint8_t>(bytes, kHeaderBytes + offset);
  if (!is_sure && (bytes[6] != std::byte{0} || size == 0 || (id != kHeaderId && id != kPackedId))) {
    return std::nullopt;
  }
  return Extent{kHeaderBytes + offset + size, kHeaderBytes + offset + size};
}

namespace {

// Behind the last block of data that a cabinet's folders list. Its header's size may be a lie.
std::uint64_t EndOfCabinetData(base::Bytes bytes, Purse& purse) {
  constexpr std::uint64_t kBlockCost = 8;
  std::uint64_t end = 0;
  mspack::CabinetBlocks blocks(bytes);
  for (auto block = blocks.Next(); block && purse.Pay(kBlockCost); block = blocks.Next()) {
    end = std::max(end, block->end);
  }
  return std::min<std::uint64_t>(end, bytes.size());
}

}  // namespace

// Its sizes must fit; of a cabinet that was cut, or lies about them, all but two things must be as
// every cabinet has them.
std::optional<Extent> CabinetExtent(base::Bytes bytes, Purse& purse) {
  constexpr std::uint64_t kHeaderBytes = 36;
  constexpr std::uint16_t kVersion = 0x0103;
  constexpr std::uint16_t kFoldersMax = 0x1000;
  const std::uint32_t size = At32(bytes, 8);
  const std::uint32_t files = At32(bytes, 16);
  const std::uint16_t folders = At16(bytes, 26);
  const std::array is_wrong = {
      At32(bytes, 12) != 0,
      files < kHeaderBytes || files >= bytes.size(),
      At32(bytes, 20) != 0,
      At16(bytes, 24) != kVersion,
      folders == 0 || folders > kFoldersMax,
      At16(bytes, 28) == 0,
  };
  if (At16(bytes, 24) == kVersion && files != 0 && files < size && size <= bytes.size()) {
    const std::uint64_t end = std::max<std::uint64_t>(size, EndOfCabinetData(bytes, purse));
    return Extent{end, end};
  }
  if (bytes.size() < kHeaderBytes || std::count(is_wrong.begin(), is_wrong.end(), true) > 2) {
    return std::nullopt;
  }
  return Extent{bytes.size(), kHeaderBytes};
}

std::optional<Extent> ArjExtent(base::Bytes bytes, Purse& purse) {
  constexpr std::uint64_t kCostMin = 64;
  std::uint64_t at = 0;
  if (!SkipArjHeader(bytes, at, true, purse)) {
    const bool is_arj = purse.Pay(kCostMin) && arj::ArjReader::IsArj(bytes);
    return is_arj ? std::optional(Extent{bytes.size(), kCostMin}) : std::nullopt;
  }
  while (SkipArjHeader(bytes, at, false, purse)) {
  }
  const bool has_ended =
      At16(bytes, at) == 0xEA60 && base::ReadAt<std::uint16_t>(bytes, at + 2) == 0;
  return ExtentOfWalk(bytes, has_ended ? at + 4 : at, has_ended);
}

// Flags, mark, sizes of the script and of all. Of an installer that was cut the first block must
// show itself: its size with the highest bit, or LZMA's properties.
std::optional<Extent> NsisExtent(base::Bytes bytes) {
  constexpr std::uint64_t kFirstHeaderBytes = 28;
  constexpr std::uint32_t kFlagsMax = 15;
  constexpr std::uint32_t kIsPacked = 0x8000'0000;
  const std::uint32_t size = At32(bytes, 24);
  const std::uint32_t block = At32(bytes, kFirstHeaderBytes);
  const bool has_block = ((block & kIsPacked) != 0 && (block & ~kIsPacked) < bytes.size()) ||
                         (block & 0xFFFFFF) == 0x5D;
  if (At32(bytes, 0) > kFlagsMax || At32(bytes, 20) == 0 || size <= kFirstHeaderBytes ||
      (size > bytes.size() && !has_block)) {
    return std::nullopt;
  }
  return Extent{bytes.size(), kFirstHeaderBytes};
}

std::optional<Extent> AutoitExtent(base::Bytes bytes) {
  constexpr std::uint64_t kMarkBytes = 16;
  const std::string_view version = base::AsText(base::ClippedSlice(bytes, kMarkBytes, 8));
  if (version != "AU3!EA05" && version != "AU3!EA06") {
    return std::nullopt;
  }
  return Extent{bytes.size(), kMarkBytes + version.size()};
}

// The stream's header, then the first file: its name, a method that is always the same, its size.
std::optional<Extent> InstallshieldExtent(base::Bytes bytes) {
  constexpr std::uint64_t kMethodOffset = 306;
  constexpr std::uint64_t kMethod = 6;
  constexpr std::uint64_t kSizeOffset = 314;
  const std::uint32_t size = At32(bytes, kSizeOffset);
  if (base::ReadAt<std::uint64_t>(bytes, kMethodOffset) != kMethod || size == 0 ||
      size > bytes.size() || At16(bytes, 14) == 0) {
    return std::nullopt;
  }
  return Extent{bytes.size(), kMethodOffset};
}

// A version, and soon an object.
std::optional<Extent> PdfExtent(base::Bytes bytes, Purse& purse) {
  constexpr std::uint64_t kStartBytes = 1024;
  const std::string_view start = base::AsText(base::ClippedSlice(bytes, 0, kStartBytes));
  if (start.size() < 8 || !IsDigit(start[5]) || start[6] != '.' || !IsDigit(start[7]) ||
      !purse.Pay(start.size()) || !HasObject(start)) {
    return std::nullopt;
  }
  return Extent{bytes.size(), 8};
}

// ECMA-119, 8.4: the primary descriptor in sector 16, another one behind it; its numbers stand
// there in both orders of bytes.
std::optional<Extent> Iso9660Extent(base::Bytes bytes) {
  constexpr std::uint64_t kSectorBytes = 2048;
  constexpr std::uint64_t kPrimary = 16 * kSectorBytes;
  constexpr std::uint64_t kBlocksOffset = kPrimary + 80;
  constexpr std::uint64_t kBlockBytesOffset = kPrimary + 128;
  const std::uint32_t blocks = At32(bytes, kBlocksOffset);
  if (base::AsText(base::ClippedSlice(bytes, kPrimary + kSectorBytes + 1, 5)) != "CD001" ||
      blocks <= 16 ||
      blocks != base::ReadAt<std::uint32_t>(bytes, kBlocksOffset + 4, base::Endian::kBig) ||
      At16(bytes, kBlockBytesOffset) != kSectorBytes) {
    return std::nullopt;
  }
  const std::uint64_t size = std::min<std::uint64_t>(bytes.size(), blocks * kSectorBytes);
  return Extent{size, 0};
}

// [MS-CFB] 2.2, 2.6: versions, the order of bytes, the size of sectors, and the directory with its
// root. As many sectors as its tables have room for.
std::optional<Extent> Ole2Extent(base::Bytes bytes) {
  constexpr std::uint64_t kHeaderBytes = 512;
  constexpr std::uint16_t kLittleEndian = 0xFFFE;
  const std::uint16_t version = At16(bytes, 26);
  const std::uint16_t shift = At16(bytes, 30);
  const std::uint32_t tables = At32(bytes, 44);
  if (bytes.size() < kHeaderBytes || At16(bytes, 28) != kLittleEndian || tables == 0 ||
      !((version == 3 && shift == 9) || (version == 4 && shift == 12))) {
    return std::nullopt;
  }
  constexpr std::uint8_t kRootEntry = 5;
  const std::uint64_t sector = std::uint64_t{1} << shift;
  const std::uint64_t root = (std::uint64_t{At32(bytes, 48)} + 1) * sector;
  if (base::ReadAt<std::uint8_t>(bytes, root + 66) != kRootEntry) {
    return std::nullopt;
  }
  const std::uint64_t room = (std::uint64_t{tables} * (sector / 4) + 1) * sector;
  return Extent{std::min<std::uint64_t>(bytes.size(), room), kHeaderBytes};
}

bool MayBeZipEntry(base::Bytes bytes) {
  constexpr std::uint16_t kVersionMax = 63;
  constexpr std::uint16_t kMethodMax = 99;
  const auto name_size = base::ReadAt<std::uint16_t>(bytes, 26);
  return name_size && *name_size != 0 && (At16(bytes, 4) & 0xFF) <= kVersionMax &&
         At16(bytes, 8) <= kMethodMax;
}

bool IsZipEntry(base::Bytes bytes, Purse& purse, inflate::Inflater& inflater) {
  constexpr std::uint64_t kHeaderBytes = 30;
  constexpr std::uint16_t kNameBytesMax = 4096;
  constexpr std::uint64_t kTriedBytes = 4096;
  constexpr std::uint16_t kDeflate = 8;
  constexpr std::uint16_t kEncrypted = 1;
  const std::uint16_t flags = At16(bytes, 6);
  const std::uint16_t name_size = At16(bytes, 26);
  const auto name = base::Slice(bytes, kHeaderBytes, name_size);
  if (!MayBeZipEntry(bytes) || name_size > kNameBytesMax || !name || !purse.Pay(name_size) ||
      std::any_of(name->begin(), name->end(), [](std::byte b) { return b < std::byte{' '}; })) {
    return false;
  }
  const std::uint64_t begin = kHeaderBytes + name_size + At16(bytes, 28);
  const std::uint64_t size = At32(bytes, 18);
  if (begin >= bytes.size()) {
    return false;
  }
  const base::Bytes data = bytes.subspan(static_cast<std::size_t>(begin));
  if (size != 0 && size <= data.size()) {
    const std::string_view next = base::AsText(base::ClippedSlice(data, size, 4));
    if (next == "PK\x03\x04"sv || next == "PK\x01\x02"sv || next == "PK\x07\x08"sv) {
      return true;
    }
  }
  if (At16(bytes, 8) == 0 && size != 0 && size <= data.size() && purse.Pay(size)) {
    return inflate::Crc32(base::ClippedSlice(data, 0, size)) == At32(bytes, 14);
  }
  if (At16(bytes, 8) != kDeflate || (flags & kEncrypted) != 0 || !purse.Pay(kTriedBytes)) {
    return false;
  }
  base::BudgetLimits limits;
  limits.bytes_out_max = limits.file_bytes_max = 16 * kTriedBytes;
  base::Budget budget(limits);
  inflate::OutputBuffer output;
  const auto outcome = inflater.Inflate(base::ClippedSlice(data, 0, kTriedBytes), budget, output);
  switch (outcome.end) {
    case inflate::Outcome::End::kComplete:
      return inflate::Crc32(output.bytes()) == At32(bytes, 14) ||
             base::AsText(base::ClippedSlice(data, outcome.consumed, 4)) == "PK\x07\x08"sv;
    case inflate::Outcome::End::kTruncated:
    case inflate::Outcome::End::kLimit:
      return outcome.produced > 0;
    case inflate::Outcome::End::kDamaged:
      break;
  }
  return false;
}

std::optional<std::uint64_t> MailBegin(base::Bytes file, std::uint64_t at, Purse& purse) {
  constexpr std::uint64_t kFieldsBytesMax = 4096;
  const std::string_view text = base::AsText(file);
  if (at == 0 || text[at - 1] != '\n' || !IsSameWord(text.substr(at, 4), "mime") ||
      !purse.Pay(2 * kFieldsBytesMax)) {
    return std::nullopt;
  }
  const std::string_view behind = text.substr(at, kFieldsBytesMax);
  const std::size_t end = std::min(behind.find("\n\n"), behind.find("\n\r\n"));
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  std::uint64_t begin = at;
  while (begin > 1 && at - begin < kFieldsBytesMax) {
    const std::uint64_t window = begin - std::min(begin, kFieldsBytesMax);
    const std::string_view before = text.substr(window, begin - 1 - window);
    const std::size_t end_before = before.rfind('\n');
    const std::uint64_t line =
        end_before == std::string_view::npos ? window : window + end_before + 1;
    if (!IsFieldLine(text.substr(line, begin - 1 - line))) {
      break;
    }
    begin = line;
  }
  const std::string_view fields = text.substr(begin, at - begin + end);
  for (const std::string_view word : {"multipart/"sv, "base64"sv, "quoted-printable"sv}) {
    if (HasWord(fields, word)) {
      return begin;
    }
  }
  return std::nullopt;
}

}  // namespace day::unpack::embedded
