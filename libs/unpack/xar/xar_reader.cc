#include "libs/unpack/xar/xar_reader.h"

#include <algorithm>
#include <utility>

#include "libs/unpack/inflate/zlib.h"
#include "libs/unpack/parts/extents.h"
#include "libs/unpack/parts/sink.h"
#include "libs/unpack/stream/stream.h"

namespace day::unpack::xar {
namespace {

constexpr std::string_view kMagic = "xar!";
constexpr std::uint64_t kHeaderBytes = 28;
constexpr std::uint64_t kHeaderSizeOffset = 4;
constexpr std::uint64_t kTocPackedOffset = 8;
constexpr std::uint64_t kTocSizeOffset = 16;
constexpr std::uint64_t kLzmaPropertiesBytes = 5;
constexpr std::uint64_t kLzmaHeaderBytes = 13;
constexpr std::uint64_t kSizeUnknown = ~std::uint64_t{0};
constexpr std::uint64_t kStepsPerEntry = 100;
constexpr std::string_view kTocEnd = "</xar";
constexpr std::string_view kTocBreaksOff = "damaged: the table of contents breaks off";
constexpr std::string_view kNoToc = "damaged: no table of contents";
constexpr std::string_view kTocName = "(table of contents)";
constexpr std::string_view kWrongSize = "damaged: not of the size that the archive says";

bool IsZlib(base::Bytes data) {
  const unsigned header = base::ReadAt<std::uint16_t>(data, 0, base::Endian::kBig).value_or(0);
  return (header >> 8 & 0xF) == 8 && header >> 12 <= 7 && header % 31 == 0;
}

std::uint64_t U64(base::Bytes file, std::uint64_t offset) {
  return base::ReadAt<std::uint64_t>(file, offset, base::Endian::kBig).value_or(0);
}

// XML may be UTF-16, with a mark in front or without.
std::optional<base::Endian> Utf16Endian(base::Bytes text) {
  constexpr std::uint16_t kMark = 0xFEFF;
  for (const base::Endian endian : {base::Endian::kBig, base::Endian::kLittle}) {
    const auto first = base::ReadAt<std::uint16_t>(text, 0, endian);
    if (first == kMark || first == '<') {
      return endian;
    }
  }
  return std::nullopt;
}

// Any two numbers; what lies behind the end of all files stays there.
std::uint64_t Sum(std::uint64_t a, std::uint64_t b) { return a + std::min(b, ~a); }

std::string Printable(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

}  // namespace

bool XarReader::IsXar(base::Bytes file) { return base::AsText(file).starts_with(kMagic); }

// Words in an encoding's name, so that a byte wrong elsewhere in it does no harm.
XarReader::Coding XarReader::CodingOf(std::string_view encoding) {
  constexpr std::pair<std::string_view, Coding> kCodings[] = {
      {"gzip", Coding::kZlib}, {"zlib", Coding::kZlib}, {"bzip2", Coding::kBzip2},
      {"lzma", Coding::kLzma}, {"x-xz", Coding::kXz},   {"octet-stream", Coding::kStored}};
  for (const auto& [word, coding] : kCodings) {
    if (encoding.find(word) != std::string_view::npos) {
      return coding;
    }
  }
  return Coding::kUnknown;
}

// What the data themselves say, if they are packed and not by what is declared.
XarReader::Coding XarReader::CodingOf(Coding declared, base::Bytes packed) {
  if (declared == Coding::kStored) {
    return declared;
  }
  const auto format = stream::FormatOf(packed);
  if (format == stream::Format::kBzip2) {
    return Coding::kBzip2;
  }
  if (format == stream::Format::kXz) {
    return Coding::kXz;
  }
  if (format == stream::Format::kLzma) {
    return Coding::kLzma;
  }
  // LZMA may start like that as well.
  return IsZlib(packed) && declared != Coding::kLzma ? Coding::kZlib : declared;
}

// The table's stream tells its own end. Nothing if there is no table.
std::optional<parts::Member> XarReader::ReadToc(base::Budget& budget) {
  std::uint64_t start =
      base::ReadAt<std::uint16_t>(file_, kHeaderSizeOffset, base::Endian::kBig).value_or(0);
  const auto is_zlib = [&](std::uint64_t at) {
    return IsZlib(base::ClippedSlice(file_, at, inflate::kZlibHeaderBytes));
  };
  if (!is_zlib(start) && (start < kHeaderBytes || is_zlib(kHeaderBytes))) {
    start = kHeaderBytes;
  }
  const inflate::Outcome outcome =
      inflater_.Inflate(base::ClippedSlice(file_, start + inflate::kZlibHeaderBytes, file_.size()),
                        budget, toc_bytes_);
  const std::string gap = inflate::GapReason(outcome);
  if (toc_bytes_.size() == 0) {
    problem_ = gap.empty() ? kNoToc : gap;
    return std::nullopt;
  }
  const std::uint64_t declared_end = Sum(start, U64(file_, kTocPackedOffset));
  heaps_.push_back(declared_end);
  if (outcome.end == inflate::Outcome::End::kComplete) {
    const std::uint64_t end =
        start + inflate::kZlibHeaderBytes + outcome.consumed + inflate::kZlibTrailerBytes;
    if (end != declared_end) {
      heaps_.push_back(end);
    }
    if (end > declared_end || declared_end > file_.size() ||
        toc_bytes_.size() != U64(file_, kTocSizeOffset)) {
      problem_ = "damaged: the table of contents is not of the size that the header says";
    }
  }
  std::string_view text = base::AsText(toc_bytes_.bytes());
  if (const auto endian = Utf16Endian(toc_bytes_.bytes())) {
    toc_text_ = parts::Utf8OfUtf16(toc_bytes_.bytes(), *endian);
    text = toc_text_;
  }
  if (problem_.empty() && text.rfind(kTocEnd) == std::string_view::npos) {
    problem_ = kTocBreaksOff;
  }
  toc_.emplace(text);
  parts::Member member;
  member.name = kTocName;
  member.content = toc_bytes_.bytes();
  member.has_content = true;
  member.gap = gap;
  return member;
}

// Appends to an empty buffer what the data hold; the gap.
std::string XarReader::Decode(Coding coding, base::Bytes packed, base::Budget& budget,
                              inflate::OutputBuffer& buffer) {
  if (coding == Coding::kZlib) {
    return inflate::InflateZlib(inflater_, packed, budget, buffer);
  }
  if (coding == Coding::kLzma && stream::FormatOf(packed) != stream::Format::kLzma) {
    // Properties that nobody uses, or damaged ones: the size ends it, if there is one.
    const std::uint64_t size =
        base::ReadAt<std::uint64_t>(packed, kLzmaPropertiesBytes).value_or(kSizeUnknown);
    std::string gap =
        stream::DecodeRawLzma(base::ClippedSlice(packed, 0, kLzmaPropertiesBytes),
                              base::ClippedSlice(packed, kLzmaHeaderBytes, packed.size()), budget,
                              buffer)
            .gap;
    if (buffer.size() >= size) {
      buffer.Truncate(static_cast<std::size_t>(size));
      gap.clear();
    }
    return gap;
  }
  const stream::Format format = coding == Coding::kBzip2  ? stream::Format::kBzip2
                                : coding == Coding::kLzma ? stream::Format::kLzma
                                                          : stream::Format::kXz;
  return stream::Decode(format, packed, budget, buffer).gap;
}

parts::Member XarReader::ReadEntry(const TocEntry& entry, base::Budget& budget,
                                   inflate::OutputBuffer& buffer) {
  parts::Member member;
  member.name = entry.name;
  if (!entry.offset) {
    member.gap = "damaged: data without an offset";
    return member;
  }
  const Coding declared = CodingOf(entry.encoding);
  const std::uint64_t length = entry.length.value_or(file_.size());
  base::Bytes stored;
  std::string gap;
  for (const std::uint64_t heap : heaps_) {
    const base::Bytes packed = base::ClippedSlice(file_, Sum(heap, *entry.offset), length);
    stored = stored.empty() ? packed : stored;
    // Stored data without an encoding are as long as they say.
    const bool is_told = declared != Coding::kUnknown || length != entry.size;
    const Coding coding = is_told ? CodingOf(declared, packed) : declared;
    if (packed.empty() || coding == Coding::kStored || coding == Coding::kUnknown) {
      continue;
    }
    buffer.Clear();
    const std::string reason = Decode(coding, packed, budget, buffer);
    gap = gap.empty() ? reason : gap;
    if (buffer.size() > 0 || reason.empty()) {
      member.content = buffer.bytes();
      member.has_content = true;
      member.gap = reason;
      break;
    }
  }
  if (!member.has_content) {
    member = parts::StoredMember(entry.name, stored, budget);
    if (gap.empty() && declared == Coding::kUnknown && !entry.encoding.empty()) {
      gap = "unsupported: encoding " + Printable(entry.encoding);
    }
    member.gap = gap.empty() ? member.gap : gap;
    if (member.gap.empty() && stored.size() < entry.length.value_or(0)) {
      member.gap = parts::kEndsTooEarly;
    }
  }
  if (member.gap.empty() &&
      (!entry.length || entry.size.value_or(member.content.size()) != member.content.size())) {
    member.gap = entry.length ? kWrongSize : "damaged: data without a length";
  }
  return member;
}

std::optional<parts::Member> XarReader::Next(base::Budget& budget, inflate::OutputBuffer& buffer) {
  if (!std::exchange(is_opened_, true)) {
    return ReadToc(budget);
  }
  const auto entry = toc_ ? toc_->Next() : std::nullopt;
  if (!entry) {
    return std::nullopt;
  }
  if (!budget.SpendSteps(kStepsPerEntry).ok()) {
    problem_ = parts::LimitReason(base::Limit::kSteps);
    toc_.reset();
    return std::nullopt;
  }
  return entry->document ? parts::StoredMember(entry->name, base::AsBytes(*entry->document), budget)
                         : ReadEntry(*entry, budget, buffer);
}

}  // namespace day::unpack::xar
