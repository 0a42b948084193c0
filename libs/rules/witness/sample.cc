#include "libs/rules/witness/sample.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace day::rules::witness {
namespace {

using match::RegexTree;

// Repeats are taken at most this many times beyond their minimum.
constexpr std::uint32_t kExtraRepeatsMax = 3;

std::string Widen(std::string_view text) {
  std::string wide;
  for (const char c : text) {
    wide.push_back(c);
    wide.push_back('\0');
  }
  return wide;
}

std::string Base64(std::string_view text, std::string_view alphabet) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = (group << 8) | (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0u);
    }
    for (int shift = 18; shift >= 0; shift -= 6) {
      out.push_back(alphabet[(group >> shift) & 63]);
    }
  }
  return out;
}

std::string SampleText(const match::PatternSpec& spec, Dice& dice) {
  const bool wide = spec.wide && (!spec.ascii || dice.Below(2) == 0);
  std::string text = wide ? Widen(spec.text) : spec.text;
  if (!spec.base64_alphabet.empty() || !spec.base64_wide_alphabet.empty()) {
    const bool wide_form = spec.base64_alphabet.empty();
    const std::string_view alphabet = wide_form ? spec.base64_wide_alphabet : spec.base64_alphabet;
    // A random shift, so that each of the three rotations gets its turn.
    const std::string shifted = std::string("xy").substr(0, dice.Below(3)) + text + "zz";
    const std::string encoded = Base64(shifted, alphabet);
    return wide_form ? Widen(encoded) : encoded;
  }
  if (spec.xor_range) {
    const unsigned keys = spec.xor_range->max - spec.xor_range->min + 1u;
    const auto key = static_cast<unsigned char>(spec.xor_range->min + dice.Below(keys));
    for (char& c : text) {
      c = static_cast<char>(static_cast<unsigned char>(c) ^ key);
    }
  }
  if (spec.no_case) {
    for (char& c : text) {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      c = letter && dice.Below(4) == 0 ? static_cast<char>(c ^ 0x20) : c;
    }
  }
  return text;
}

// A byte of the set, printable if there is one.
char ByteOf(const match::ByteSet& set, Dice& dice) {
  const auto start = static_cast<unsigned>(dice.Below(95));
  for (unsigned i = 0; i < 95; ++i) {
    const unsigned b = 32 + (start + i) % 95;
    if (set.Has(static_cast<std::uint8_t>(b))) {
      return static_cast<char>(b);
    }
  }
  for (unsigned b = 0; b < 256; ++b) {
    if (set.Has(static_cast<std::uint8_t>(b))) {
      return static_cast<char>(b);
    }
  }
  return '\0';
}

char SampleByte(const RegexTree& tree, const RegexTree::Node& node, Dice& dice) {
  switch (node.op) {
    case RegexTree::Op::kByte:
      return static_cast<char>(node.value);
    case RegexTree::Op::kMasked: {
      auto byte = static_cast<unsigned>(dice.Below(256));
      if (node.negated) {
        while ((byte & node.mask) == node.value) {
          byte = (byte + 1) & 0xFF;
        }
        return static_cast<char>(byte);
      }
      return static_cast<char>(node.value | (byte & ~unsigned{node.mask} & 0xFF));
    }
    case RegexTree::Op::kClass:
      return ByteOf(tree.sets[node.set], dice);
    default:
      return static_cast<char>('a' + dice.Below(26));
  }
}

std::string SampleTree(const RegexTree& tree, Dice& dice) {
  std::string out;
  if (tree.nodes.empty()) {
    return out;
  }
  std::vector<std::uint32_t> pending = {static_cast<std::uint32_t>(tree.nodes.size() - 1)};
  while (!pending.empty() && out.size() < kSampleBytesMax) {
    const RegexTree::Node& node = tree.nodes[pending.back()];
    pending.pop_back();
    switch (node.op) {
      case RegexTree::Op::kEmpty:
      case RegexTree::Op::kStart:
      case RegexTree::Op::kEnd:
      case RegexTree::Op::kWordBoundary:
      case RegexTree::Op::kNotWordBoundary:
        break;
      case RegexTree::Op::kConcat:
        pending.insert(pending.end(), node.children.rbegin(), node.children.rend());
        break;
      case RegexTree::Op::kAlternate:
        pending.push_back(node.children[dice.Below(node.children.size())]);
        break;
      case RegexTree::Op::kRepeat: {
        const std::uint32_t extra = std::min(node.max - node.min, kExtraRepeatsMax);
        const std::uint64_t times = node.min + dice.Below(extra + 1u);
        const std::uint64_t room = kSampleBytesMax - out.size();
        pending.insert(pending.end(), static_cast<std::size_t>(std::min(times, room)),
                       node.children[0]);
        break;
      }
      default:
        out.push_back(SampleByte(tree, node, dice));
    }
  }
  return out;
}

}  // namespace

std::uint64_t Dice::Next() {
  state_ += 0x9E3779B97F4A7C15;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

std::string SamplePattern(const match::PatternSpec& spec, Dice& dice) {
  if (spec.kind == match::PatternSpec::Kind::kText) {
    return SampleText(spec, dice);
  }
  std::string sample = SampleTree(spec.tree, dice);
  const bool wide = spec.wide && (!spec.ascii || dice.Below(2) == 0);
  return wide ? Widen(sample) : sample;
}

}  // namespace day::rules::witness
