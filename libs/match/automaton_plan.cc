#include "libs/match/automaton_plan.h"

#include <algorithm>
#include <utility>

#include "libs/match/yara_atoms.h"

namespace day::match {
namespace {

// The windows around YARA's atoms: only from there are its scan limits and its order known. Any
// window of the run that the atom stands in leads to it.
class YaraWindows {
 public:
  YaraWindows(const YaraChoice& choice, std::uint32_t width, bool no_case, AutomatonPlan& plan)
      : choice_(choice), width_(width), no_case_(no_case), plan_(plan) {}

  // Returns false if the atoms cannot be used.
  bool Run() {
    const std::size_t count = choice_.atoms.size();
    if (count == 0 || count > kAtomsPerChoiceMax) {
      return false;
    }
    for (std::size_t i = 0; i < count; ++i) {
      AnchorPlan anchor = Anchor(i);
      if (anchor.leaf == kNoLeaf) {
        return false;
      }
      plan_.anchors.push_back(anchor);
    }
    plan_.yara_anchor_count = static_cast<std::uint32_t>(count);
    AtomCollector collector;
    if (count == 1) {
      for (const Atom& atom : Windows(0)) {
        collector.AddChoice({atom});
      }
    } else {
      std::vector<Atom> all;
      for (std::size_t i = 0; i < count; ++i) {
        const std::vector<Atom> windows = Windows(i);
        all.push_back(*std::max_element(
            windows.begin(), windows.end(),
            [](const Atom& a, const Atom& b) { return AtomWeight(a) < AtomWeight(b); }));
      }
      collector.AddChoice(std::move(all));
    }
    plan_.atoms = collector.Take();
    return true;
  }

 private:
  AnchorPlan Anchor(std::size_t index) const {
    const YaraAtom& atom = choice_.atoms[index];
    AnchorPlan anchor;
    anchor.leaf = plan_.expanded.node_leaf[atom.node];
    anchor.ordered_pc = plan_.ordered ? plan_.ordered->node_pc[atom.node] : kNoLeaf;
    anchor.atom_size = std::min<std::uint32_t>(atom.size * width_, kYaraAtomSizeMax);
    // Of atoms that end together the longer is seen first, then that of the earlier alternative;
    // its list of wide atoms is the other way round. In front of them all come those that stand
    // there in another case than written, and these in reverse.
    const auto count = static_cast<std::uint32_t>(choice_.atoms.size());
    const auto forward = static_cast<std::uint32_t>(index);
    const std::uint32_t place = width_ == 2 ? count - 1 - forward : forward;
    anchor.rank = RankOfYaraAtom(anchor.atom_size, count + place);
    anchor.other_rank = RankOfYaraAtom(anchor.atom_size, count - 1 - place);
    if (no_case_) {
      KeepWritten(atom, anchor);
    }
    return anchor;
  }

  void KeepWritten(const YaraAtom& atom, AnchorPlan& anchor) const {
    for (std::uint32_t i = 0; i < anchor.atom_size; ++i) {
      const std::uint32_t from = i / width_;
      const bool zero = i % width_ != 0;
      anchor.written[i] = zero ? std::uint8_t{0} : atom.value[from];
      if (!zero && atom.mask[from] == 0xFF) {
        anchor.written_known |= static_cast<std::uint8_t>(1u << i);
      }
    }
  }

  // The windows that lead to an atom, anchored so that they know how far off it is.
  std::vector<Atom> Windows(std::size_t index) {
    const AnchorPlan base = plan_.anchors[index];
    const LeafRun run = RunAround(plan_.expanded, base.leaf, width_);
    std::vector<AtomByte> bytes = run.bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      // No window starts at the zero of a wide character; positions stand for anchors meanwhile.
      bytes[i].anchor = bytes[i].anchor == kNoLeaf ? kNoLeaf : static_cast<std::uint32_t>(i);
    }
    std::vector<Atom> windows = RunWindows(bytes);
    if (windows.size() > kChoicesPerPartMax) {
      Thin(windows);
    }
    for (Atom& atom : windows) {
      AnchorPlan anchor = base;
      anchor.leaf = run.bytes[atom.anchor].anchor;
      anchor.shift_back = atom.anchor > run.leaf_at;
      anchor.shift = static_cast<std::uint32_t>(anchor.shift_back ? atom.anchor - run.leaf_at
                                                                  : run.leaf_at - atom.anchor);
      atom.anchor = plan_.expanded.leaf_count + static_cast<std::uint32_t>(plan_.anchors.size());
      plan_.anchors.push_back(anchor);
    }
    return windows;
  }

  static void Thin(std::vector<Atom>& windows) {
    std::vector<Atom> kept;
    for (std::size_t i = 0; i < kChoicesPerPartMax; ++i) {
      kept.push_back(windows[i * windows.size() / kChoicesPerPartMax]);
    }
    windows = std::move(kept);
  }

  const YaraChoice& choice_;
  std::uint32_t width_;
  bool no_case_;
  AutomatonPlan& plan_;
};

}  // namespace

base::Result<AutomatonPlan> PlanAutomaton(const RegexTree& tree, std::uint32_t width,
                                          bool from_yara) {
  AutomatonPlan plan;
  const bool ordered = NeedsOrder(tree);
  // YARA may start at any byte of a loop.
  DAY_TRY_ASSIGN(plan.expanded,
                 Expand(tree, ordered || from_yara ? Loops::kKept : Loops::kCounted));
  if (ordered) {
    plan.ordered = WriteOrdered(tree, plan.expanded);
    plan.order_always = plan.ordered && RepeatsEmpty(tree);
  }
  const std::uint32_t length_max = MaxLength(tree);
  const bool exceeds_scan = length_max > kRegexScanMax / width;
  if (plan.ordered || exceeds_scan || from_yara) {
    if (YaraWindows(ChooseYaraAtoms(tree), width, tree.no_case, plan).Run()) {
      return plan;
    }
    plan.anchors.clear();
    plan.from_start = true;
  }
  plan.atoms = AutomatonAtoms(plan.expanded, width);
  return plan;
}

}  // namespace day::match
