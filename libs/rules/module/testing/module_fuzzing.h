// What every module's fuzzer does: binds an input, asks for every field, calls every function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/rules/module/dump.h"
#include "libs/rules/module/module.h"

namespace day::rules::module {

// Matches texts of even length, so that functions take both branches.
class EvenLengthRegex final : public RegexArgument {
 public:
  std::int64_t Search(base::Bytes subject) const override {
    return subject.size() % 2 == 0 ? 1 : -1;
  }
};

struct FuzzArguments {
  std::string_view text = "kernel32.dll";
  std::int64_t integer = 3;
};

// Calls every function below `parent` once, with the first element of each array on the way.
inline void CallFunctions(Instance& instance, const Field& parent, const FuzzArguments& values) {
  constexpr std::size_t kArraysMax = 4;
  static const Index kIndices[kArraysMax] = {};
  const EvenLengthRegex regex;
  for (const Field& field : parent.children) {
    if (field.kind != Kind::kFunction) {
      CallFunctions(instance, field, values);
      continue;
    }
    std::vector<Argument> arguments;
    for (const char type : field.arguments) {
      switch (type) {
        case 's':
          arguments.push_back({.value = Value::String(values.text)});
          break;
        case 'f':
          arguments.push_back({.value = Value::Float(static_cast<double>(values.integer))});
          break;
        case 'r':
          arguments.push_back({.value = {}, .regex = &regex});
          break;
        default:
          arguments.push_back({.value = Value::Integer(values.integer)});
          break;
      }
    }
    (void)instance.Call(field.id, kIndices, arguments);
  }
}

// `data` is the file; `module_data` what `-x MODULE=` gives.
inline void AskEverything(const Module& module, Instance& instance, base::Bytes data,
                          base::Bytes module_data = {}, const FuzzArguments& values = {}) {
  const std::function<void(std::string_view)> console = [](std::string_view) {};
  instance.Bind({.data = data, .module_data = module_data, .console = &console});
  std::string text;
  AppendDump(module, instance, text);
  CallFunctions(instance, module.root(), values);
}

}  // namespace day::rules::module
