// The modules of a rule set for the file at hand. Bound to the file when first asked. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/match/regex.h"
#include "libs/rules/compile/state.h"
#include "libs/rules/module/module.h"
#include "libs/rules/scan/scanner.h"

namespace day::rules::scan {

class ModuleSet {
 public:
  explicit ModuleSet(const compile::CompiledRules::State& rules);

  // REQUIRES: data and options live until the next file.
  void NextFile(base::Bytes data, const ScanOptions& options);

  module::Instance& Get(std::uint16_t module);
  const match::Regex& regex(std::uint32_t index) const { return regexes_[index].regex; }
  const module::RegexArgument& argument(std::uint32_t index) const { return regexes_[index]; }

 private:
  struct Slot {
    std::unique_ptr<module::Instance> instance;
    std::uint64_t file = 0;
  };
  struct Argument final : module::RegexArgument {
    explicit Argument(match::Regex r) : regex(r) {}
    std::int64_t Search(base::Bytes subject) const override { return regex.Search(subject); }
    match::Regex regex;
  };

  const compile::CompiledRules::State& rules_;
  std::vector<Slot> slots_;
  std::vector<Argument> regexes_;
  base::Bytes data_;
  const ScanOptions* options_ = nullptr;
  std::function<void(std::string_view)> silent_ = [](std::string_view) {};
  std::uint64_t file_ = 0;
};

}  // namespace day::rules::scan
