#include "libs/signatures/filetypes/pattern_expression.h"

#include <cstdint>
#include <string_view>

#include "libs/signatures/clamav/pattern_text.h"

namespace day::signatures::filetypes {
namespace {

using clamav::Element;
using clamav::MaskedByte;

// PCRE2 takes no more repetitions of one thing.
constexpr std::uint32_t kRepetitionsMax = 65535;
constexpr unsigned kByteValues = 256;

std::string Hex(unsigned value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return std::string("\\x") + kDigits[value >> 4 & 15] + kDigits[value & 15];
}

std::string ByteExpression(MaskedByte byte) {
  if (byte.mask == 0xFF) {
    return Hex(byte.value);
  }
  if (byte.mask == 0) {
    return ".";
  }
  std::string set = "[";
  for (unsigned value = 0; value < kByteValues; ++value) {
    if ((value & byte.mask) == byte.value) {
      set += Hex(value);
    }
  }
  return set + "]";
}

std::optional<std::string> Flat(const std::vector<Element>& elements);

// Choices nest at most clamav::kNestingMax deep.
std::optional<std::string> ChoiceExpression(const Element& element) {
  std::string choices;
  for (const std::vector<Element>& choice : element.choices) {
    const auto expression = Flat(choice);
    if (!expression) {
      return std::nullopt;
    }
    choices += (choices.empty() ? "" : "|") + *expression;
  }
  if (!element.negated) {
    return "(?:" + choices + ")";
  }
  const std::uint32_t length =
      element.choices.empty() ? 0 : clamav::LengthOf(element.choices.front()).max;
  return "(?!" + choices + ").{" + std::to_string(length) + "}";
}

std::optional<std::string> Flat(const std::vector<Element>& elements) {
  std::string expression;
  for (const Element& element : elements) {
    if (element.kind == Element::Kind::kTest) {
      return std::nullopt;
    }
    if (element.kind == Element::Kind::kBytes) {
      for (const MaskedByte byte : element.bytes) {
        expression += ByteExpression(byte);
      }
      continue;
    }
    const auto choice = ChoiceExpression(element);
    if (!choice) {
      return std::nullopt;
    }
    expression += *choice;
  }
  return expression;
}

std::string Gap(const clamav::Part& part) {
  if (part.gap_min > kRepetitionsMax) {
    return "(?!)";  // no kilobyte has it
  }
  std::string gap = ".{" + std::to_string(part.gap_min) + ",";
  if (part.gap_max != 0 && part.gap_max <= kRepetitionsMax) {
    gap += std::to_string(part.gap_max);
  }
  return gap + "}?";
}

}  // namespace

std::optional<std::string> ExpressionOf(const std::vector<clamav::Part>& parts) {
  std::string expression;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const clamav::Part& part = parts[i];
    const auto bytes = Flat(part.elements);
    if (!bytes || part.left.test != clamav::Test::kNone || part.right.test != clamav::Test::kNone ||
        part.far_left || part.far_right) {
      return std::nullopt;
    }
    expression += (i == 0 ? "" : Gap(part)) + *bytes;
  }
  return expression;
}

std::string LiteralOf(const std::vector<clamav::Part>& parts) {
  std::string longest;
  for (const clamav::Part& part : parts) {
    for (const Element& element : part.elements) {
      std::string run;
      for (const MaskedByte byte : element.bytes) {
        run = byte.mask == 0xFF ? run + static_cast<char>(byte.value) : std::string();
        longest = run.size() > longest.size() ? run : longest;
      }
    }
  }
  return longest;
}

}  // namespace day::signatures::filetypes
