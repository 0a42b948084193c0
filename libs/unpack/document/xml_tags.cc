#include "libs/unpack/document/xml_tags.h"

#include <algorithm>

namespace day::unpack::document {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

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

}  // namespace day::unpack::document
