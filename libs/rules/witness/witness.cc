#include "libs/rules/witness/witness.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

#include "libs/rules/witness/sample.h"

namespace day::rules::witness {
namespace {

using syntax::Node;
using syntax::Op;

constexpr std::uint64_t kRepeatsMax = 64;
constexpr std::size_t kBodyOffset = 0x400;

// What a condition wants of the file, as far as we read it.
struct Wishes {
  std::map<std::uint64_t, std::string> fixed;          // bytes at constant offsets
  std::map<std::uint32_t, std::uint64_t> occurrences;  // string -> how many
  std::uint64_t size_min = 0;
  std::uint64_t size_max = kWitnessBytesMax;
  bool wants_pe = false;
};

class Reader {
 public:
  Reader(const syntax::RuleSet& rules, std::uint64_t seed) : rules_(rules), dice_(seed) {}

  Wishes Read(std::uint32_t root) {
    std::vector<std::uint32_t> pending = {root};
    while (!pending.empty()) {
      const Node& node = rules_.nodes[pending.back()];
      pending.pop_back();
      ReadNode(node);
      if (node.op == Op::kNot) {
        continue;  // what must not be is not a wish
      }
      for (std::uint32_t i = 0; i < node.children_count; ++i) {
        pending.push_back(Child(node, i));
      }
      if (node.op == Op::kRule) {
        pending.push_back(rules_.rules[node.index].condition);
      }
    }
    return std::move(wishes_);
  }

 private:
  std::uint32_t Child(const Node& node, std::uint32_t i) const {
    return rules_.children[node.children_begin + i];
  }
  const Node& ChildNode(const Node& node, std::uint32_t i) const {
    return rules_.nodes[Child(node, i)];
  }
  std::optional<std::uint64_t> Constant(const Node& node) const {
    return node.op == Op::kInteger && node.value >= 0
               ? std::optional(static_cast<std::uint64_t>(node.value))
               : std::nullopt;
  }

  void ReadNode(const Node& node) {
    switch (node.op) {
      case Op::kEqual:
      case Op::kLess:
      case Op::kLessEqual:
      case Op::kGreater:
      case Op::kGreaterEqual:
        ReadComparison(node);
        break;
      case Op::kMatchedAt:
        Place(node.index, Constant(ChildNode(node, 0)));
        break;
      case Op::kMatchedIn:
        Place(node.index, Constant(ChildNode(node, 0)));
        break;
      case Op::kField:
      case Op::kCall:
        wishes_.wants_pe |= rules_.modules[node.module]->name() == "pe";
        break;
      default:
        break;
    }
  }

  void Place(std::uint32_t string, std::optional<std::uint64_t> offset) {
    if (string != syntax::kLoopString && offset && *offset < kWitnessBytesMax / 2) {
      wishes_.fixed[*offset] = SamplePattern(rules_.strings[string].pattern, dice_);
    }
  }

  void ReadComparison(const Node& node) {
    const Node& left = ChildNode(node, 0);
    const std::optional<std::uint64_t> right = Constant(ChildNode(node, 1));
    if (!right) {
      return;
    }
    if (left.op == Op::kFilesize) {
      ReadFilesize(node.op, *right);
    } else if (left.op == Op::kCount && left.index != syntax::kLoopString) {
      const std::uint64_t extra = node.op == Op::kGreater ? 1 : 0;
      const bool more =
          node.op == Op::kGreater || node.op == Op::kGreaterEqual || node.op == Op::kEqual;
      wishes_.occurrences[left.index] = more ? std::min(*right + extra, kRepeatsMax) : 1;
    } else if (left.op == Op::kReadInt && node.op == Op::kEqual) {
      ReadInteger(left, *right);
    }
  }

  void ReadFilesize(Op op, std::uint64_t bound) {
    if (op == Op::kGreater || op == Op::kGreaterEqual || op == Op::kEqual) {
      wishes_.size_min =
          std::max(wishes_.size_min, std::min<std::uint64_t>(bound + 1, kWitnessBytesMax));
    } else {
      wishes_.size_max = std::min(wishes_.size_max, bound);
    }
  }

  void ReadInteger(const Node& read, std::uint64_t value) {
    const std::optional<std::uint64_t> offset = Constant(ChildNode(read, 0));
    if (!offset || *offset > kWitnessBytesMax / 2) {
      return;
    }
    const auto size = static_cast<unsigned>(read.value & 0xF);
    std::string bytes;
    for (unsigned i = 0; i < size; ++i) {
      const unsigned shift =
          (read.value & syntax::kReadBigEndian) != 0 ? 8 * (size - 1 - i) : 8 * i;
      bytes.push_back(static_cast<char>((value >> shift) & 0xFF));
    }
    wishes_.fixed[*offset] = bytes;
  }

  const syntax::RuleSet& rules_;
  Dice dice_;
  Wishes wishes_;
};

void Put(std::string& file, std::size_t offset, std::string_view bytes) {
  if (file.size() < offset + bytes.size()) {
    file.resize(offset + bytes.size(), '\0');
  }
  std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(offset));
}

// The smallest headers that make a file a PE for every reader: one section, no imports.
void PutPeHeaders(std::string& file) {
  Put(file, 0, "MZ");
  Put(file, 0x3C, std::string("\x80\0\0\0", 4));
  Put(file, 0x80, std::string("PE\0\0\x4C\x01\x01\0", 8));
  Put(file, 0x94, std::string("\xE0\0\x02\x01\x0B\x01", 6));
  Put(file, 0xA8, std::string("\0\x10\0\0", 4));  // entry point
  Put(file, 0xB4, std::string("\0\0\x40\0\0\x10\0\0\0\x02\0\0", 12));
  Put(file, 0xD0, std::string("\0\x20\0\0\0\x02\0\0", 8));  // image and header size
  Put(file, 0xF4, std::string("\x10\0\0\0", 4));
  Put(file, 0x178, std::string(".text\0\0\0\0\x10\0\0\0\x10\0\0\0\x02\0\0\0\x02\0\0", 24));
}

}  // namespace

std::string MakeWitness(const syntax::RuleSet& rules, std::uint32_t rule, std::uint64_t seed) {
  const syntax::Rule& info = rules.rules[rule];
  Wishes wishes = Reader(rules, seed).Read(info.condition);
  Dice dice(seed ^ 0x5A5A5A5A);
  std::string file;
  const auto magic = wishes.fixed.find(0);
  if (magic != wishes.fixed.end() && magic->second.starts_with("MZ")) {
    wishes.wants_pe = true;
  }
  if (wishes.wants_pe) {
    PutPeHeaders(file);
  }
  std::string body;
  for (std::uint32_t i = 0; i < info.strings_count; ++i) {
    const std::uint32_t string = info.strings_begin + i;
    const auto wanted = wishes.occurrences.find(string);
    const std::uint64_t times =
        wanted == wishes.occurrences.end() ? 1 : std::max<std::uint64_t>(wanted->second, 1);
    for (std::uint64_t n = 0; n < times && body.size() < kWitnessBytesMax / 4; ++n) {
      body += SamplePattern(rules.strings[string].pattern, dice);
      body += "\n\t";  // neither letters nor digits, and \s for regexes that look around
    }
  }
  const std::size_t body_offset = wishes.size_max < kBodyOffset + body.size() && !wishes.wants_pe
                                      ? std::min<std::size_t>(file.size() + 64, kBodyOffset)
                                      : kBodyOffset;
  Put(file, body_offset, body);
  for (const auto& [offset, bytes] : wishes.fixed) {
    Put(file, offset, bytes);
  }
  if (file.size() < wishes.size_min) {
    file.resize(wishes.size_min, '\0');
  }
  return file;
}

}  // namespace day::rules::witness
