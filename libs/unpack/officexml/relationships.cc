#include "libs/unpack/officexml/relationships.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "libs/unpack/document/xml_tags.h"

namespace day::unpack::officexml {
namespace {

using document::Attribute;
using document::NextTag;

constexpr std::string_view kElement = "Relationship";

// One line: control characters become "?".
std::string Decoded(std::string_view value) {
  std::string out = document::DecodeReferences(value, kLinkBytesMax);
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
