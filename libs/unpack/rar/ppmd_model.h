// PPMd, variant H (Dmitry Shkarin): predicts the next byte from those before it.
//
// The model does not know how probabilities are coded; a Coder does:
//
//   coder.Begin(total);           // a choice with so many parts follows
//   coder.Hits(end, symbol)       // is it the symbol whose parts end at `end`?
//   coder.Take(start, size)       // it was these parts; false: the data is damaged
//   coder.Bit(zero_of_16384, symbol)  // is it the only symbol that is known?
//
// RangeDecoder (range_decoder.h) reads RAR's coding. Not thread-safe.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <utility>

#include "libs/unpack/rar/ppmd_memory.h"

namespace day::unpack::rar {

class PpmdModel {
 public:
  static constexpr unsigned kOrderMax = 64;

  // Starts anew with so much memory. False if there is not as much. REQUIRES: 2 <= order <=
  // kOrderMax, 2048 <= memory_bytes.
  bool Start(std::uint32_t memory_bytes, unsigned order);

  // The next byte; nothing at the end mark and at damage. REQUIRES: Start() succeeded.
  template <typename Coder>
  std::optional<std::uint8_t> Next(Coder& coder);

  // Since the last call, in steps of about five nanoseconds: what cannot be predicted takes many
  // times as long as what can.
  std::uint64_t TakeWork() { return std::exchange(work_, 0); }

 private:
  struct Escape {  // how often a context did not know the symbol
    std::uint16_t sum = 0;
    std::uint8_t shift = 0;
    std::uint8_t count = 0;
  };
  using Known = std::bitset<256>;
  static constexpr unsigned kPeriodBits = 7;
  static constexpr std::uint64_t kWorkPerByte = 4;
  static constexpr std::uint64_t kWorkPerEscape = 250;

  PpmdContext* context(PpmdRef ref) { return memory_.context(ref); }
  PpmdState* states(const PpmdContext* of) { return memory_.state(of->states); }
  static PpmdState* OnlyState(PpmdContext* of) { return reinterpret_cast<PpmdState*>(&of->sum); }
  static PpmdState* FindSymbol(PpmdState* from, std::uint8_t symbol);
  PpmdState* Find(PpmdContext* in, std::uint8_t symbol);

  enum class Search : std::uint8_t { kFound, kEscaped, kEnded };
  template <typename Coder>
  Search FindInMany(Coder& coder, Known& known);
  template <typename Coder>
  Search FindInOne(Coder& coder, Known& known);
  template <typename Coder>
  Search FindInRest(Coder& coder, Known& known);

  void Restart();
  std::uint16_t& OddsOfOne();
  Escape& OddsOfRest(unsigned masked, std::uint32_t& escape);
  void FoundFirst();
  void FoundLater();
  void FoundInRest(Escape& escape);
  void FoundOnly();
  void NextContext();
  void Rescale();
  bool Learn();
  bool LearnIn(PpmdContext* in, unsigned found_count, unsigned others, PpmdRef successor);
  void LearnInSuffix();
  PpmdRef MakeSuccessors(bool skip_found);

  PpmdMemory memory_;
  std::uint64_t work_ = 0;
  PpmdContext* least_ = nullptr;  // where the symbol was found
  PpmdContext* most_ = nullptr;   // the longest context
  PpmdState* found_ = nullptr;
  std::uint8_t symbol_ = 0;  // of found_, before the model learned it
  unsigned order_ = 0;
  unsigned fall_ = 0;  // how far the context lies below the highest order
  unsigned first_escape_ = 0;
  unsigned was_predicted_ = 0;
  unsigned high_bits_ = 0;
  int run_ = 0;
  int run_start_ = 0;
  std::array<std::array<std::uint16_t, 64>, 128> odds_{};
  std::array<std::array<Escape, 16>, 25> escapes_{};
  Escape no_escape_;
};

template <typename Coder>
std::optional<std::uint8_t> PpmdModel::Next(Coder& coder) {
  Known known;
  work_ += kWorkPerByte;
  Search search = least_->count != 1 ? FindInMany(coder, known) : FindInOne(coder, known);
  while (search == Search::kEscaped) {
    search = FindInRest(coder, known);
    work_ += kWorkPerEscape;
  }
  if (search == Search::kEnded) {
    return std::nullopt;
  }
  return symbol_;
}

template <typename Coder>
PpmdModel::Search PpmdModel::FindInMany(Coder& coder, Known& known) {
  PpmdState* state = states(least_);
  const unsigned count = least_->count;
  coder.Begin(least_->sum);
  std::uint32_t end = 0;
  for (unsigned i = 0; i < count; ++i, ++state) {
    end += state->frequency;
    if (!coder.Hits(end, state->symbol)) {
      continue;
    }
    if (!coder.Take(end - state->frequency, state->frequency)) {
      return Search::kEnded;
    }
    found_ = state;
    symbol_ = state->symbol;
    if (i == 0) {
      FoundFirst();
    } else {
      FoundLater();
    }
    return Search::kFound;
  }
  was_predicted_ = 0;
  high_bits_ = found_->symbol >= 0x40 ? 8 : 0;
  if (end >= least_->sum || !coder.Take(end, least_->sum - end)) {
    return Search::kEnded;
  }
  state = states(least_);
  for (unsigned i = 0; i < count; ++i) {
    known.set(state[i].symbol);
  }
  return Search::kEscaped;
}

template <typename Coder>
PpmdModel::Search PpmdModel::FindInOne(Coder& coder, Known& known) {
  constexpr unsigned kMeanRound = 1u << (kPeriodBits - 2);
  constexpr std::array<std::uint8_t, 16> kFirstEscapes = {25, 14, 9, 7, 5, 5, 4, 4,
                                                          4,  3,  3, 3, 2, 2, 2, 2};
  std::uint16_t& odds = OddsOfOne();
  PpmdState* only = OnlyState(least_);
  const unsigned mean = (odds + kMeanRound) >> kPeriodBits;
  if (coder.Bit(odds, only->symbol)) {
    odds = static_cast<std::uint16_t>(odds + (1u << kPeriodBits) - mean);
    found_ = only;
    symbol_ = only->symbol;
    FoundOnly();
    return Search::kFound;
  }
  odds = static_cast<std::uint16_t>(odds - mean);
  first_escape_ = kFirstEscapes[odds >> 10];
  known.set(only->symbol);
  was_predicted_ = 0;
  return Search::kEscaped;
}

// In the next shorter context that knows a symbol which the longer ones do not.
template <typename Coder>
PpmdModel::Search PpmdModel::FindInRest(Coder& coder, Known& known) {
  const unsigned masked = least_->count;
  do {
    ++fall_;
    if (least_->suffix == 0) {
      return Search::kEnded;
    }
    least_ = context(least_->suffix);
  } while (least_->count == masked);
  PpmdState* all = states(least_);
  const unsigned count = least_->count;
  std::uint32_t sum = 0;
  for (unsigned i = 0; i < count; ++i) {
    sum += known[all[i].symbol] ? 0u : all[i].frequency;
  }
  std::uint32_t total = 0;
  Escape& escape = OddsOfRest(masked, total);
  total += sum;
  coder.Begin(total);
  std::uint32_t end = 0;
  for (unsigned i = 0; i < count; ++i) {
    if (known[all[i].symbol]) {
      continue;
    }
    end += all[i].frequency;
    if (!coder.Hits(end, all[i].symbol)) {
      continue;
    }
    if (!coder.Take(end - all[i].frequency, all[i].frequency)) {
      return Search::kEnded;
    }
    found_ = all + i;
    symbol_ = found_->symbol;
    FoundInRest(escape);
    return Search::kFound;
  }
  if (!coder.Take(sum, total - sum)) {
    return Search::kEnded;
  }
  escape.sum = static_cast<std::uint16_t>(escape.sum + total);
  for (unsigned i = 0; i < count; ++i) {
    known.set(all[i].symbol);
  }
  return Search::kEscaped;
}

}  // namespace day::unpack::rar
