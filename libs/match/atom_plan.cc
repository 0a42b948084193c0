#include "libs/match/atom_plan.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "libs/match/gram_kernel.h"
#include "libs/match/rarity.h"

namespace day::match {
namespace {

// Work that an atom costs whatever the data, in candidates a MiB (a candidate is about 15 ns): a
// short atom shares a pass over every position that sampled grams do not need.
constexpr double kGramsCost = 1;
constexpr double kShortCost = 60;
// A short atom without a whole gram fits many more positions than its bytes alone say.
constexpr double kBroadCost = 300;

// A byte whose value is known but for its case: its folded value is certain.
bool Determined(const Atom& atom, std::size_t i) { return (atom.mask[i] | 0x20) == 0xFF; }

std::uint32_t FoldedGram(const Atom& atom, std::size_t at) {
  std::uint32_t gram = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    gram |= static_cast<std::uint32_t>(atom.value[at + i] | 0x20) << (8 * i);
  }
  return gram;
}

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr std::size_t kGramsMax = kAtomSizeMax - 3;

// How often the gram at each offset of the window is expected, or kNever where a byte is not known.
struct GramCosts {
  std::array<double, kGramsMax> per_mib;

  explicit GramCosts(const Atom& atom) {
    per_mib.fill(kNever);
    std::size_t run = 0;
    for (std::size_t i = 0; i < atom.size; ++i) {
      run = Determined(atom, i) ? run + 1 : 0;
      if (run >= 4) {
        per_mib[i - 3] = GramPerMib(FoldedGram(atom, i - 3));
      }
    }
  }
};

struct GramsPlan {
  std::uint8_t grams[4] = {};
  double cost = kNever;
};

// The rarest gram for each rest by four, if there are any for all.
GramsPlan PlanGrams(const GramCosts& costs) {
  GramsPlan plan;
  plan.cost = kGramsCost;
  for (std::size_t rest = 0; rest < 4; ++rest) {
    double best = kNever;
    for (std::size_t at = rest; at < kGramsMax; at += 4) {
      if (costs.per_mib[at] < best) {
        best = costs.per_mib[at];
        plan.grams[rest] = static_cast<std::uint8_t>(at);
      }
    }
    plan.cost += best / 4;
  }
  return plan;
}

// The share of all positions at which each byte stands, from the pair counts.
const std::array<double, 256>& ByteShares() {
  static const std::array<double, 256> kShares = [] {
    std::array<double, 256> shares{};
    double total = 0;
    for (unsigned pair = 0; pair < 65536; ++pair) {
      const double count = PairPerMib(static_cast<std::uint16_t>(pair));
      shares[pair & 0xFF] += count;
      total += count;
    }
    for (double& share : shares) {
      share /= total;
    }
    return shares;
  }();
  return kShares;
}

// Few enough values to go through pairs of them.
bool IsNarrow(const Atom& atom, std::size_t i) { return std::popcount(atom.mask[i]) >= 4; }

// The share of positions at which byte i of the atom fits.
double ByteShare(const Atom& atom, std::size_t i) {
  double share = 0;
  ForEachByte(atom.value[i], atom.mask[i], [&](std::uint8_t byte) { share += ByteShares()[byte]; });
  return share;
}

// Expected occurrences a MiB of bytes i and i + 1 of the atom. REQUIRES: both are narrow.
double PairHits(const Atom& atom, std::size_t i) {
  double hits = 0;
  ForEachByte(atom.value[i], atom.mask[i], [&](std::uint8_t byte) {
    ForEachByte(atom.value[i + 1], atom.mask[i + 1], [&](std::uint8_t next) {
      hits += PairPerMib(static_cast<std::uint16_t>(byte | next << 8));
    });
  });
  return hits;
}

// Expected occurrences a MiB of the bytes [at, end) of the atom, a byte depending on the one before
// it.
double WordHits(const Atom& atom, std::size_t at, std::size_t end) {
  // Bytes that do not touch are not independent either: none is taken as rarer than this; nor is a
  // pair of neighbours as rarer than the counts can tell.
  constexpr double kShareMin = 1.0 / 64;
  constexpr double kMib = 1 << 20;
  double hits = kMib;
  for (std::size_t i = at; i < end; ++i) {
    if (atom.mask[i] == 0) {
      continue;
    }
    const double share = ByteShare(atom, i);
    if (i > at && IsNarrow(atom, i - 1) && IsNarrow(atom, i)) {
      const double before = ByteShare(atom, i - 1) * kMib;
      hits *= std::max(PairHits(atom, i - 1), 1.0) / std::max(before, 1.0);
    } else {
      hits *= std::max(share, kShareMin);
    }
  }
  return hits;
}

struct ShortPlan {
  std::uint8_t at = 0;
  double cost = kNever;
};

// The four neighbouring bytes of the window that are expected least often.
ShortPlan PlanShort(const Atom& atom, const GramCosts& costs) {
  ShortPlan best;
  for (std::size_t at = 0; at < atom.size; ++at) {
    double hits = 0;
    if (at < kGramsMax && costs.per_mib[at] != kNever) {
      hits = costs.per_mib[at];
    } else {
      hits = WordHits(atom, at, std::min<std::size_t>(at + 4, atom.size)) + kBroadCost;
    }
    if (hits + kShortCost < best.cost) {
      best = {static_cast<std::uint8_t>(at), hits + kShortCost};
    }
  }
  return best;
}

double AtomCost(const Atom& atom) {
  const GramCosts costs(atom);
  const double grams = PlanGrams(costs).cost;
  return grams <= kShortCost ? grams : std::min(grams, PlanShort(atom, costs).cost);
}

PlannedAtom PlanAtom(const Atom& atom, std::uint32_t pattern, std::uint32_t part) {
  PlannedAtom planned;
  std::copy(std::begin(atom.value), std::end(atom.value), std::begin(planned.value));
  std::copy(std::begin(atom.mask), std::end(atom.mask), std::begin(planned.mask));
  planned.pattern = pattern;
  planned.part = part;
  planned.anchor = atom.anchor;
  planned.size = atom.size;
  const GramCosts costs(atom);
  const GramsPlan grams = PlanGrams(costs);
  const ShortPlan short_plan = PlanShort(atom, costs);
  planned.short_at = short_plan.at;
  planned.short_is_gram =
      short_plan.at < kGramsMax && costs.per_mib[short_plan.at] != kNever ? 1 : 0;
  if (grams.cost <= short_plan.cost) {
    planned.atom_class = AtomClass::kGrams;
    std::copy(std::begin(grams.grams), std::end(grams.grams), std::begin(planned.grams));
  }
  return planned;
}

}  // namespace

PatternPlan PlanPart(const PartAtoms& atoms, std::uint32_t pattern, std::uint32_t part) {
  // A choice this cheap is not worth improving on.
  constexpr double kGoodEnough = 1.05;
  PatternPlan plan;
  if (atoms.choices.empty()) {
    plan.atomless_parts.push_back(part);
    plan.cost = kAtomlessCost;
    return plan;
  }
  plan.cost = kNever;
  const AtomChoice* best = nullptr;
  for (const AtomChoice& choice : atoms.choices) {
    double cost = 0;
    for (std::size_t i = 0; i < choice.atoms.size() && cost < plan.cost; ++i) {
      cost += AtomCost(choice.atoms[i]);
    }
    if (cost < plan.cost) {
      plan.cost = cost;
      best = &choice;
    }
    if (plan.cost < kGoodEnough) {
      break;
    }
  }
  for (const Atom& atom : best->atoms) {
    plan.atoms.push_back(PlanAtom(atom, pattern, part));
  }
  return plan;
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
