#include "libs/match/atom_plan.h"

#include <algorithm>
#include <array>
#include <limits>

#include "libs/match/rarity.h"

namespace day::match {
namespace {

// Work that an atom costs whatever the data, in candidates a MiB (a candidate is about 15 ns): a
// probe is two compares for each 64 bytes; a denser stride shares a pass that sampled grams do not
// need.
constexpr double kProbeCost = 900;
constexpr std::array<double, kGramClasses> kClassCost = {1, 20, 40};

// A byte whose value is known but for its case: its folded value is certain.
bool Determined(const Atom& atom, std::size_t i) { return (atom.mask[i] | 0x20) == 0xFF; }

std::uint32_t FoldedGram(const Atom& atom, std::size_t at) {
  std::uint32_t gram = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    gram |= static_cast<std::uint32_t>(atom.value[at + i] | 0x20) << (8 * i);
  }
  return gram;
}

struct WindowPlan {
  AtomClass atom_class = AtomClass::kProbe;
  std::uint8_t gram = 0;
  double cost = std::numeric_limits<double>::infinity();
};

// The best run of stride + 3 determined bytes for one gram class.
WindowPlan PlanGrams(const Atom& atom, AtomClass atom_class) {
  const std::size_t stride = ClassStride(atom_class);
  const std::size_t length = stride + 3;
  WindowPlan best;
  std::size_t run = 0;
  for (std::size_t i = 0; i < atom.size; ++i) {
    run = Determined(atom, i) ? run + 1 : 0;
    if (run < length) {
      continue;
    }
    const std::size_t first = i + 1 - length;
    double hits = 0;
    for (std::size_t g = 0; g < stride; ++g) {
      hits += GramPerMib(FoldedGram(atom, first + g)) / static_cast<double>(stride);
    }
    const double cost = hits + kClassCost[static_cast<unsigned>(atom_class)];
    if (cost < best.cost) {
      best = {atom_class, static_cast<std::uint8_t>(first), cost};
    }
  }
  return best;
}

// The share of positions at which byte i of the atom fits, from the pair counts.
double ByteShare(const Atom& atom, std::size_t i) {
  static const std::array<double, 256> kShare = [] {
    std::array<double, 256> shares{};
    double total = 0;
    for (unsigned b = 0; b < 256; ++b) {
      for (unsigned next = 0; next < 256; ++next) {
        shares[b] += PairPerMib(static_cast<std::uint16_t>(b | (next << 8)));
      }
      total += shares[b];
    }
    for (double& share : shares) {
      share /= total;
    }
    return shares;
  }();
  double share = 0;
  for (unsigned b = 0; b < 256; ++b) {
    share += (b & atom.mask[i]) == atom.value[i] ? kShare[b] : 0.0;
  }
  return share;
}

// The up to four rarest bytes of the window, and what looking for them costs.
double PlanProbe(const Atom& atom, ByteProbe& probe) {
  std::array<std::pair<double, std::uint8_t>, kAtomSizeMax> shares{};
  std::size_t count = 0;
  for (std::size_t i = 0; i < atom.size; ++i) {
    if (atom.mask[i] != 0) {
      shares[count++] = {ByteShare(atom, i), static_cast<std::uint8_t>(i)};
    }
  }
  std::sort(shares.begin(), shares.begin() + static_cast<std::ptrdiff_t>(count));
  // Neighbouring bytes are not independent: no byte is taken as rarer than this.
  constexpr double kShareMin = 1.0 / 64;
  double hits = 1 << 20;
  probe = {};
  for (std::size_t i = 0; i < std::min<std::size_t>(count, 4); ++i) {
    const std::uint8_t at = shares[i].second;
    probe.distance[i] = at;
    probe.value[i] = atom.value[at];
    probe.mask[i] = atom.mask[at];
    probe.count = static_cast<std::uint8_t>(i + 1);
    hits *= std::max(shares[i].first, kShareMin);
  }
  return hits + kProbeCost;
}

PlannedAtom PlanAtom(const Atom& atom, std::uint32_t pattern, std::uint32_t part, double& cost) {
  PlannedAtom planned;
  std::copy(std::begin(atom.value), std::end(atom.value), std::begin(planned.value));
  std::copy(std::begin(atom.mask), std::end(atom.mask), std::begin(planned.mask));
  planned.pattern = pattern;
  planned.part = part;
  planned.anchor = atom.anchor;
  planned.size = atom.size;
  WindowPlan best;
  for (const AtomClass c : {AtomClass::kStride4, AtomClass::kStride2, AtomClass::kStride1}) {
    const WindowPlan plan = PlanGrams(atom, c);
    if (plan.cost < best.cost) {
      best = plan;
    }
  }
  const double probe_cost = PlanProbe(atom, planned.probe);
  if (best.cost <= probe_cost) {
    planned.atom_class = best.atom_class;
    planned.gram = best.gram;
    cost += best.cost;
  } else {
    planned.atom_class = AtomClass::kProbe;
    cost += probe_cost;
  }
  return planned;
}

}  // namespace

PatternPlan PlanPart(const PartAtoms& atoms, std::uint32_t pattern, std::uint32_t part) {
  PatternPlan best;
  best.cost = std::numeric_limits<double>::infinity();
  for (const AtomChoice& choice : atoms.choices) {
    PatternPlan plan;
    for (const Atom& atom : choice.atoms) {
      plan.atoms.push_back(PlanAtom(atom, pattern, part, plan.cost));
      if (plan.cost >= best.cost) {
        break;
      }
    }
    if (plan.cost < best.cost) {
      best = std::move(plan);
    }
  }
  if (atoms.choices.empty()) {
    best.atomless_parts.push_back(part);
    best.cost = kAtomlessCost;
  }
  return best;
}

PatternPlan PlanPattern(const std::vector<PartAtoms>& parts, std::uint32_t pattern) {
  PatternPlan whole;
  for (std::uint32_t part = 0; part < parts.size(); ++part) {
    PatternPlan plan = PlanPart(parts[part], pattern, part);
    whole.atoms.insert(whole.atoms.end(), plan.atoms.begin(), plan.atoms.end());
    whole.atomless_parts.insert(whole.atomless_parts.end(), plan.atomless_parts.begin(),
                                plan.atomless_parts.end());
    whole.cost += plan.cost;
  }
  return whole;
}

bool WindowMatches(const PlannedAtom& atom, const std::uint8_t* data, std::uint64_t size,
                   std::uint64_t start) {
  if (start > size || atom.size > size - start) {
    return false;
  }
  unsigned difference = 0;
  for (std::size_t i = 0; i < atom.size; ++i) {
    difference |= (data[start + i] & atom.mask[i]) ^ atom.value[i];
  }
  return difference == 0;
}

}  // namespace day::match
