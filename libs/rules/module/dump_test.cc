#include "libs/rules/module/dump.h"

#include <gtest/gtest.h>

#include <memory>

#include "libs/rules/module/schema.h"

namespace day::rules::module {
namespace {

enum Id : std::uint16_t { kNumber = 1, kReal, kText, kList, kItem, kInner, kDeep, kMap, kEntry };

constexpr Field kInnerFields[] = {Integer("first", kDeep), Integer("second", kDeep)};
constexpr Field kInnerElement[] = {Struct("", kInnerFields)};
constexpr Field kListFields[] = {Integer("item", kItem), Array("inner", kInner, kInnerElement)};
constexpr Field kListElement[] = {Struct("", kListFields)};
constexpr Field kMapElement[] = {String("", kEntry)};
constexpr Field kNested[] = {Integer("number", kNumber)};
constexpr Field kFields[] = {
    Constant("ANSWER", 42),
    Integer("number", kNumber),
    Float("real", kReal),
    String("text", kText),
    Function("call", 99, "", Kind::kInteger),
    Struct("nested", kNested),
    Array("list", kList, kListElement),
    Dictionary("map", kMap, kMapElement),
};
constexpr Field kRoot = Struct("sample", kFields);

class SampleInstance final : public FunctionsInstance {
 public:
  Value Get(std::uint16_t id, std::span<const Index> indices) override {
    switch (id) {
      case kReal:
        return Value::Float(1.5);
      case kText:
        return Value::String(std::string_view("a\"\n\0\x80", 5));
      case kItem:
        return Value::Integer(indices[0].number * 10);
      case kDeep:
        return Value::Integer(indices[0].number * 10 + indices[1].number);
      case kEntry:
        return Value::String(indices[0].key);
      default:
        return Value::Undefined();
    }
  }
  std::optional<std::uint64_t> Length(std::uint16_t id, std::span<const Index>) override {
    return id == kInner ? 1 : 2;
  }
  std::string_view KeyAt(std::uint16_t, std::span<const Index>, std::uint64_t position) override {
    return position == 0 ? "one" : "two";
  }
  Value Call(std::uint16_t, std::span<const Index>, std::span<const Argument>) override {
    return {};
  }
};

// The order is YARA's: turned round at each level of copying.
TEST(Dump, IsWhatYaraPrints) {
  const auto module =
      MakeModule(kRoot, Format::kAny, [] { return std::make_unique<SampleInstance>(); });
  const auto instance = module->CreateInstance();
  std::string text;
  AppendDump(*module, *instance, text);
  EXPECT_EQ(text,
            "sample\n"
            "\tmap\n"
            "\t\tone = \"one\"\n"
            "\t\ttwo = \"two\"\n"
            "\tlist\n"
            "\t\t[0]\n"
            "\t\t\titem = 0\n"
            "\t\t\tinner\n"
            "\t\t\t\t[0]\n"
            "\t\t\t\t\tsecond = 0\n"
            "\t\t\t\t\tfirst = 0\n"
            "\t\t[1]\n"
            "\t\t\titem = 10\n"
            "\t\t\tinner\n"
            "\t\t\t\t[0]\n"
            "\t\t\t\t\tsecond = 10\n"
            "\t\t\t\t\tfirst = 10\n"
            "\tnested\n"
            "\t\tnumber = YR_UNDEFINED\n"
            "\ttext = \"a\"\\x0a\\x00\\x80\"\n"
            "\treal = 1.500000\n"
            "\tnumber = YR_UNDEFINED\n"
            "\tANSWER = 42\n");
}

}  // namespace
}  // namespace day::rules::module
