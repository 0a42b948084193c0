#include "libs/match/yara_atoms.h"

#include <algorithm>
#include <array>
#include <utility>

namespace day::match {
namespace {

using Op = RegexTree::Op;

constexpr int kQualityMax = 255;
constexpr int kNoQuality = -1;
constexpr std::uint32_t kYaraSplitsMax = 128;  // RE_MAX_SPLIT_ID

// Cuts free bytes off both ends; returns how many were cut in front. An atom with no more known
// than free bytes is cut down to its first byte.
std::size_t Trim(YaraAtom& atom) {
  std::size_t left = 0;
  while (left < atom.size && atom.mask[left] == 0) {
    ++left;
  }
  while (atom.size > left && atom.mask[atom.size - 1] == 0) {
    --atom.size;
  }
  atom.size = static_cast<std::uint8_t>(atom.size - left);
  if (atom.size == 0) {
    return 0;
  }
  const std::uint8_t* mask = atom.mask + left;
  const auto free = std::count(mask, mask + atom.size, std::uint8_t{0});
  const auto known = std::count(mask, mask + atom.size, std::uint8_t{0xFF});
  if (free >= known) {
    atom.size = 1;
  }
  std::copy(atom.value + left, atom.value + kYaraAtomSizeMax, atom.value);
  std::copy(atom.mask + left, atom.mask + kYaraAtomSizeMax, atom.mask);
  return left;
}

// Builds the tree of possibilities and chooses while it is built: an open list of alternatives
// keeps only the best found so far, as libyara's later choice among them would.
class Chooser {
 public:
  explicit Chooser(const RegexTree& tree) : tree_(tree) {}

  YaraChoice Run() {
    levels_.emplace_back();
    Visit(static_cast<std::uint32_t>(tree_.nodes.size() - 1));
    Flush();
    return std::move(levels_.back().best);
  }

 private:
  // A list of alternatives for finding one stretch of the expression.
  struct Level {
    YaraChoice best;
  };
  struct Item {
    std::uint32_t node = 0;
    YaraAtom byte;
  };

  static void Offer(Level& level, YaraChoice choice) {
    if (choice.quality > level.best.quality) {
      level.best = std::move(choice);
    }
  }

  static YaraAtom Join(const std::vector<Item>& items) {
    YaraAtom atom;
    atom.size = static_cast<std::uint8_t>(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      atom.value[i] = items[i].byte.value[0];
      atom.mask[i] = items[i].byte.mask[0];
    }
    const std::size_t shift = Trim(atom);
    atom.node = items[shift].node;
    return atom;
  }

  // Ends a run: the better of its last window and the best before.
  YaraChoice TakeRun() {
    YaraChoice choice;
    if (!recent_.empty()) {
      YaraAtom atom = Join(recent_);
      if (YaraAtomQuality(atom) <= best_quality_) {
        atom = best_;
      }
      Trim(atom);
      if (atom.size > 0) {
        choice = {{atom}, YaraAtomQuality(atom)};
      }
    }
    recent_.clear();
    best_quality_ = kNoQuality;
    return choice;
  }
  void Flush() { Offer(levels_.back(), TakeRun()); }

  void AddByte(std::uint32_t node, std::uint8_t value, std::uint8_t mask) {
    Item item;
    item.node = node;
    item.byte.value[0] = value;
    item.byte.mask[0] = mask;
    if (recent_.size() < kYaraAtomSizeMax) {
      recent_.push_back(item);
      return;
    }
    if (best_quality_ >= kQualityMax) {
      return;  // libyara stops sliding here too
    }
    const YaraAtom atom = Join(recent_);
    if (const int quality = YaraAtomQuality(atom); quality > best_quality_) {
      best_ = atom;
      best_quality_ = quality;
    }
    recent_.erase(recent_.begin());
    recent_.push_back(item);
  }

  // Depth is bounded by that of the tree, which the parsers bound.
  void Visit(std::uint32_t index) {
    const RegexTree::Node& node = tree_.nodes[index];
    switch (node.op) {
      case Op::kByte:
        AddByte(index, node.value, 0xFF);
        return;
      case Op::kAny:
        AddByte(index, 0, 0);
        return;
      case Op::kMasked:
        if (node.negated) {
          Flush();
        } else {
          AddByte(index, node.value, node.mask);
        }
        return;
      case Op::kConcat:
        for (const std::uint32_t child : node.children) {
          Visit(child);
        }
        return;
      case Op::kAlternate:
        VisitAlternate(node);
        return;
      case Op::kRepeat:
        VisitRepeat(node);
        return;
      default:
        Flush();
        return;
    }
  }

  void VisitAlternate(const RegexTree::Node& node) {
    // The run before is offered after the alternatives, so that it loses a tie.
    YaraChoice before = TakeRun();
    YaraChoice all;
    all.quality = kQualityMax;
    for (const std::uint32_t child : node.children) {
      levels_.emplace_back();
      Visit(child);
      Flush();
      const YaraChoice best = std::move(levels_.back().best);
      levels_.pop_back();
      all.quality = std::min(all.quality, best.quality);
      all.atoms.insert(all.atoms.end(), best.atoms.begin(), best.atoms.end());
    }
    Offer(levels_.back(), std::move(all));
    Offer(levels_.back(), std::move(before));
  }

  void VisitRepeat(const RegexTree::Node& node) {
    const bool of_any = tree_.nodes[node.children[0]].op == Op::kAny;
    const bool plus = node.min == 1 && node.max == kUnbounded;
    // A counted dot is one node to libyara, a star none that must be there.
    if (!(of_any && !plus)) {
      const std::uint32_t copies = std::min(node.min, static_cast<std::uint32_t>(kYaraAtomSizeMax));
      for (std::uint32_t i = 0; i < copies; ++i) {
        Visit(node.children[0]);
      }
    }
    Flush();
  }

  const RegexTree& tree_;
  std::vector<Level> levels_;
  std::vector<Item> recent_;
  YaraAtom best_;
  int best_quality_ = kNoQuality;
};

bool IsLetterByte(std::uint8_t c) {
  const unsigned lower = c | 0x20u;
  return lower >= 'a' && lower <= 'z';
}

}  // namespace

int YaraAtomQuality(const YaraAtom& atom) {
  constexpr int kFree = -10;
  constexpr int kNibble = 4;
  constexpr int kCommon = 12;
  constexpr int kLetter = 18;
  constexpr int kOther = 20;
  ByteSet seen;
  int quality = 0;
  for (std::size_t i = 0; i < atom.size; ++i) {
    const std::uint8_t value = atom.value[i];
    switch (atom.mask[i]) {
      case 0x00:
        quality += kFree;
        break;
      case 0x0F:
      case 0xF0:
        quality += kNibble;
        break;
      default: {
        const bool common = value == 0 || value == 0x20 || value == 0xCC || value == 0xFF;
        quality += common ? kCommon : IsLetterByte(value) ? kLetter : kOther;
        seen.Add(value);
        break;
      }
    }
  }
  const bool dull =
      seen.Has(0) || seen.Has(0x20) || seen.Has(0x90) || seen.Has(0xCC) || seen.Has(0xFF);
  if (seen.Count() == 1 && dull) {
    quality -= 10 * atom.size;
  } else {
    quality += 2 * seen.Count();
  }
  return kQualityMax - 22 * static_cast<int>(kYaraAtomSizeMax) + quality;
}

namespace {

YaraAtom PlainAtom(std::string_view bytes) {
  YaraAtom atom;
  atom.size = static_cast<std::uint8_t>(std::min(bytes.size(), kYaraAtomSizeMax));
  for (std::size_t i = 0; i < atom.size; ++i) {
    atom.value[i] = static_cast<std::uint8_t>(bytes[i]);
    atom.mask[i] = 0xFF;
  }
  return atom;
}

YaraAtom WideAtom(const YaraAtom& narrow) {
  YaraAtom atom;
  atom.size = static_cast<std::uint8_t>(std::min<std::size_t>(narrow.size * 2u, kYaraAtomSizeMax));
  for (std::size_t i = 0; i < atom.size; ++i) {
    atom.value[i] = i % 2 == 0 ? narrow.value[i / 2] : std::uint8_t{0};
    atom.mask[i] = 0xFF;
  }
  return atom;
}

// Every combination of cases, the atom itself included.
std::vector<YaraAtom> CaseForms(const YaraAtom& atom) {
  std::vector<YaraAtom> forms = {atom};
  for (std::size_t i = 0; i < atom.size; ++i) {
    if (!IsLetterByte(atom.value[i])) {
      continue;
    }
    for (std::size_t k = 0, count = forms.size(); k < count; ++k) {
      YaraAtom other = forms[k];
      other.value[i] ^= 0x20;
      forms.push_back(other);
    }
  }
  return forms;
}

int WorstUnderKeys(const YaraAtom& atom, const XorRange& range) {
  int worst = kQualityMax;
  for (unsigned key = range.min; key <= range.max; ++key) {
    YaraAtom other = atom;
    for (std::size_t i = 0; i < atom.size; ++i) {
      other.value[i] = static_cast<std::uint8_t>(atom.value[i] ^ key);
    }
    worst = std::min(worst, YaraAtomQuality(other));
  }
  return worst;
}

}  // namespace

int YaraLiteralQuality(std::string_view bytes, const PatternSpec& spec) {
  YaraAtom best = PlainAtom(bytes);
  int worst = YaraAtomQuality(best);
  for (std::size_t i = 1; i + kYaraAtomSizeMax <= bytes.size() && worst < kQualityMax; ++i) {
    const YaraAtom atom = PlainAtom(bytes.substr(i));
    if (const int quality = YaraAtomQuality(atom); quality > worst) {
      best = atom;
      worst = quality;
    }
  }
  std::vector<YaraAtom> atoms;
  if (spec.ascii || !spec.wide) {
    atoms.push_back(best);
  }
  if (spec.wide) {
    atoms.push_back(WideAtom(best));
  }
  for (const YaraAtom& atom : atoms) {
    for (const YaraAtom& form : spec.no_case ? CaseForms(atom) : std::vector<YaraAtom>{atom}) {
      worst = std::min(
          worst, spec.xor_range ? WorstUnderKeys(form, *spec.xor_range) : YaraAtomQuality(form));
    }
  }
  return worst;
}

YaraChoice ChooseYaraAtoms(const RegexTree& tree) { return Chooser(tree).Run(); }

bool TooComplexForYara(const RegexTree& tree) {
  // How many splits YARA's code for each node has: children stand before their parents.
  std::vector<std::uint32_t> splits(tree.nodes.size(), 0);
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    const RegexTree::Node& node = tree.nodes[i];
    std::uint32_t count = 0;
    for (const std::uint32_t child : node.children) {
      count += splits[child];
    }
    if (node.op == Op::kAlternate) {
      count += static_cast<std::uint32_t>(node.children.size()) - 1;
    } else if (node.op == Op::kRepeat) {
      const bool loop = node.max == kUnbounded && node.min <= 1;
      const bool of_any = tree.nodes[node.children[0]].op == Op::kAny;
      if (loop) {
        ++count;
      } else if (!of_any) {
        const bool optional = node.max > node.min;
        const bool middle = node.max > node.min + 1 || node.max > 2;
        const bool last = optional || node.max > 1;
        count *= (node.min > 0 ? 1u : 0u) + (middle ? 1u : 0u) + (last ? 1u : 0u);
        count += optional ? 1 : 0;
      }
    }
    splits[i] = std::min(count, kYaraSplitsMax + 1);
  }
  return splits.back() > kYaraSplitsMax;
}

YaraWindow YaraWindowOf(std::string_view bytes) {
  RegexTree tree;
  RegexTree::Node concat;
  concat.op = Op::kConcat;
  for (const char c : bytes) {
    concat.children.push_back(static_cast<std::uint32_t>(tree.nodes.size()));
    RegexTree::Node byte;
    byte.op = Op::kByte;
    byte.value = static_cast<std::uint8_t>(c);
    tree.nodes.push_back(std::move(byte));
  }
  tree.nodes.push_back(std::move(concat));
  const YaraChoice choice = ChooseYaraAtoms(tree);
  return choice.atoms.empty() ? YaraWindow{} : YaraWindow{choice.atoms[0].node, choice.atoms[0].size};
}

}  // namespace day::match
