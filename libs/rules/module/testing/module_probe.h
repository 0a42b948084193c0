// ModuleProbe: asks a module for fields by their path and calls its functions, as a rule would.
//
//   ModuleProbe probe(CreateElfModule());
//   probe.Bind(file);
//   EXPECT_EQ(probe.Integer("sections[1].type"), 3);
//   EXPECT_EQ(probe.CallText("telfhash", {}), "T1...");
//
// Only for tests. A path that the schema does not have ends the test program.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/rules/module/module.h"

namespace day::rules::module {

// A RegexArgument made of std::regex (ECMAScript), for tests of functions that take one.
class StdRegexArgument final : public RegexArgument {
 public:
  explicit StdRegexArgument(const std::string& pattern) : regex_(pattern) {}
  std::int64_t Search(base::Bytes subject) const override {
    const std::string text(base::AsText(subject));
    std::smatch match;
    return std::regex_search(text, match, regex_) ? match.length(0) : -1;
  }

 private:
  std::regex regex_;
};

template <std::integral T>
Argument Arg(T v) {
  return {.value = Value::Integer(static_cast<std::int64_t>(v))};
}
inline Argument Arg(double v) { return {.value = Value::Float(v)}; }
inline Argument Arg(std::string_view v) { return {.value = Value::String(v)}; }
inline Argument Arg(const char* v) { return {.value = Value::String(v)}; }
inline Argument Arg(const RegexArgument& v) { return {.value = {}, .regex = &v}; }

class ModuleProbe {
 public:
  explicit ModuleProbe(std::unique_ptr<Module> module)
      : module_(std::move(module)),
        instance_(module_->CreateInstance()),
        console_([this](std::string_view line) { lines_.emplace_back(line); }) {}

  // Copies the file, so that a probe outlives what it was given.
  void Bind(std::string_view file, std::string_view module_data = {}) {
    file_ = file;
    module_data_ = module_data;
    instance_->Bind({.data = base::AsBytes(file_),
                     .module_data = base::AsBytes(module_data_),
                     .console = &console_});
  }

  Value Get(std::string_view path) {
    const Place place = Find(path);
    if (place.field->constant) {
      return Value::Integer(*place.field->constant);
    }
    return instance_->Get(place.field->id, place.indices);
  }
  std::optional<std::int64_t> Integer(std::string_view path) { return AsInteger(Get(path)); }
  std::optional<std::string> Text(std::string_view path) { return AsString(Get(path)); }
  std::optional<std::uint64_t> Length(std::string_view path) {
    const Place place = Find(path);
    return instance_->Length(place.field->id, place.indices);
  }
  std::string KeyAt(std::string_view path, std::uint64_t position) {
    const Place place = Find(path);
    return std::string(instance_->KeyAt(place.field->id, place.indices, position));
  }

  // Chooses the overload by the arguments' types; a boolean is an integer.
  Value Call(std::string_view path, const std::vector<Argument>& arguments) {
    const std::size_t dot = path.rfind('.');
    const std::string_view name = dot == std::string_view::npos ? path : path.substr(dot + 1);
    const Place parent = dot == std::string_view::npos
                             ? Place{.field = &module_->root(), .indices = {}}
                             : Find(path.substr(0, dot));
    for (const Field& child : parent.field->children) {
      if (child.name == name && Fits(child.arguments, arguments)) {
        return instance_->Call(child.id, parent.indices, arguments);
      }
    }
    return Fail(path);
  }
  std::optional<std::int64_t> CallInteger(std::string_view path,
                                          const std::vector<Argument>& arguments) {
    return AsInteger(Call(path, arguments));
  }
  std::optional<double> CallFloat(std::string_view path, const std::vector<Argument>& arguments) {
    const Value value = Call(path, arguments);
    return value.type == Value::Type::kFloat ? std::optional(value.real) : std::nullopt;
  }
  std::optional<std::string> CallText(std::string_view path,
                                      const std::vector<Argument>& arguments) {
    return AsString(Call(path, arguments));
  }

  const std::vector<std::string>& lines() const { return lines_; }
  Instance& instance() { return *instance_; }
  const Module& module() const { return *module_; }

 private:
  struct Place {
    const Field* field;
    std::vector<Index> indices;
  };

  static std::optional<std::int64_t> AsInteger(const Value& value) {
    return value.type == Value::Type::kInteger ? std::optional(value.integer) : std::nullopt;
  }
  static std::optional<std::string> AsString(const Value& value) {
    return value.type == Value::Type::kString ? std::optional(std::string(value.text))
                                              : std::nullopt;
  }

  static bool Fits(std::string_view letters, const std::vector<Argument>& arguments) {
    if (letters.size() != arguments.size()) {
      return false;
    }
    for (std::size_t i = 0; i < letters.size(); ++i) {
      const Value::Type type = arguments[i].value.type;
      const char letter = letters[i];
      const bool fits = (letter == 'r' && arguments[i].regex != nullptr) ||
                        (letter == 's' && type == Value::Type::kString) ||
                        (letter == 'f' && type == Value::Type::kFloat) ||
                        ((letter == 'i' || letter == 'b') && type == Value::Type::kInteger);
      if (!fits) {
        return false;
      }
    }
    return true;
  }

  // Walks "a[1].b[\"key\"].c" down the schema.
  Place Find(std::string_view path) {
    Place place{.field = &module_->root(), .indices = {}};
    while (!path.empty()) {
      if (path[0] == '.') {
        path.remove_prefix(1);
      }
      if (path[0] == '[') {
        const std::size_t end = path.find(']');
        const std::string_view inside = path.substr(1, end - 1);
        if (inside[0] == '"') {
          place.indices.push_back({.number = 0, .key = inside.substr(1, inside.size() - 2)});
        } else {
          place.indices.push_back({.number = std::atoll(std::string(inside).c_str()), .key = {}});
        }
        place.field = &place.field->children[0];
        path.remove_prefix(end + 1);
        continue;
      }
      const std::size_t end = path.find_first_of(".[");
      const Field* child = FindChild(*place.field, path.substr(0, end));
      if (child == nullptr) {
        Fail(path);
      }
      place.field = child;
      path.remove_prefix(end == std::string_view::npos ? path.size() : end);
    }
    return place;
  }

  [[noreturn]] static Value Fail(std::string_view path) {
    std::fprintf(stderr, "no such field: %.*s\n", static_cast<int>(path.size()), path.data());
    std::abort();
  }

  std::unique_ptr<Module> module_;
  std::unique_ptr<Instance> instance_;
  std::string file_;
  std::string module_data_;
  std::vector<std::string> lines_;
  std::function<void(std::string_view)> console_;
};

}  // namespace day::rules::module
