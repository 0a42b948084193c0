#include "libs/rules/modules/basic/testing/tests_module.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "libs/rules/module/schema.h"
#include "libs/rules/modules/basic/range.h"

namespace day::rules::modules::basic {
namespace {

using module::Argument;
using module::Field;
using module::FloatValue;
using module::Function;
using module::Index;
using module::IntegerValue;
using module::Kind;
using module::Value;

enum Id : std::uint16_t {
  kOne = 1,
  kTwo,
  kFoo,
  kEmptyText,
  kUndefinedInteger,
  kUndefinedFloat,
  kModuleData,
  kIntegerArray,
  kIntegerElement,
  kStringArray,
  kStringElement,
  kIntegerDict,
  kIntegerEntry,
  kStringDict,
  kStringEntry,
  kStructArray,
  kStructArrayI,
  kStructArrayS,
  kStructDict,
  kStructDictI,
  kStructDictS,
  kEmptyStructDict,
  kEmptyStructDictUnused,
  kEmptyStructArray,
  kInnerArray,
  kInnerArrayUnused,
  kInnerDict,
  kInnerDictUnused,
  kMatch,
  kIsum2,
  kIsum3,
  kFsum2,
  kFsum3,
  kLength,
  kEmpty,
  kFoobar,
};

constexpr Field kConstants[] = {
    Always(module::Integer("one", kOne)),
    Always(module::Integer("two", kTwo)),
    Always(module::String("foo", kFoo)),
    Always(module::String("empty", kEmptyText)),
};
constexpr Field kUndefined[] = {
    Always(module::Integer("i", kUndefinedInteger)),
    Always(module::Float("f", kUndefinedFloat)),
};
constexpr Field kIntegerElements[] = {Always(module::Integer("", kIntegerElement))};
constexpr Field kStringElements[] = {Always(module::String("", kStringElement))};
constexpr Field kIntegerEntries[] = {Always(module::Integer("", kIntegerEntry))};
constexpr Field kStringEntries[] = {Always(module::String("", kStringEntry))};
constexpr Field kStructArrayMembers[] = {
    Always(module::Integer("i", kStructArrayI)),
    Always(module::String("s", kStructArrayS)),
};
constexpr Field kStructArrayElement[] = {module::Struct("", kStructArrayMembers)};
constexpr Field kStructDictMembers[] = {
    Always(module::Integer("i", kStructDictI)),
    Always(module::String("s", kStructDictS)),
};
constexpr Field kStructDictElement[] = {module::Struct("", kStructDictMembers)};
constexpr Field kEmptyDictMembers[] = {Always(module::Integer("unused", kEmptyStructDictUnused))};
constexpr Field kEmptyDictElement[] = {module::Struct("", kEmptyDictMembers)};
constexpr Field kInnerArrayMembers[] = {Always(module::String("unused", kInnerArrayUnused))};
constexpr Field kInnerArrayElement[] = {module::Struct("", kInnerArrayMembers)};
constexpr Field kInnerDictMembers[] = {Always(module::String("unused", kInnerDictUnused))};
constexpr Field kInnerDictElement[] = {module::Struct("", kInnerDictMembers)};
constexpr Field kEmptyArrayMembers[] = {
    Always(module::Array("struct_array", kInnerArray, kInnerArrayElement)),
    Always(module::Dictionary("struct_dict", kInnerDict, kInnerDictElement)),
};
constexpr Field kEmptyArrayElement[] = {module::Struct("", kEmptyArrayMembers)};

constexpr Field kFields[] = {
    module::Struct("constants", kConstants),
    module::Struct("undefined", kUndefined),
    Always(module::String("module_data", kModuleData)),
    Always(module::Array("integer_array", kIntegerArray, kIntegerElements)),
    Always(module::Array("string_array", kStringArray, kStringElements)),
    Always(module::Dictionary("integer_dict", kIntegerDict, kIntegerEntries)),
    Always(module::Dictionary("string_dict", kStringDict, kStringEntries)),
    Always(module::Array("struct_array", kStructArray, kStructArrayElement)),
    Always(module::Dictionary("struct_dict", kStructDict, kStructDictElement)),
    Always(module::Dictionary("empty_struct_dict", kEmptyStructDict, kEmptyDictElement)),
    Always(module::Array("empty_struct_array", kEmptyStructArray, kEmptyArrayElement)),
    Always(Function("match", kMatch, "rs", Kind::kInteger)),
    Always(Function("isum", kIsum2, "ii", Kind::kInteger)),
    Always(Function("isum", kIsum3, "iii", Kind::kInteger)),
    Always(Function("fsum", kFsum2, "ff", Kind::kFloat)),
    Always(Function("fsum", kFsum3, "fff", Kind::kFloat)),
    Always(Function("length", kLength, "s", Kind::kInteger)),
    Always(Function("empty", kEmpty, "", Kind::kString)),
    Always(Function("foobar", kFoobar, "i", Kind::kString)),
};
constexpr Field kRoot = module::Struct("tests", kFields);

constexpr std::array<std::string_view, 4> kStrings = {"foo", "bar", "baz",
                                                      std::string_view("foo\0bar", 7)};
constexpr std::array<std::string_view, 2> kStringKeys = {"foo", "bar"};

Value IntegerElement(std::int64_t index) {
  return (index >= 0 && index <= 2) || index == 256 ? Value::Integer(index) : Value::Undefined();
}

Value StringElement(std::int64_t index) {
  return index >= 0 && index < 4 ? Value::String(kStrings[static_cast<std::size_t>(index)])
                                 : Value::Undefined();
}

class TestsInstance final : public module::FunctionsInstance {
 public:
  Value Get(std::uint16_t id, std::span<const Index> indices) override {
    switch (id) {
      case kOne:
        return Value::Integer(1);
      case kTwo:
        return Value::Integer(2);
      case kFoo:
        return Value::String("foo");
      case kEmptyText:
        return Value::String("");
      case kModuleData:
        return input().module_data.empty() ? Value::Undefined()
                                           : Value::String(base::AsText(input().module_data));
      case kIntegerElement:
        return IntegerElement(indices[0].number);
      case kStringElement:
        return StringElement(indices[0].number);
      case kStringEntry:
        return indices[0].key == "foo" || indices[0].key == "bar" ? Value::String(indices[0].key)
                                                                  : Value::Undefined();
      case kStructArrayI:
        return indices[0].number == 1 ? Value::Integer(1) : Value::Undefined();
      case kStructDictI:
        return indices[0].key == "foo" ? Value::Integer(1) : Value::Undefined();
      case kStructDictS:
        return indices[0].key == "foo" ? Value::String("foo") : Value::Undefined();
      default:
        return Value::Undefined();
    }
  }

  std::optional<std::uint64_t> Length(std::uint16_t id, std::span<const Index>) override {
    switch (id) {
      case kIntegerArray:
        return 257;
      case kStringArray:
        return kStrings.size();
      case kStringDict:
        return kStringKeys.size();
      case kStructArray:
        return 2;
      case kStructDict:
        return 1;
      case kIntegerDict:
      case kEmptyStructDict:
      case kEmptyStructArray:
        return 0;
      default:
        return std::nullopt;  // below an element that does not exist
    }
  }

  std::string_view KeyAt(std::uint16_t, std::span<const Index>, std::uint64_t position) override {
    return kStringKeys[static_cast<std::size_t>(position)];
  }

  Value Call(std::uint16_t id, std::span<const Index>,
             std::span<const Argument> arguments) override {
    switch (id) {
      case kMatch:
        return Value::Integer(
            arguments[0].regex->Search(base::AsBytes(AsCString(arguments[1].value.text))));
      case kIsum2:
      case kIsum3: {
        std::uint64_t sum = 0;
        for (const Argument& argument : arguments) {
          sum += static_cast<std::uint64_t>(argument.value.integer);
        }
        return IntegerValue(sum);
      }
      case kFsum2:
      case kFsum3: {
        double sum = arguments[0].value.real;
        for (const Argument& argument : arguments.subspan(1)) {
          sum += argument.value.real;
        }
        return FloatValue(sum);
      }
      case kLength:
        return Value::Integer(static_cast<std::int64_t>(AsCString(arguments[0].value.text).size()));
      case kEmpty:
        return Value::String("");
      default: {
        const std::int64_t number = arguments[0].value.integer;
        return Value::String(number == 1 ? "foo" : number == 2 ? "bar" : "oops");
      }
    }
  }
};

}  // namespace

std::unique_ptr<module::Module> CreateTestsModule() {
  return module::MakeModule(kRoot, module::Format::kAny,
                            [] { return std::make_unique<TestsInstance>(); });
}

}  // namespace day::rules::modules::basic
