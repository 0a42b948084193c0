#include "libs/signatures/clamav/subsignature_text.h"

#include <charconv>
#include <string>
#include <utility>

#include "libs/signatures/clamav/logic.h"
#include "libs/signatures/clamav/pattern_text.h"

namespace day::signatures::clamav {
namespace {

base::Error Bad(std::string reason) {
  return base::MakeError(base::ErrorKind::kMalformed, std::move(reason));
}

constexpr std::uint64_t kHexDigitsMax = 18;
constexpr std::uint64_t kDecimalDigitsMax = 64;

// A number in decimal, or behind 0x in hexadecimal.
std::optional<std::uint64_t> NumberOf(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

// ${min-max}group$
base::Result<Subsignature> ParseMacro(std::string_view text) {
  const std::size_t close = text.find('}');
  const std::size_t dash = text.find('-');
  if (close == std::string_view::npos || dash == std::string_view::npos || dash > close ||
      !text.ends_with('$') || close + 2 > text.size()) {
    return Bad("a macro is not ${min-max}group$");
  }
  const auto min = NumberOf(text.substr(2, dash - 2));
  const auto max = NumberOf(text.substr(dash + 1, close - dash - 1));
  const auto group = NumberOf(text.substr(close + 1, text.size() - close - 2));
  if (!min || !max || !group || *min > *max || *max > 0xFFFFFFFF || *group >= kMacroGroupCount) {
    return Bad("a macro is not ${min-max}group$");
  }
  return Subsignature(MacroTest{static_cast<std::uint32_t>(*min), static_cast<std::uint32_t>(*max),
                                static_cast<std::uint32_t>(*group)});
}

constexpr std::string_view kImageHash = "fuzzy_img#";

// fuzzy_img#hash[#0]: no other distance than 0 is defined.
base::Result<Subsignature> ParseImageHash(std::string_view text) {
  constexpr std::size_t kDigits = 16;
  text.remove_prefix(kImageHash.size());
  const std::string_view digits = text.substr(0, text.find('#'));
  const std::string_view distance = text.substr(digits.size());
  ImageTest out;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), out.hash, 16);
  if (digits.size() != kDigits || error != std::errc{} || end != digits.data() + digits.size()) {
    return Bad("an image hash is not 16 hexadecimal digits");
  }
  if (!distance.empty() && distance != "#0") {
    return Bad("the distance of an image hash is not 0");
  }
  return Subsignature(out);
}

// Options and length of a byte comparison: "hle2".
base::Status ParseReading(std::string_view text, ByteCompare* out) {
  bool has_base = false;
  bool has_endian = false;
  std::size_t at = 0;
  for (; at < text.size() && (text[at] < '0' || text[at] > '9'); ++at) {
    const char option = text[at];
    const std::size_t base = std::string_view("hdai").find(option);
    if (base != std::string_view::npos && !has_base) {
      out->base = static_cast<ByteCompare::Base>(base);
      has_base = true;
    } else if ((option == 'l' || option == 'b') && !has_endian) {
      out->little_endian = option == 'l';
      has_endian = true;
    } else if (option == 'e') {
      out->exact = true;
    } else {
      return Bad("byte comparison: options are not understood");
    }
  }
  // Without l or b ClamAV never reads a number other than a decimal one.
  if (!has_endian && out->base != ByteCompare::Base::kDecimal) {
    return base::MakeError(base::ErrorKind::kUnsupported,
                           "byte comparison: never true without the option l or b");
  }
  const auto length = NumberOf(text.substr(at));
  const bool is_binary = out->base == ByteCompare::Base::kBinary;
  if (!has_base || !length || *length == 0 ||
      *length > (out->base == ByteCompare::Base::kDecimal ? kDecimalDigitsMax : kHexDigitsMax)) {
    return Bad("byte comparison: options or length are not understood");
  }
  out->length = static_cast<std::uint32_t>(*length);
  if (is_binary && *length != 1 && *length != 2 && *length != 4 && *length != 8) {
    return Bad("byte comparison: numbers have 1, 2, 4 or 8 bytes");
  }
  if (out->little_endian && out->base == ByteCompare::Base::kDecimal) {
    return Bad("byte comparison: decimal text is not little-endian");
  }
  return base::OkStatus();
}

base::Status ParseComparisons(std::string_view text, ByteCompare* out) {
  while (!text.empty() && out->comparisons.size() < 2) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const char op = text.front();
    const auto value = NumberOf(text.substr(1, comma - 1));
    if ((op != '<' && op != '>' && op != '=') || !value) {
      return Bad("byte comparison: the comparison is not understood");
    }
    out->comparisons.push_back({op, *value});
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return text.empty() && !out->comparisons.empty()
             ? base::OkStatus()
             : base::Status(Bad("byte comparison: not one or two comparisons"));
}

// id(shift#reading#comparisons)
base::Result<Subsignature> ParseByteCompare(std::string_view text) {
  const std::size_t open = text.find('(');
  const std::string_view inside = text.substr(open + 1, text.size() - open - 2);
  const std::size_t first = inside.find('#');
  const std::size_t second = inside.find('#', first + 1);
  const auto id = NumberOf(text.substr(0, open));
  if (!id || *id >= kSubsignatureCountMax || second == std::string_view::npos) {
    return Bad("byte comparison: not id(shift#options length#comparison)");
  }
  ByteCompare out;
  out.id = static_cast<std::uint8_t>(*id);
  std::string_view shift = inside.substr(0, first);
  const bool back = shift.starts_with("<<");
  if (back || shift.starts_with(">>")) {
    shift.remove_prefix(2);
  } else if (!shift.empty() && shift != "0") {
    return Bad("byte comparison: the shift is not >>n or <<n");
  }
  const auto distance = shift.empty() ? std::optional<std::uint64_t>(0) : NumberOf(shift);
  if (!distance || *distance > 0x7FFFFFFF) {
    return Bad("byte comparison: the shift is not a number");
  }
  out.shift = back ? -static_cast<std::int64_t>(*distance) : static_cast<std::int64_t>(*distance);
  DAY_TRY(ParseReading(inside.substr(first + 1, second - first - 1), &out));
  DAY_TRY(ParseComparisons(inside.substr(second + 1), &out));
  return Subsignature(std::move(out));
}

// [offset:]trigger/regex/flags. REQUIRES: two slashes.
base::Result<Subsignature> ParseRegex(std::string_view text, std::uint8_t target) {
  const std::size_t begin = text.find('/');
  const std::size_t end = text.rfind('/');
  RegexTest out;
  std::string_view trigger = text.substr(0, begin);
  const std::size_t colon = trigger.rfind(':');
  if (colon != std::string_view::npos) {
    DAY_TRY_ASSIGN(out.offset, ParseOffset(trigger.substr(0, colon), target));
    trigger.remove_prefix(colon + 1);
  }
  if (trigger.empty()) {
    return Bad("a regex needs a trigger");
  }
  DAY_TRY(ParseLogic(trigger));
  out.trigger = trigger;
  // "\/" is how a slash is written; PCRE reads it the same way.
  out.pattern = text.substr(begin + 1, end - begin - 1);
  out.flags = text.substr(end + 1);
  if (out.pattern.empty()) {
    return Bad("an empty regex");
  }
  if (out.flags.find_first_not_of("ismxAEUgre") != std::string::npos) {
    return Bad("a flag of a regex is not known");
  }
  return Subsignature(std::move(out));
}

bool LooksLikeByteCompare(std::string_view text) {
  const std::size_t open = text.find('(');
  return text.ends_with(')') && open != std::string_view::npos && open > 0 &&
         text.find('#') != std::string_view::npos &&
         text.substr(0, open).find_first_not_of("0123456789") == std::string_view::npos;
}

base::Result<PatternOptions> ParseOptions(std::string_view text) {
  PatternOptions options;
  for (const char option : text) {
    switch (option) {
      case 'i':
        options.ignore_case = true;
        break;
      case 'w':
        options.wide = true;
        break;
      case 'a':
        options.ascii = true;
        break;
      case 'f':
        options.full_word = true;
        break;
      default:
        return Bad("an option behind :: is not one of i, w, a, f");
    }
  }
  return options;
}

}  // namespace

base::Result<Subsignature> ParseSubsignature(std::string_view text, std::uint8_t target) {
  if (text.starts_with("${")) {
    return ParseMacro(text);
  }
  if (text.starts_with(kImageHash)) {
    return ParseImageHash(text);
  }
  if (text.find('/') != text.rfind('/')) {
    return ParseRegex(text, target);
  }
  if (LooksLikeByteCompare(text)) {
    return ParseByteCompare(text);
  }
  PatternOptions options;
  if (const std::size_t mark = text.find("::"); mark != std::string_view::npos) {
    DAY_TRY_ASSIGN(options, ParseOptions(text.substr(mark + 2)));
    text = text.substr(0, mark);
  }
  Pattern pattern;
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    DAY_TRY_ASSIGN(pattern.offset, ParseOffset(text.substr(0, colon), target));
    if (pattern.offset.kind == Offset::Kind::kMacro) {
      return Bad("only .ndb lines may be in a macro group");
    }
    text = text.substr(colon + 1);
  }
  PatternList patterns;
  PatternOptions form = options;
  if (options.wide) {
    DAY_TRY_ASSIGN(pattern.parts, ParseHex(text, form));
    patterns.push_back(pattern);
  }
  if (!options.wide || options.ascii) {
    form.wide = false;
    DAY_TRY_ASSIGN(pattern.parts, ParseHex(text, form));
    patterns.push_back(std::move(pattern));
  }
  return Subsignature(std::move(patterns));
}

}  // namespace day::signatures::clamav
