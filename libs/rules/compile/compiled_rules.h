// A rule set in the form it is scanned with, and how it is made.
//
// Build() takes a checked RuleSet and makes one flat blob: conditions, patterns, one trigger set
// for each kind of file (PE, ELF, the rest), the joins (certificate serials, import hashes), names
// and metadata. The same rules give the same bytes on any machine with the same features. The blob
// is a cache, never an exchange format: it is trusted, so it may only come from this process or
// from a cache authenticated by our own key (worker/). Open() checks magic, version, size and
// checksum and fails with kMalformed if anything differs; then everything is read in place from the
// mapped file.
//
// Thread safety: immutable after Open(); share it between scanners.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/rules/module/module.h"
#include "libs/rules/syntax/ruleset.h"

namespace day::rules::compile {

// What a reader may want to know of a rule. Views into the blob.
struct RuleInfo {
  std::string_view identifier;
  std::string_view name_space;
  std::string_view file;  // path of the source file, as given
  std::uint32_t line = 0;
  bool is_private = false;
  bool is_global = false;
  std::uint32_t strings_begin = 0;  // global string indices
  std::uint32_t strings_count = 0;
};

struct MetaInfo {
  std::string_view key;
  std::variant<std::int64_t, bool, std::string_view> value;
};

struct StringInfo {
  std::string_view identifier;
  match::PatternSpec::Kind kind = match::PatternSpec::Kind::kText;
  bool is_private = false;
  // For text strings found through xor: printing needs to know.
  bool is_xor = false;
  // Its condition asks only whether it matches: yara's fast mode reports one match.
  bool is_single_match = false;
};

class CompiledRules {
 public:
  // Deterministic. Errors: kLimit, kMalformed (a pattern that cannot be compiled, with its rule's
  // name).
  static base::Result<std::string> Build(const syntax::RuleSet& rules);

  // REQUIRES: blob 64-byte aligned and outliving the object, as do the registry's modules.
  // Errors: kMalformed (not ours, another version, damaged), kNotFound (a module is not
  // registered).
  static base::Result<std::unique_ptr<CompiledRules>> Open(base::Bytes blob,
                                                           const module::Registry& registry);
  ~CompiledRules();

  std::uint32_t rule_count() const;
  std::uint32_t string_count() const;
  RuleInfo rule(std::uint32_t index) const;
  std::vector<std::string_view> tags(std::uint32_t rule) const;
  std::vector<MetaInfo> metas(std::uint32_t rule) const;
  StringInfo string(std::uint32_t index) const;
  // External variables and the values they were compiled with.
  std::vector<syntax::External> externals() const;

  struct State;
  const State& state() const { return *state_; }

 private:
  CompiledRules();
  std::unique_ptr<State> state_;
};

}  // namespace day::rules::compile
