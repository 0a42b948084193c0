#include "libs/unpack/officexml/wide_xml.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "libs/unpack/document/text.h"

namespace day::unpack::officexml {
namespace {

constexpr std::size_t kHeadBytes = 512;

struct Encoding {
  std::size_t mark_bytes = 0;
  bool is_big_endian = false;
};

// Without a mark it is a "<" and a zero, in one order or the other.
std::optional<Encoding> EncodingOf(base::Bytes file) {
  switch (base::ReadAt<std::uint16_t>(file, 0).value_or(0)) {
    case 0xFEFF:
      return Encoding{2, false};
    case 0xFFFE:
      return Encoding{2, true};
    case 0x003C:
      return Encoding{0, false};
    case 0x3C00:
      return Encoding{0, true};
    default:
      return std::nullopt;
  }
}

std::string Decoded(base::Bytes file, Encoding encoding) {
  const base::Bytes text = file.subspan(encoding.mark_bytes);
  if (!encoding.is_big_endian) {
    return document::Utf16ToUtf8(text);
  }
  std::vector<std::byte> swapped(text.begin(), text.end());
  for (std::size_t i = 0; i + 1 < swapped.size(); i += 2) {
    std::swap(swapped[i], swapped[i + 1]);
  }
  return document::Utf16ToUtf8(swapped);
}

bool IsPage(std::string_view text) {
  constexpr std::string_view kPages[] = {"<html", "<!doctype html"};
  return std::any_of(std::begin(kPages), std::end(kPages), [&](std::string_view page) {
    const std::string_view head = text.substr(0, page.size());
    return std::equal(head.begin(), head.end(), page.begin(), page.end(), [](char a, char b) {
      return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b);
    });
  });
}

}  // namespace

bool WideXmlReader::IsWideXml(base::Bytes file) {
  const std::optional<Encoding> encoding = EncodingOf(file);
  if (!encoding) {
    return false;
  }
  const std::string head = Decoded(file.first(std::min(file.size(), kHeadBytes)), *encoding);
  const std::size_t start = std::min(head.find_first_not_of(" \t\r\n"), head.size());
  const std::string_view text = std::string_view(head).substr(start);
  const char second = text.size() > 1 ? text[1] : '\0';
  const bool is_element = (second >= 'A' && second <= 'Z') || (second >= 'a' && second <= 'z');
  return text.starts_with('<') && (is_element || second == '?' || second == '!') && !IsPage(text);
}

std::optional<document::Part> WideXmlReader::Next(base::Budget& budget,
                                                  inflate::Inflater& /*inflater*/,
                                                  inflate::OutputBuffer& /*buffer*/) {
  const std::optional<Encoding> encoding = EncodingOf(file_);
  if (std::exchange(is_read_, true) || !encoding) {
    return std::nullopt;
  }
  if (!budget.SpendSteps(file_.size()).ok()) {
    problem_ = document::LimitGap(base::Limit::kSteps, budget);
    return std::nullopt;
  }
  text_ = Decoded(file_, *encoding);
  return document::PaidPart("(utf-8)", base::AsBytes(text_), budget);
}

}  // namespace day::unpack::officexml
