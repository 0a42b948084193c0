#include "libs/rules/scan/string_finder.h"

#include <algorithm>

namespace day::rules::scan {
namespace {

// Stamps hold the file's number doubled, in 32 bits.
constexpr std::uint32_t kFilesMax = 0x7FFFFFFF;

}  // namespace

StringFinder::StringFinder(const compile::CompiledRules::State& rules)
    : rules_(rules), stamps_(rules.strings.size(), 0) {}

void StringFinder::NextFile(base::Bytes data, compile::Partition partition) {
  data_ = data;
  const auto index = static_cast<std::size_t>(partition);
  trigger_bit_ = static_cast<std::uint8_t>(1u << index);
  if (++file_ > kFilesMax) {
    stamps_.assign(stamps_.size(), 0);
    file_ = 1;
  }
  table_.Reset(rules_.patterns->size());
  fired_.clear();
  wanted_.clear();
  overflowed_.clear();
  search_count_ = 0;
  rules_.triggers[index].Scan(data, scratch_, fired_);
  for (const match::PatternId string : fired_) {
    const bool chained =
        rules_.strings[string].kind != static_cast<std::uint8_t>(match::PatternSpec::Kind::kText) &&
        rules_.patterns->pattern(string).chained();
    stamps_[string] = 2 * file_ + (chained ? 1 : 0);
  }
}

StringFinder::Presence StringFinder::PresenceOf(std::uint32_t string) const {
  if (table_.searched(string)) {
    return table_.matches(string).empty() ? Presence::kAbsent : Presence::kPresent;
  }
  if ((rules_.string_flags[string] & trigger_bit_) != 0) {
    if (stamps_[string] >> 1 != file_) {
      return Presence::kAbsent;
    }
    if ((stamps_[string] & 1) == 0) {
      return Presence::kPresent;
    }
  }
  return Presence::kUnknown;
}

void StringFinder::SearchWanted() {
  if (wanted_.empty()) {
    return;
  }
  std::sort(wanted_.begin(), wanted_.end());
  wanted_.erase(std::unique(wanted_.begin(), wanted_.end()), wanted_.end());
  rules_.patterns->Search(wanted_, data_, scratch_, table_);
  ++search_count_;
  for (const match::PatternId string : wanted_) {
    if (table_.overflowed(string)) {
      overflowed_.push_back(string);
    }
  }
  wanted_.clear();
}

void StringFinder::WantRule(std::uint32_t rule) {
  const compile::PodRule& pod = rules_.rules[rule];
  for (std::uint32_t i = 0; i < pod.strings_count; ++i) {
    if (!Known(pod.strings_begin + i)) {
      Want(pod.strings_begin + i);
    }
  }
}

std::span<const match::Match> StringFinder::Matches(std::uint32_t string) {
  if (!Known(string)) {
    WantRule(rules_.strings[string].rule);
    SearchWanted();
  }
  return KnownMatches(string);
}

}  // namespace day::rules::scan
