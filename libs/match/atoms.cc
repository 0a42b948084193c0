#include "libs/match/atoms.h"

#include <algorithm>
#include <utility>

namespace day::match {
namespace {

// Windows that end early because their run does are dropped if they are this much worse than the
// best of the run: the longer window before them holds all their bytes.
constexpr int kUsefulWeightMin = 24;

Atom WindowAt(const std::vector<AtomByte>& run, std::size_t start) {
  Atom atom;
  std::size_t size = std::min(kAtomSizeMax, run.size() - start);
  while (size > 0 && run[start + size - 1].mask == 0) {
    --size;
  }
  atom.size = static_cast<std::uint8_t>(size);
  atom.anchor = run[start].anchor;
  for (std::size_t i = 0; i < size; ++i) {
    atom.mask[i] = run[start + i].mask;
    atom.value[i] = run[start + i].value & run[start + i].mask;
  }
  return atom;
}

}  // namespace

int AtomWeight(const Atom& atom) {
  int weight = 0;
  for (std::size_t i = 0; i < atom.size; ++i) {
    const int bits = __builtin_popcount(atom.mask[i]);
    const bool common = atom.mask[i] == 0xFF && (atom.value[i] == 0 || atom.value[i] == 0xFF);
    weight += common ? bits / 2 : bits;
  }
  return weight;
}

std::vector<Atom> RunWindows(const std::vector<AtomByte>& run) {
  std::vector<Atom> windows;
  for (std::size_t start = 0; start < run.size(); ++start) {
    if (run[start].mask == 0 || run[start].anchor == kNoLeaf) {
      continue;
    }
    Atom atom = WindowAt(run, start);
    const bool shrunk = !windows.empty() && start + kAtomSizeMax > run.size() &&
                        AtomWeight(atom) < kUsefulWeightMin;
    if (!shrunk) {
      windows.push_back(atom);
    }
  }
  return windows;
}

void AtomCollector::AddRun(const std::vector<AtomByte>& run) {
  for (const Atom& atom : RunWindows(run)) {
    AddChoice({atom});
  }
}

void AtomCollector::AddChoice(std::vector<Atom> atoms) {
  if (!atoms.empty() && atoms.size() <= kAtomsPerChoiceMax) {
    atoms_.choices.push_back({std::move(atoms)});
  }
}

PartAtoms AtomCollector::Take() {
  std::vector<AtomChoice>& all = atoms_.choices;
  if (all.size() > kChoicesPerPartMax) {
    std::vector<AtomChoice> spread;
    for (std::size_t i = 0; i < kChoicesPerPartMax; ++i) {
      spread.push_back(std::move(all[i * all.size() / kChoicesPerPartMax]));
    }
    all = std::move(spread);
  }
  return std::move(atoms_);
}

}  // namespace day::match
