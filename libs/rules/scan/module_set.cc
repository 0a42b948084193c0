#include "libs/rules/scan/module_set.h"

namespace day::rules::scan {

ModuleSet::ModuleSet(const compile::CompiledRules::State& rules)
    : rules_(rules), slots_(rules.modules.size()) {
  for (std::uint32_t i = 0; i + 1 < rules.regex_starts.size(); ++i) {
    regexes_.emplace_back(rules.RegexOf(i));
  }
}

void ModuleSet::NextFile(base::Bytes data, const ScanOptions& options) {
  data_ = data;
  options_ = &options;
  ++file_;
}

module::Instance& ModuleSet::Get(std::uint16_t module) {
  Slot& slot = slots_[module];
  if (slot.file == file_) {
    return *slot.instance;
  }
  if (slot.instance == nullptr) {
    slot.instance = rules_.modules[module]->CreateInstance();
  }
  slot.file = file_;
  const auto content = options_->module_data.find(rules_.modules[module]->name());
  slot.instance->Bind(
      {.data = data_,
       .module_data = content == options_->module_data.end() ? base::Bytes() : content->second,
       .console = options_->console ? &options_->console : &silent_});
  return *slot.instance;
}

}  // namespace day::rules::scan
