#include "libs/rules/syntax/lint.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>
#include <unordered_map>

namespace day::rules::syntax {
namespace {

using match::PatternSpec;
using match::RegexTree;

constexpr std::size_t kShortString = 4;
constexpr std::array<std::string_view, 16> kTopLevelDomains = {
    "com", "net", "org",   "ru",  "cn",  "info", "io", "biz",
    "top", "xyz", "onion", "dll", "exe", "de",   "uk", "me"};

void Append(std::string* key, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) {
    key->push_back(static_cast<char>(value >> (8 * i)));
  }
}

void Append(std::string* key, std::string_view text) {
  Append(key, text.size());
  key->append(text);
}

// Two patterns with the same key match alike.
std::string KeyOf(const PatternSpec& pattern) {
  std::string key;
  Append(&key, static_cast<std::uint64_t>(pattern.kind));
  Append(&key, pattern.text);
  Append(&key, static_cast<std::uint64_t>((pattern.no_case ? 1 : 0) | (pattern.ascii ? 2 : 0) |
                                          (pattern.wide ? 4 : 0) | (pattern.full_word ? 8 : 0) |
                                          (pattern.xor_range ? 16 : 0)));
  Append(&key, pattern.xor_range
                   ? std::uint64_t{pattern.xor_range->min} * 256 + pattern.xor_range->max
                   : 0);
  Append(&key, pattern.base64_alphabet);
  Append(&key, pattern.base64_wide_alphabet);
  Append(&key, static_cast<std::uint64_t>((pattern.tree.greedy ? 1 : 0) |
                                          (pattern.tree.dot_all ? 2 : 0)));
  for (const RegexTree::Node& node : pattern.tree.nodes) {
    Append(&key, static_cast<std::uint64_t>(node.op));
    Append(&key, std::uint64_t{node.value} * 65536 + std::uint64_t{node.mask} * 256 +
                     (node.negated ? 1 : 0));
    Append(&key, std::uint64_t{node.set} << 32 | node.min);
    Append(&key, node.max);
    for (const std::uint32_t child : node.children) {
      Append(&key, child);
    }
  }
  for (const match::ByteSet& set : pattern.tree.sets) {
    for (unsigned byte = 0; byte < 256; byte += 8) {
      unsigned bits = 0;
      for (unsigned bit = 0; bit < 8; ++bit) {
        bits |= set.Has(static_cast<std::uint8_t>(byte + bit)) ? 1u << bit : 0u;
      }
      key.push_back(static_cast<char>(bits));
    }
  }
  return key;
}

bool IsHostByte(const RegexTree::Node& node) {
  const std::uint8_t lower = node.value | 0x20;
  return node.op == RegexTree::Op::kByte &&
         ((lower >= 'a' && lower <= 'z') || (node.value >= '0' && node.value <= '9') ||
          node.value == '-');
}

// "name", any byte, then a top-level domain that ends there.
bool LooksLikeDomainWithAnyDot(const RegexTree& tree) {
  if (tree.nodes.empty() || tree.nodes.back().op != RegexTree::Op::kConcat) {
    return false;
  }
  const std::vector<std::uint32_t>& items = tree.nodes.back().children;
  for (std::size_t i = 3; i + 2 < items.size() + 1; ++i) {
    if (tree.nodes[items[i]].op != RegexTree::Op::kAny || !IsHostByte(tree.nodes[items[i - 1]]) ||
        !IsHostByte(tree.nodes[items[i - 2]]) || !IsHostByte(tree.nodes[items[i - 3]])) {
      continue;
    }
    std::string word;
    std::size_t end = i + 1;
    while (end < items.size() && IsHostByte(tree.nodes[items[end]]) && word.size() < 8) {
      word += static_cast<char>(tree.nodes[items[end]].value | 0x20);
      ++end;
    }
    if (std::find(kTopLevelDomains.begin(), kTopLevelDomains.end(), word) !=
        kTopLevelDomains.end()) {
      return true;
    }
  }
  return false;
}

// What is known of one number (filesize, or an integer at a fixed offset) from comparisons that
// must all hold.
struct Bounds {
  std::int64_t low = std::numeric_limits<std::int64_t>::min();
  std::int64_t high = std::numeric_limits<std::int64_t>::max();
};

class Linter {
 public:
  explicit Linter(const RuleSet& rules) : rules_(rules) {}

  std::vector<Diagnostic> Run() {
    for (std::uint32_t i = 0; i < rules_.rules.size(); ++i) {
      rule_ = &rules_.rules[i];
      rule_index_ = i;
      CheckStrings();
      CheckNodes();
      CheckGuards();
      CheckDuplicateRule();
    }
    return std::move(found_);
  }

 private:
  void Add(std::string_view check, const Span& span, std::string message, std::string hint = {}) {
    Diagnostic diagnostic{.severity = Severity::kAdvice,
                          .code = Code::kLint,
                          .message = std::move(message),
                          .span = span,
                          .hint = std::move(hint)};
    diagnostic.rule = rule_->identifier;
    diagnostic.yara_line = span.line;
    diagnostic.printed_by_yara = false;
    diagnostic.check = check;
    found_.push_back(std::move(diagnostic));
  }

  const Node& At(std::uint32_t index) const { return rules_.nodes[index]; }
  std::uint32_t Child(const Node& node, std::uint32_t i) const {
    return rules_.children[node.children_begin + i];
  }

  void CheckStrings() {
    std::unordered_map<std::string, std::uint32_t> seen;
    keys_.clear();
    for (std::uint32_t i = 0; i < rule_->strings_count; ++i) {
      const StringDeclaration& string = rules_.strings[rule_->strings_begin + i];
      std::string key = KeyOf(string.pattern);
      const auto [place, added] = seen.emplace(key, i);
      if (!added) {
        Add("duplicate-string", string.span,
            string.identifier + " is the same as " +
                rules_.strings[rule_->strings_begin + place->second].identifier);
      }
      Append(&keys_, key);
      const PatternSpec& pattern = string.pattern;
      if (pattern.kind == PatternSpec::Kind::kText && pattern.text.size() < kShortString &&
          !pattern.full_word && !pattern.fixed_offset) {
        Add("short-string", string.span,
            string.identifier + " has only " + std::to_string(pattern.text.size()) +
                " bytes: it is found in most files, and slowly",
            "add fullword, make it longer, or pin it with \"at\"");
      }
      if (pattern.kind == PatternSpec::Kind::kRegex && LooksLikeDomainWithAnyDot(pattern.tree)) {
        Add("unescaped-dot", string.span, string.identifier + " has a dot that matches any byte",
            "write \\. for a dot");
      }
    }
  }

  // Visits every node of the condition once and remembers the facts that other checks need.
  void CheckNodes() {
    order_.clear();
    std::vector<std::uint32_t> stack = {rule_->condition};
    std::unordered_map<std::uint32_t, bool> visited;
    bool asks_size = false;
    const Node* costly = nullptr;
    while (!stack.empty()) {
      const std::uint32_t index = stack.back();
      stack.pop_back();
      if (!visited.emplace(index, true).second) {
        continue;
      }
      order_.push_back(index);
      const Node& node = At(index);
      for (std::uint32_t i = 0; i < node.children_count; ++i) {
        stack.push_back(Child(node, i));
      }
      CheckNode(node);
      if (IsComparison(node.op)) {
        asks_size = asks_size || At(Child(node, 0)).op == Op::kFilesize ||
                    At(Child(node, 1)).op == Op::kFilesize;
      }
      if (node.op == Op::kCall && rules_.modules[node.module]->format() == module::Format::kAny &&
          (rules_.modules[node.module]->name() == "hash" ||
           rules_.modules[node.module]->name() == "math") &&
          ReadsWholeFile(node)) {
        costly = &node;
      }
    }
    if (costly != nullptr && !asks_size) {
      Add("no-size-guard", costly->span, "the whole of every file is read for this",
          "add a bound, such as \"filesize < 5MB and\", in front");
    }
  }

  static bool IsComparison(Op op) { return op >= Op::kEqual && op <= Op::kGreaterEqual; }

  bool ReadsWholeFile(const Node& call) const {
    for (std::uint32_t i = 0; i < call.children_count; ++i) {
      if (At(Child(call, i)).op == Op::kFilesize) {
        return true;
      }
    }
    return false;
  }

  void CheckNode(const Node& node) {
    switch (node.op) {
      case Op::kWith:
        Add("yara-x-only", node.span, "\"with\" is not known to YARA 4.x");
        break;
      case Op::kOfBooleans:
        Add("yara-x-only", node.span, "\"of\" over conditions is not known to YARA 4.x");
        break;
      case Op::kRule:
        if (node.index == rule_index_) {
          Add("self-reference", node.span, "the rule asks for itself, which is never true");
        }
        break;
      default:
        break;
    }
  }

  // The parts of the condition that must all hold.
  std::vector<std::uint32_t> Conjuncts() const {
    const Node& root = At(rule_->condition);
    if (root.op != Op::kAnd) {
      return {rule_->condition};
    }
    const auto first = rules_.children.begin() + root.children_begin;
    return {first, first + root.children_count};
  }

  void CheckGuards() {
    std::unordered_map<std::string, Bounds> bounds;
    for (const std::uint32_t index : Conjuncts()) {
      const Node& node = At(index);
      if (node.op == Op::kBoolean && node.value == 0) {
        Add("never-true", node.span, "this is always false, so the rule never matches");
      }
      if (AsksForTooMany(node)) {
        Add("never-true", node.span, "the set has fewer items than asked for");
      }
      if (!IsComparison(node.op) || node.op == Op::kNotEqual) {
        continue;
      }
      if (!Narrow(node, &bounds)) {
        Add("contradictory-guards", node.span,
            "this excludes another comparison that must hold as well");
        return;
      }
    }
  }

  bool AsksForTooMany(const Node& node) const {
    std::size_t size = 0;
    switch (node.op) {
      case Op::kOfStrings:
      case Op::kOfStringsIn:
      case Op::kOfStringsAt:
      case Op::kForStrings:
        size = rules_.string_sets[node.index].size();
        break;
      case Op::kOfRules:
        size = rules_.rule_sets[node.index].size();
        break;
      default:
        return false;
    }
    if (node.quantifier != Quantifier::kExpression) {
      return false;
    }
    const Node& quantity = At(Child(node, 0));
    return quantity.op == Op::kInteger && quantity.value > static_cast<std::int64_t>(size);
  }

  // A name for numbers that are the same in every evaluation of one file; empty for others.
  std::string SubjectOf(std::uint32_t index) const {
    const Node& node = At(index);
    std::string key;
    if (node.op == Op::kFilesize) {
      key = "filesize";
    } else if (node.op == Op::kReadInt && At(Child(node, 0)).op == Op::kInteger) {
      Append(&key, static_cast<std::uint64_t>(node.value));
      Append(&key, static_cast<std::uint64_t>(At(Child(node, 0)).value));
    }
    return key;
  }

  // Applies a comparison with a constant to the bounds; false if nothing is left between them.
  bool Narrow(const Node& node, std::unordered_map<std::string, Bounds>* bounds) const {
    Op op = node.op;
    std::uint32_t subject = Child(node, 0);
    std::uint32_t constant = Child(node, 1);
    if (At(subject).op == Op::kInteger) {
      std::swap(subject, constant);
      constexpr std::array<Op, 6> kMirrored = {Op::kEqual,        Op::kNotEqual, Op::kGreater,
                                               Op::kGreaterEqual, Op::kLess,     Op::kLessEqual};
      op = kMirrored[static_cast<std::size_t>(op) - static_cast<std::size_t>(Op::kEqual)];
    }
    const std::string key = SubjectOf(subject);
    if (key.empty() || At(constant).op != Op::kInteger) {
      return true;
    }
    const std::int64_t value = At(constant).value;
    Bounds& known = (*bounds)[key];
    if (op == Op::kEqual || op == Op::kGreater || op == Op::kGreaterEqual) {
      if (op == Op::kGreater && value == std::numeric_limits<std::int64_t>::max()) {
        return false;
      }
      known.low = std::max(known.low, op == Op::kGreater ? value + 1 : value);
    }
    if (op == Op::kEqual || op == Op::kLess || op == Op::kLessEqual) {
      if (op == Op::kLess && value == std::numeric_limits<std::int64_t>::min()) {
        return false;
      }
      known.high = std::min(known.high, op == Op::kLess ? value - 1 : value);
    }
    return known.low <= known.high;
  }

  // The condition as text: every node in the order of the walk, with what its indexes mean.
  void CheckDuplicateRule() {
    if (rule_->strings_count == 0) {
      return;  // rules of guards alone are often alike on purpose
    }
    std::string key = keys_;
    std::unordered_map<std::uint32_t, std::uint32_t> numbers;
    for (const std::uint32_t index : order_) {
      numbers.emplace(index, static_cast<std::uint32_t>(numbers.size()));
    }
    for (const std::uint32_t index : order_) {
      AppendNode(At(index), numbers, &key);
    }
    const auto [place, added] = bodies_.emplace(std::move(key), rule_index_);
    if (!added) {
      Add("duplicate-rule", rule_->span,
          "has the same strings and condition as rule \"" + rules_.rules[place->second].identifier +
              "\"");
    }
  }

  void AppendNode(const Node& node, const std::unordered_map<std::uint32_t, std::uint32_t>& numbers,
                  std::string* key) const {
    Append(key, static_cast<std::uint64_t>(node.op));
    Append(key, static_cast<std::uint64_t>(node.quantifier) << 8 | node.slot_first);
    Append(key, static_cast<std::uint64_t>(node.value));
    Append(key, std::uint64_t{node.module} << 16 | node.field);
    std::uint64_t real = 0;
    static_assert(sizeof(real) == sizeof(node.real));
    std::memcpy(&real, &node.real, sizeof(real));
    Append(key, real);
    for (std::uint32_t i = 0; i < node.children_count; ++i) {
      Append(key, numbers.at(Child(node, i)));
    }
    switch (node.op) {
      case Op::kString:
        Append(key, rules_.texts[node.index]);
        break;
      case Op::kRegex:
        Append(key, rules_.regexes[node.index].source);
        break;
      case Op::kMatched:
      case Op::kMatchedAt:
      case Op::kMatchedIn:
      case Op::kCount:
      case Op::kCountIn:
      case Op::kOffset:
      case Op::kLength:
        Append(key, node.index == kLoopString ? kLoopString : node.index - rule_->strings_begin);
        break;
      case Op::kOfStrings:
      case Op::kOfStringsIn:
      case Op::kOfStringsAt:
      case Op::kForStrings:
        for (const std::uint32_t string : rules_.string_sets[node.index]) {
          Append(key, string - rule_->strings_begin);
        }
        break;
      case Op::kOfRules:
        for (const std::uint32_t rule : rules_.rule_sets[node.index]) {
          Append(key, rule);
        }
        break;
      default:
        Append(key, node.index);
    }
  }

  const RuleSet& rules_;
  const Rule* rule_ = nullptr;
  std::uint32_t rule_index_ = 0;
  std::string keys_;                  // of the rule's patterns
  std::vector<std::uint32_t> order_;  // the nodes of the condition
  std::unordered_map<std::string, std::uint32_t> bodies_;
  std::vector<Diagnostic> found_;
};

}  // namespace

std::vector<Diagnostic> Lint(const RuleSet& rules) { return Linter(rules).Run(); }

}  // namespace day::rules::syntax
