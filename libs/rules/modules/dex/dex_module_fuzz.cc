// Asks the module for every field and calls every function on arbitrary bytes.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "libs/rules/modules/dex/dex_module.h"

namespace {

using day::rules::module::Field;
using day::rules::module::Index;
using day::rules::module::Instance;
using day::rules::module::Kind;

constexpr std::uint64_t kElementsMax = 500;  // keeps one input fast
constexpr std::size_t kPathMax = 4;

std::uint64_t seen = 0;

void Visit(Instance& instance, const Field& field, std::array<Index, kPathMax>& path,
           std::size_t depth) {
  const std::span<const Index> indices(path.data(), depth);
  switch (field.kind) {
    case Kind::kStruct:
      for (const Field& child : field.children) {
        Visit(instance, child, path, depth);
      }
      return;
    case Kind::kArray: {
      const std::uint64_t length = instance.Length(field.id, indices).value_or(0);
      for (std::uint64_t i = 0; i < length && i < kElementsMax; ++i) {
        path[depth].number = static_cast<std::int64_t>(i);
        Visit(instance, field.children[0], path, depth + 1);
      }
      return;
    }
    case Kind::kFunction:
      return;
    default:
      if (!field.constant) {
        const auto value = instance.Get(field.id, indices);
        for (const char c : value.text) {
          seen += static_cast<unsigned char>(c);
        }
      }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using day::rules::module::Argument;
  using day::rules::module::Value;
  static const auto module = day::rules::modules::dex::CreateDexModule();
  static const auto instance = module->CreateInstance();
  day::rules::module::ScanInput input;
  input.data = std::as_bytes(std::span(data, size));
  instance->Bind(input);
  std::array<Index, kPathMax> path{};
  Visit(*instance, module->root(), path, 0);
  const std::array<Argument, 2> arguments = {Argument{Value::String("LDemo;"), nullptr},
                                             Argument{Value::String("run"), nullptr}};
  for (const Field& field : module->root().children) {
    if (field.kind == Kind::kFunction && field.arguments[0] == 's') {
      const auto value =
          instance->Call(field.id, {}, std::span(arguments).first(field.arguments.size()));
      seen += static_cast<std::uint64_t>(value.integer);
    }
  }
  return 0;
}
