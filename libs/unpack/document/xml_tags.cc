#include "libs/unpack/document/xml_tags.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "libs/unpack/document/text.h"

namespace day::unpack::document {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::size_t kReferenceBytesMax = 12;

// What "&amp;" and its like stand for, appended; nothing for what is no reference.
bool AppendReference(std::string_view name, std::string& out) {
  constexpr std::pair<std::string_view, char> kNames[] = {
      {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
  for (const auto& [known, c] : kNames) {
    if (name == known) {
      out += c;
      return true;
    }
  }
  if (!name.starts_with('#')) {
    return false;
  }
  const bool is_hex = name.size() > 1 && (name[1] | 0x20) == 'x';
  const std::string_view digits = name.substr(is_hex ? 2 : 1);
  std::uint32_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, is_hex ? 16 : 10);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.empty()) {
    return false;
  }
  AppendUtf8(value, out);
  return true;
}

}  // namespace

std::string_view LocalName(std::string_view name) { return name.substr(name.rfind(':') + 1); }

std::optional<std::string_view> NextTag(std::string_view xml, std::string_view element,
                                        std::size_t& from) {
  while ((from = xml.find('<', from)) != std::string_view::npos) {
    const std::size_t end = std::min(xml.find('>', from), xml.size());
    const std::string_view tag = xml.substr(from + 1, end - from - 1);
    from = end;
    const std::string_view name = tag.substr(0, tag.find_first_of(" \t\r\n/", 1));
    const bool is_end = name.starts_with('/');
    if (is_end == element.starts_with('/') &&
        LocalName(name.substr(is_end ? 1 : 0)) == element.substr(is_end ? 1 : 0)) {
      return tag;
    }
  }
  from = xml.size();
  return std::nullopt;
}

std::string_view Attribute(std::string_view tag, std::string_view name) {
  std::size_t at = tag.find_first_of(kSpace);
  while ((at = tag.find_first_not_of(kSpace, at)) != std::string_view::npos) {
    const std::size_t equals = tag.find('=', at);
    const std::size_t quote = tag.find_first_of("\"'", equals);
    if (equals == std::string_view::npos || quote == std::string_view::npos) {
      break;
    }
    const std::size_t end = std::min(tag.find(tag[quote], quote + 1), tag.size());
    const std::string_view found = tag.substr(at, equals - at);
    if (LocalName(found.substr(0, found.find_last_not_of(kSpace) + 1)) == name) {
      return tag.substr(quote + 1, end - quote - 1);
    }
    at = std::min(end + 1, tag.size());
  }
  return {};
}

std::string DecodeReferences(std::string_view text, std::size_t bytes_max) {
  std::string out;
  for (std::size_t i = 0; i < text.size() && out.size() < bytes_max; ++i) {
    const std::size_t end =
        text[i] == '&' ? text.substr(i, kReferenceBytesMax).find(';') : std::string_view::npos;
    if (end != std::string_view::npos && AppendReference(text.substr(i + 1, end - 1), out)) {
      i += end;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace day::unpack::document
