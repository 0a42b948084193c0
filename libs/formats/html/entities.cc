#include "libs/formats/html/entities.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace day::formats::html {
namespace {

constexpr std::size_t kNameBytesMax = 10;
constexpr std::size_t kDigitsMax = 8;

// U+00A0 to U+00FF in order (HTML 4, 24.2.1).
constexpr std::string_view kLatin1[] = {
    "nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",
    "copy",   "ordf",   "laquo",  "not",    "shy",    "reg",    "macr",   "deg",    "plusmn",
    "sup2",   "sup3",   "acute",  "micro",  "para",   "middot", "cedil",  "sup1",   "ordm",
    "raquo",  "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc",  "Atilde",
    "Auml",   "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute", "Ecirc",  "Euml",   "Igrave",
    "Iacute", "Icirc",  "Iuml",   "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde",
    "Ouml",   "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",
    "szlig",  "agrave", "aacute", "acirc",  "atilde", "auml",   "aring",  "aelig",  "ccedil",
    "egrave", "eacute", "ecirc",  "euml",   "igrave", "iacute", "icirc",  "iuml",   "eth",
    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide", "oslash", "ugrave",
    "uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml"};
constexpr std::uint32_t kLatin1First = 0xA0;

constexpr std::pair<std::string_view, std::uint32_t> kMarkup[] = {
    {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}};

std::optional<std::uint32_t> CodeOfName(std::string_view name) {
  for (const auto& [markup, code] : kMarkup) {
    if (markup == name) {
      return code;
    }
  }
  const auto* found = std::find(std::begin(kLatin1), std::end(kLatin1), name);
  return found == std::end(kLatin1)
             ? std::nullopt
             : std::optional(kLatin1First + static_cast<std::uint32_t>(found - kLatin1));
}

}  // namespace

std::optional<Reference> ReadReference(std::string_view text) {
  const bool is_number = text.size() > 2 && text[1] == '#';
  const bool is_hex = is_number && (text[2] == 'x' || text[2] == 'X');
  const std::size_t begin = is_hex ? 3 : (is_number ? 2 : 1);
  const std::size_t end =
      text.substr(0, begin + (is_number ? kDigitsMax : kNameBytesMax) + 1).find(';', begin);
  if (end == std::string_view::npos || end == begin) {
    return std::nullopt;
  }
  const std::string_view body = text.substr(begin, end - begin);
  Reference reference;
  reference.length = end + 1;
  if (is_number) {
    const auto [stop, error] =
        std::from_chars(body.data(), body.data() + body.size(), reference.code, is_hex ? 16 : 10);
    return error == std::errc{} && stop == body.data() + body.size() ? std::optional(reference)
                                                                     : std::nullopt;
  }
  const std::optional<std::uint32_t> code = CodeOfName(body);
  reference.code = code.value_or(0);
  return code ? std::optional(reference) : std::nullopt;
}

}  // namespace day::formats::html
