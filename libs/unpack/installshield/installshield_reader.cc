#include "libs/unpack/installshield/installshield_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "libs/unpack/parts/sink.h"

namespace day::unpack::installshield {
namespace {

using std::string_view_literals::operator""sv;
using parts::Member;

constexpr std::string_view kStreamMark = "InstallShield\0"sv;
constexpr std::string_view kCabinetMark = "ISc("sv;
constexpr std::uint64_t kStreamHeaderBytes = 46;
constexpr std::uint64_t kRecordBytes = 0x138;
constexpr std::size_t kNameBytes = 260;
constexpr std::uint64_t kFlagsOffset = 260;
constexpr std::uint64_t kSizeOffset = 268;
constexpr unsigned kFlagsEncoded = 6;
constexpr std::size_t kTextBytesMax = 512;
constexpr std::string_view kHeaderEnding = ".hdr";

struct Listed {
  std::string_view name;
  base::Bytes data;
  std::uint64_t declared = 0;
  std::uint64_t end = 0;
};

// A text that ends in a zero and holds something that can be read.
std::optional<std::string_view> TakeText(base::ByteReader& reader, base::Bytes data) {
  const std::string_view text = base::CStringAt(data, reader.offset(), kTextBytesMax);
  reader.Skip(text.size() + 1);
  const bool is_text = std::all_of(text.begin(), text.end(),
                                   [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
  return reader.ok() && !text.empty() && text.size() < kTextBytesMax && is_text
             ? std::optional(text)
             : std::nullopt;
}

std::optional<Listed> ReadListed(base::Bytes data, std::uint64_t offset) {
  base::ByteReader reader(data);
  reader.Seek(offset);
  const auto name = TakeText(reader, data);
  const auto path = name ? TakeText(reader, data) : std::nullopt;
  const auto version = path ? TakeText(reader, data) : std::nullopt;
  const auto size_text = version ? TakeText(reader, data) : std::nullopt;
  if (!size_text || !path->ends_with(*name) ||
      version->find_first_not_of("0123456789.") != std::string_view::npos) {
    return std::nullopt;
  }
  Listed listed;
  const char* end = size_text->data() + size_text->size();
  if (std::from_chars(size_text->data(), end, listed.declared).ptr != end) {
    return std::nullopt;
  }
  listed.name = *path;
  listed.data = base::ClippedSlice(data, reader.offset(), listed.declared);
  listed.end = reader.offset() + listed.data.size();
  return listed;
}

// The name, XORed with four bytes, is the key; the bytes have their halves swapped as well.
std::vector<std::byte> Decode(base::Bytes data, std::string_view name, bool in_blocks) {
  constexpr std::uint8_t kMask[] = {0x13, 0x35, 0x86, 0x07};
  constexpr std::size_t kBlockBytes = 1024;
  std::vector<std::byte> plain(data.begin(), data.end());
  if (name.empty()) {
    return plain;
  }
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const std::size_t at = (in_blocks ? i % kBlockBytes : i) % name.size();
    const auto key = static_cast<std::uint8_t>(static_cast<std::uint8_t>(name[at]) ^ kMask[at % 4]);
    const auto byte = std::to_integer<unsigned>(plain[i]);
    plain[i] = static_cast<std::byte>(~(key ^ ((byte << 4) | (byte >> 4))));
  }
  return plain;
}

bool IsZlib(base::Bytes data) {
  const auto header = base::ReadAt<std::uint16_t>(data, 0, base::Endian::kBig);
  return header && (*header >> 8) == 0x78 && *header % 31 == 0;
}

std::string_view BaseName(std::string_view path) {
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace

bool InstallshieldReader::IsList(base::Bytes data) {
  const auto first = ReadListed(data, 0);
  return first && first->data.size() == first->declared;
}

bool InstallshieldReader::IsStream(base::Bytes data) {
  return base::AsText(data).starts_with(kStreamMark) && data.size() > kStreamHeaderBytes;
}

bool InstallshieldReader::IsCabinetHeader(base::Bytes data) {
  return base::AsText(data).starts_with(kCabinetMark);
}

InstallshieldReader::InstallshieldReader(base::Bytes data)
    : data_(data), is_list_(!IsStream(data)), offset_(is_list_ ? 0 : kStreamHeaderBytes) {
  if (!is_list_) {
    files_left_ = base::ReadAt<std::uint16_t>(data, kStreamMark.size()).value_or(0);
  }
}

InstallshieldReader::InstallshieldReader(std::vector<NamedFile> cabinet)
    : is_list_(true), offset_(0), files_(std::move(cabinet)) {}

std::optional<Member> InstallshieldReader::Next(base::Budget& budget,
                                                inflate::OutputBuffer& buffer) {
  if (!is_list_) {
    return NextStreamed(budget, buffer);
  }
  auto member = NextListed(budget);
  return member ? member : NextOfCabinets(budget, buffer);
}

std::optional<Member> InstallshieldReader::NextListed(base::Budget& budget) {
  if (files_.size() >= kFilesMax) {
    problem_ = "limit entries_max";
    return std::nullopt;
  }
  const auto listed = ReadListed(data_, offset_);
  if (!listed) {
    return std::nullopt;
  }
  offset_ = listed->end;
  files_.push_back({std::string(BaseName(listed->name)), listed->data});
  Member member = parts::StoredMember(std::string(listed->name), listed->data, budget);
  if (member.gap.empty() && listed->data.size() < listed->declared) {
    member.gap = parts::kEndsTooEarly;
  }
  return member;
}

// The next header among the listed files.
bool InstallshieldReader::OpenCabinet() {
  while (header_ < files_.size()) {
    const NamedFile& file = files_[header_++];
    const std::string_view name = file.name;
    if (!name.ends_with(kHeaderEnding)) {
      continue;
    }
    std::string_view stem = name.substr(0, name.size() - kHeaderEnding.size());
    stem = stem.substr(0, stem.find_last_not_of("0123456789") + 1);
    cabinet_ = Cabinet::Open(file.data, stem, files_);
    cabinet_name_ = file.name;
    if (cabinet_) {
      return true;
    }
  }
  return false;
}

std::optional<Member> InstallshieldReader::NextOfCabinets(base::Budget& budget,
                                                          inflate::OutputBuffer& buffer) {
  while (cabinet_ || OpenCabinet()) {
    auto member = cabinet_->Next(budget, inflater_, buffer);
    if (member) {
      member->name = cabinet_name_ + "/" + member->name;
      return member;
    }
    cabinet_.reset();
  }
  return std::nullopt;
}

std::optional<Member> InstallshieldReader::NextStreamed(base::Budget& budget,
                                                        inflate::OutputBuffer& buffer) {
  if (files_left_ == 0) {
    return std::nullopt;
  }
  --files_left_;
  const auto record = base::Slice(data_, offset_, kRecordBytes);
  if (!record) {
    files_left_ = 0;
    problem_ = "damaged: a record ends too early";
    return std::nullopt;
  }
  const std::string_view name = base::CStringAt(*record, 0, kNameBytes);
  const std::uint32_t flags = base::ReadAt<std::uint32_t>(*record, kFlagsOffset).value_or(0);
  const std::uint32_t size = base::ReadAt<std::uint32_t>(*record, kSizeOffset).value_or(0);
  const base::Bytes packed = base::ClippedSlice(data_, offset_ + kRecordBytes, size);
  offset_ += kRecordBytes + packed.size();
  Member member;
  member.name = std::string(name);
  if (!budget.SpendSteps(packed.size()).ok()) {
    files_left_ = 0;
    member.gap = parts::LimitReason(base::Limit::kSteps);
    return member;
  }
  std::vector<std::byte> plain = (flags & kFlagsEncoded) != 0
                                     ? Decode(packed, name, (flags & 4) != 0)
                                     : std::vector<std::byte>(packed.begin(), packed.end());
  buffer.Clear();
  if (IsZlib(plain)) {
    const inflate::Outcome outcome =
        inflater_.Inflate(base::Bytes(plain).subspan(2), budget, buffer);
    member.gap = inflate::GapReason(outcome);
  } else {
    parts::Sink sink(plain.size(), budget, buffer);
    sink.Write(plain);
    member.gap = sink.gap();
  }
  member.content = buffer.bytes();
  if (member.gap.empty() && packed.size() < size) {
    member.gap = parts::kEndsTooEarly;
  }
  member.has_content = !member.content.empty() || member.gap.empty();
  return member;
}

}  // namespace day::unpack::installshield
