// Helpers for writing a module down: constexpr builders of Fields, a Module made of static parts,
// and the base of an Instance that has functions only.
//
//   constexpr Field kFields[] = {Constant("ET_EXEC", 2), Integer("type", kType)};
//   constexpr Field kRoot = Struct("elf", kFields);
//   return MakeModule(kRoot, Format::kElf, [] { return std::make_unique<ElfInstance>(); });
//
// Thread safety: everything here is immutable or a value.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "libs/rules/module/module.h"

namespace day::rules::module {

// The bit pattern that YARA uses for "undefined". A file can spell it, and is then undefined in
// YARA: IntegerValue() keeps that, so that even such a file gives the same findings.
inline constexpr std::uint64_t kUndefinedPattern = 0xFFFABADAFABADAFFull;

inline Value IntegerValue(std::uint64_t bits) {
  return bits == kUndefinedPattern ? Value::Undefined()
                                   : Value::Integer(static_cast<std::int64_t>(bits));
}

// YARA's floating-point results are undefined when they are not a number.
inline Value FloatValue(double real) {
  return std::isnan(real) ? Value::Undefined() : Value::Float(real);
}

constexpr Field Leaf(std::string_view name, Kind kind, std::uint16_t id) {
  return {.name = name, .kind = kind, .id = id};
}
constexpr Field Integer(std::string_view name, std::uint16_t id) {
  return Leaf(name, Kind::kInteger, id);
}
constexpr Field Float(std::string_view name, std::uint16_t id) {
  return Leaf(name, Kind::kFloat, id);
}
constexpr Field String(std::string_view name, std::uint16_t id) {
  return Leaf(name, Kind::kString, id);
}
constexpr Field Constant(std::string_view name, std::int64_t value) {
  return {.name = name, .kind = Kind::kInteger, .constant = value, .defined_without_format = true};
}
constexpr Field Struct(std::string_view name, std::span<const Field> children) {
  return {.name = name, .kind = Kind::kStruct, .children = children};
}
// `element` has exactly one entry: the element's Field.
constexpr Field Array(std::string_view name, std::uint16_t id, std::span<const Field> element) {
  return {.name = name, .kind = Kind::kArray, .id = id, .children = element};
}
constexpr Field Dictionary(std::string_view name, std::uint16_t id,
                           std::span<const Field> element) {
  return {.name = name, .kind = Kind::kDictionary, .id = id, .children = element};
}
constexpr Field Function(std::string_view name, std::uint16_t id, std::string_view arguments,
                         Kind result) {
  return {
      .name = name, .kind = Kind::kFunction, .id = id, .arguments = arguments, .result = result};
}
// The same field, with a value on every file.
constexpr Field Always(Field field) {
  field.defined_without_format = true;
  return field;
}

// A Module of static parts. REQUIRES: the name and everything below `root` are static.
class StaticModule final : public Module {
 public:
  using Factory = std::function<std::unique_ptr<Instance>()>;

  StaticModule(const Field& root, Format format, Factory factory)
      : root_(root), format_(format), factory_(std::move(factory)) {}

  std::string_view name() const override { return root_.name; }
  const Field& root() const override { return root_; }
  Format format() const override { return format_; }
  std::unique_ptr<Instance> CreateInstance() const override { return factory_(); }

 private:
  Field root_;
  Format format_;
  Factory factory_;
};

inline std::unique_ptr<Module> MakeModule(const Field& root, Format format,
                                          StaticModule::Factory factory) {
  return std::make_unique<StaticModule>(root, format, std::move(factory));
}

// The base of an Instance without fields.
class FunctionsInstance : public Instance {
 public:
  void Bind(const ScanInput& input) override { input_ = input; }
  Value Get(std::uint16_t, std::span<const Index>) override { return Value::Undefined(); }
  std::optional<std::uint64_t> Length(std::uint16_t, std::span<const Index>) override {
    return std::nullopt;
  }
  std::string_view KeyAt(std::uint16_t, std::span<const Index>, std::uint64_t) override {
    return {};
  }

 protected:
  const ScanInput& input() const { return input_; }

 private:
  ScanInput input_;
};

}  // namespace day::rules::module
