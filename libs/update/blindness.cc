#include "libs/update/blindness.h"

#include <fmt/core.h>

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <set>

#include "libs/base/lines.h"
#include "libs/wire/json.h"

namespace day::update {
namespace {

using base::ErrorKind;
using wire::Json;

constexpr std::size_t kDiffMaxBytes = 256u << 20;

bool EndsWithOneOf(std::string_view path, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return path.ends_with(ending); });
}

// The rule files of a bundle that the other has not, as one: rules may move between files.
std::string RulesNotIn(const Bundle& bundle, const Bundle& other) {
  std::string out;
  for (const auto& [path, text] : bundle.files) {
    const auto found = other.files.find(path);
    const bool same = found != other.files.end() && found->second == text;
    if (KindOfRuleFile(path) == RuleFileKind::kRules && !same) {
      out += text + "\n";
    }
  }
  return out;
}

std::set<std::string> HashLines(const Bundle& bundle, RuleFileKind kind) {
  std::set<std::string> out;
  for (const auto& [path, text] : bundle.files) {
    if (KindOfRuleFile(path) != kind) {
      continue;
    }
    for (std::string_view rest = text; !rest.empty();) {
      std::string_view line = base::TakeLine(&rest);
      line = line.substr(0, line.find_last_not_of("\r \t") + 1);
      if (!line.empty() && line[0] != '#') {
        out.emplace(line);
      }
    }
  }
  return out;
}

std::vector<std::string> Missing(const std::set<std::string>& from,
                                 const std::set<std::string>& in) {
  std::vector<std::string> out;
  std::set_difference(from.begin(), from.end(), in.begin(), in.end(), std::back_inserter(out));
  return out;
}

std::string TextOf(const Json& json, std::string_view key) {
  const Json* found = json.Find(key);
  return found != nullptr ? found->text() : "";
}

std::int64_t NumberOf(const Json& json, std::string_view key) {
  const Json* found = json.Find(key);
  return found != nullptr ? found->integer() : 0;
}

base::Status AddChanges(std::string_view text, Blindness* out) {
  const auto json = wire::ParseJson(base::AsBytes(text), {.size_max_bytes = kDiffMaxBytes});
  const Json* changes = json.ok() ? json->Find("changes") : nullptr;
  if (changes == nullptr || !changes->IsArray()) {
    return base::MakeError(ErrorKind::kMalformed, "the comparison of the rules failed");
  }
  for (const Json& change : changes->items()) {
    const std::string rule = TextOf(change, "rule");
    const std::string kind = TextOf(change, "change");
    const Json* global = change.Find("global");
    if (kind == "added" && global != nullptr && global->boolean()) {
      out->changed.push_back(rule +
                             ": a new global rule, without which no rule of its file counts");
    } else if (kind == "added") {
      out->added.push_back(rule);
    } else if (kind == "removed") {
      out->removed.push_back(rule);
    } else {
      out->changed.push_back(fmt::format("{}: of {} samples the old version finds {}, the new {}",
                                         rule, NumberOf(change, "witnesses"),
                                         NumberOf(change, "found_by_old"),
                                         NumberOf(change, "found_by_new")));
    }
  }
  for (auto* list : {&out->added, &out->removed, &out->changed}) {
    std::sort(list->begin(), list->end());
  }
  return base::OkStatus();
}

void AppendLines(std::string_view what, const std::vector<std::string>& items,
                 std::vector<std::string>* lines) {
  for (const std::string& item : items) {
    lines->push_back(fmt::format("{} {}", what, item));
  }
}

}  // namespace

RuleFileKind KindOfRuleFile(std::string_view path) {
  if (EndsWithOneOf(path, {".yar", ".yara"})) {
    return RuleFileKind::kRules;
  }
  if (EndsWithOneOf(path, {".fp", ".sfp"})) {
    return RuleFileKind::kAllowed;
  }
  if (EndsWithOneOf(path, {".hdb", ".hsb", ".mdb", ".msb", ".imp"})) {
    return RuleFileKind::kHashes;
  }
  return RuleFileKind::kOther;
}

std::vector<std::string> Blindness::Lines() const {
  std::vector<std::string> lines;
  AppendLines("no longer detects:", removed, &lines);
  AppendLines("detects in another way:", changed, &lines);
  AppendLines("no longer knows the hash", hashes_removed, &lines);
  AppendLines("lets through by hash", allowed, &lines);
  lines.push_back(fmt::format("adds {} rules and {} hashes", added.size(), hashes_added));
  return lines;
}

base::Result<Blindness> CompareBundles(const Bundle& older, const Bundle& newer,
                                       const RuleDiff& diff) {
  Blindness out;
  const auto old_hashes = HashLines(older, RuleFileKind::kHashes);
  const auto new_hashes = HashLines(newer, RuleFileKind::kHashes);
  out.hashes_removed = Missing(old_hashes, new_hashes);
  out.hashes_added = static_cast<std::int64_t>(Missing(new_hashes, old_hashes).size());
  out.allowed =
      Missing(HashLines(newer, RuleFileKind::kAllowed), HashLines(older, RuleFileKind::kAllowed));
  const std::string old_rules = RulesNotIn(older, newer);
  const std::string new_rules = RulesNotIn(newer, older);
  if (old_rules.empty() && new_rules.empty()) {
    return out;
  }
  DAY_TRY_ASSIGN(const std::string changes, diff(old_rules, new_rules));
  DAY_TRY(AddChanges(changes, &out));
  return out;
}

}  // namespace day::update
