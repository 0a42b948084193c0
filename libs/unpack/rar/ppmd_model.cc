#include "libs/unpack/rar/ppmd_model.h"

#include <algorithm>
#include <utility>

namespace day::unpack::rar {
namespace {

constexpr unsigned kFrequencyMax = 124;
constexpr unsigned kOddsScale = 1u << 14;
constexpr std::uint8_t kHighSymbol = 0x40;

// Of a number of symbols: which row of odds, in steps that become wider.
struct Rows {
  std::array<std::uint8_t, 256> of_rest{};
};

constexpr Rows MakeRows() {
  Rows rows;
  unsigned row = 0;
  unsigned left = 1;
  for (unsigned i = 0; i < 256; ++i) {
    rows.of_rest[i] = static_cast<std::uint8_t>(i < 3 ? i : row);
    if (i < 2) {
      continue;
    }
    if (i == 2) {
      row = 3;
    } else if (--left == 0) {
      left = ++row - 2;
    }
  }
  return rows;
}

constexpr Rows kRows = MakeRows();

unsigned ColumnOfSuffix(unsigned count) {
  if (count <= 2) {
    return count == 1 ? 0 : 2;
  }
  return count <= 11 ? 4 : 6;
}

}  // namespace

bool PpmdModel::Start(std::uint32_t memory_bytes, unsigned order) {
  if (!memory_.Resize(memory_bytes)) {
    return false;
  }
  order_ = order;
  no_escape_ = {0, kPeriodBits, 64};
  Restart();
  return true;
}

void PpmdModel::Restart() {
  constexpr std::array<std::uint16_t, 8> kOddsAtStart = {0x3CDD, 0x1F3F, 0x59BF, 0x48F3,
                                                         0x64A1, 0x5ABC, 0x6632, 0x6051};
  memory_.Clear();
  fall_ = order_;
  run_ = run_start_ = -static_cast<int>(std::min(order_, 12u)) - 1;
  was_predicted_ = 0;
  const PpmdRef root = memory_.AllocateContext();
  const PpmdRef all = memory_.AllocateUnits(128);
  least_ = most_ = context(root);
  *least_ = {256, 257, all, 0};
  found_ = memory_.state(all);
  for (unsigned i = 0; i < 256; ++i) {
    found_[i] = {static_cast<std::uint8_t>(i), 1, 0, 0};
  }
  for (unsigned i = 0; i < odds_.size(); ++i) {
    for (unsigned k = 0; k < odds_[i].size(); ++k) {
      odds_[i][k] = static_cast<std::uint16_t>(kOddsScale - kOddsAtStart[k % 8] / (i + 2));
    }
  }
  for (unsigned i = 0; i < escapes_.size(); ++i) {
    constexpr unsigned kShift = kPeriodBits - 4;
    escapes_[i].fill({static_cast<std::uint16_t>((5 * i + 10) << kShift), kShift, 4});
  }
}

// REQUIRES: the symbol is there. Contexts hold every symbol of the longer ones.
PpmdState* PpmdModel::FindSymbol(PpmdState* from, std::uint8_t symbol) {
  while (from->symbol != symbol) {
    ++from;
  }
  return from;
}

PpmdState* PpmdModel::Find(PpmdContext* in, std::uint8_t symbol) {
  return in->count == 1 ? OnlyState(in) : FindSymbol(states(in), symbol);
}

std::uint16_t& PpmdModel::OddsOfOne() {
  const PpmdState* only = OnlyState(least_);
  high_bits_ = found_->symbol >= kHighSymbol ? 8 : 0;
  const unsigned column = was_predicted_ + ColumnOfSuffix(context(least_->suffix)->count) +
                          high_bits_ + (only->symbol >= kHighSymbol ? 16u : 0u) +
                          (run_ < 0 ? 32u : 0u);
  return odds_[only->frequency - 1u][column];
}

PpmdModel::Escape& PpmdModel::OddsOfRest(unsigned masked, std::uint32_t& escape) {
  const unsigned count = least_->count;
  if (count == 256) {
    escape = 1;
    return no_escape_;
  }
  const unsigned rest = count - masked;
  const unsigned suffix_rest = context(least_->suffix)->count - count;
  const unsigned column = (rest < suffix_rest ? 1u : 0u) + (least_->sum < 11 * count ? 2u : 0u) +
                          (masked > rest ? 4u : 0u) + high_bits_;
  Escape& odds = escapes_[kRows.of_rest[rest - 1]][column];
  const unsigned part = unsigned{odds.sum} >> odds.shift;
  odds.sum = static_cast<std::uint16_t>(odds.sum - part);
  escape = part + (part == 0 ? 1 : 0);
  return odds;
}

void PpmdModel::FoundFirst() {
  was_predicted_ = 2u * found_->frequency > least_->sum ? 1 : 0;
  run_ += static_cast<int>(was_predicted_);
  least_->sum = static_cast<std::uint16_t>(least_->sum + 4);
  found_->frequency = static_cast<std::uint8_t>(found_->frequency + 4);
  if (found_->frequency > kFrequencyMax) {
    Rescale();
  }
  NextContext();
}

void PpmdModel::FoundLater() {
  was_predicted_ = 0;
  PpmdState* state = found_;
  state->frequency = static_cast<std::uint8_t>(state->frequency + 4);
  least_->sum = static_cast<std::uint16_t>(least_->sum + 4);
  if (state[0].frequency > state[-1].frequency) {
    std::swap(state[0], state[-1]);
    found_ = --state;
    if (state->frequency > kFrequencyMax) {
      Rescale();
    }
  }
  NextContext();
}

void PpmdModel::FoundInRest(Escape& escape) {
  if (escape.shift < kPeriodBits && --escape.count == 0) {
    escape.sum = static_cast<std::uint16_t>(escape.sum << 1);
    escape.count = static_cast<std::uint8_t>(3u << escape.shift++);
  }
  least_->sum = static_cast<std::uint16_t>(least_->sum + 4);
  found_->frequency = static_cast<std::uint8_t>(found_->frequency + 4);
  if (found_->frequency > kFrequencyMax) {
    Rescale();
  }
  run_ = run_start_;
  if (!Learn()) {
    Restart();
  }
}

void PpmdModel::FoundOnly() {
  found_->frequency = static_cast<std::uint8_t>(found_->frequency + (found_->frequency < 128));
  was_predicted_ = 1;
  ++run_;
  NextContext();
}

void PpmdModel::NextContext() {
  const PpmdRef next = found_->successor();
  if (fall_ == 0 && next > memory_.text()) {
    least_ = most_ = context(next);
  } else if (!Learn()) {
    Restart();
  }
}

// Halves all frequencies; symbols that fall to zero are forgotten.
void PpmdModel::Rescale() {
  PpmdState* const all = states(least_);
  std::rotate(all, found_, found_ + 1);
  const unsigned extra = fall_ != 0 ? 1 : 0;
  unsigned escape = least_->sum - all->frequency;
  all->frequency = static_cast<std::uint8_t>((all->frequency + 4u + extra) >> 1);
  unsigned sum = all->frequency;
  const unsigned count = least_->count;
  for (unsigned i = 1; i < count; ++i) {
    escape -= all[i].frequency;
    all[i].frequency = static_cast<std::uint8_t>((all[i].frequency + extra) >> 1);
    sum += all[i].frequency;
    unsigned place = i;
    while (place > 0 && all[i].frequency > all[place - 1].frequency) {
      --place;
    }
    std::rotate(all + place, all + i, all + i + 1);
  }
  unsigned zeros = 0;
  while (all[count - 1 - zeros].frequency == 0) {
    ++zeros;
  }
  if (zeros != 0) {
    escape += zeros;
    least_->count = static_cast<std::uint16_t>(count - zeros);
    const unsigned units = (count + 1) / 2;
    if (least_->count == 1) {
      PpmdState only = *all;
      do {
        only.frequency = static_cast<std::uint8_t>(only.frequency - (only.frequency >> 1));
        escape >>= 1;
      } while (escape > 1);
      memory_.Free(least_->states, units);
      found_ = OnlyState(least_);
      *found_ = only;
      return;
    }
    const unsigned fewer = (least_->count + 1u) / 2;
    if (units != fewer) {
      least_->states = memory_.Shrink(least_->states, units, fewer);
    }
  }
  least_->sum = static_cast<std::uint16_t>(sum + escape - (escape >> 1));
  found_ = states(least_);
}

// New contexts for the found symbol behind each suffix that has none, down to the first that has
// one. 0 if the memory is full.
PpmdRef PpmdModel::MakeSuccessors(bool skip_found) {
  std::array<PpmdState*, kOrderMax> waiting;
  std::size_t count = 0;
  const PpmdRef branch = found_->successor();
  if (!skip_found) {
    waiting[count++] = found_;
  }
  PpmdContext* parent = least_;
  while (parent->suffix != 0) {
    parent = context(parent->suffix);
    PpmdState* state = Find(parent, found_->symbol);
    if (state->successor() != branch) {
      parent = context(state->successor());
      if (count == 0) {
        return memory_.ref(parent);
      }
      break;
    }
    if (count == waiting.size()) {
      return 0;
    }
    waiting[count++] = state;
  }
  PpmdState first = {*memory_.at(branch), 0, 0, 0};
  first.set_successor(branch + 1);
  const PpmdState* known = Find(parent, first.symbol);
  if (parent->count == 1) {
    first.frequency = known->frequency;
  } else {
    const unsigned seen = known->frequency - 1u;
    const unsigned others = parent->sum - parent->count - seen;
    const unsigned share = 2 * seen <= others ? (5 * seen > others ? 1 : 0)
                                              : (2 * seen + 3 * others - 1) / (2 * others);
    first.frequency = static_cast<std::uint8_t>(1 + share);
  }
  PpmdRef made = memory_.ref(parent);
  while (count > 0) {
    const PpmdRef next = memory_.AllocateContext();
    if (next == 0) {
      return 0;
    }
    context(next)->count = 1;
    *OnlyState(context(next)) = first;
    context(next)->suffix = made;
    waiting[--count]->set_successor(next);
    made = next;
  }
  return made;
}

void PpmdModel::LearnInSuffix() {
  PpmdContext* suffix = context(least_->suffix);
  if (suffix->count == 1) {
    PpmdState* only = OnlyState(suffix);
    only->frequency = static_cast<std::uint8_t>(only->frequency + (only->frequency < 32));
    return;
  }
  PpmdState* state = states(suffix);
  if (state->symbol != found_->symbol) {
    state = FindSymbol(state, found_->symbol);
    if (state[0].frequency >= state[-1].frequency) {
      std::swap(state[0], state[-1]);
      --state;
    }
  }
  if (state->frequency < kFrequencyMax - 9) {
    state->frequency = static_cast<std::uint8_t>(state->frequency + 2);
    suffix->sum = static_cast<std::uint16_t>(suffix->sum + 2);
  }
}

// Adds the found symbol to a context that did not know it.
bool PpmdModel::LearnIn(PpmdContext* in, unsigned found_count, unsigned others, PpmdRef successor) {
  const unsigned count = in->count;
  if (count != 1) {
    if (count % 2 == 0) {
      const PpmdRef grown = memory_.Grow(in->states, count / 2);
      if (grown == 0) {
        return false;
      }
      in->states = grown;
    }
    const unsigned more = (2 * count < found_count ? 1u : 0u) +
                          (4 * count <= found_count && in->sum <= 8 * count ? 2u : 0u);
    in->sum = static_cast<std::uint16_t>(in->sum + more);
  } else {
    const PpmdRef made = memory_.AllocateUnits(1);
    if (made == 0) {
      return false;
    }
    PpmdState* state = memory_.state(made);
    *state = *OnlyState(in);
    in->states = made;
    state->frequency = static_cast<std::uint8_t>(
        state->frequency < kFrequencyMax / 4 - 1 ? state->frequency * 2u : kFrequencyMax - 4);
    in->sum =
        static_cast<std::uint16_t>(state->frequency + first_escape_ + (found_count > 3 ? 1 : 0));
  }
  const std::uint32_t weight = 2u * found_->frequency * (in->sum + 6u);
  const std::uint32_t whole = others + in->sum;
  unsigned frequency = 0;
  if (weight < 6 * whole) {
    frequency = 1u + (weight > whole ? 1 : 0) + (weight >= 4 * whole ? 1 : 0);
    in->sum = static_cast<std::uint16_t>(in->sum + 3);
  } else {
    frequency = 4u + (weight >= 9 * whole ? 1 : 0) + (weight >= 12 * whole ? 1 : 0) +
                (weight >= 15 * whole ? 1 : 0);
    in->sum = static_cast<std::uint16_t>(in->sum + frequency);
  }
  PpmdState* added = states(in) + count;
  *added = {found_->symbol, static_cast<std::uint8_t>(frequency), 0, 0};
  added->set_successor(successor);
  in->count = static_cast<std::uint16_t>(count + 1);
  return true;
}

// Adds the found symbol to the contexts that escaped, and moves on. False if the memory is full.
bool PpmdModel::Learn() {
  if (found_->frequency < kFrequencyMax / 4 && least_->suffix != 0) {
    LearnInSuffix();
  }
  if (fall_ == 0) {
    const PpmdRef made = MakeSuccessors(true);
    if (made == 0) {
      return false;
    }
    found_->set_successor(made);
    least_ = most_ = context(made);
    return true;
  }
  if (!memory_.AppendText(found_->symbol)) {
    return false;
  }
  PpmdRef successor = memory_.text();
  PpmdRef next = found_->successor();
  if (next != 0) {
    if (next <= successor) {
      next = MakeSuccessors(false);
      if (next == 0) {
        return false;
      }
    }
    if (--fall_ == 0) {
      successor = next;
      if (most_ != least_) {
        memory_.DropText();
      }
    }
  } else {
    found_->set_successor(successor);
    next = memory_.ref(least_);
  }
  const unsigned count = least_->count;
  const unsigned others = least_->sum - count - (found_->frequency - 1u);
  for (PpmdContext* in = most_; in != least_; in = context(in->suffix)) {
    if (!LearnIn(in, count, others, successor)) {
      return false;
    }
  }
  least_ = most_ = context(next);
  return true;
}

}  // namespace day::unpack::rar
