#include "libs/rules/syntax/slow_patterns.h"

#include <algorithm>
#include <string_view>

namespace day::rules::syntax {
namespace {

using match::PatternSpec;
using match::RegexTree;

// YARA cuts strings in two at jumps longer than this (YR_STRING_CHAINING_THRESHOLD).
constexpr std::uint32_t kChainingThreshold = 200;
constexpr std::size_t kAtomMax = 4;
// YR_ATOM_QUALITY_WARNING_THRESHOLD, without the constant that all qualities share.
constexpr int kQualityThreshold = 38;

bool IsCommon(std::uint8_t byte) {
  return byte == 0x00 || byte == 0x20 || byte == 0xCC || byte == 0xFF;
}

// How distinctive an atom is: YARA's points (yr_atoms_heuristic_quality) for plain bytes.
int AtomQuality(std::string_view atom) {
  int quality = 0;
  int unique = 0;
  for (std::size_t i = 0; i < atom.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(atom[i]);
    const std::uint8_t lower = byte | 0x20;
    if (IsCommon(byte)) {
      quality += 12;
    } else {
      quality += lower >= 'a' && lower <= 'z' ? 18 : 20;
    }
    unique += atom.substr(0, i).find(atom[i]) == std::string_view::npos ? 1 : 0;
  }
  const auto first = atom.empty() ? std::uint8_t{1} : static_cast<std::uint8_t>(atom[0]);
  if (unique == 1 && (IsCommon(first) || first == 0x90)) {
    return quality - 10 * static_cast<int>(atom.size());
  }
  return quality + 2 * unique;
}

int BestQuality(std::string_view text) {
  int best = AtomQuality(text.substr(0, kAtomMax));
  for (std::size_t i = 1; i + kAtomMax <= text.size(); ++i) {
    best = std::max(best, AtomQuality(text.substr(i, kAtomMax)));
  }
  return best;
}

bool IsLiteral(const RegexTree& tree, std::uint32_t node) {
  return tree.nodes[node].op == RegexTree::Op::kByte;
}

bool IsLongJump(const RegexTree& tree, const RegexTree::Node& node) {
  return !tree.greedy && node.op == RegexTree::Op::kRepeat && node.children.size() == 1 &&
         tree.nodes[node.children[0]].op == RegexTree::Op::kAny &&
         (node.min > kChainingThreshold || node.max > kChainingThreshold);
}

}  // namespace

bool MaySlowDownScanning(const PatternSpec& pattern) {
  if (pattern.kind != PatternSpec::Kind::kText || !pattern.base64_alphabet.empty() ||
      !pattern.base64_wide_alphabet.empty()) {
    return false;
  }
  return BestQuality(pattern.text) < kQualityThreshold;
}

bool HasUnboundedDot(const RegexTree& tree) {
  if (tree.nodes.empty()) {
    return false;
  }
  const auto unbounded = [&](const RegexTree::Node& node) {
    return node.op == RegexTree::Op::kRepeat && node.max == match::kUnbounded &&
           node.children.size() == 1 && tree.nodes[node.children[0]].op == RegexTree::Op::kAny;
  };
  const RegexTree::Node& root = tree.nodes.back();
  if (root.op != RegexTree::Op::kConcat) {
    return unbounded(root);
  }
  return std::any_of(root.children.begin(), root.children.end(),
                     [&](std::uint32_t child) { return unbounded(tree.nodes[child]); });
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
  const RegexTree::Node& root = pattern.tree.nodes.back();
  if (root.op != RegexTree::Op::kConcat) {
    return root.op == RegexTree::Op::kByte;
  }
  for (std::size_t i = 0; i < root.children.size(); ++i) {
    const std::uint32_t child = root.children[i];
    if (i > 0 && i + 1 < root.children.size() &&
        IsLongJump(pattern.tree, pattern.tree.nodes[child])) {
      return true;
    }
    if (!IsLiteral(pattern.tree, child)) {
      return false;
    }
  }
  return true;
}

}  // namespace day::rules::syntax
