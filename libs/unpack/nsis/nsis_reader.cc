#include "libs/unpack/nsis/nsis_reader.h"

#include <algorithm>
#include <utility>

#include "libs/unpack/parts/bare_bzip2.h"
#include "libs/unpack/parts/sink.h"
#include "libs/unpack/stream/stream.h"

namespace day::unpack::nsis {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kMark = "\xEF\xBE\xAD\xDENullsoftInst"sv;
constexpr std::uint64_t kMarkOffset = 4;
constexpr std::uint64_t kLengthOffset = 24;
constexpr std::uint64_t kFirstHeaderBytes = 28;
constexpr std::uint32_t kPacked = 0x80000000;
constexpr std::uint64_t kLzmaPropertiesBytes = 5;

std::uint8_t At(base::Bytes data, std::uint64_t offset) {
  return base::ReadAt<std::uint8_t>(data, offset).value_or(0xFF);
}

// Properties as NSIS's compiler writes them, and a range coder's first bytes.
bool IsLzma(base::Bytes data, std::uint64_t offset) {
  return At(data, offset) == 0x5D && At(data, offset + 1) == 0 && At(data, offset + 2) == 0 &&
         At(data, offset + 5) == 0 && (At(data, offset + 6) & 0x80) == 0;
}

bool IsBzip2(base::Bytes data, std::uint64_t offset) {
  return At(data, offset) == 0x31 && At(data, offset + 1) < 14;
}

}  // namespace

bool NsisReader::IsNsis(base::Bytes data) {
  return data.size() > kFirstHeaderBytes &&
         base::AsText(data).substr(kMarkOffset).starts_with(kMark);
}

std::optional<std::uint64_t> NsisReader::Find(base::Bytes data, std::uint64_t from) {
  const std::size_t at =
      base::AsText(data).find(kMark, static_cast<std::size_t>(from + kMarkOffset));
  return at == std::string_view::npos ? std::nullopt
                                      : std::optional<std::uint64_t>(at - kMarkOffset);
}

NsisReader::NsisReader(base::Bytes data) {
  const std::uint32_t length = base::ReadAt<std::uint32_t>(data, kLengthOffset).value_or(0);
  // A length that is too small hides nothing: then everything is read.
  const std::uint64_t size = length > kFirstHeaderBytes ? length - kFirstHeaderBytes : data.size();
  data_ = base::ClippedSlice(data, kFirstHeaderBytes, size);
  const bool with_filter = At(data_, 0) <= 1;
  std::uint64_t begin = 4;
  if (IsLzma(data_, 0) || (with_filter && IsLzma(data_, 1))) {
    is_solid_ = true;
    begin = 0;
  } else if (At(data_, 3) != 0x80) {
    is_solid_ = true;
    begin = 0;
  }
  if (IsLzma(data_, begin)) {
    method_ = Method::kLzma;
  } else if (At(data_, begin) <= 1 && IsLzma(data_, begin + 1)) {
    method_ = Method::kLzma;
    has_filter_ = true;
  } else if (IsBzip2(data_, begin)) {
    method_ = Method::kBzip2;
  }
}

// Appends to `buffer`; what is missing, in words.
std::string NsisReader::Decode(base::Bytes packed, base::Budget& budget,
                               inflate::OutputBuffer& buffer) {
  if (method_ == Method::kZlib) {
    return inflate::GapReason(inflater_.Inflate(packed, budget, buffer));
  }
  if (method_ == Method::kBzip2) {
    parts::Sink sink(packed.size(), budget, buffer);
    parts::DecodeBareBzip2(packed, parts::kNsisMarks, sink);
    return sink.gap();
  }
  const std::uint64_t begin = has_filter_ ? 1 : 0;
  stream::Outcome outcome = stream::DecodeRawLzma(
      base::ClippedSlice(packed, begin, kLzmaPropertiesBytes),
      base::ClippedSlice(packed, begin + kLzmaPropertiesBytes, packed.size()), budget, buffer);
  // There is no end mark: the stream ends with its bytes.
  return outcome.gap.starts_with("damaged: the stream ends") ? std::string()
                                                             : std::move(outcome.gap);
}

void NsisReader::OpenSolid(base::Budget& budget) {
  opened_ = true;
  problem_ = Decode(data_, budget, solid_);
  data_ = solid_.bytes();
}

std::optional<parts::Member> NsisReader::Next(base::Budget& budget, inflate::OutputBuffer& buffer) {
  if (is_solid_ && !opened_) {
    OpenSolid(budget);
  }
  auto field = base::ReadAt<std::uint32_t>(data_, offset_);
  // Empty files have nothing to be looked at, but their numbers.
  while (field == 0u) {
    offset_ += 4;
    ++number_;
    field = base::ReadAt<std::uint32_t>(data_, offset_);
  }
  // Behind the last file of a stream that is not solid stands a checksum.
  const bool at_checksum = !is_solid_ && number_ > 0 && offset_ + 4 >= data_.size();
  if (!field || at_checksum) {
    return std::nullopt;
  }
  const bool is_packed = !is_solid_ && (*field & kPacked) != 0;
  const std::uint64_t size = is_solid_ ? *field : *field & ~kPacked;
  const base::Bytes piece = base::ClippedSlice(data_, offset_ + 4, size);
  offset_ += 4 + piece.size();
  std::string name = number_ == 0 ? "(header)" : std::to_string(number_);
  ++number_;
  parts::Member member;
  if (is_packed) {
    buffer.Clear();
    member.gap = Decode(piece, budget, buffer);
    member.content = buffer.bytes();
    member.name = std::move(name);
  } else {
    member = parts::StoredMember(std::move(name), piece, budget);
  }
  if (member.gap.empty() && piece.size() < size) {
    member.gap = parts::kEndsTooEarly;
  }
  member.has_content = !member.content.empty() || member.gap.empty();
  return member;
}

}  // namespace day::unpack::nsis
