// Asks the module for every field of arbitrary bytes.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "libs/rules/modules/dotnet/dotnet_module.h"

namespace {

using day::rules::module::Field;
using day::rules::module::Index;
using day::rules::module::Instance;
using day::rules::module::Kind;

constexpr std::uint64_t kElementsMax = 100;  // keeps one input fast
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
  static const auto module = day::rules::modules::dotnet::CreateDotnetModule();
  static const auto instance = module->CreateInstance();
  day::rules::module::ScanInput input;
  input.data = std::as_bytes(std::span(data, size));
  instance->Bind(input);
  std::array<Index, kPathMax> path{};
  Visit(*instance, module->root(), path, 0);
  return 0;
}
