#include "libs/rules/modules/basic/string_module.h"

#include <limits>

#include "libs/rules/module/schema.h"
#include "libs/rules/modules/basic/range.h"

namespace day::rules::modules::basic {
namespace {

using module::Argument;
using module::Field;
using module::Function;
using module::Index;
using module::IntegerValue;
using module::Kind;
using module::Value;

enum Id : std::uint16_t { kToInt = 1, kToIntBase, kLength };

constexpr Field kFields[] = {
    Always(Function("to_int", kToInt, "s", Kind::kInteger)),
    Always(Function("to_int", kToIntBase, "si", Kind::kInteger)),
    Always(Function("length", kLength, "s", Kind::kInteger)),
};
constexpr Field kRoot = module::Struct("string", kFields);

constexpr int kNoDigit = 99;

int DigitValue(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'z') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'Z') {
    return c - 'A' + 10;
  }
  return kNoDigit;
}

bool HasHexPrefix(std::string_view text) {
  return text.size() >= 3 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') &&
         DigitValue(text[2]) < 16;
}

Value ToInt(std::string_view text, int base) {
  const std::optional<std::int64_t> number = ParseInteger(text, base);
  return number ? IntegerValue(static_cast<std::uint64_t>(*number)) : Value::Undefined();
}

class StringInstance final : public module::FunctionsInstance {
 public:
  Value Call(std::uint16_t id, std::span<const Index>,
             std::span<const Argument> arguments) override {
    const std::string_view text = arguments[0].value.text;
    switch (id) {
      case kToInt:
        return ToInt(text, 0);
      case kToIntBase: {
        const std::int64_t base = arguments[1].value.integer;
        if (base != 0 && (base < 2 || base > 36)) {
          return Value::Undefined();
        }
        return ToInt(text, static_cast<int>(base));
      }
      default:
        return Value::Integer(static_cast<std::int64_t>(text.size()));
    }
  }
};

}  // namespace

std::optional<std::int64_t> ParseInteger(std::string_view text, int base) {
  text = AsCString(text);
  const std::size_t start = text.find_first_not_of(" \t\n\v\f\r");
  text.remove_prefix(start == std::string_view::npos ? text.size() : start);
  const bool negative = !text.empty() && text[0] == '-';
  if (negative || (!text.empty() && text[0] == '+')) {
    text.remove_prefix(1);
  }
  if ((base == 0 || base == 16) && HasHexPrefix(text)) {
    text.remove_prefix(2);
    base = 16;
  } else if (base == 0) {
    base = !text.empty() && text[0] == '0' ? 8 : 10;
  }
  if (text.empty()) {
    return std::nullopt;
  }
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const std::uint64_t magnitude_max = negative ? kMax + 1 : kMax;
  const auto radix = static_cast<std::uint64_t>(base);
  std::uint64_t magnitude = 0;
  for (const char c : text) {
    const int digit = DigitValue(c);
    if (digit >= base) {
      return std::nullopt;
    }
    const auto addend = static_cast<std::uint64_t>(digit);
    if (magnitude > (magnitude_max - addend) / radix) {
      return std::nullopt;
    }
    magnitude = magnitude * radix + addend;
  }
  return static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
}

std::unique_ptr<module::Module> CreateStringModule() {
  return module::MakeModule(kRoot, module::Format::kAny,
                            [] { return std::make_unique<StringInstance>(); });
}

}  // namespace day::rules::modules::basic
