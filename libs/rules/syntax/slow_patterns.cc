#include "libs/rules/syntax/slow_patterns.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace day::rules::syntax {
namespace {

using match::PatternSpec;
using match::RegexTree;

// YARA cuts strings in two at jumps longer than this (YR_STRING_CHAINING_THRESHOLD).
constexpr std::uint32_t kChainingThreshold = 200;
constexpr std::size_t kAtomMax = 4;
constexpr int kQualityMax = 255;
constexpr int kQualityMin = 0;
// The quality of an atom without points.
constexpr int kQualityBase = kQualityMax - 22 * static_cast<int>(kAtomMax);
constexpr int kQualityThreshold = kQualityBase + 38;

struct Atom {
  std::array<std::uint8_t, kAtomMax> bytes{};
  std::array<std::uint8_t, kAtomMax> masks{};
  std::size_t size = 0;

  void Add(std::uint8_t byte, std::uint8_t mask) {
    bytes[size] = byte;
    masks[size] = mask;
    ++size;
  }
};

bool IsCommon(std::uint8_t byte) {
  return byte == 0x00 || byte == 0x20 || byte == 0xCC || byte == 0xFF;
}

int BytePoints(std::uint8_t byte) {
  if (IsCommon(byte)) {
    return 12;
  }
  const std::uint8_t lower = byte | 0x20;
  return lower >= 'a' && lower <= 'z' ? 18 : 20;
}

// How distinctive an atom is: points for its bytes, more for different ones, fewer for masks.
int QualityOf(const Atom& atom) {
  int quality = 0;
  int unique = 0;
  std::uint8_t last_unique = 1;
  for (std::size_t i = 0; i < atom.size; ++i) {
    switch (atom.masks[i]) {
      case 0x00:
        quality -= 10;
        continue;
      case 0x0F:
      case 0xF0:
        quality += 4;
        continue;
      default:
        break;
    }
    quality += BytePoints(atom.bytes[i]);
    bool seen = false;
    for (std::size_t j = 0; j < i; ++j) {
      seen = seen || (atom.masks[j] == 0xFF && atom.bytes[j] == atom.bytes[i]);
    }
    if (!seen) {
      ++unique;
      last_unique = atom.bytes[i];
    }
  }
  if (unique == 1 && (IsCommon(last_unique) || last_unique == 0x90)) {
    return kQualityBase + quality - 10 * static_cast<int>(atom.size);
  }
  return kQualityBase + quality + 2 * unique;
}

// Cuts unknown bytes off both ends; an atom of which half is unknown is cut to its first byte.
void Trim(Atom* atom) {
  std::size_t left = 0;
  while (left < atom->size && atom->masks[left] == 0) {
    ++left;
  }
  while (atom->size > left && atom->masks[atom->size - 1] == 0) {
    --atom->size;
  }
  Atom out;
  int known = 0;
  int unknown = 0;
  for (std::size_t i = left; i < atom->size; ++i) {
    out.Add(atom->bytes[i], atom->masks[i]);
    known += atom->masks[i] == 0xFF ? 1 : 0;
    unknown += atom->masks[i] == 0x00 ? 1 : 0;
  }
  if (out.size > 0 && unknown >= known) {
    out.size = 1;
  }
  *atom = out;
}

Atom AtomAt(std::string_view text, std::size_t offset) {
  Atom atom;
  for (const char c : text.substr(offset, kAtomMax)) {
    atom.Add(static_cast<std::uint8_t>(c), 0xFF);
  }
  return atom;
}

Atom Widen(const Atom& atom) {
  Atom wide;
  for (std::size_t i = 0; i < atom.size && wide.size < kAtomMax; ++i) {
    wide.Add(atom.bytes[i], 0xFF);
    wide.Add(0, 0xFF);
  }
  return wide;
}

// The quality of plain text: its best atom, or the worst that modifiers make of that one. (Changes
// of case never take an atom across the threshold.)
int TextQuality(std::string_view text, const PatternSpec& pattern) {
  Atom best = AtomAt(text, 0);
  int quality = QualityOf(best);
  const bool plain = !pattern.wide && !pattern.xor_range;
  for (std::size_t i = 1; i + kAtomMax <= text.size() && quality < kQualityMax; ++i) {
    if (plain && quality >= kQualityThreshold) {
      return quality;
    }
    const Atom atom = AtomAt(text, i);
    const int next = QualityOf(atom);
    if (next > quality) {
      quality = next;
      best = atom;
    }
  }
  std::vector<Atom> atoms;
  if (pattern.ascii || !pattern.wide) {
    atoms.push_back(best);
  }
  if (pattern.wide) {
    atoms.push_back(Widen(best));
  }
  for (const Atom& atom : atoms) {
    const unsigned first = pattern.xor_range ? pattern.xor_range->min : 0;
    const unsigned last = pattern.xor_range ? pattern.xor_range->max : 0;
    for (unsigned key = first; key <= last; ++key) {
      Atom changed = atom;
      for (std::uint8_t& byte : changed.bytes) {
        byte = static_cast<std::uint8_t>(byte ^ key);
      }
      quality = std::min(quality, QualityOf(changed));
    }
  }
  return quality;
}

std::string WidenText(std::string_view text) {
  std::string wide;
  for (const char c : text) {
    wide += c;
    wide += '\0';
  }
  return wide;
}

// The base64 characters that depend on `text` alone when `shift` bytes come before it.
std::string Base64Core(std::string_view text, std::size_t shift, std::string_view alphabet) {
  constexpr std::size_t kBitsPerCharacter = 6;
  const std::size_t first_bit = shift * 8;
  const std::size_t last_bit = (shift + text.size()) * 8;
  std::string out;
  for (std::size_t bit =
           (first_bit + kBitsPerCharacter - 1) / kBitsPerCharacter * kBitsPerCharacter;
       bit + kBitsPerCharacter <= last_bit; bit += kBitsPerCharacter) {
    unsigned index = 0;
    for (std::size_t i = bit; i < bit + kBitsPerCharacter; ++i) {
      const auto byte = static_cast<unsigned char>(text[i / 8 - shift]);
      index = index * 2 + ((byte >> (7 - i % 8)) & 1u);
    }
    out += alphabet[index];
  }
  return out;
}

int Base64Quality(const PatternSpec& pattern) {
  std::vector<std::string> texts;
  if (pattern.ascii || !pattern.wide) {
    texts.push_back(pattern.text);
  }
  if (pattern.wide) {
    texts.push_back(WidenText(pattern.text));
  }
  const PatternSpec plain;
  int quality = kQualityMax;
  const auto add = [&](std::string_view core) {
    quality = std::min(quality, core.empty() ? kQualityMin : TextQuality(core, plain));
  };
  for (const std::string& text : texts) {
    for (std::size_t shift = 0; shift < 3; ++shift) {
      if (!pattern.base64_alphabet.empty()) {
        add(Base64Core(text, shift, pattern.base64_alphabet));
      }
      if (!pattern.base64_wide_alphabet.empty()) {
        add(WidenText(Base64Core(text, shift, pattern.base64_wide_alphabet)));
      }
    }
  }
  return quality;
}

// Chooses atoms for an expression that is not a plain text. What follows each other gives windows
// of atoms, of which the best is kept; an alternation is as good as the worst of its branches.
class AtomChooser {
 public:
  explicit AtomChooser(const RegexTree& tree) : tree_(tree) {}

  // The quality of the concatenation of `nodes`; kQualityThreshold for all that reach it.
  int Choose(const std::uint32_t* nodes, std::size_t count) {
    groups_.push_back({.is_all = false, .parent = 0});
    stack_.push_back({kNothing, 0});
    for (std::size_t i = count; i > 0; --i) {
      stack_.push_back({nodes[i - 1], kNothing});
    }
    current_ = 0;
    while (!stack_.empty() && !good_enough_) {
      const Item item = stack_.back();
      stack_.pop_back();
      if (item.group != kNothing) {
        EndWindow();
        current_ = item.group;
      }
      if (item.node != kNothing) {
        Visit(item.node);
      }
    }
    if (good_enough_) {
      return kQualityThreshold;
    }
    for (std::size_t i = groups_.size() - 1; i > 0; --i) {
      Join(groups_[i].parent, groups_[i].quality());
    }
    return groups_[0].quality();
  }

 private:
  static constexpr std::uint32_t kNothing = 0xFFFFFFFF;

  struct Item {
    std::uint32_t node;   // to visit, or kNothing
    std::uint32_t group;  // to go on in, or kNothing
  };
  // A set of choices (the best counts) or of things all needed (the worst counts).
  struct Group {
    bool is_all = false;
    std::uint32_t parent = 0;
    int best = kQualityMin;
    int worst = kQualityMax;
    int quality() const { return is_all ? worst : best; }
  };

  void Join(std::uint32_t group, int quality) {
    groups_[group].best = std::max(groups_[group].best, quality);
    groups_[group].worst = std::min(groups_[group].worst, quality);
  }

  void EndWindow() {
    if (window_.size > 0) {
      Atom last = window_;
      Trim(&last);
      Atom chosen = QualityOf(last) > best_quality_ ? last : best_;
      Trim(&chosen);
      Join(current_, chosen.size > 0 ? QualityOf(chosen) : kQualityMin);
      window_ = {};
    }
    best_quality_ = -1;
  }

  void AddByte(std::uint8_t byte, std::uint8_t mask) {
    if (window_.size < kAtomMax) {
      window_.Add(byte, mask);
      return;
    }
    Atom atom = window_;
    Trim(&atom);
    if (QualityOf(atom) > best_quality_) {
      best_quality_ = QualityOf(atom);
      best_ = atom;
      // One good atom that every match needs settles the question.
      good_enough_ = current_ == 0 && best_quality_ >= kQualityThreshold;
    }
    std::rotate(window_.bytes.begin(), window_.bytes.begin() + 1, window_.bytes.end());
    std::rotate(window_.masks.begin(), window_.masks.begin() + 1, window_.masks.end());
    window_.bytes.back() = byte;
    window_.masks.back() = mask;
  }

  void Visit(std::uint32_t index) {
    const RegexTree::Node& node = tree_.nodes[index];
    switch (node.op) {
      case RegexTree::Op::kByte:
        return AddByte(node.value, 0xFF);
      case RegexTree::Op::kAny:
        return AddByte(0, 0);
      case RegexTree::Op::kMasked:
        if (!node.negated) {
          return AddByte(node.value, node.mask);
        }
        break;
      case RegexTree::Op::kConcat:
        for (std::size_t i = node.children.size(); i > 0; --i) {
          stack_.push_back({node.children[i - 1], kNothing});
        }
        return;
      case RegexTree::Op::kAlternate:
        return VisitAlternate(node);
      case RegexTree::Op::kRepeat:
        return VisitRepeat(node);
      default:
        break;
    }
    stack_.push_back({kNothing, current_});
  }

  void VisitAlternate(const RegexTree::Node& node) {
    const auto all = static_cast<std::uint32_t>(groups_.size());
    groups_.push_back({.is_all = true, .parent = current_});
    stack_.push_back({kNothing, current_});
    for (const std::uint32_t child : node.children) {
      groups_.push_back({.is_all = false, .parent = all});
      stack_.push_back({child, static_cast<std::uint32_t>(groups_.size() - 1)});
    }
  }

  void VisitRepeat(const RegexTree::Node& node) {
    stack_.push_back({kNothing, current_});
    const bool any = tree_.nodes[node.children[0]].op == RegexTree::Op::kAny;
    const bool plus = node.min == 1 && node.max == match::kUnbounded;
    if (any && !plus) {
      return;
    }
    const std::size_t copies = plus ? 1 : std::min<std::size_t>(node.min, kAtomMax);
    // Nested repeats could multiply; beyond this an atom is full anyway.
    for (std::size_t i = 0; i < copies && stack_.size() < kStackMax; ++i) {
      stack_.push_back({node.children[0], kNothing});
    }
  }

  static constexpr std::size_t kStackMax = 4096;

  const RegexTree& tree_;
  std::vector<Item> stack_;
  std::vector<Group> groups_;
  std::uint32_t current_ = 0;
  Atom window_;
  Atom best_;
  int best_quality_ = -1;
  bool good_enough_ = false;
};

// `.*?` and `.+?` are no jumps to YARA; the unbounded jumps of hex strings are.
bool IsLongJump(const PatternSpec& pattern, const RegexTree::Node& node) {
  const RegexTree& tree = pattern.tree;
  if (pattern.kind == PatternSpec::Kind::kRegex && node.max == match::kUnbounded) {
    return false;
  }
  return !tree.greedy && node.op == RegexTree::Op::kRepeat && node.children.size() == 1 &&
         tree.nodes[node.children[0]].op == RegexTree::Op::kAny &&
         (node.min > kChainingThreshold || node.max > kChainingThreshold);
}

// The bytes of a concatenation of nothing but bytes.
std::optional<std::string> LiteralOf(const RegexTree& tree, const std::uint32_t* nodes,
                                     std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const RegexTree::Node& node = tree.nodes[nodes[i]];
    if (node.op != RegexTree::Op::kByte) {
      return std::nullopt;
    }
    text += static_cast<char>(node.value);
  }
  return text;
}

int PartQuality(const PatternSpec& pattern, const std::uint32_t* nodes, std::size_t count) {
  const std::optional<std::string> literal = LiteralOf(pattern.tree, nodes, count);
  if (literal && !literal->empty()) {
    return TextQuality(*literal, pattern);
  }
  return AtomChooser(pattern.tree).Choose(nodes, count);
}

// The worst of the parts that long jumps cut the expression into.
int TreeQuality(const PatternSpec& pattern) {
  const RegexTree& tree = pattern.tree;
  const auto root_index = static_cast<std::uint32_t>(tree.nodes.size() - 1);
  const RegexTree::Node& root = tree.nodes.back();
  if (root.op != RegexTree::Op::kConcat) {
    return PartQuality(pattern, &root_index, 1);
  }
  int quality = kQualityMax;
  std::size_t begin = 0;
  const std::size_t count = root.children.size();
  for (std::size_t i = 1; i + 1 < count; ++i) {
    if (i > begin && IsLongJump(pattern, tree.nodes[root.children[i]])) {
      quality = std::min(quality, PartQuality(pattern, root.children.data() + begin, i - begin));
      begin = i + 1;
    }
  }
  return std::min(quality, PartQuality(pattern, root.children.data() + begin, count - begin));
}

}  // namespace

bool MaySlowDownScanning(const PatternSpec& pattern) {
  if (!pattern.base64_alphabet.empty() || !pattern.base64_wide_alphabet.empty()) {
    return Base64Quality(pattern) < kQualityThreshold;
  }
  if (pattern.kind == PatternSpec::Kind::kText) {
    return TextQuality(pattern.text, pattern) < kQualityThreshold;
  }
  return !pattern.tree.nodes.empty() && TreeQuality(pattern) < kQualityThreshold;
}

bool HasFixedLiteralHead(const PatternSpec& pattern) {
  if (!pattern.base64_alphabet.empty() || !pattern.base64_wide_alphabet.empty()) {
    return false;
  }
  if (pattern.kind == PatternSpec::Kind::kText) {
    return true;
  }
  if (pattern.tree.nodes.empty()) {
    return false;
  }
  const RegexTree& tree = pattern.tree;
  const RegexTree::Node& root = tree.nodes.back();
  if (root.op != RegexTree::Op::kConcat) {
    return root.op == RegexTree::Op::kByte;
  }
  for (std::size_t i = 0; i < root.children.size(); ++i) {
    const RegexTree::Node& node = tree.nodes[root.children[i]];
    if (i > 0 && i + 1 < root.children.size() && IsLongJump(pattern, node)) {
      return true;
    }
    if (node.op != RegexTree::Op::kByte) {
      return false;
    }
  }
  return true;
}

}  // namespace day::rules::syntax
