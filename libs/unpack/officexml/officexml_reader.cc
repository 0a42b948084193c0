#include "libs/unpack/officexml/officexml_reader.h"

#include <algorithm>
#include <utility>

#include "libs/unpack/mail/transfer.h"

namespace day::unpack::officexml {
namespace {

using document::Part;

// Local names of elements.
constexpr std::string_view kWordData = "binData";
constexpr std::string_view kPackageData = "binaryData";
constexpr std::string_view kHangulData = "BINDATA";
constexpr std::size_t kRootBytesMax = 4096;
constexpr std::string_view kEncrypted = "encryption-data";
// A longer tag is none.
constexpr std::size_t kTagBytesMax = 4096;
constexpr std::size_t kPrefixBytesMax = 64;

constexpr std::string_view kActiveMime = "ActiveMime";
constexpr std::size_t kZlibFirst = 0x20;
constexpr std::size_t kZlibLast = 0x400;
constexpr std::uint64_t kZlibHeaderBytes = 2;

// Whether the name at `at` is that of a starting tag, with a prefix or without.
bool StartsElement(std::string_view text, std::size_t at, std::string_view name) {
  const std::size_t end = at + name.size();
  if (end >= text.size() ||
      std::string_view(" \t\r\n>").find(text[end]) == std::string_view::npos) {
    return false;
  }
  std::size_t i = at;
  if (i > 0 && text[i - 1] == ':') {
    --i;
    while (i > 0 && at - i < kPrefixBytesMax && text[i - 1] != '<' && text[i - 1] != '>' &&
           text[i - 1] != '/') {
      --i;
    }
  }
  return i > 0 && text[i - 1] == '<';
}

// HWPML has its root in the first few lines.
bool IsHangul(std::string_view text) {
  return text.substr(0, kRootBytesMax).find("<HWPML") != std::string_view::npos;
}

// The next element that holds a file: its name's place, or npos.
std::size_t FindElement(std::string_view text, bool is_hangul, std::size_t from,
                        std::string_view& name) {
  if (is_hangul) {
    name = kHangulData;
    std::size_t at = text.find(name, from);
    while (at != std::string_view::npos && !StartsElement(text, at, name)) {
      at = text.find(name, at + 1);
    }
    return at;
  }
  for (std::size_t at = text.find("bin", from); at != std::string_view::npos;
       at = text.find("bin", at + 1)) {
    for (const std::string_view candidate : {kWordData, kPackageData}) {
      if (text.substr(at, candidate.size()) == candidate && StartsElement(text, at, candidate)) {
        name = candidate;
        return at;
      }
    }
  }
  return std::string_view::npos;
}

bool HasEncryptedEntries(std::string_view text) {
  for (std::size_t at = text.find(kEncrypted); at != std::string_view::npos;
       at = text.find(kEncrypted, at + 1)) {
    if (StartsElement(text, at, kEncrypted)) {
      return true;
    }
  }
  return false;
}

// The value of an attribute, with a prefix or without.
std::string_view Attribute(std::string_view tag, std::string_view name_and_equals) {
  const std::size_t at = tag.find(name_and_equals);
  const std::size_t value = at + name_and_equals.size();
  if (at == std::string_view::npos || value >= tag.size()) {
    return {};
  }
  const char quote = tag[value];
  if (quote != '"' && quote != '\'') {
    return {};
  }
  const std::string_view rest = tag.substr(value + 1);
  return rest.substr(0, rest.find(quote));
}

std::string_view NameAttribute(std::string_view tag) { return Attribute(tag, "name="); }

}  // namespace

bool OfficeXmlReader::HasFiles(base::Bytes xml) {
  const std::string_view text = base::AsText(xml);
  std::string_view name;
  return FindElement(text, IsHangul(text), 0, name) != std::string_view::npos ||
         HasEncryptedEntries(text);
}

OfficeXmlReader::OfficeXmlReader(base::Bytes xml)
    : text_(base::AsText(xml)), is_hangul_(IsHangul(text_)) {}

std::optional<Part> OfficeXmlReader::Next(base::Budget& budget, inflate::Inflater& inflater,
                                          inflate::OutputBuffer& buffer) {
  std::string_view element;
  const std::size_t at = FindElement(text_, is_hangul_, at_, element);
  if (at == std::string_view::npos) {
    at_ = text_.size();
    if (std::exchange(encryption_given_, true) || !HasEncryptedEntries(text_)) {
      return std::nullopt;
    }
    Part part;
    part.name = "(encrypted entries)";
    part.gap = "encrypted";
    return part;
  }
  const std::string_view tag = text_.substr(at, text_.substr(at, kTagBytesMax).find('>'));
  // In Flat OPC the part around the element has the name.
  const std::size_t before = at - std::min(at, kTagBytesMax);
  const std::size_t part_tag = text_.substr(before, at - before).rfind("part ");
  std::string_view name = NameAttribute(tag);
  if (name.empty() && part_tag != std::string_view::npos) {
    name = NameAttribute(text_.substr(before + part_tag, at - before - part_tag));
  }
  const std::size_t start = std::min(at + tag.size(), text_.size());
  const std::size_t end = std::min(text_.find('<', start), text_.size());
  at_ = end;
  const std::string full_name =
      name.empty() ? "file " + std::to_string(++count_) : std::string(name);
  const std::string_view base64 = text_.substr(start, end - start);
  Part part;
  if (is_hangul_ && Attribute(tag, "Compress=") == "true") {
    const Part deflated = Decoded(base64, budget, deflated_);
    buffer.Clear();
    const inflate::Outcome outcome = inflater.Inflate(deflated.content, budget, buffer);
    part.content = buffer.bytes();
    part.gap = deflated.gap.empty() ? inflate::GapReason(outcome) : deflated.gap;
    part.has_content = !part.content.empty() || part.gap.empty();
  } else {
    part = Decoded(base64, budget, buffer);
  }
  part.name = full_name;
  return part;
}

// What base64 spells, in `buffer`, paid.
Part OfficeXmlReader::Decoded(std::string_view base64, base::Budget& budget,
                              inflate::OutputBuffer& buffer) {
  const document::Room room = document::RoomOf(budget);
  Part part;
  buffer.Clear();
  bool is_cut = false;
  {
    mail::Sink sink(base64.size(), room.size_bytes, buffer);
    mail::DecodeBase64(base64, mail::Padding::kIsJunk, sink);
    is_cut = sink.full();
  }
  part.content = buffer.bytes();
  (void)budget.SpendBytesOut(part.content.size());
  if (is_cut) {
    part.gap = document::LimitGap(room.limit, budget);
  }
  part.has_content = !part.content.empty() || part.gap.empty();
  return part;
}

bool ActiveMimeReader::IsActiveMime(base::Bytes file) {
  return base::AsText(file).starts_with(kActiveMime);
}

// Where the compressed data starts differs between versions: zlib's own header tells.
std::optional<Part> ActiveMimeReader::Next(base::Budget& budget, inflate::Inflater& inflater,
                                           inflate::OutputBuffer& buffer) {
  if (std::exchange(is_given_, true)) {
    return std::nullopt;
  }
  Part part;
  part.name = "(content)";
  for (std::size_t at = kZlibFirst; at + 2 < std::min(file_.size(), kZlibLast); ++at) {
    const unsigned header = base::ReadAt<std::uint16_t>(file_, at, base::Endian::kBig).value_or(0);
    if (header >> 8 != 0x78 || header % 31 != 0) {
      continue;
    }
    buffer.Clear();
    const inflate::Outcome outcome = inflater.Inflate(
        base::ClippedSlice(file_, at + kZlibHeaderBytes, file_.size()), budget, buffer);
    if (outcome.produced > 0) {
      part.content = buffer.bytes();
      part.gap = inflate::GapReason(outcome);
      part.has_content = true;
      return part;
    }
  }
  part.gap = "damaged: no compressed data";
  return part;
}

}  // namespace day::unpack::officexml
