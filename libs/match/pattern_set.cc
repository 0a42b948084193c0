#include "libs/match/pattern_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "libs/match/atom_index.h"
#include "libs/match/atom_plan.h"
#include "libs/match/cpu.h"

namespace day::match {
namespace {

constexpr std::uint64_t kSetMagic = 0x3230534854415044;       // "DPATHS02"
constexpr std::uint64_t kTriggersMagic = 0x3130474952544144;  // "DATRIG01"
constexpr std::uint64_t kNoFixedOffset = ~std::uint64_t{0};
// What a pattern with a fixed offset costs a first pass: one comparison a file.
constexpr double kFixedOffsetCost = 2;

// One pattern of a serialised set. Plain data.
struct PatternEntry {
  std::uint64_t fixed_offset = kNoFixedOffset;
  std::uint32_t code_begin = 0;  // in words
  std::uint32_t code_count = 0;
  std::uint32_t atoms_begin = 0;
  std::uint32_t atoms_count = 0;
  std::uint32_t atomless_begin = 0;  // into atomless parts
  std::uint32_t atomless_count = 0;
};

struct SetHeader {
  std::uint64_t magic = kSetMagic;
  std::uint64_t size_bytes = 0;
  std::uint64_t patterns_offset = 0;
  std::uint64_t patterns_count = 0;
  std::uint64_t atoms_offset = 0;
  std::uint64_t atoms_count = 0;
  std::uint64_t atomless_offset = 0;
  std::uint64_t atomless_count = 0;
  std::uint64_t code_offset = 0;
  std::uint64_t code_count = 0;
};

struct TriggersHeader {
  std::uint64_t magic = kTriggersMagic;
  std::uint64_t size_bytes = 0;
  std::uint64_t fixed_offset = 0;  // PatternIds with a fixed offset
  std::uint64_t fixed_count = 0;
  std::uint64_t exhaustive_offset = 0;  // PatternIds that must be tried everywhere
  std::uint64_t exhaustive_count = 0;
  std::uint64_t index_offset = 0;
};

template <typename T>
std::uint64_t AppendArray(std::string& out, std::span<const T> items) {
  out.resize((out.size() + 63) / 64 * 64);
  const std::uint64_t offset = out.size();
  out.append(reinterpret_cast<const char*>(items.data()), items.size_bytes());
  return offset;
}

template <typename T>
std::optional<std::span<const T>> ArrayAt(base::Bytes blob, std::uint64_t offset,
                                          std::uint64_t count) {
  if (offset % 64 != 0 || count > blob.size() / sizeof(T) ||
      !base::Slice(blob, offset, count * sizeof(T))) {
    return std::nullopt;
  }
  return std::span(reinterpret_cast<const T*>(blob.data() + offset),
                   static_cast<std::size_t>(count));
}

base::Error Damaged(std::string_view what) {
  return base::MakeError(base::ErrorKind::kMalformed, fmt::format("damaged {}", what));
}

}  // namespace

// --- Scratch and results -----------------------------------------------------------------------

struct SearchScratch::State {
  Simd simd = BestSimd();
  VerifyScratch verify;
  CandidateBuffer candidates;
  AtomIndexBuilder small_index;
  std::vector<std::uint32_t> wanted_atoms;
  MatchCollector collector;
  // Which patterns a trigger scan has reported: those whose tag is the current generation.
  std::vector<std::uint32_t> reported;
  std::uint32_t generation = 0;
};

SearchScratch::SearchScratch() : state_(std::make_unique<State>()) {}
SearchScratch::~SearchScratch() = default;

struct MatchTable::State {
  std::vector<std::uint32_t> tags;   // by pattern: the generation that searched it
  std::vector<std::uint32_t> slots;  // by pattern: its collector
  std::vector<MatchCollector> collectors;
  std::uint32_t collectors_used = 0;
  std::uint32_t generation = 0;

  MatchCollector& Start(PatternId id) {
    tags[id] = generation;
    slots[id] = collectors_used;
    if (collectors_used == collectors.size()) {
      collectors.emplace_back();
    }
    MatchCollector& collector = collectors[collectors_used++];
    collector.Reset();
    return collector;
  }
};

MatchTable::MatchTable() : state_(std::make_unique<State>()) {}
MatchTable::~MatchTable() = default;

void MatchTable::Reset(std::uint32_t pattern_count) {
  State& s = *state_;
  if (s.tags.size() != pattern_count || s.generation == ~std::uint32_t{0}) {
    s.tags.assign(pattern_count, 0);
    s.slots.assign(pattern_count, 0);
    s.generation = 0;
  }
  ++s.generation;
  s.collectors_used = 0;
}

bool MatchTable::searched(PatternId id) const { return state_->tags[id] == state_->generation; }

std::span<const Match> MatchTable::matches(PatternId id) const {
  return state_->collectors[state_->slots[id]].matches();
}

bool MatchTable::overflowed(PatternId id) const {
  return state_->collectors[state_->slots[id]].overflowed();
}

// --- PatternSet --------------------------------------------------------------------------------

struct PatternSet::Header {
  std::span<const PatternEntry> patterns;
  std::span<const PlannedAtom> atoms;
  std::span<const std::uint32_t> atomless;
  std::span<const std::uint64_t> code;
};

namespace {

// Feeds atoms of one search to the verifier.
class SearchSink final : public AtomSink {
 public:
  SearchSink(const PatternSet& set, base::Bytes data, VerifyScratch& scratch,
             MatchTable::State& table)
      : set_(set), data_(data), scratch_(scratch), table_(table) {}

  void OnAtom(const PlannedAtom& atom, std::uint64_t start) override {
    set_.pattern(atom.pattern)
        .VerifyAt(atom.part, atom.anchor, data_, start, scratch_,
                  table_.collectors[table_.slots[atom.pattern]]);
  }
  bool Wanted(const PlannedAtom& atom) override {
    return !table_.collectors[table_.slots[atom.pattern]].overflowed();
  }

 private:
  const PatternSet& set_;
  base::Bytes data_;
  VerifyScratch& scratch_;
  MatchTable::State& table_;
};

// Tries every part of a pattern at one offset; true if any matches.
bool TryAllParts(const PatternView& pattern, base::Bytes data, std::uint64_t offset,
                 VerifyScratch& scratch, MatchCollector& out) {
  bool found = false;
  for (std::uint32_t part = 0; part < pattern.part_count() && offset <= data.size(); ++part) {
    found |= pattern.TryAt(part, data, offset, scratch, out);
  }
  return found;
}

}  // namespace

base::Result<PatternSet> PatternSet::Open(base::Bytes blob) {
  SetHeader header;
  if (blob.size() < sizeof(header)) {
    return Damaged("set of patterns");
  }
  std::memcpy(&header, blob.data(), sizeof(header));
  if (header.magic != kSetMagic || header.size_bytes > blob.size()) {
    return Damaged("set of patterns");
  }
  const auto patterns = ArrayAt<PatternEntry>(blob, header.patterns_offset, header.patterns_count);
  const auto atoms = ArrayAt<PlannedAtom>(blob, header.atoms_offset, header.atoms_count);
  const auto atomless = ArrayAt<std::uint32_t>(blob, header.atomless_offset, header.atomless_count);
  const auto code = ArrayAt<std::uint64_t>(blob, header.code_offset, header.code_count);
  if (!patterns || !atoms || !atomless || !code) {
    return Damaged("set of patterns");
  }
  for (const PatternEntry& entry : *patterns) {
    if (entry.code_begin > code->size() || entry.code_count > code->size() - entry.code_begin ||
        entry.atoms_begin > atoms->size() ||
        entry.atoms_count > atoms->size() - entry.atoms_begin ||
        entry.atomless_begin > atomless->size() ||
        entry.atomless_count > atomless->size() - entry.atomless_begin) {
      return Damaged("set of patterns");
    }
  }
  PatternSet set;
  set.header_ = std::make_shared<const Header>(Header{*patterns, *atoms, *atomless, *code});
  return set;
}

std::uint32_t PatternSet::size() const {
  return static_cast<std::uint32_t>(header_->patterns.size());
}

PatternView PatternSet::pattern(PatternId id) const {
  const PatternEntry& entry = header_->patterns[id];
  return PatternView(header_->code.subspan(entry.code_begin, entry.code_count));
}

std::uint64_t PatternSet::fixed_offset(PatternId id) const {
  return header_->patterns[id].fixed_offset;
}

void PatternSet::Search(std::span<const PatternId> ids, base::Bytes data, SearchScratch& scratch,
                        MatchTable& table) const {
  SearchScratch::State& s = scratch.state();
  MatchTable::State& results = table.state();
  const std::uint32_t first_collector = results.collectors_used;
  s.verify.BeginFile();
  s.wanted_atoms.clear();
  for (const PatternId id : ids) {
    if (table.searched(id)) {
      continue;
    }
    MatchCollector& collector = results.Start(id);
    const PatternEntry& entry = header_->patterns[id];
    if (entry.fixed_offset != kNoFixedOffset && !pattern(id).chained()) {
      TryAllParts(pattern(id), data, entry.fixed_offset, s.verify, collector);
      continue;  // of a chain only the first link is at that place
    }
    for (std::uint32_t i = 0; i < entry.atoms_count; ++i) {
      s.wanted_atoms.push_back(entry.atoms_begin + i);
    }
    for (const std::uint32_t part :
         header_->atomless.subspan(entry.atomless_begin, entry.atomless_count)) {
      for (std::uint64_t offset = 0; offset <= data.size() && !collector.overflowed(); ++offset) {
        pattern(id).TryAt(part, data, offset, s.verify, collector);
      }
    }
  }
  if (!s.wanted_atoms.empty()) {
    s.small_index.Build(header_->atoms, s.wanted_atoms, AtomIndexBuilder::Purpose::kForOneFile);
    SearchSink sink(*this, data, s.verify, results);
    ScanAtoms(s.small_index.index(), data, s.simd, s.candidates, sink);
  }
  if (results.collectors_used == first_collector) {
    return;
  }
  for (const PatternId id : ids) {
    if (results.slots[id] >= first_collector && table.searched(id)) {
      results.collectors[results.slots[id]].Finish(pattern(id));
    }
  }
}

// --- TriggerSet --------------------------------------------------------------------------------

struct TriggerSet::State {
  const PatternSet* set = nullptr;
  std::span<const PatternId> fixed;
  std::span<const PatternId> exhaustive;
  AtomIndex index;
};

TriggerSet::TriggerSet() = default;
TriggerSet::~TriggerSet() = default;
TriggerSet::TriggerSet(TriggerSet&&) noexcept = default;
TriggerSet& TriggerSet::operator=(TriggerSet&&) noexcept = default;

base::Result<TriggerSet> TriggerSet::Open(base::Bytes blob, const PatternSet* set) {
  TriggersHeader header;
  if (blob.size() < sizeof(header)) {
    return Damaged("set of triggers");
  }
  std::memcpy(&header, blob.data(), sizeof(header));
  const auto fixed = ArrayAt<PatternId>(blob, header.fixed_offset, header.fixed_count);
  const auto exhaustive =
      ArrayAt<PatternId>(blob, header.exhaustive_offset, header.exhaustive_count);
  if (header.magic != kTriggersMagic || header.size_bytes > blob.size() ||
      header.index_offset > blob.size() || !fixed || !exhaustive) {
    return Damaged("set of triggers");
  }
  TriggerSet triggers;
  triggers.state_ = std::make_unique<State>();
  triggers.state_->set = set;
  triggers.state_->fixed = *fixed;
  triggers.state_->exhaustive = *exhaustive;
  DAY_TRY_ASSIGN(triggers.state_->index,
                 ReadIndex(blob.subspan(header.index_offset), set->header_->atoms));
  return triggers;
}

namespace {

// Reports each pattern once, when one of its trigger atoms verifies.
class TriggerSink final : public AtomSink {
 public:
  TriggerSink(const PatternSet& set, base::Bytes data, SearchScratch::State& scratch,
              std::vector<PatternId>& matched)
      : set_(set), data_(data), scratch_(scratch), matched_(matched) {
    if (scratch.reported.size() != set.size() || scratch.generation == ~std::uint32_t{0}) {
      scratch.reported.assign(set.size(), 0);
      scratch.generation = 0;
    }
    ++scratch.generation;
    scratch.verify.BeginFile();
  }

  void OnAtom(const PlannedAtom& atom, std::uint64_t start) override {
    scratch_.collector.Reset();
    if (set_.pattern(atom.pattern)
            .VerifyAt(atom.part, atom.anchor, data_, start, scratch_.verify, scratch_.collector)) {
      Report(atom.pattern);
    }
  }
  bool Wanted(const PlannedAtom& atom) override {
    return scratch_.reported[atom.pattern] != scratch_.generation;
  }

  void TryAt(PatternId id, std::uint64_t offset) {
    if (scratch_.reported[id] == scratch_.generation) {
      return;
    }
    scratch_.collector.Reset();
    if (TryAllParts(set_.pattern(id), data_, offset, scratch_.verify, scratch_.collector)) {
      Report(id);
    }
  }
  bool reported(PatternId id) const { return scratch_.reported[id] == scratch_.generation; }

 private:
  void Report(PatternId id) {
    scratch_.reported[id] = scratch_.generation;
    matched_.push_back(id);
  }

  const PatternSet& set_;
  base::Bytes data_;
  SearchScratch::State& scratch_;
  std::vector<PatternId>& matched_;
};

}  // namespace

void TriggerSet::Scan(base::Bytes data, SearchScratch& scratch,
                      std::vector<PatternId>& matched) const {
  const State& s = *state_;
  TriggerSink sink(*s.set, data, scratch.state(), matched);
  for (const PatternId id : s.fixed) {
    sink.TryAt(id, s.set->fixed_offset(id));
  }
  for (const PatternId id : s.exhaustive) {
    for (std::uint64_t offset = 0; offset <= data.size() && !sink.reported(id); ++offset) {
      sink.TryAt(id, offset);
    }
  }
  if (!s.index.atoms.empty()) {
    ScanAtoms(s.index, data, scratch.state().simd, scratch.state().candidates, sink);
  }
}

// --- Builder -----------------------------------------------------------------------------------

struct PatternSetBuilder::State {
  struct Pattern {
    std::vector<std::uint64_t> code;
    std::uint64_t fixed_offset = kNoFixedOffset;
    // Finds every match: its atoms and the parts without any.
    std::uint32_t search_begin = 0;
    std::uint32_t search_count = 0;
    std::vector<std::uint32_t> atomless_parts;
    // Finds whether there may be one: for chains, the cheapest part.
    std::uint32_t trigger_begin = 0;
    std::uint32_t trigger_count = 0;
    bool trigger_atomless = false;
    double trigger_cost = 0;
  };
  std::vector<Pattern> patterns;
  std::vector<PlannedAtom> atoms;  // of all patterns

  // Returns where the plan's atoms begin.
  std::uint32_t AppendAtoms(const PatternPlan& plan) {
    const auto begin = static_cast<std::uint32_t>(atoms.size());
    atoms.insert(atoms.end(), plan.atoms.begin(), plan.atoms.end());
    return begin;
  }
};

PatternSetBuilder::PatternSetBuilder() : state_(std::make_unique<State>()) {}
PatternSetBuilder::~PatternSetBuilder() = default;

base::Result<PatternId> PatternSetBuilder::Add(const PatternSpec& spec) {
  DAY_TRY_ASSIGN(CompiledPattern compiled, Compile(spec));
  const auto id = static_cast<PatternId>(state_->patterns.size());
  State::Pattern pattern;
  pattern.fixed_offset = spec.fixed_offset.value_or(kNoFixedOffset);
  const PatternPlan search = PlanPattern(compiled.parts, id);
  pattern.search_begin = state_->AppendAtoms(search);
  pattern.search_count = static_cast<std::uint32_t>(search.atoms.size());
  pattern.atomless_parts = search.atomless_parts;
  pattern.trigger_begin = pattern.search_begin;
  pattern.trigger_count = pattern.search_count;
  pattern.trigger_atomless = !search.atomless_parts.empty();
  pattern.trigger_cost = search.cost;
  if (PatternView(compiled.code).chained()) {
    PatternPlan trigger;
    trigger.cost = search.cost;
    for (std::uint32_t part = 0; part < compiled.parts.size(); ++part) {
      PatternPlan plan = PlanPart(compiled.parts[part], id, part);
      if (plan.cost < trigger.cost) {
        trigger = std::move(plan);
      }
    }
    if (trigger.cost < search.cost) {
      pattern.trigger_begin = state_->AppendAtoms(trigger);
      pattern.trigger_count = static_cast<std::uint32_t>(trigger.atoms.size());
      pattern.trigger_atomless = !trigger.atomless_parts.empty();
      pattern.trigger_cost = trigger.cost;
    }
  }
  if (state_->atoms.size() > kIndexEntriesMax / 4) {
    return base::MakeError(base::ErrorKind::kLimit, "too many strings");
  }
  pattern.code = std::move(compiled.code);
  state_->patterns.push_back(std::move(pattern));
  return id;
}

double PatternSetBuilder::Cost(PatternId id) const {
  const State::Pattern& pattern = state_->patterns[id];
  return pattern.fixed_offset != kNoFixedOffset ? kFixedOffsetCost : pattern.trigger_cost;
}

std::vector<std::string> PatternSetBuilder::AtomTexts(PatternId id) const {
  std::vector<std::string> texts;
  const State::Pattern& pattern = state_->patterns[id];
  for (std::uint32_t i = 0; i < pattern.trigger_count; ++i) {
    const PlannedAtom& atom = state_->atoms[pattern.trigger_begin + i];
    std::string text;
    for (std::size_t byte = 0; byte < atom.size; ++byte) {
      const bool known = atom.mask[byte] == 0xFF || atom.mask[byte] == 0xDF;
      text += byte == 0 ? "" : " ";
      text += known ? fmt::format("{:02X}", atom.value[byte]) : "??";
    }
    texts.push_back(std::move(text));
  }
  return texts;
}

base::Result<std::string> PatternSetBuilder::BuildTriggers(std::span<const PatternId> ids) const {
  std::vector<std::uint32_t> atoms;
  std::vector<PatternId> fixed;
  std::vector<PatternId> exhaustive;
  for (const PatternId id : ids) {
    if (id >= state_->patterns.size()) {
      return base::MakeError(base::ErrorKind::kInvalidUse, "a trigger that is no pattern");
    }
    const State::Pattern& pattern = state_->patterns[id];
    if (pattern.fixed_offset != kNoFixedOffset) {
      fixed.push_back(id);
    } else if (pattern.trigger_atomless) {
      exhaustive.push_back(id);
    } else {
      for (std::uint32_t i = 0; i < pattern.trigger_count; ++i) {
        atoms.push_back(pattern.trigger_begin + i);
      }
    }
  }
  AtomIndexBuilder index;
  index.Build(state_->atoms, atoms, AtomIndexBuilder::Purpose::kForEveryFile);
  TriggersHeader header;
  std::string blob(sizeof(header), '\0');
  header.fixed_offset = AppendArray<PatternId>(blob, fixed);
  header.fixed_count = fixed.size();
  header.exhaustive_offset = AppendArray<PatternId>(blob, exhaustive);
  header.exhaustive_count = exhaustive.size();
  blob.resize((blob.size() + 63) / 64 * 64);
  header.index_offset = blob.size();
  AppendIndex(index.index(), blob);
  header.size_bytes = blob.size();
  std::memcpy(blob.data(), &header, sizeof(header));
  return blob;
}

std::string PatternSetBuilder::Serialize() const {
  std::vector<PatternEntry> entries;
  std::vector<std::uint32_t> atomless;
  std::vector<std::uint64_t> code;
  for (const State::Pattern& pattern : state_->patterns) {
    PatternEntry entry;
    entry.code_begin = static_cast<std::uint32_t>(code.size());
    entry.code_count = static_cast<std::uint32_t>(pattern.code.size());
    entry.fixed_offset = pattern.fixed_offset;
    entry.atoms_begin = pattern.search_begin;
    entry.atoms_count = pattern.search_count;
    entry.atomless_begin = static_cast<std::uint32_t>(atomless.size());
    entry.atomless_count = static_cast<std::uint32_t>(pattern.atomless_parts.size());
    entries.push_back(entry);
    code.insert(code.end(), pattern.code.begin(), pattern.code.end());
    atomless.insert(atomless.end(), pattern.atomless_parts.begin(), pattern.atomless_parts.end());
  }
  SetHeader header;
  std::string blob(sizeof(header), '\0');
  header.patterns_offset = AppendArray<PatternEntry>(blob, entries);
  header.patterns_count = entries.size();
  header.atoms_offset = AppendArray<PlannedAtom>(blob, state_->atoms);
  header.atoms_count = state_->atoms.size();
  header.atomless_offset = AppendArray<std::uint32_t>(blob, atomless);
  header.atomless_count = atomless.size();
  header.code_offset = AppendArray<std::uint64_t>(blob, code);
  header.code_count = code.size();
  blob.resize((blob.size() + 63) / 64 * 64);
  header.size_bytes = blob.size();
  std::memcpy(blob.data(), &header, sizeof(header));
  return blob;
}

}  // namespace day::match
