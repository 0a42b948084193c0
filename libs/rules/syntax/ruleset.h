// A checked rule set: what the front end (lexer, parser, checker) hands to the compiler.
//
// Everything is resolved: names to indices, module fields to ids, constants folded, types checked.
// The condition is a flat array of nodes; children are ranges of an index list. No node refers to a
// later node: children come before parents, so passes can run front to back without recursion.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "libs/match/pattern.h"
#include "libs/rules/module/module.h"

namespace day::rules::syntax {

// A place in a source file; line and column from 1, column in bytes. `end_offset` is exclusive.
struct Span {
  std::uint32_t file = 0;  // index into RuleSet::files
  std::uint32_t begin_offset = 0;
  std::uint32_t end_offset = 0;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

enum class Type : std::uint8_t { kBoolean, kInteger, kFloat, kString, kRegex, kObject };

// Each operation lists its children; `value` and `index` are its own. "undefined" follows
// YARA 4.5.8: `and`, `or`, `defined` and quantifiers read it as false, everything else passes it
// on.
enum class Op : std::uint8_t {
  // Constants.
  kBoolean,  // value 0 or 1
  kInteger,  // value
  kFloat,    // real
  kString,   // index into texts
  kRegex,    // index into regexes; only below kMatches and as a call's argument
  // The file.
  kFilesize,
  kEntrypoint,
  kExternal,  // index into externals
  kReadInt,   // [offset]; value is a ReadWidth
  // Strings of the rule. index: string (global index into strings), or kLoopString.
  kMatched,    // $a
  kMatchedAt,  // [offset]
  kMatchedIn,  // [low, high]
  kCount,      // #a
  kCountIn,    // [low, high]
  kOffset,     // @a[i] : [i]
  kLength,     // !a[i] : [i]
  // Quantified sets. quantifier says how many; kExpression and kPercent take it from children[0].
  kOfStrings,    // index: set in string_sets. [quantifier?]
  kOfStringsIn,  // [quantifier?, low, high]
  kOfStringsAt,  // [quantifier?, offset]
  kOfRules,      // index: set in rule_sets. [quantifier?]
  kOfBooleans,   // [quantifier?, item...] (YARA-X)
  // Loops. Bodies see kVariable of the loop's slots (slot_first ..), or kLoopString.
  kForStrings,  // for Q of SET : (body). index: set in string_sets. [quantifier?, body]
  kForRange,    // for Q i in (low..high) : (body). [quantifier?, low, high, body]
  kForList,     // for Q i in (a, b, c) : (body). [quantifier?, body, item...]
  kForArray,    // for Q i in array : (body). [quantifier?, body, index...]; path says which array
  kForDict,     // for Q k, v in dictionary : (body). The same; slot_first = k, slot_first + 1 = v
  kWith,        // with a = x, b = y : (body). [body, value...]
  kVariable,    // slot_first: which slot. An integer, float or string
  // Modules. Children: the indices on the path, then for calls the arguments. An index on the path
  // that is a loop variable over an array of structures is a kVariable holding its position
  // (integer).
  kField,  // path
  kCall,   // path; value: number of arguments (the last children)
  kRule,   // index into rules
  // Booleans. Operands of any type (YARA's conversion: non-zero, non-empty).
  kAnd,  // [operand...] two or more
  kOr,   // [operand...]
  kNot,
  kDefined,
  // Comparisons: [left, right]; operand types tell integer, float (mixed) or string.
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  // Strings: [left, right].
  kContains,
  kIContains,
  kStartsWith,
  kIStartsWith,
  kEndsWith,
  kIEndsWith,
  kIEquals,
  kMatches,
  // Numbers.
  kNegate,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kBitNot,
  kBitAnd,
  kBitOr,
  kBitXor,
  kShiftLeft,
  kShiftRight,
};

enum class Quantifier : std::uint8_t { kNoQuantifier, kAll, kAny, kNone, kExpression, kPercent };

// For kReadInt: low nibble the size in bytes, and two flags.
inline constexpr std::int64_t kReadSigned = 0x10;
inline constexpr std::int64_t kReadBigEndian = 0x20;

// Node::index of string operations inside `for ... of`: the loop's current string.
inline constexpr std::uint32_t kLoopString = 0xFFFFFFFF;

struct Node {
  Op op = Op::kBoolean;
  Type type = Type::kBoolean;
  Quantifier quantifier = Quantifier::kNoQuantifier;
  std::uint8_t slot_first = 0;
  std::uint32_t index = 0;
  std::uint32_t children_begin = 0;  // into RuleSet::children
  std::uint32_t children_count = 0;
  std::int64_t value = 0;
  double real = 0;
  std::uint16_t module = 0;  // kField, kCall, kForArray, kForDict: index into RuleSet::modules
  std::uint16_t field = 0;   // its Field::id
  bool defined_without_format = false;  // copied from the Field
  Span span = {};
};

struct StringDeclaration {
  std::string identifier;  // "$a"; anonymous strings "$"
  match::PatternSpec pattern;
  bool is_private = false;
  bool referenced = false;
  std::uint32_t rule = 0;
  Span span;
};

struct MetaEntry {
  std::string key;
  std::variant<std::int64_t, bool, std::string> value;
};

struct Rule {
  std::string identifier;
  std::uint32_t name_space = 0;  // index into RuleSet::namespaces
  bool is_private = false;
  bool is_global = false;
  std::vector<std::string> tags;
  std::vector<MetaEntry> metas;
  std::uint32_t strings_begin = 0;  // into RuleSet::strings
  std::uint32_t strings_count = 0;
  std::uint32_t condition = 0;  // index into nodes: the root
  Span span;                    // the identifier
};

struct External {
  std::string identifier;
  std::variant<std::int64_t, double, bool, std::string> value;
};

struct SourceFile {
  std::string path;  // as given or as included
  std::string text;
};

struct CompiledRegexSource {
  std::string source;  // between the slashes
  match::RegexTree tree;
};

struct RuleSet {
  std::vector<Rule> rules;  // in order of definition
  std::vector<StringDeclaration> strings;
  std::vector<Node> nodes;
  std::vector<std::uint32_t> children;
  std::vector<std::vector<std::uint32_t>> string_sets;  // global string indices
  std::vector<std::vector<std::uint32_t>> rule_sets;
  std::vector<std::string> texts;
  std::vector<CompiledRegexSource> regexes;
  std::vector<External> externals;
  std::vector<std::string> namespaces;
  std::vector<const module::Module*> modules;  // imported ones, borrowed from the registry
  std::vector<SourceFile> files;
};

}  // namespace day::rules::syntax
