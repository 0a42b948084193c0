#include "worker/yara_scanner.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "libs/os/system.h"
#include "libs/rules/module/dump.h"

namespace day::worker {
namespace {

constexpr std::size_t kTablePartRules = 2000;
constexpr std::size_t kTablePartStrings = 20'000;
constexpr std::size_t kConsoleLinesMax = 100'000;

workerproto::RuleTable::Rule DescribeRule(const rules::compile::CompiledRules& rules,
                                          std::uint32_t index, bool with_metas) {
  const rules::compile::RuleInfo info = rules.rule(index);
  workerproto::RuleTable::Rule rule;
  rule.identifier = info.identifier;
  rule.name_space = info.name_space;
  rule.file = info.file;
  rule.line = info.line;
  rule.is_private = info.is_private;
  rule.is_global = info.is_global;
  rule.strings_begin = info.strings_begin;
  rule.strings_count = info.strings_count;
  for (const std::string_view tag : rules.tags(index)) {
    rule.tags.emplace_back(tag);
  }
  if (!with_metas) {
    return rule;
  }
  for (const rules::compile::MetaInfo& meta : rules.metas(index)) {
    workerproto::RuleTable::Meta& out = rule.metas.emplace_back();
    out.key = meta.key;
    if (const auto* integer = std::get_if<std::int64_t>(&meta.value)) {
      out.value = *integer;
    } else if (const auto* boolean = std::get_if<bool>(&meta.value)) {
      out.value = *boolean;
    } else {
      out.value = std::string(std::get<std::string_view>(meta.value));
    }
  }
  return rule;
}

workerproto::RuleTable::String DescribeString(const rules::compile::CompiledRules& rules,
                                              std::uint32_t index) {
  const rules::compile::StringInfo info = rules.string(index);
  return {std::string(info.identifier), info.is_private,
          info.kind == match::PatternSpec::Kind::kHex, info.is_xor};
}

}  // namespace

base::Status SendTableOf(
    const rules::compile::CompiledRules& rules, bool with_metas,
    const std::function<base::Status(const workerproto::RuleTablePart&)>& send) {
  const std::uint32_t rule_count = rules.rule_count();
  const std::uint32_t string_count = rules.string_count();
  workerproto::RuleTablePart part;
  for (std::uint32_t i = 0; i < rule_count; ++i) {
    part.table.rules.push_back(DescribeRule(rules, i, with_metas));
    if (part.table.rules.size() == kTablePartRules) {
      DAY_TRY(send(std::exchange(part, {})));
    }
  }
  for (std::uint32_t i = 0; i < string_count; ++i) {
    part.table.strings.push_back(DescribeString(rules, i));
    if (part.table.strings.size() == kTablePartStrings) {
      DAY_TRY(send(std::exchange(part, {})));
    }
  }
  part.last = true;
  return send(part);
}

base::Result<std::unique_ptr<FileScanner>> YaraScanner::Create(
    std::unique_ptr<rules::compile::CompiledRules> rules, const DatabaseBytes& database,
    const workerproto::UseDatabase& use, const rules::module::Registry& registry) {
  std::unique_ptr<YaraScanner> out(new YaraScanner());
  out->rules_ = std::move(rules);
  out->settings_ = use.settings;
  out->scanner_ = rules::scan::Scanner::Create(*out->rules_);
  for (const workerproto::External& external : use.externals) {
    DAY_TRY(out->scanner_->SetExternal(external.identifier, external.value));
  }
  out->options_.rule_matches_max = use.settings.rule_matches_max;
  out->options_.timeout_ms = use.settings.timeout_ms;
  for (const auto& [module, bytes] : database.module_data) {
    out->options_.module_data.emplace(module, bytes);
  }
  if (use.settings.want_console) {
    out->options_.console = [self = out.get()](std::string_view line) {
      self->AppendConsoleLine(line);
    };
  }
  for (const std::string& name : use.dump_modules) {
    const rules::module::Module* module = registry.Find(name);
    if (module == nullptr) {
      return base::MakeError(base::ErrorKind::kNotFound, "no module called " + name);
    }
    Dump dump{module, module->CreateInstance(), {}};
    const auto data = out->options_.module_data.find(name);
    if (data != out->options_.module_data.end()) {
      dump.module_data = data->second;
    }
    out->dumps_.push_back(std::move(dump));
  }
  return std::unique_ptr<FileScanner>(std::move(out));
}

void YaraScanner::AppendConsoleLine(std::string_view line) {
  if (console_bytes_ >= kConsoleBytesMax || part_.console.size() >= kConsoleLinesMax) {
    return;
  }
  line = line.substr(0, kConsoleBytesMax - console_bytes_);
  console_bytes_ += line.size();
  part_.console.emplace_back(line);
}

void YaraScanner::AppendDumps(base::Bytes data) {
  for (Dump& dump : dumps_) {
    dump.instance->Bind({data, dump.module_data, &no_console_});
    rules::module::AppendDump(*dump.module, *dump.instance, part_.module_dump);
    if (part_.module_dump.size() > kConsoleBytesMax) {
      part_.module_dump.resize(kConsoleBytesMax);
      part_.module_dump += "\n(cut)\n";
      return;
    }
  }
}

void YaraScanner::AppendMatch(std::uint32_t string, const match::Match& match, base::Bytes data) {
  workerproto::YaraMatch out;
  out.string = string;
  out.offset = match.offset;
  out.length = match.length;
  out.xor_key = match.xor_key;
  if (settings_.want_data) {
    const base::Bytes bytes = base::ClippedSlice(
        data, match.offset, std::min<std::uint64_t>(match.length, workerproto::kMatchDataBytesMax));
    out.data_offset = part_.data.size();
    out.data_size = static_cast<std::uint32_t>(bytes.size());
    part_.data += base::AsText(bytes);
  }
  part_.matches.push_back(out);
  ++part_.rules.back().matches_count;
}

bool YaraScanner::IsSettledByOneMatch(std::uint32_t string) const {
  return settings_.fast && rules_->string(string).is_single_match;
}

void YaraScanner::AppendRule(std::uint32_t rule, base::Bytes data, ResultSink* sink) {
  part_.rules.push_back({rule, part_.matches.size(), 0});
  if (!settings_.want_matches) {
    return;
  }
  const rules::compile::RuleInfo info = rules_->rule(rule);
  for (std::uint32_t i = 0; i < info.strings_count; ++i) {
    const std::uint32_t string = info.strings_begin + i;
    if (rules_->string(string).is_private) {
      continue;
    }
    const bool first_only = IsSettledByOneMatch(string);
    for (const match::Match& match : scanner_->MatchesOf(string)) {
      AppendMatch(string, match, data);
      if (first_only) {
        break;
      }
      if (part_.data.size() + part_.matches.size() * sizeof(workerproto::YaraMatch) >
          kYaraPartBytes) {
        const std::uint64_t id = part_.id;
        sink->AddYaraPart(std::exchange(part_, {}), false);
        part_.id = id;
        part_.rules.push_back({rule, 0, 0});
      }
    }
  }
}

bool YaraScanner::SetTimeout() {
  options_.timeout_ms = settings_.timeout_ms;
  if (settings_.deadline_ns == 0) {
    return true;
  }
  constexpr std::int64_t kNsPerMs = 1'000'000;
  const std::int64_t left_ms = (settings_.deadline_ns - os::MonotonicNs()) / kNsPerMs;
  if (left_ms <= 0) {
    return false;
  }
  options_.timeout_ms = settings_.timeout_ms == 0
                            ? static_cast<std::uint64_t>(left_ms)
                            : std::min(settings_.timeout_ms, static_cast<std::uint64_t>(left_ms));
  return true;
}

void YaraScanner::Scan(base::Bytes data, const workerproto::ScanItem& item, ResultSink* sink) {
  part_ = {};
  part_.id = item.id;
  if (!SetTimeout()) {
    // Not begun: the report says that no byte was scanned.
    part_.status = workerproto::YaraStatus::kTimedOut;
    sink->AddYaraPart(std::exchange(part_, {}), true);
    return;
  }
  part_.bytes_scanned = data.size();
  console_bytes_ = 0;
  AppendDumps(data);
  const rules::scan::ScanOutcome outcome = scanner_->Scan(data, options_);
  std::copy_if(outcome.too_many_matches.begin(), outcome.too_many_matches.end(),
               std::back_inserter(part_.too_many_matches),
               [this](std::uint32_t string) { return !IsSettledByOneMatch(string); });
  if (outcome.timed_out) {
    // libyara reports no rule of a file that it gave up on.
    part_.status = workerproto::YaraStatus::kTimedOut;
    sink->AddYaraPart(std::exchange(part_, {}), true);
    return;
  }
  if (settings_.negate) {
    for (const std::uint32_t rule : scanner_->rules_not_matching()) {
      AppendRule(rule, data, sink);
    }
  } else {
    for (const std::uint32_t rule : scanner_->matching_rules()) {
      AppendRule(rule, data, sink);
    }
  }
  sink->AddYaraPart(std::exchange(part_, {}), true);
}

workerproto::DatabaseReady YaraScanner::Describe() const {
  workerproto::DatabaseReady ready;
  ready.rule_count = rules_->rule_count();
  ready.string_count = rules_->string_count();
  return ready;
}

base::Status YaraScanner::SendRuleTable(
    bool with_metas,
    const std::function<base::Status(const workerproto::RuleTablePart&)>& send) const {
  return SendTableOf(*rules_, with_metas, send);
}

}  // namespace day::worker
