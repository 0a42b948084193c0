#include "libs/unpack/egg/alz_reader.h"

#include <algorithm>
#include <utility>

#include "libs/unpack/cipher/passwords.h"
#include "libs/unpack/cipher/zip_cipher.h"
#include "libs/unpack/inflate/crc32.h"
#include "libs/unpack/parts/bare_bzip2.h"
#include "libs/unpack/parts/sink.h"

namespace day::unpack::egg {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kMagic = "ALZ\x01"sv;
constexpr std::string_view kLocal = "BLZ\x01"sv;
constexpr std::string_view kDirectory = "CLZ\x01"sv;
constexpr std::string_view kDirectoryEnd = "CLZ\x02"sv;
constexpr std::string_view kVolumeEnd = "CLZ\x03"sv;
constexpr std::string_view kComment = "ELZ\x01"sv;
constexpr std::uint64_t kStepsPerRecord = 100;

constexpr std::uint8_t kFolder = 0x10;
constexpr unsigned kEncrypted = 0x01;
constexpr unsigned kCheckIsTime = 0x08;
constexpr std::uint64_t kCipherBytes = 12;

constexpr std::uint8_t kStored = 0;
constexpr std::uint8_t kBzip2 = 1;
constexpr std::uint8_t kDeflate = 2;

// A number of so many bytes. REQUIRES: width <= 8.
std::uint64_t TakeNumber(base::ByteReader& reader, unsigned width) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < width; ++i) {
    value |= std::uint64_t{reader.U8()} << (8 * i);
  }
  return value;
}

}  // namespace

bool AlzReader::IsAlz(base::Bytes file) {
  return file.size() >= kHeaderBytes && base::AsText(file).starts_with(kMagic);
}

// The local header at `offset`, which moves behind the data. A folder has no sizes, nor has it
// data.
std::optional<AlzReader::Entry> AlzReader::ReadEntry(std::uint64_t* offset) const {
  base::ByteReader reader(base::ClippedSlice(file_, *offset + kLocal.size(), file_.size()));
  Entry entry;
  const std::uint16_t name_size = reader.U16();
  const std::uint8_t attributes = reader.U8();
  const std::uint32_t time = reader.U32();
  const std::uint8_t flags = reader.U8();
  reader.Skip(1);
  const unsigned width = flags >> 4;
  if (width != 0 && width != 1 && width != 2 && width != 4 && width != 8) {
    return std::nullopt;
  }
  std::uint64_t packed_size = 0;
  if (width != 0) {
    entry.method = reader.U8();
    reader.Skip(1);
    entry.crc32 = reader.U32();
    packed_size = TakeNumber(reader, width);
    entry.size = TakeNumber(reader, width);
  }
  entry.name = base::AsText(reader.Take(name_size));
  if (!reader.ok() || (width == 0 && (attributes & kFolder) == 0 && name_size == 0)) {
    return std::nullopt;
  }
  std::replace(entry.name.begin(), entry.name.end(), '\\', '/');
  entry.is_encrypted = width != 0 && (flags & kEncrypted) != 0;
  entry.check =
      static_cast<std::uint8_t>((flags & kCheckIsTime) != 0 ? time >> 8 : entry.crc32 >> 24);
  const std::uint64_t begin = *offset + kLocal.size() + reader.offset();
  const std::uint64_t left = file_.size() - begin;
  const std::uint64_t cipher_size = entry.is_encrypted ? kCipherBytes : 0;
  entry.is_cut = left < cipher_size || left - cipher_size < packed_size;
  entry.packed = base::ClippedSlice(file_, begin, entry.is_cut ? left : cipher_size + packed_size);
  *offset = begin + entry.packed.size();
  return entry;
}

// Moves to the next local header. Where a header cannot be read, the next search begins behind it.
bool AlzReader::Resync() {
  if (problem_.empty()) {
    problem_ = "damaged: no header where one should be";
  }
  const std::size_t at = base::AsText(file_).find(kLocal, static_cast<std::size_t>(offset_) + 1);
  offset_ = at;
  return at != std::string_view::npos;
}

parts::Member AlzReader::ReadMember(const Entry& entry, base::Budget& budget,
                                    inflate::OutputBuffer& buffer) {
  parts::Member member;
  member.name = entry.name;
  switch (entry.method) {
    case kStored:
      member = parts::StoredMember(entry.name, entry.packed, budget);
      break;
    case kBzip2: {
      parts::Sink sink(entry.packed.size(), budget, buffer);
      parts::DecodeBareBzip2(entry.packed, parts::kAlzMarks, sink);
      member.content = sink.content();
      member.gap = sink.gap();
      break;
    }
    case kDeflate:
      member.gap = inflate::GapReason(inflater_.Inflate(entry.packed, budget, buffer));
      member.content = buffer.bytes();
      break;
    default:
      member.gap = "unsupported: method " + std::to_string(entry.method);
      return member;
  }
  if (entry.is_cut && (member.gap.empty() || member.gap.starts_with("damaged"))) {
    member.gap = parts::kEndsTooEarly;
  } else if (member.gap.empty() && inflate::Crc32(member.content) != entry.crc32) {
    member.gap = "damaged: wrong checksum";
  }
  member.has_content = !member.content.empty() || member.gap.empty();
  return member;
}

parts::Member AlzReader::ReadEncrypted(const Entry& entry, base::Budget& budget,
                                       inflate::OutputBuffer& buffer) {
  parts::Member member;
  const auto opens = [&](std::string_view password) {
    if (!cipher::OldPasswordFits(entry.packed, password, entry.check) ||
        !budget.SpendSteps(entry.packed.size()).ok()) {
      return false;
    }
    plain_ = cipher::DecryptOld(entry.packed, password);
    Entry plain = entry;
    plain.packed = plain_;
    buffer.Clear();
    member = ReadMember(plain, budget, buffer);
    return !member.gap.starts_with("damaged");
  };
  const auto any_opens = [&](const auto& all) {
    return std::any_of(all.begin(), all.end(), opens);
  };
  if (!any_opens(cipher::kWellKnownPasswords) && !any_opens(passwords_)) {
    member = {};
    member.name = entry.name;
    member.gap = "encrypted";
  }
  member.is_encrypted = true;
  return member;
}

std::optional<parts::Member> AlzReader::Next(base::Budget& budget, inflate::OutputBuffer& buffer) {
  while (!ended_ && offset_ < file_.size()) {
    if (!budget.SpendSteps(kStepsPerRecord).ok()) {
      problem_ = parts::LimitReason(base::Limit::kSteps);
      ended_ = true;
      return std::nullopt;
    }
    const std::string_view mark = base::AsText(base::ClippedSlice(file_, offset_, kLocal.size()));
    if (mark == kDirectory || mark == kDirectoryEnd || mark == kComment || mark == kVolumeEnd) {
      if (mark == kVolumeEnd && problem_.empty()) {
        problem_ = "unsupported: one volume of a split archive";
      }
      ended_ = true;
      return std::nullopt;
    }
    const auto entry = mark == kLocal ? ReadEntry(&offset_) : std::nullopt;
    if (!entry) {
      ended_ = !Resync();
      continue;
    }
    if (!entry->packed.empty() || entry->size > 0) {
      buffer.Clear();
      parts::Member member = entry->is_encrypted ? ReadEncrypted(*entry, budget, buffer)
                                                 : ReadMember(*entry, budget, buffer);
      member.facts = {entry->packed.size(), entry->size, entry->crc32};
      return member;
    }
  }
  if (!ended_ && problem_.empty()) {
    problem_ = "damaged: the archive ends without its end mark";
  }
  ended_ = true;
  return std::nullopt;
}

}  // namespace day::unpack::egg
