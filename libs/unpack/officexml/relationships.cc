#include "libs/unpack/officexml/relationships.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <unordered_set>

#include "libs/unpack/document/text.h"
#include "libs/unpack/document/xml_tags.h"

namespace day::unpack::officexml {
namespace {

using document::Attribute;
using document::NextTag;

constexpr std::string_view kElement = "Relationship";
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
  document::AppendUtf8(value, out);
  return true;
}

// One line: control characters become "?".
std::string Decoded(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size() && out.size() < kLinkBytesMax; ++i) {
    const std::size_t end =
        value[i] == '&' ? value.substr(i, kReferenceBytesMax).find(';') : std::string_view::npos;
    if (end != std::string_view::npos && AppendReference(value.substr(i + 1, end - 1), out)) {
      i += end;
    } else {
      out += value[i];
    }
  }
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c >= 0 && c < ' '; }, '?');
  return out;
}

// "a" of ".../relationships/hyperlink".
std::string KindOf(std::string_view type) {
  const std::string_view name = type.substr(type.rfind('/') + 1);
  return name == "hyperlink" ? "a" : name == "image" ? "img" : Decoded(name);
}

}  // namespace

bool HasRelationships(base::Bytes xml) {
  std::size_t at = 0;
  return NextTag(base::AsText(xml), kElement, at).has_value();
}

ExternalLinks ReadExternalLinks(base::Bytes xml) {
  const std::string_view text = base::AsText(xml);
  ExternalLinks links;
  std::unordered_set<std::string> known;
  std::size_t at = 0;
  while (const auto tag = NextTag(text, kElement, at)) {
    if (Attribute(*tag, "TargetMode") != "External") {
      continue;
    }
    std::string line =
        KindOf(Attribute(*tag, "Type")) + ' ' + Decoded(Attribute(*tag, "Target")) + '\n';
    if (known.count(line) > 0) {
      continue;
    }
    if (known.size() >= kExternalLinksMax) {
      links.is_cut = true;
      break;
    }
    links.text += line;
    known.insert(std::move(line));
  }
  return links;
}

}  // namespace day::unpack::officexml
