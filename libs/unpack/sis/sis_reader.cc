#include "libs/unpack/sis/sis_reader.h"

#include <algorithm>
#include <utility>

#include "libs/unpack/inflate/zlib.h"
#include "libs/unpack/parts/sink.h"

namespace day::unpack::sis {
namespace {

constexpr std::uint64_t kUid2Offset = 4;
constexpr std::uint64_t kUid3Offset = 8;
constexpr std::uint32_t kUid2Release5 = 0x1000006D;
constexpr std::uint32_t kUid3 = 0x10000419;
constexpr std::uint64_t kLanguagesOffset = 0x12;
constexpr std::uint64_t kFilesOffset = 0x14;
constexpr std::uint64_t kOptionsOffset = 0x24;
constexpr std::uint64_t kRecordsOffset = 0x34;
constexpr unsigned kOptionUnicode = 1;
constexpr unsigned kOptionNotPacked = 8;
constexpr std::uint64_t kNameBytesMax = 2048;

// Kinds of records.
constexpr std::uint32_t kSimple = 0;
constexpr std::uint32_t kOfLanguages = 1;
constexpr std::uint32_t kIf = 3;
constexpr std::uint32_t kElseIf = 4;
constexpr std::uint32_t kElse = 5;
constexpr std::uint32_t kEndIf = 6;

std::uint32_t U32(base::Bytes file, std::uint64_t offset) {
  return base::ReadAt<std::uint32_t>(file, offset).value_or(0);
}

std::uint16_t U16(base::Bytes file, std::uint64_t offset) {
  return base::ReadAt<std::uint16_t>(file, offset).value_or(0);
}

// "!:\folder\file" is a path on the telephone.
std::string NameOf(base::Bytes text, bool is_unicode) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); i += is_unicode ? 2 : 1) {
    name += static_cast<char>(text[i]);
  }
  const std::size_t slash = name.find_last_of("/\\");
  return slash == std::string::npos ? name : name.substr(slash + 1);
}

}  // namespace

bool SisReader::IsSis(base::Bytes file) { return U32(file, kUid3Offset) == kUid3; }

SisReader::SisReader(base::Bytes file)
    : file_(file),
      is_release6_(U32(file, kUid2Offset) != kUid2Release5),
      is_unicode_((U16(file, kOptionsOffset) & kOptionUnicode) != 0),
      is_packed_((U16(file, kOptionsOffset) & kOptionNotPacked) == 0),
      languages_(U16(file, kLanguagesOffset)),
      records_left_(U16(file, kFilesOffset)),
      record_(U32(file, kRecordsOffset)) {}

// Whether there may be a record.
bool SisReader::IsRecord(std::uint64_t offset) const {
  const auto kind = base::ReadAt<std::uint32_t>(file_, offset);
  return kind && *kind <= kEndIf;
}

// False at the end, or if the record cannot be read.
bool SisReader::ReadRecord() {
  while (records_left_ > 0) {
    --records_left_;
    const auto kind = base::ReadAt<std::uint32_t>(file_, record_);
    if (kind == kElse || kind == kEndIf) {
      record_ += 4;
      continue;
    }
    if (kind == kIf || kind == kElseIf) {
      record_ += 8 + std::uint64_t{U32(file_, record_ + 4)};
      continue;
    }
    if (kind != kSimple && kind != kOfLanguages) {
      records_left_ = 0;
      problem_ = kind ? "unsupported: record of kind " + std::to_string(*kind)
                      : "damaged: the records end too early";
      return false;
    }
    files_ = kind == kSimple ? 1 : languages_;
    file_index_ = 0;
    const std::uint64_t name_size =
        std::min<std::uint64_t>(U32(file_, record_ + 20), kNameBytesMax);
    name_ = NameOf(base::ClippedSlice(file_, U32(file_, record_ + 24), name_size), is_unicode_);
    constexpr std::uint64_t kStartBytes = 28;
    lengths_ = record_ + kStartBytes;
    // Sizes and places; since release 6 the plain sizes and a MIME type too. The next record tells
    // whether UID2 lied.
    const std::uint64_t end5 = lengths_ + std::uint64_t{files_} * 8;
    const std::uint64_t end6 = lengths_ + std::uint64_t{files_} * 12 + 8;
    if (records_left_ > 0 && !IsRecord(is_release6_ ? end6 : end5) &&
        IsRecord(is_release6_ ? end5 : end6)) {
      is_release6_ = !is_release6_;
    }
    record_ = is_release6_ ? end6 : end5;
    return true;
  }
  return false;
}

parts::Member SisReader::ReadFile(base::Budget& budget, inflate::OutputBuffer& buffer) {
  const std::uint64_t place = lengths_ + 4 * std::uint64_t{file_index_};
  const std::uint32_t size = U32(file_, place);
  const std::uint32_t offset = U32(file_, place + 4 * std::uint64_t{files_});
  ++file_index_;
  const base::Bytes data = base::ClippedSlice(file_, offset, size);
  parts::Member member;
  member.name = name_;
  const bool is_zlib = base::ReadAt<std::uint8_t>(data, 0) == 0x78;
  if (is_packed_ && is_zlib) {
    buffer.Clear();
    member.gap = inflate::InflateZlib(inflater_, data, budget, buffer);
    member.content = buffer.bytes();
  } else {
    member = parts::StoredMember(std::move(member.name), data, budget);
  }
  if (member.gap.empty() && data.size() < size) {
    member.gap = parts::kEndsTooEarly;
  }
  member.has_content = !member.content.empty() || member.gap.empty();
  return member;
}

std::optional<parts::Member> SisReader::Next(base::Budget& budget, inflate::OutputBuffer& buffer) {
  while (file_index_ < files_ || ReadRecord()) {
    if (file_index_ < files_) {
      return ReadFile(budget, buffer);
    }
  }
  return std::nullopt;
}

}  // namespace day::unpack::sis
