#include "libs/unpack/officexml/macro_sheet.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "libs/unpack/document/text.h"
#include "libs/unpack/document/xml_tags.h"

namespace day::unpack::officexml {
namespace {

using document::NextTag;

// Of a formula or a text in a cell; Excel allows 8,192 and 32,767 characters.
constexpr std::size_t kTextBytesMax = 64 * 1024;

char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool IsOfName(char c) {
  const char upper = Upper(c);
  return (upper >= 'A' && upper <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
}

// "a:b" of the first element: declarations and comments before it may be as long as they like.
std::string_view RootOf(std::string_view xml) {
  std::size_t at = 0;
  while ((at = xml.find('<', at)) != std::string_view::npos) {
    const std::string_view tag = xml.substr(at + 1);
    if (!tag.starts_with('?') && !tag.starts_with('!')) {
      return tag.substr(0, tag.find_first_of(" \t\r\n/>"));
    }
    at = tag.starts_with("!--") ? xml.find("-->", at + 4) : xml.find('>', at);
  }
  return {};
}

// A constant of a text at the beginning of `formula`: how long it is written, and what it is.
struct Constant {
  std::size_t size = 0;  // 0: there is none
  std::string text;      // quotes in it are doubled, as in formulas
};

Constant QuotedAt(std::string_view formula) {
  std::size_t end = 1;
  while ((end = formula.find('"', end)) != std::string_view::npos) {
    if (end + 1 >= formula.size() || formula[end + 1] != '"') {
      return {end + 1, std::string(formula.substr(1, end - 1))};
    }
    end += 2;
  }
  return {};
}

Constant CharacterAt(std::string_view formula) {
  constexpr std::string_view kName = "CHAR(";
  const std::string_view head = formula.substr(0, kName.size());
  if (!std::equal(head.begin(), head.end(), kName.begin(), kName.end(),
                  [](char a, char b) { return Upper(a) == b; })) {
    return {};
  }
  unsigned code = 0;
  const char* begin = formula.data() + kName.size();
  const auto [end, error] = std::from_chars(begin, formula.data() + formula.size(), code);
  const std::size_t at = static_cast<std::size_t>(end - formula.data());
  if (error != std::errc() || code > 0xFF || at >= formula.size() || formula[at] != ')') {
    return {};
  }
  Constant constant;
  constant.size = at + 1;
  document::AppendUtf8(code, constant.text);
  constant.text += code == '"' ? "\"" : "";
  return constant;
}

// What stands in an element of a cell, decoded.
std::string TextIn(std::string_view cell, std::string_view element) {
  constexpr std::string_view kVerbatim = "<![CDATA[";
  std::size_t at = 0;
  const auto tag = NextTag(cell, element, at);
  if (!tag || tag->ends_with('/') || at >= cell.size()) {
    return {};
  }
  const std::string_view rest = cell.substr(at + 1);
  if (rest.starts_with(kVerbatim)) {
    const std::string_view text = rest.substr(kVerbatim.size());
    return std::string(text.substr(0, std::min(text.find("]]>"), kTextBytesMax)));
  }
  return document::DecodeReferences(rest.substr(0, rest.find('<')), kTextBytesMax);
}

// A line or two, or nothing.
std::string TextOfCell(std::string_view tag, std::string_view cell) {
  const std::string formula = TextIn(cell, "f");
  std::string value = TextIn(cell, document::Attribute(tag, "t") == "inlineStr" ? "t" : "v");
  if (formula.empty() && value.empty()) {
    return {};
  }
  const std::string name = std::string(document::Attribute(tag, "r")) + ": ";
  if (formula.empty()) {
    return name + value + '\n';
  }
  return name + '=' + FoldConstants(formula) + '\n' +
         (value.empty() ? "" : "  ' gave " + value + '\n');
}

// At most text_bytes_max, and a cell.
std::string SheetText(std::string_view xml, std::uint64_t text_bytes_max) {
  std::string text;
  std::size_t at = 0;
  while (const auto tag = NextTag(xml, "c", at)) {
    if (text.size() > text_bytes_max) {
      break;
    }
    if (tag->ends_with('/')) {
      continue;
    }
    const std::size_t start = at;
    NextTag(xml, "/c", at);
    text += TextOfCell(*tag, xml.substr(start, at - start));
  }
  return text;
}

}  // namespace

std::string FoldConstants(std::string_view formula) {
  enum class Before : std::uint8_t { kOther, kConstant, kJoin };
  Before before = Before::kOther;
  std::size_t constant_end = 0;  // of the last one, in `out`
  std::string out;
  for (std::size_t at = 0; at < formula.size();) {
    const std::string_view rest = formula.substr(at);
    const bool is_quoted = rest[0] == '"';
    const bool is_word = at > 0 && IsOfName(formula[at - 1]);
    const Constant constant = is_quoted ? QuotedAt(rest) : is_word ? Constant{} : CharacterAt(rest);
    if (constant.size > 0) {
      if (before == Before::kJoin) {
        out.resize(constant_end - 1);  // without the quote and what joins
      } else {
        out += '"';
      }
      out += constant.text + '"';
      constant_end = out.size();
      before = Before::kConstant;
      at += constant.size;
      continue;
    }
    if (is_quoted) {
      return out.append(rest);  // a quote that never ends
    }
    const bool joins = rest[0] == '&' && before == Before::kConstant;
    before = joins ? Before::kJoin : rest[0] == ' ' ? before : Before::kOther;
    out += rest[0];
    ++at;
  }
  return out;
}

bool MacroSheetReader::IsMacroSheet(base::Bytes xml) {
  return document::LocalName(RootOf(base::AsText(xml))) == "macrosheet";
}

std::optional<document::Part> MacroSheetReader::Next(base::Budget& budget,
                                                     inflate::Inflater& /*inflater*/,
                                                     inflate::OutputBuffer& /*buffer*/) {
  if (std::exchange(is_read_, true)) {
    return std::nullopt;
  }
  if (!budget.SpendSteps(xml_.size()).ok()) {
    problem_ = document::LimitGap(base::Limit::kSteps, budget);
    return std::nullopt;
  }
  text_ = SheetText(xml_, document::RoomOf(budget).size_bytes);
  if (text_.empty()) {
    return std::nullopt;
  }
  document::Part part = document::PaidPart("(macro) sheet.txt", base::AsBytes(text_), budget);
  part.kind = document::PartKind::kXlmMacro;
  return part;
}

}  // namespace day::unpack::officexml
