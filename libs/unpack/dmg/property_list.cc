#include "libs/unpack/dmg/property_list.h"

#include "libs/base/base64.h"
#include "libs/unpack/parts/markup.h"

namespace day::unpack::dmg {

std::vector<NamedData> BlockTables(std::string_view text, std::size_t count_max) {
  std::vector<NamedData> tables;
  parts::ElementScanner scanner(text);
  bool is_inside = false;
  std::string_view key;
  NamedData table;
  while (tables.size() < count_max) {
    const auto element = scanner.Next();
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
