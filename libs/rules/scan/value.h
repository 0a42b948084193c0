// The value of an expression: 16 bytes, passed by value.
//
// Besides YARA's undefined there is kUnknown: what a first, cheap evaluation answers when it would
// have to search the file. Booleans are integers 0 and 1.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <string_view>

#include "libs/rules/module/module.h"

namespace day::rules::scan {

// libyara keeps "undefined" inside 64-bit integers, as this number. Arithmetic that happens to give
// it is therefore undefined, and so it is here.
inline constexpr std::int64_t kUndefinedNumber = static_cast<std::int64_t>(0xFFFABADAFABADAFFull);

class Value {
 public:
  enum class Kind : std::uint8_t { kUndefined, kUnknown, kInteger, kFloat, kText };

  constexpr Value() : integer_(0) {}
  static Value Undefined() { return {}; }
  static Value Unknown() { return Value(Kind::kUnknown, 0); }
  static Value Boolean(bool value) { return Value(Kind::kInteger, value ? 1 : 0); }
  static Value Integer(std::int64_t value) {
    return value == kUndefinedNumber ? Value() : Value(Kind::kInteger, value);
  }
  static Value Float(double value) {
    Value made(Kind::kFloat, 0);
    made.real_ = value;
    return made;
  }
  static Value Text(std::string_view value) {
    Value made(Kind::kText, 0);
    made.text_ = value.data();
    const bool fits = value.size() <= std::numeric_limits<std::uint32_t>::max();
    made.size_ =
        fits ? static_cast<std::uint32_t>(value.size()) : std::numeric_limits<std::uint32_t>::max();
    return made;
  }
  // What a module answers. libyara reads a float that is not a number as undefined.
  static Value FromModule(const module::Value& value) {
    switch (value.type) {
      case module::Value::Type::kInteger:
        return Integer(value.integer);
      case module::Value::Type::kFloat:
        return value.real != value.real ? Value() : Float(value.real);
      case module::Value::Type::kString:
        return Text(value.text);
      case module::Value::Type::kUndefined:
        break;
    }
    return {};
  }

  Kind kind() const { return kind_; }
  bool defined() const { return kind_ > Kind::kUnknown; }
  bool undefined() const { return kind_ == Kind::kUndefined; }
  bool unknown() const { return kind_ == Kind::kUnknown; }
  // REQUIRES: the kind asked for.
  std::int64_t integer() const { return integer_; }
  double real() const { return real_; }
  std::string_view text() const { return {text_, size_}; }

  // The value as libyara's conditions see it: a text is whether it is not empty, a float its bits
  // (so that negative zero is true). REQUIRES: defined().
  std::int64_t Bits() const {
    switch (kind_) {
      case Kind::kFloat:
        return std::bit_cast<std::int64_t>(real_);
      case Kind::kText:
        return size_ > 0 ? 1 : 0;
      default:
        return integer_;
    }
  }
  bool IsTrue() const { return defined() && Bits() != 0; }
  // REQUIRES: an integer or a float.
  double AsFloat() const { return kind_ == Kind::kFloat ? real_ : static_cast<double>(integer_); }

  module::Value ToModule() const {
    switch (kind_) {
      case Kind::kInteger:
        return module::Value::Integer(integer_);
      case Kind::kFloat:
        return module::Value::Float(real_);
      case Kind::kText:
        return module::Value::String(text());
      default:
        return module::Value::Undefined();
    }
  }

 private:
  Value(Kind kind, std::int64_t integer) : integer_(integer), kind_(kind) {}

  union {
    std::int64_t integer_;
    double real_;
    const char* text_;
  };
  std::uint32_t size_ = 0;
  Kind kind_ = Kind::kUndefined;
};

}  // namespace day::rules::scan
