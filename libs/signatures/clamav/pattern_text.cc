#include "libs/signatures/clamav/pattern_text.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

namespace day::signatures::clamav {
namespace {

base::Error Bad(std::string reason, std::uint64_t at = base::Error::kNoOffset) {
  return base::MakeError(base::ErrorKind::kMalformed, std::move(reason), at);
}

// Stands for one byte of a gap {n}: that is n bytes in wide patterns too.
constexpr char kOneByte = '.';

int HexDigit(char digit) {
  if (digit >= '0' && digit <= '9') {
    return digit - '0';
  }
  const char lower = static_cast<char>(digit | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool IsLetter(std::uint8_t byte) {
  const auto lower = static_cast<std::uint8_t>(byte | 0x20);
  return lower >= 'a' && lower <= 'z';
}

// A number that takes all of `text`.
std::optional<std::uint32_t> Number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

// Two characters as a byte: digits, or '?' for a half that is open.
std::optional<MaskedByte> ByteOf(std::string_view text, bool ignore_case) {
  MaskedByte out;
  for (std::size_t i = 0; i < 2; ++i) {
    const int digit = HexDigit(text[i]);
    if (digit < 0 && text[i] != '?') {
      return std::nullopt;
    }
    out.value = static_cast<std::uint8_t>(out.value << 4 | (digit < 0 ? 0 : digit));
    out.mask = static_cast<std::uint8_t>(out.mask << 4 | (digit < 0 ? 0 : 15));
  }
  if (ignore_case && out.mask == 0xFF && IsLetter(out.value)) {
    out.mask = 0xDF;
    out.value &= 0xDF;
  }
  return out;
}

// Reads one part: everything between two gaps.
class PartReader {
 public:
  PartReader(std::string_view text, const PatternOptions& options)
      : text_(text), options_(options) {}

  base::Result<Part> Read();

 private:
  // Elements as far as the end of the text, a '|' or a ')' of this nesting.
  base::Status ReadElements(std::vector<Element>* out, std::size_t nesting);
  base::Status ReadGroup(bool negated, std::vector<Element>* out, std::size_t nesting);
  base::Status ReadBytes(std::vector<Element>* out);
  std::optional<Test> TakeTest();
  base::Status TakeFarBytes();

  std::string_view text_;
  std::size_t at_ = 0;
  const PatternOptions& options_;
  Part part_;
};

// (B), (L) or (W) at the cursor.
std::optional<Test> PartReader::TakeTest() {
  const std::string_view head = text_.substr(at_, 3);
  if (head.size() < 3 || head[0] != '(' || head[2] != ')') {
    return std::nullopt;
  }
  std::optional<Test> test;
  switch (head[1]) {
    case 'B':
      test = Test::kBoundary;
      break;
    case 'L':
      test = Test::kLine;
      break;
    case 'W':
      test = Test::kWord;
      break;
    default:
      return std::nullopt;
  }
  at_ += 3;
  return test;
}

base::Status PartReader::ReadBytes(std::vector<Element>* out) {
  std::vector<MaskedByte> bytes;
  while (at_ < text_.size() &&
         (HexDigit(text_[at_]) >= 0 || text_[at_] == '?' || text_[at_] == kOneByte)) {
    if (text_[at_] == kOneByte) {
      bytes.push_back({});
      ++at_;
      continue;
    }
    const std::string_view pair = text_.substr(at_, 2);
    const auto byte = pair.size() == 2 ? ByteOf(pair, options_.ignore_case) : std::nullopt;
    if (!byte) {
      return Bad("an odd number of hexadecimal digits", at_);
    }
    bytes.push_back(*byte);
    if (options_.wide) {
      bytes.push_back({0, 0xFF});
    }
    at_ += 2;
  }
  if (!out->empty() && out->back().kind == Element::Kind::kBytes) {
    out->back().bytes.insert(out->back().bytes.end(), bytes.begin(), bytes.end());
  } else {
    Element& element = out->emplace_back();
    element.bytes = std::move(bytes);
  }
  return base::OkStatus();
}

base::Status PartReader::ReadGroup(bool negated, std::vector<Element>* out, std::size_t nesting) {
  if (nesting > kNestingMax) {
    return Bad("alternatives are nested too deeply", at_);
  }
  ++at_;  // '('
  Element group;
  group.kind = Element::Kind::kChoices;
  group.negated = negated;
  for (;;) {
    std::vector<Element>& choice = group.choices.emplace_back();
    DAY_TRY(ReadElements(&choice, nesting + 1));
    if (choice.empty()) {
      group.choices.pop_back();  // ClamAV overlooks it
    }
    if (at_ == text_.size()) {
      return Bad("a parenthesis is not closed", at_);
    }
    if (text_[at_++] == ')') {
      break;
    }
  }
  if (group.choices.empty()) {
    return Bad("no alternatives", at_);
  }
  if (negated) {
    const Range length = LengthOf(group.choices.front());
    for (const std::vector<Element>& choice : group.choices) {
      const Range other = LengthOf(choice);
      if (other.min != other.max || other.min != length.min) {
        return Bad("negated alternatives need equal lengths", at_);
      }
    }
  }
  out->push_back(std::move(group));
  return base::OkStatus();
}

base::Status PartReader::ReadElements(std::vector<Element>* out, std::size_t nesting) {
  while (at_ < text_.size()) {
    const char next = text_[at_];
    if (next == '|' || next == ')') {
      return nesting > 0 ? base::OkStatus() : base::Status(Bad("an unexpected character", at_));
    }
    const bool negated = next == '!';
    if (negated) {
      ++at_;
    }
    const bool at_begin = nesting == 0 && out->empty() && part_.left.test == Test::kNone;
    if (const auto test = TakeTest()) {
      if (at_begin) {
        part_.left = {*test, negated};
      } else if (nesting == 0 && at_ == text_.size()) {
        part_.right = {*test, negated};
      } else {
        Element& element = out->emplace_back();
        element.kind = Element::Kind::kTest;
        element.test = *test;
        element.negated = negated;
      }
    } else if (at_ < text_.size() && text_[at_] == '(') {
      DAY_TRY(ReadGroup(negated, out, nesting));
    } else if (!negated && (HexDigit(next) >= 0 || next == '?' || next == kOneByte)) {
      DAY_TRY(ReadBytes(out));
    } else {
      return Bad("an unexpected character", at_);
    }
  }
  return base::OkStatus();
}

// Cuts aa[n-m] off the front and [n-m]bb off the end.
base::Status PartReader::TakeFarBytes() {
  for (std::size_t open = text_.find('['); open != std::string_view::npos; open = text_.find('[')) {
    const std::size_t close = text_.find(']', open);
    if (close == std::string_view::npos) {
      return Bad("a bracket is not closed", open);
    }
    const std::string_view inside = text_.substr(open + 1, close - open - 1);
    const std::size_t dash = inside.find('-');
    const auto min = Number(inside.substr(0, dash));
    const auto max = dash == std::string_view::npos ? min : Number(inside.substr(dash + 1));
    if (!min || !max || *min > *max || *max > kFarDistanceMax) {
      return Bad("the distance in brackets is not 0 to 32", open);
    }
    const std::string_view before = text_.substr(0, open);
    const std::string_view behind = text_.substr(close + 1);
    const bool is_left = before.size() == 2 && !part_.far_left;
    const std::string_view pair = is_left ? before : behind;
    const auto byte = pair.size() == 2 ? ByteOf(pair, options_.ignore_case) : std::nullopt;
    if (!byte) {
      return Bad("brackets need one byte at an end", open);
    }
    (is_left ? part_.far_left : part_.far_right) = FarByte{*byte, *min, *max};
    text_ = is_left ? behind : before;
  }
  return base::OkStatus();
}

// ClamAV finds every part by at least two known bytes in a row.
bool HasTwoFixedBytes(const std::vector<Element>& elements) {
  return std::any_of(elements.begin(), elements.end(), [](const Element& element) {
    const auto known = [](const MaskedByte& byte) { return (byte.mask | 0x20) == 0xFF; };
    for (std::size_t i = 0; i + 1 < element.bytes.size(); ++i) {
      if (known(element.bytes[i]) && known(element.bytes[i + 1])) {
        return true;
      }
    }
    return false;
  });
}

base::Result<Part> PartReader::Read() {
  DAY_TRY(TakeFarBytes());
  DAY_TRY(ReadElements(&part_.elements, 0));
  if (options_.full_word) {
    part_.left = part_.left.test == Test::kNone ? Edge{Test::kWord, false} : part_.left;
    part_.right = part_.right.test == Test::kNone ? Edge{Test::kWord, false} : part_.right;
  }
  part_.is_wide = options_.wide;
  if (!HasTwoFixedBytes(part_.elements)) {
    return Bad("no two known bytes in a row between gaps");
  }
  return std::move(part_);
}

struct Gap {
  std::uint32_t min = 0;
  std::uint32_t max = 0;
};

// The inside of {...}.
base::Result<Gap> ParseGap(std::string_view inside) {
  Gap gap;
  const std::size_t dash = inside.find('-');
  if (dash == std::string_view::npos) {
    const auto exact = Number(inside);
    if (!exact) {
      return Bad("a gap is not {n}, {n-m}, {-n} or {n-}");
    }
    return Gap{*exact, *exact};
  }
  const std::string_view low = inside.substr(0, dash);
  const std::string_view high = inside.substr(dash + 1);
  const auto min = low.empty() ? std::optional<std::uint32_t>(0) : Number(low);
  const auto max = high.empty() ? std::optional<std::uint32_t>(0) : Number(high);
  if (!min || !max || (low.empty() && high.empty()) || (*max != 0 && *max < *min)) {
    return Bad("a gap is not {n}, {n-m}, {-n} or {n-}");
  }
  gap.min = *min;
  gap.max = *max;
  return gap;
}

// Whether `inside` of {...} is an exact gap that counts as wildcards of one part.
std::optional<std::uint32_t> SmallExactGap(std::string_view inside) {
  const auto exact = Number(inside);
  return exact && *exact > 0 && *exact < kExactGapMax ? exact : std::nullopt;
}

}  // namespace

Range LengthOf(const std::vector<Element>& elements) {
  Range sum;
  for (const Element& element : elements) {
    Range one;
    if (element.kind == Element::Kind::kBytes) {
      one = {static_cast<std::uint32_t>(element.bytes.size()),
             static_cast<std::uint32_t>(element.bytes.size())};
    } else if (element.kind == Element::Kind::kTest) {
      one = {1, element.test == Test::kLine && !element.negated ? 2u : 1u};
    } else {
      one = LengthOf(element.choices.front());
      for (const std::vector<Element>& choice : element.choices) {
        const Range other = LengthOf(choice);
        one = {std::min(one.min, other.min), std::max(one.max, other.max)};
      }
    }
    sum = {sum.min + one.min, sum.max + one.max};
  }
  return sum;
}

base::Result<std::vector<Part>> ParseHex(std::string_view text, const PatternOptions& options) {
  if (text.size() > kPatternTextBytesMax) {
    return Bad("longer than 32 KiB");
  }
  std::vector<Part> parts;
  std::string part_text;
  Gap gap;
  const auto finish = [&]() -> base::Status {
    if (part_text.empty()) {
      return Bad("a gap at an end, or two in a row");
    }
    DAY_TRY_ASSIGN(Part part, PartReader(part_text, options).Read());
    part.gap_min = gap.min;
    part.gap_max = gap.max;
    parts.push_back(std::move(part));
    part_text.clear();
    return base::OkStatus();
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '*') {
      DAY_TRY(finish());
      gap = {};
    } else if (text[at] == '{') {
      const std::size_t close = text.find('}', at);
      if (close == std::string_view::npos) {
        return Bad("a brace is not closed", at);
      }
      const std::string_view inside = text.substr(at + 1, close - at - 1);
      if (const auto wildcards = SmallExactGap(inside)) {
        part_text.append(*wildcards, kOneByte);
      } else {
        DAY_TRY_ASSIGN(const Gap next, ParseGap(inside));
        DAY_TRY(finish());
        gap = next;
      }
      if (part_text.size() > kPatternTextBytesMax) {
        return Bad("longer than 32 KiB");
      }
      at = close;
    } else if (text[at] == kOneByte) {
      return Bad("an unexpected character", at);
    } else {
      part_text += text[at];
    }
  }
  DAY_TRY(finish());
  return parts;
}

namespace {

// ClamAV reads an empty number as 0.
std::optional<std::uint32_t> LaxNumber(std::string_view text) {
  return text.empty() ? std::optional<std::uint32_t>(0) : Number(text);
}

// Everything but `*` and the shift.
std::optional<Offset> ParsePlace(std::string_view text) {
  using Kind = Offset::Kind;
  Offset out;
  const auto numbered = [&](Kind kind, std::size_t prefix) -> std::optional<Offset> {
    const auto number = LaxNumber(text.substr(prefix));
    if (!number) {
      return std::nullopt;
    }
    out.kind = kind;
    (kind == Kind::kInSection ? out.section : out.number) = *number;
    return out;
  };
  if (text.starts_with("EP+")) {
    return numbered(Kind::kEntryPlus, 3);
  }
  if (text.starts_with("EP-")) {
    return numbered(Kind::kEntryMinus, 3);
  }
  if (text.starts_with("EOF-")) {
    return numbered(Kind::kFromEnd, 4);
  }
  if (text.starts_with("SE")) {
    return numbered(Kind::kInSection, 2);
  }
  if (text.starts_with("SL+")) {
    return numbered(Kind::kLastSection, 3);
  }
  if (text.starts_with("VI")) {
    out.kind = Kind::kVersionStrings;
    return out;
  }
  if (text.starts_with("S")) {
    const std::size_t plus = std::min(text.find('+'), text.size());
    const auto section = Number(text.substr(1, plus - 1));
    const auto number = plus < text.size() ? Number(text.substr(plus + 1)) : std::nullopt;
    if (!section || !number) {
      return std::nullopt;
    }
    out.kind = Kind::kSection;
    out.section = *section;
    out.number = *number;
    return out;
  }
  if (text.size() > 2 && text.front() == '$' && text.back() == '$') {
    const auto group = Number(text.substr(1, text.size() - 2));
    if (!group || *group >= kMacroGroupCount) {
      return std::nullopt;
    }
    out.kind = Kind::kMacro;
    out.number = *group;
    return out;
  }
  return numbered(Kind::kAbsolute, 0);
}

}  // namespace

base::Result<Offset> ParseOffset(std::string_view text, std::uint8_t target) {
  if (text == "*") {
    return Offset{};
  }
  const std::size_t comma = std::min(text.find(','), text.size());
  const auto shift = LaxNumber(text.substr(std::min(comma + 1, text.size())));
  std::optional<Offset> out = ParsePlace(text.substr(0, comma));
  if (!out || !shift) {
    return Bad("the offset is not understood");
  }
  out->shift = *shift;
  const bool anywhere = out->kind == Offset::Kind::kAbsolute ||
                        out->kind == Offset::Kind::kFromEnd || out->kind == Offset::Kind::kMacro;
  if (!anywhere && target != 1 && target != 6 && target != 9) {
    return Bad("the offset needs a target of PE, ELF or Mach-O");
  }
  return *out;
}

}  // namespace day::signatures::clamav
