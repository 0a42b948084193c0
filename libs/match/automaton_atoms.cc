// The windows of an expanded tree.
#include <algorithm>
#include <iterator>
#include <utility>

#include "libs/match/atoms.h"
#include "libs/match/automaton.h"

namespace day::match {
namespace {

using Op = Expanded::Op;
using Run = std::vector<AtomByte>;

// The value and mask that a set of bytes is, or as much of it as all its bytes share.
AtomByte ByteOf(const ByteSet& set) {
  unsigned ones = 0xFF;
  unsigned zeros = 0xFF;
  for (unsigned b = 0; b < 256; ++b) {
    if (set.Has(static_cast<std::uint8_t>(b))) {
      ones &= b;
      zeros &= ~b;
    }
  }
  AtomByte byte;
  byte.mask = static_cast<std::uint8_t>((ones | zeros) & 0xFF);
  byte.value = static_cast<std::uint8_t>(ones & byte.mask);
  return set.Count() == 0 ? AtomByte{} : byte;
}

class AtomWalker {
 public:
  AtomWalker(const Expanded& expanded, std::uint32_t width) : expanded_(expanded), width_(width) {}

  // What a sequence of nodes offers.
  struct Found {
    std::vector<std::vector<Atom>> choices;
  };

  Found Walk(std::uint32_t index) {
    std::vector<std::uint32_t> items;
    Flatten(index, items);
    Found found;
    Run run;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Expanded::Node& node = expanded_.nodes[items[i]];
      switch (node.op) {
        case Op::kLeaf:
          AppendLeaf(node, run);
          break;
        case Op::kEmpty:
        case Op::kAssert:
          break;
        case Op::kAlternate:
          AddAlternate(node, run, RunAfter(items, i + 1), found);
          Flush(run, found);
          break;
        case Op::kPlus: {
          Flush(run, found);
          Found inner = Walk(node.children[0]);
          std::move(inner.choices.begin(), inner.choices.end(), std::back_inserter(found.choices));
          break;
        }
        default:
          Flush(run, found);
          break;
      }
    }
    Flush(run, found);
    return found;
  }

  // The run with `leaf` below `index`, if it is there.
  bool FindRun(std::uint32_t index, std::uint32_t leaf, LeafRun& found) {
    std::vector<std::uint32_t> items;
    Flatten(index, items);
    LeafRun run;
    bool here = false;
    for (const std::uint32_t item : items) {
      const Expanded::Node& node = expanded_.nodes[item];
      if (node.op == Op::kLeaf) {
        if (node.leaf == leaf) {
          run.leaf_at = run.bytes.size();
          here = true;
        }
        AppendLeaf(node, run.bytes);
        continue;
      }
      if (node.op == Op::kEmpty || node.op == Op::kAssert) {
        continue;
      }
      if (here) {
        if (node.op == Op::kPlus) {
          AppendPrefix(node.children[0], run.bytes);
        }
        break;
      }
      run.bytes.clear();
      for (const std::uint32_t child : node.children) {
        if (FindRun(child, leaf, found)) {
          return true;
        }
      }
    }
    if (here) {
      found = std::move(run);
    }
    return here;
  }

 private:
  // The leaves that a node begins with.
  void AppendPrefix(std::uint32_t index, Run& run) {
    std::vector<std::uint32_t> items;
    Flatten(index, items);
    for (const std::uint32_t item : items) {
      const Expanded::Node& node = expanded_.nodes[item];
      if (node.op == Op::kLeaf) {
        AppendLeaf(node, run);
      } else if (node.op != Op::kEmpty && node.op != Op::kAssert) {
        return;
      }
    }
  }

  // The items of nested concatenations, in order.
  void Flatten(std::uint32_t index, std::vector<std::uint32_t>& items) {
    std::vector<std::uint32_t> stack = {index};
    while (!stack.empty()) {
      const std::uint32_t top = stack.back();
      stack.pop_back();
      const Expanded::Node& node = expanded_.nodes[top];
      if (node.op == Op::kConcat) {
        stack.insert(stack.end(), node.children.rbegin(), node.children.rend());
      } else {
        items.push_back(top);
      }
    }
  }

  void AppendLeaf(const Expanded::Node& node, Run& run) {
    AtomByte byte = ByteOf(expanded_.sets[node.set]);
    byte.anchor = node.leaf;
    run.push_back(byte);
    if (width_ == 2) {
      // Anchors are leaves, so no window starts at the zero between two of them.
      run.push_back({0, 0xFF, kNoLeaf});
    }
  }

  Run RunAfter(const std::vector<std::uint32_t>& items, std::size_t from) {
    Run run;
    for (std::size_t i = from; i < items.size() && run.size() < kAtomSizeMax; ++i) {
      const Expanded::Node& node = expanded_.nodes[items[i]];
      if (node.op == Op::kLeaf) {
        AppendLeaf(node, run);
      } else if (node.op != Op::kEmpty && node.op != Op::kAssert) {
        break;
      }
    }
    return run;
  }

  static void Flush(Run& run, Found& found) {
    for (const Atom& atom : RunWindows(run)) {
      found.choices.push_back({atom});
    }
    run.clear();
  }

  // The run that an alternative is, if it is nothing else.
  bool PureRun(std::uint32_t index, Run& run) {
    std::vector<std::uint32_t> items;
    Flatten(index, items);
    for (const std::uint32_t item : items) {
      const Expanded::Node& node = expanded_.nodes[item];
      if (node.op == Op::kLeaf) {
        AppendLeaf(node, run);
      } else if (node.op != Op::kEmpty && node.op != Op::kAssert) {
        return false;
      }
    }
    return true;
  }

  static const std::vector<Atom>* Heaviest(const std::vector<std::vector<Atom>>& choices) {
    const std::vector<Atom>* best = nullptr;
    int best_weight = -1;
    for (const std::vector<Atom>& choice : choices) {
      int weight = 1 << 20;
      for (const Atom& atom : choice) {
        weight = std::min(weight, AtomWeight(atom));
      }
      if (weight > best_weight) {
        best = &choice;
        best_weight = weight;
      }
    }
    return best;
  }

  // One choice: for each alternative its best window, which may reach into the runs around.
  void AddAlternate(const Expanded::Node& node, const Run& before, const Run& after, Found& found) {
    std::vector<Atom> atoms;
    for (const std::uint32_t child : node.children) {
      Run run(before.end() -
                  static_cast<std::ptrdiff_t>(std::min(before.size(), kAtomSizeMax - width_)),
              before.end());
      std::vector<std::vector<Atom>> choices;
      if (PureRun(child, run)) {
        run.insert(run.end(), after.begin(), after.end());
        for (const Atom& atom : RunWindows(run)) {
          choices.push_back({atom});
        }
      } else {
        choices = Walk(child).choices;
      }
      const std::vector<Atom>* best = Heaviest(choices);
      if (best == nullptr || atoms.size() + best->size() > kAtomsPerChoiceMax) {
        return;
      }
      atoms.insert(atoms.end(), best->begin(), best->end());
    }
    found.choices.push_back(std::move(atoms));
  }

  const Expanded& expanded_;
  std::uint32_t width_;
};

}  // namespace

PartAtoms AutomatonAtoms(const Expanded& expanded, std::uint32_t width) {
  AtomCollector collector;
  AtomWalker walker(expanded, width);
  for (std::vector<Atom>& atoms : walker.Walk(expanded.root).choices) {
    collector.AddChoice(std::move(atoms));
  }
  return collector.Take();
}

LeafRun RunAround(const Expanded& expanded, std::uint32_t leaf, std::uint32_t width) {
  LeafRun run;
  AtomWalker(expanded, width).FindRun(expanded.root, leaf, run);
  return run;
}

}  // namespace day::match
