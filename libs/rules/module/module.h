// The interface between the YARA language and its modules (pe, elf, hash, ...).
//
// A module is two things: a schema (which fields and functions exist, with their types) that the
// checker reads when rules are compiled, and an Instance that answers for one file at a time.
// Everything an Instance answers is computed when first asked and kept for that file: a rule that
// never touches `pe` costs nothing. Fields are addressed by the id that the schema gives a leaf,
// plus the indices met on the way down: pe.signatures[1].certificates[0].subject is
// Get(kCertificateSubject, {1, 0}); pe.version_info["CompanyName"] is Get(kVersionInfo,
// {"CompanyName"}).
//
// Thread safety: Module is immutable; an Instance belongs to one scanner.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "libs/base/bytes.h"

namespace day::rules::module {

// The type of a field, an argument or a result.
enum class Kind : std::uint8_t {
  kInteger,
  kFloat,
  kString,
  kRegex,  // only as a function argument
  kStruct,
  kArray,
  kDictionary,
  kFunction,
};

// One node of a schema. Built as static constexpr arrays by each module; everything is borrowed.
struct Field {
  std::string_view name = {};  // empty for the element of an array or a dictionary
  Kind kind = Kind::kInteger;
  // Leaf, array, dictionary and function ids are chosen by the module; unique within it. Structs:
  // 0.
  std::uint16_t id = 0;
  // kStruct: its members. kArray, kDictionary: exactly one, the element.
  std::span<const Field> children = {};
  // kFunction: one letter an argument: i integer, f float, s string, r regex, b boolean. Overloads
  // are separate Fields of the same name with other arguments. The result is `result`.
  std::string_view arguments = {};
  Kind result = Kind::kInteger;
  // A constant (pe.MACHINE_AMD64) is known when rules are compiled and never asked of an Instance.
  std::optional<std::int64_t> constant = std::nullopt;
  // True for what has a value even if the file is not of the module's format (pe.is_pe). The
  // compiler uses the default, false, to skip rules for other formats: when in doubt set it to
  // true.
  bool defined_without_format = false;
};

// A value, or undefined. Strings are views into the file or into the Instance, valid until the next
// Bind(). Booleans are integers 0 and 1.
struct Value {
  enum class Type : std::uint8_t { kUndefined, kInteger, kFloat, kString };

  Type type = Type::kUndefined;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view text = {};

  static Value Undefined() { return {}; }
  static Value Integer(std::int64_t v) { return {.type = Type::kInteger, .integer = v}; }
  static Value Float(double v) { return {.type = Type::kFloat, .real = v}; }
  static Value String(std::string_view v) { return {.type = Type::kString, .text = v}; }
  bool defined() const { return type != Type::kUndefined; }
};

// An index met on the way to a leaf: a number for arrays (0-based, may be negative or too large:
// the answer is then undefined), a key for dictionaries.
struct Index {
  std::int64_t number = 0;
  std::string_view key = {};
};

// A compiled regular expression handed to a function.
class RegexArgument {
 public:
  virtual ~RegexArgument() = default;
  // The length of the first match anywhere in `subject` (0 for an empty match), or -1 for none.
  virtual std::int64_t Search(base::Bytes subject) const = 0;
};

struct Argument {
  Value value;                           // all kinds but kRegex; booleans as integers
  const RegexArgument* regex = nullptr;  // kRegex
};

// What an Instance may know of a scan. Everything is borrowed until the next Bind().
struct ScanInput {
  base::Bytes data;
  // The content of `-x MODULE=FILE` for this module, or empty.
  base::Bytes module_data;
  // Where console.log writes; never null.
  const std::function<void(std::string_view)>* console = nullptr;
};

// Answers for one file at a time. Never throws; hostile data gives undefined, not failure; all work
// driven by the file is bounded by constants named in the module's reader.
class Instance {
 public:
  virtual ~Instance() = default;

  // Starts a new file, in constant time and without touching its bytes.
  virtual void Bind(const ScanInput& input) = 0;

  // The value of leaf `id` of kind kInteger, kFloat or kString. REQUIRES: indices as the path has
  // them.
  virtual Value Get(std::uint16_t id, std::span<const Index> indices) = 0;

  // The number of elements of array or dictionary `id`; nothing if it is undefined.
  virtual std::optional<std::uint64_t> Length(std::uint16_t id, std::span<const Index> indices) = 0;

  // The key of entry `position` of dictionary `id`. REQUIRES: position < Length(id, indices).
  virtual std::string_view KeyAt(std::uint16_t id, std::span<const Index> indices,
                                 std::uint64_t position) = 0;

  // Calls function `id`; indices are those of the structures it lies in, if any.
  virtual Value Call(std::uint16_t id, std::span<const Index> indices,
                     std::span<const Argument> arguments) = 0;
};

// The bytes a file must start with for a module's fields to be defined (see Field).
enum class Format : std::uint8_t {
  kAny,   // answers for every file (hash, math, ...)
  kPe,    // starts with "MZ"
  kElf,   // starts with "\x7f" "ELF"
  kOther  // a format of its own that starts with neither
};

class Module {
 public:
  virtual ~Module() = default;
  virtual std::string_view name() const = 0;
  // A kStruct whose children are the module's fields.
  virtual const Field& root() const = 0;
  virtual Format format() const = 0;
  virtual std::unique_ptr<Instance> CreateInstance() const = 0;
};

// The modules a program was composed with. Registered in the composition root, never by static
// initialisation. Borrowed pointers; REQUIRES: they outlive the registry.
class Registry {
 public:
  virtual ~Registry() = default;
  virtual std::span<const Module* const> modules() const = 0;
  const Module* Find(std::string_view name) const {
    for (const Module* module : modules()) {
      if (module->name() == name) {
        return module;
      }
    }
    return nullptr;
  }
};

// The child called `name`, or null. Functions: the first overload.
inline const Field* FindChild(const Field& field, std::string_view name) {
  for (const Field& child : field.children) {
    if (child.name == name) {
      return &child;
    }
  }
  return nullptr;
}

}  // namespace day::rules::module
