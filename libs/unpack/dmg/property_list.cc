#include "libs/unpack/dmg/property_list.h"

#include "libs/base/base64.h"

namespace day::unpack::dmg {
namespace {

constexpr auto kNone = std::string_view::npos;

struct Element {
  std::string_view tag;   // "key", "/dict", ...
  std::string_view text;  // up to the next tag
};

// The next tag and the text behind it; the text that is left moves on.
std::optional<Element> NextElement(std::string_view& text) {
  const std::size_t open = text.find('<');
  const std::size_t close = open == kNone ? kNone : text.find('>', open);
  if (close == kNone) {
    return std::nullopt;
  }
  Element element;
  element.tag = text.substr(open + 1, close - open - 1);
  text.remove_prefix(close + 1);
  element.text = text.substr(0, text.find('<'));
  return element;
}

}  // namespace

std::vector<NamedData> BlockTables(std::string_view text, std::size_t count_max) {
  std::vector<NamedData> tables;
  bool is_inside = false;
  std::string_view key;
  NamedData table;
  while (tables.size() < count_max) {
    const auto element = NextElement(text);
    if (!element) {
      break;
    }
    if (element->tag == "key") {
      key = element->text;
      is_inside = is_inside || key == "blkx";
    } else if (!is_inside) {
      continue;
    } else if (element->tag == "dict") {
      table = {};
    } else if (element->tag == "string" && (key == "Name" || key == "CFName")) {
      table.name = element->text;
    } else if (element->tag == "data" && key == "Data") {
      table.base64 = element->text;
    } else if (element->tag == "/dict" && !table.base64.empty()) {
      tables.push_back(table);
      table = {};
    } else if (element->tag == "/array") {
      is_inside = false;
    }
  }
  return tables;
}

std::optional<std::string> DecodeLooseBase64(std::string_view text) {
  std::string digits;
  digits.reserve(text.size());
  for (const char c : text) {
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
      digits += c;
    }
  }
  return base::DecodeBase64(digits);
}

}  // namespace day::unpack::dmg
