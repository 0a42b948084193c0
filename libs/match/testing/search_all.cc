#include "libs/match/testing/search_all.h"

#include <algorithm>

namespace day::match::testing {
namespace {

bool StandsAt(const Atom& atom, base::Bytes data, std::uint64_t at) {
  if (atom.size > data.size() - at) {
    return false;
  }
  for (std::size_t i = 0; i < atom.size; ++i) {
    if ((std::to_integer<std::uint8_t>(data[at + i]) & atom.mask[i]) != atom.value[i]) {
      return false;
    }
  }
  return true;
}

std::vector<Match> Finish(const PatternView& view, MatchCollector& collector) {
  collector.Finish(view);
  return {collector.matches().begin(), collector.matches().end()};
}

}  // namespace

std::vector<Match> MatchesByTrying(const CompiledPattern& compiled, base::Bytes data) {
  const PatternView view(compiled.code);
  VerifyScratch scratch;
  MatchCollector collector;
  for (std::uint32_t part = 0; part < view.part_count(); ++part) {
    for (std::uint64_t at = 0; at <= data.size(); ++at) {
      view.TryAt(part, data, at, scratch, collector);
    }
  }
  return Finish(view, collector);
}

std::vector<Match> MatchesByChoice(const CompiledPattern& compiled, std::size_t choice,
                                   base::Bytes data) {
  const PatternView view(compiled.code);
  VerifyScratch scratch;
  MatchCollector collector;
  for (std::uint32_t part = 0; part < view.part_count(); ++part) {
    const std::vector<AtomChoice>& choices = compiled.parts[part].choices;
    for (std::uint64_t at = 0; at < data.size(); ++at) {
      if (choices.empty()) {
        view.TryAt(part, data, at, scratch, collector);
        continue;
      }
      for (const Atom& atom : choices[std::min(choice, choices.size() - 1)].atoms) {
        if (StandsAt(atom, data, at)) {
          view.VerifyAt(part, atom.anchor, data, at, scratch, collector);
        }
      }
    }
  }
  return Finish(view, collector);
}

std::size_t ChoiceCount(const CompiledPattern& compiled) {
  std::size_t count = 0;
  for (const PartAtoms& part : compiled.parts) {
    count = std::max(count, part.choices.size());
  }
  return count;
}

}  // namespace day::match::testing
