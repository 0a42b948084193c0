#include "libs/match/testing/naive_matcher.h"

#include <algorithm>
#include <string>

namespace day::match::testing {
namespace {

using Op = RegexTree::Op;
using Ends = std::set<std::uint64_t>;

std::uint8_t ByteAt(base::Bytes data, std::uint64_t at) {
  return std::to_integer<std::uint8_t>(data[at]);
}
bool IsAlnumAt(base::Bytes data, std::uint64_t at) {
  const std::uint8_t c = ByteAt(data, at);
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
std::uint8_t Lower(std::uint8_t c) {
  return c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + 32) : c;
}

class NaiveTree {
 public:
  NaiveTree(const RegexTree& tree, std::uint32_t width, base::Bytes data)
      : tree_(tree), width_(width), data_(data) {}

  Ends From(std::uint32_t index, std::uint64_t at) const {
    const RegexTree::Node& node = tree_.nodes[index];
    switch (node.op) {
      case Op::kEmpty:
        return {at};
      case Op::kConcat: {
        Ends ends = {at};
        for (const std::uint32_t child : node.children) {
          ends = Each(child, ends);
        }
        return ends;
      }
      case Op::kAlternate: {
        Ends ends;
        for (const std::uint32_t child : node.children) {
          ends.merge(From(child, at));
        }
        return ends;
      }
      case Op::kRepeat:
        return Repeat(node, at);
      case Op::kStart:
        return at == 0 ? Ends{at} : Ends{};
      case Op::kEnd:
        return at == data_.size() ? Ends{at} : Ends{};
      case Op::kWordBoundary:
      case Op::kNotWordBoundary: {
        const bool boundary = (at >= width_ && Word(at - width_)) != Word(at);
        return boundary == (node.op == Op::kWordBoundary) ? Ends{at} : Ends{};
      }
      default:
        return Readable(at) && Accepts(node, ByteAt(data_, at)) ? Ends{at + width_} : Ends{};
    }
  }

 private:
  Ends Each(std::uint32_t child, const Ends& starts) const {
    Ends ends;
    for (const std::uint64_t start : starts) {
      ends.merge(From(child, start));
    }
    return ends;
  }

  Ends Repeat(const RegexTree::Node& node, std::uint64_t at) const {
    Ends all;
    Ends now = {at};
    std::set<Ends> seen;
    for (std::uint64_t count = 0; count <= node.max && !now.empty(); ++count) {
      if (count >= node.min) {
        all.insert(now.begin(), now.end());
        if (!seen.insert(now).second) {
          break;
        }
      }
      now = Each(node.children[0], now);
    }
    return all;
  }

  bool Readable(std::uint64_t at) const {
    return at + width_ <= data_.size() && (width_ == 1 || ByteAt(data_, at + 1) == 0);
  }
  bool Word(std::uint64_t at) const {
    return Readable(at) && (IsAlnumAt(data_, at) || ByteAt(data_, at) == '_');
  }
  bool Accepts(const RegexTree::Node& node, std::uint8_t byte) const {
    switch (node.op) {
      case Op::kByte:
        return tree_.no_case ? Lower(byte) == Lower(node.value) : byte == node.value;
      case Op::kMasked:
        return ((byte & node.mask) == node.value) != node.negated;
      case Op::kClass:
        return tree_.sets[node.set].Has(byte);
      default:
        return tree_.dot_all || byte != '\n';
    }
  }

  const RegexTree& tree_;
  std::uint32_t width_;
  base::Bytes data_;
};

bool FullWord(base::Bytes data, std::uint64_t start, std::uint64_t end, std::uint32_t width) {
  if (width == 1) {
    return !(start >= 1 && IsAlnumAt(data, start - 1)) &&
           !(end < data.size() && IsAlnumAt(data, end));
  }
  return !(start >= 2 && ByteAt(data, start - 1) == 0 && IsAlnumAt(data, start - 2)) &&
         !(end + 1 < data.size() && ByteAt(data, end + 1) == 0 && IsAlnumAt(data, end));
}

std::optional<Match> TextMatch(const PatternSpec& spec, std::uint32_t width, base::Bytes data,
                               std::uint64_t start) {
  const std::uint64_t size = spec.text.size() * width;
  if (size > data.size() - start) {
    return std::nullopt;
  }
  const XorRange none{0, 0};
  const XorRange range = spec.xor_range.value_or(none);
  for (unsigned key = range.min; key <= range.max; ++key) {
    bool equal = true;
    for (std::uint64_t i = 0; i < size && equal; ++i) {
      const auto want = static_cast<std::uint8_t>(i % width == 0 ? spec.text[i / width] : 0);
      const auto got = static_cast<std::uint8_t>(ByteAt(data, start + i) ^ key);
      equal = spec.no_case ? Lower(want) == Lower(got) : want == got;
    }
    if (equal) {
      return Match{start, static_cast<std::uint32_t>(size), static_cast<std::uint8_t>(key)};
    }
  }
  return std::nullopt;
}

std::optional<Match> TreeMatch(const PatternSpec& spec, std::uint32_t width, base::Bytes data,
                               std::uint64_t start) {
  const Ends ends = NaiveEnds(spec.tree, width, data, start);
  if (ends.empty()) {
    return std::nullopt;
  }
  const std::uint64_t end = spec.tree.greedy ? *ends.rbegin() : *ends.begin();
  return Match{start, static_cast<std::uint32_t>(end - start), 0};
}

bool ConsumesOne(const RegexTree& tree, std::uint32_t index) {
  const Op op = tree.nodes[index].op;
  return op == Op::kByte || op == Op::kMasked || op == Op::kClass || op == Op::kAny;
}

}  // namespace

std::set<std::uint64_t> NaiveEnds(const RegexTree& tree, std::uint32_t width, base::Bytes data,
                                  std::uint64_t start) {
  const NaiveTree naive(tree, width, data);
  return naive.From(static_cast<std::uint32_t>(tree.nodes.size() - 1), start);
}

bool DefinesLength(const RegexTree& tree) {
  // Conservative: no alternatives, and nothing repeated but single bytes. Of several short jumps
  // YARA makes those shortest that lie behind its atom, which need not give the shortest match.
  int jumps = 0;
  for (const RegexTree::Node& node : tree.nodes) {
    if (node.op == Op::kAlternate ||
        (node.op == Op::kRepeat && !ConsumesOne(tree, node.children[0]))) {
      return false;
    }
    jumps += node.op == Op::kRepeat && node.min != node.max ? 1 : 0;
  }
  return tree.greedy || jumps <= 1;
}

std::vector<Match> NaiveMatches(const PatternSpec& spec, base::Bytes data) {
  std::vector<Match> matches;
  const bool text = spec.kind == PatternSpec::Kind::kText;
  for (std::uint64_t start = 0; start < data.size(); ++start) {
    std::optional<Match> kept;
    for (std::uint32_t width = 1; width <= 2; ++width) {
      if (width == 1 ? (!spec.ascii && spec.wide) : !spec.wide) {
        continue;
      }
      const std::optional<Match> found =
          text ? TextMatch(spec, width, data, start) : TreeMatch(spec, width, data, start);
      if (!found || (spec.full_word && !FullWord(data, start, start + found->length, width))) {
        continue;
      }
      const bool longer = kept && found->length > kept->length;
      if (!kept || (!text && longer == spec.tree.greedy && found->length != kept->length)) {
        kept = found;
      }
    }
    if (kept) {
      matches.push_back(*kept);
    }
  }
  return matches;
}

}  // namespace day::match::testing
