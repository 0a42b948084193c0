#include "libs/rules/modules/basic/console_module.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "libs/rules/module/schema.h"
#include "libs/rules/modules/basic/range.h"

namespace day::rules::modules::basic {
namespace {

using module::Argument;
using module::Field;
using module::Function;
using module::Index;
using module::Kind;
using module::Value;

enum Id : std::uint16_t { kLogString = 1, kLogInteger, kLogFloat, kHexInteger };

constexpr Field kFields[] = {
    Always(Function("log", kLogString, "s", Kind::kInteger)),
    Always(Function("log", kLogString, "ss", Kind::kInteger)),
    Always(Function("log", kLogInteger, "i", Kind::kInteger)),
    Always(Function("log", kLogInteger, "si", Kind::kInteger)),
    Always(Function("log", kLogFloat, "f", Kind::kInteger)),
    Always(Function("log", kLogFloat, "sf", Kind::kInteger)),
    Always(Function("hex", kHexInteger, "i", Kind::kInteger)),
    Always(Function("hex", kHexInteger, "si", Kind::kInteger)),
};
constexpr Field kRoot = module::Struct("console", kFields);

void AppendEscaped(std::string& line, std::string_view text) {
  for (const char c : text) {
    if (c >= 0x20 && c < 0x7F) {
      line.push_back(c);
    } else {
      line += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
}

class ConsoleInstance final : public module::FunctionsInstance {
 public:
  Value Call(std::uint16_t id, std::span<const Index>,
             std::span<const Argument> arguments) override {
    std::string line;
    if (arguments.size() == 2) {
      line = AsCString(arguments[0].value.text);
    }
    const Value& value = arguments.back().value;
    switch (id) {
      case kLogString:
        AppendEscaped(line, value.text);
        break;
      case kLogInteger:
        line += fmt::format("{}", value.integer);
        break;
      case kLogFloat:
        line += fmt::format("{:f}", value.real);
        break;
      default:
        line += fmt::format("0x{:x}", static_cast<std::uint64_t>(value.integer));
        break;
    }
    (*input().console)(line);
    return Value::Integer(1);
  }
};

}  // namespace

std::unique_ptr<module::Module> CreateConsoleModule() {
  return module::MakeModule(kRoot, module::Format::kAny,
                            [] { return std::make_unique<ConsoleInstance>(); });
}

}  // namespace day::rules::modules::basic
