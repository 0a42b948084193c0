#include "libs/match/program.h"

#include <algorithm>
#include <utility>

#include "libs/match/automaton_plan.h"
#include "libs/match/base64_text.h"
#include "libs/match/code.h"
#include "libs/match/literal.h"
#include "libs/match/segments.h"
#include "libs/match/yara_atoms.h"

namespace day::match {
namespace {

using base::ErrorKind;
using base::MakeError;
using base::Result;
using TreeOp = RegexTree::Op;

// YR_STRING_CHAINING_THRESHOLD.
constexpr std::uint32_t kChainingThreshold = 200;
// How YARA keeps an unbounded jump: no gap is longer.
constexpr std::uint32_t kGapMax = 0x7FFFFFFF;
// The count of an unbounded jump that does not split: it is kept in 16 bits there.
constexpr std::uint32_t kInnerGapMax = 0xFFFF;
// Literals this short are found whole by YARA's atoms, whose forms are then tried independently.
constexpr std::size_t kFitsInAtomMax = 4;

std::string Widen(const std::string& text) {
  std::string wide;
  wide.reserve(text.size() * 2);
  for (const char c : text) {
    wide.push_back(c);
    wide.push_back('\0');
  }
  return wide;
}

// The bytes of a tree that is nothing but literal bytes.
std::optional<std::string> LiteralOf(const RegexTree& tree) {
  const RegexTree::Node& root = tree.nodes.back();
  if (root.op != TreeOp::kConcat || root.children.empty()) {
    return std::nullopt;
  }
  std::string bytes;
  for (const std::uint32_t child : root.children) {
    if (child >= tree.nodes.size() || tree.nodes[child].op != TreeOp::kByte) {
      return std::nullopt;
    }
    bytes.push_back(static_cast<char>(tree.nodes[child].value));
  }
  return bytes;
}

// Collects segments from a tree that has only masked bytes and gaps of any bytes.
class SegmentFinder {
 public:
  explicit SegmentFinder(const RegexTree& tree) : tree_(tree) { segments_.emplace_back(); }

  // Nothing if the tree has anything else.
  std::optional<std::vector<Segment>> Run() {
    std::vector<std::uint32_t> stack = {static_cast<std::uint32_t>(tree_.nodes.size() - 1)};
    while (!stack.empty()) {
      const std::uint32_t top = stack.back();
      stack.pop_back();
      node_ = top;
      if (top >= tree_.nodes.size() || !Visit(tree_.nodes[top], stack)) {
        return std::nullopt;
      }
    }
    const bool some = std::any_of(segments_.begin(), segments_.end(),
                                  [](const Segment& s) { return !s.bytes.empty(); });
    return some ? std::optional(std::move(segments_)) : std::nullopt;
  }

 private:
  bool Visit(const RegexTree::Node& node, std::vector<std::uint32_t>& stack) {
    switch (node.op) {
      case TreeOp::kConcat:
        stack.insert(stack.end(), node.children.rbegin(), node.children.rend());
        return true;
      case TreeOp::kByte: {
        const bool folded = tree_.no_case && IsLetter(node.value);
        const std::uint8_t mask = folded ? 0xDF : 0xFF;
        AddByte({static_cast<std::uint8_t>(node.value & mask), mask, false});
        return true;
      }
      case TreeOp::kMasked:
        AddByte({node.value, node.mask, node.negated});
        return true;
      case TreeOp::kAny:
        AddByte(tree_.dot_all ? MaskedByte{} : MaskedByte{'\n', 0xFF, true});
        return true;
      case TreeOp::kRepeat:
        return VisitRepeat(node);
      default:
        return false;
    }
  }

  bool VisitRepeat(const RegexTree::Node& node) {
    if (node.children.size() != 1 || node.children[0] >= tree_.nodes.size() ||
        tree_.nodes[node.children[0]].op != TreeOp::kAny || !tree_.dot_all) {
      return false;
    }
    if (node.min == node.max && node.max <= kChainingThreshold) {
      for (std::uint32_t i = 0; i < node.min; ++i) {
        AddByte({});
      }
      return true;
    }
    segments_.back().gap_min = node.min;
    segments_.back().gap_max = std::min(node.max, kInnerGapMax);
    segments_.emplace_back();
    return true;
  }

  void AddByte(MaskedByte byte) {
    byte.node = node_;
    segments_.back().bytes.push_back(byte);
  }

  const RegexTree& tree_;
  std::uint32_t node_ = 0;
  std::vector<Segment> segments_;
};

// With several gaps of variable width the length YARA reports depends on where it starts, and in
// chains the order of its findings does: the segment of its atom, or kAllSegments if it does not
// matter.
YaraSegment SegmentOfYara(const std::vector<Segment>& segments, const RegexTree& tree,
                          bool chained) {
  const auto variable = std::count_if(segments.begin(), segments.end(),
                                      [](const Segment& s) { return s.gap_min != s.gap_max; });
  if (variable < (chained ? 1 : 2) || tree.greedy) {
    return {};
  }
  const YaraChoice yara = ChooseYaraAtoms(tree);
  if (yara.atoms.size() != 1) {
    return {};
  }
  for (std::uint32_t i = 0; i < segments.size(); ++i) {
    for (std::uint32_t k = 0; k < segments[i].bytes.size(); ++k) {
      if (segments[i].bytes[k].node == yara.atoms[0].node) {
        return {i, k + yara.atoms[0].size};
      }
    }
  }
  return {};
}

struct Link {
  const RegexTree* whole = nullptr;  // the pattern itself, if it is not split
  RegexTree piece;
  Gap gap_before;

  const RegexTree& tree() const { return whole != nullptr ? *whole : piece; }
};

// Splits the tree at long lazy jumps, as yr_re_ast_split_at_chaining_point does.
std::vector<Link> SplitIntoLinks(const PatternSpec& spec) {
  const RegexTree& tree = spec.tree;
  std::vector<Link> links;
  const RegexTree::Node& root = tree.nodes.back();
  if (root.op != TreeOp::kConcat || tree.greedy) {
    links.push_back({&tree, {}, {}});
    return links;
  }
  const auto add_link = [&](std::vector<std::uint32_t> items, Gap gap) {
    if (links.empty() && items.size() == root.children.size()) {
      links.push_back({&tree, {}, {}});
      return;
    }
    Link link{nullptr, tree, gap};
    RegexTree::Node concat;
    concat.op = TreeOp::kConcat;
    concat.children = std::move(items);
    link.piece.nodes.push_back(std::move(concat));
    links.push_back(std::move(link));
  };
  std::vector<std::uint32_t> items;
  Gap gap;
  for (std::size_t i = 0; i < root.children.size(); ++i) {
    const RegexTree::Node& child = tree.nodes[root.children[i]];
    // In expressions only ".{n,m}" is such a jump, ".*" is not.
    const bool jump = child.op == TreeOp::kRepeat &&
                      tree.nodes[child.children[0]].op == TreeOp::kAny &&
                      (spec.kind == PatternSpec::Kind::kHex || child.max != kUnbounded);
    if (jump && !items.empty() && i + 1 < root.children.size() && child.max > kChainingThreshold) {
      add_link(std::move(items), gap);
      items.clear();
      gap = {child.min, std::min(child.max, kGapMax)};
    } else {
      items.push_back(root.children[i]);
    }
  }
  add_link(std::move(items), gap);
  return links;
}

bool IsWellFormed(const RegexTree& tree) {
  if (tree.nodes.empty()) {
    return false;
  }
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    for (const std::uint32_t child : tree.nodes[i].children) {
      if (child >= i) {  // children come first, so there are no cycles
        return false;
      }
    }
    if (tree.nodes[i].op == TreeOp::kRepeat && tree.nodes[i].children.size() != 1) {
      return false;
    }
  }
  return true;
}

// Whether every match has a second byte that is a certain one and no zero: then the wide form, with
// a zero there, never stands where the ASCII form does.
bool SecondByteIsKnown(const RegexTree& tree) {
  const RegexTree::Node& root = tree.nodes.back();
  if (root.op != TreeOp::kConcat || root.children.size() < 2) {
    return false;
  }
  const TreeOp first = tree.nodes[root.children[0]].op;
  const RegexTree::Node& second = tree.nodes[root.children[1]];
  const bool one_byte = first == TreeOp::kByte || first == TreeOp::kMasked ||
                        first == TreeOp::kClass || first == TreeOp::kAny;
  return one_byte && second.op == TreeOp::kByte && second.value != 0;
}

bool SomeBeginsAnother(const std::vector<std::string>& forms) {
  return std::any_of(forms.begin(), forms.end(), [&](const std::string& shorter) {
    return std::any_of(forms.begin(), forms.end(), [&](const std::string& longer) {
      return shorter.size() < longer.size() && longer.starts_with(shorter);
    });
  });
}

class Compiler {
 public:
  explicit Compiler(const PatternSpec& spec) : spec_(spec) {}

  Result<CompiledPattern> Run() {
    if (spec_.kind == PatternSpec::Kind::kText) {
      DAY_TRY(AddText());
    } else {
      if (!IsWellFormed(spec_.tree)) {
        return MakeError(ErrorKind::kMalformed, "broken tree");
      }
      DAY_TRY(AddLinks());
    }
    return Assemble();
  }

 private:
  // A part before it is known how many there are.
  struct Pending {
    PartHeader header;
    std::optional<LiteralSpec> literal;
    std::optional<std::vector<Segment>> segments;
    YaraSegment only_segment;
    std::optional<AutomatonPlan> plan;
    PartAtoms atoms;
  };

  base::Status AddText() {
    if (spec_.text.empty()) {
      return MakeError(ErrorKind::kMalformed, "empty text");
    }
    header_.flags |= kPatternByPart;
    if (!spec_.base64_alphabet.empty() || !spec_.base64_wide_alphabet.empty()) {
      AddBase64Forms();
      return base::OkStatus();
    }
    AddLiteralForms(spec_.text, 0);
    return base::OkStatus();
  }

  // To YARA they are the alternatives of an expression. Where one begins another, as those of the
  // shortest texts do, the one whose atom ends first is reported.
  void AddBase64Forms() {
    const std::vector<std::string> forms = Base64Forms(spec_);
    const bool ranked = SomeBeginsAnother(forms);
    if (ranked) {
      header_.flags |= kPatternOrdered;
    }
    for (std::uint32_t i = 0; i < forms.size(); ++i) {
      LiteralSpec literal;
      literal.bytes = forms[i];
      AddLiteral(std::move(literal), 0, false);
      if (ranked) {
        const YaraWindow window = YaraWindowOf(forms[i]);
        PartHeader& part = pending_.back().header;
        part.flags |= kPartRanked;
        part.xor_min = window.begin + window.size;
        part.xor_max = RankOfYaraAtom(window.size, i);
      }
    }
  }

  void AddLiteralForms(const std::string& bytes, std::uint32_t element) {
    LiteralSpec literal;
    literal.no_case =
        spec_.no_case || (spec_.kind == PatternSpec::Kind::kRegex && spec_.tree.no_case);
    literal.xor_range = spec_.xor_range ? &*spec_.xor_range : nullptr;
    const bool fixed = element == 0;
    if (spec_.ascii || !spec_.wide) {
      literal.bytes = bytes;
      AddLiteral(literal, element, fixed);
    }
    if (spec_.wide) {
      literal.bytes = Widen(bytes);
      literal.width = 2;
      literal.shadowed = spec_.ascii && literal.bytes.size() > kFitsInAtomMax;
      AddLiteral(literal, element, fixed);
    }
  }

  void AddLiteral(LiteralSpec literal, std::uint32_t element, bool may_be_fixed) {
    Pending pending;
    pending.header.element = element;
    if (spec_.full_word) {
      pending.header.flags |= kPartFullWord;
    }
    if (may_be_fixed && spec_.fixed_offset) {
      pending.header.flags |= kPartFixedOffset;
      pending.header.fixed_offset = *spec_.fixed_offset;
    }
    pending.atoms = LiteralAtoms(literal);
    pending.literal = std::move(literal);
    pending_.push_back(std::move(pending));
  }

  base::Status AddLinks() {
    const std::vector<Link> links = SplitIntoLinks(spec_);
    if (spec_.tree.greedy) {
      header_.flags |= kPatternLongest;
    }
    if (links.size() > 1) {
      header_.flags |= kPatternChained;
    }
    for (std::uint32_t i = 0; i < links.size(); ++i) {
      if (i > 0) {
        gaps_.push_back(links[i].gap_before);
      }
      if (const std::optional<std::string> bytes = LiteralOf(links[i].tree())) {
        if (links.size() == 1) {
          header_.flags |= kPatternByPart;
        }
        AddLiteralForms(*bytes, i);
        continue;
      }
      if (spec_.ascii || !spec_.wide) {
        DAY_TRY(AddTree(links[i].tree(), i, 1));
      }
      if (spec_.wide) {
        DAY_TRY(AddTree(links[i].tree(), i, 2));
      }
    }
    header_.element_count = static_cast<std::uint32_t>(links.size());
    return base::OkStatus();
  }

  base::Status AddTree(const RegexTree& tree, std::uint32_t element, std::uint32_t width) {
    Pending pending;
    pending.header.element = element;
    pending.header.width = width;
    if (spec_.full_word) {
      pending.header.flags |= kPartFullWord;
    }
    if (tree.greedy) {
      pending.header.flags |= kPartGreedy;
    }
    if (width == 2 && spec_.full_word && ChooseYaraAtoms(tree).atoms.empty()) {
      // YARA then forgets that it was reading pairs when it looks at the neighbours.
      pending.header.flags |= kPartRawWord;
    }
    // What is refused after its length was chosen, what chains are made of, and what wide and ASCII
    // forms find at one offset, depends on where YARA starts.
    const bool both_at_once = spec_.ascii && spec_.wide && tree.greedy && !SecondByteIsKnown(tree);
    const bool depends = spec_.full_word || (header_.flags & kPatternChained) != 0;
    const bool plain = !both_at_once && (!depends || HasOneLength(tree));
    const bool hex = spec_.kind == PatternSpec::Kind::kHex;
    if (width == 1 && (plain || hex) && MaxLength(tree) <= kRegexScanMax) {
      pending.segments = SegmentFinder(tree).Run();
    }
    if (pending.segments) {
      const bool chained = (header_.flags & kPatternChained) != 0;
      const YaraSegment only = SegmentOfYara(*pending.segments, tree, chained);
      if (only.segment != kAllSegments) {
        header_.flags |= kPatternOrdered;
      }
      pending.only_segment = only;
      pending.atoms = SegmentsAtoms(*pending.segments, only.segment);
    } else {
      DAY_TRY_ASSIGN(pending.plan, PlanAutomaton(tree, width, !plain));
      pending.atoms = std::move(pending.plan->atoms);
      if (pending.plan->ordered || both_at_once) {
        header_.flags |= kPatternOrdered;
      }
    }
    pending_.push_back(std::move(pending));
    return base::OkStatus();
  }

  Result<CompiledPattern> Assemble() {
    CompiledPattern out;
    CodeWriter writer(out.code);
    header_.part_count = static_cast<std::uint32_t>(pending_.size());
    header_.element_count = std::max(header_.element_count, 1u);
    writer.Append(std::span<const PatternHeader>(&header_, 1));
    const std::uint32_t parts_at = writer.Append(std::vector<PartHeader>(pending_.size()));
    header_.gaps_at = writer.Append(gaps_);
    writer.Put(0, header_);
    for (std::size_t i = 0; i < pending_.size(); ++i) {
      Pending& pending = pending_[i];
      if (pending.literal) {
        WriteLiteral(*pending.literal, writer, pending.header);
      } else if (pending.segments) {
        WriteSegments(*pending.segments, pending.only_segment, writer, pending.header);
      } else {
        WriteAutomaton(*pending.plan, writer, pending.header);
      }
      writer.Put(parts_at + static_cast<std::uint32_t>(i * sizeof(PartHeader)), pending.header);
      out.parts.push_back(std::move(pending.atoms));
    }
    return out;
  }

  const PatternSpec& spec_;
  PatternHeader header_;
  std::vector<Gap> gaps_;
  std::vector<Pending> pending_;
};

}  // namespace

int WorstYaraAtomQuality(const PatternSpec& spec) {
  if (spec.kind == PatternSpec::Kind::kText && spec.base64_alphabet.empty() &&
      spec.base64_wide_alphabet.empty()) {
    return YaraLiteralQuality(spec.text, spec);
  }
  int worst = 255;
  if (spec.kind == PatternSpec::Kind::kText) {
    // Alternatives of an expression to YARA, to which no modifier applies any more.
    for (const std::string& form : Base64Forms(spec)) {
      worst = std::min(worst, YaraLiteralQuality(form, PatternSpec{}));
    }
    return worst;
  }
  for (const Link& link : SplitIntoLinks(spec)) {
    const std::optional<std::string> bytes = LiteralOf(link.tree());
    worst = std::min(
        worst, bytes ? YaraLiteralQuality(*bytes, spec) : ChooseYaraAtoms(link.tree()).quality);
  }
  return worst;
}

bool TooComplexForYara(const PatternSpec& spec) {
  if (!TooComplexForYara(spec.tree)) {
    return false;  // and so is no part of it
  }
  const std::vector<Link> links = SplitIntoLinks(spec);
  return std::any_of(links.begin(), links.end(),
                     [](const Link& link) { return TooComplexForYara(link.tree()); });
}

Result<CompiledPattern> Compile(const PatternSpec& spec) { return Compiler(spec).Run(); }

struct VerifyScratch::State {
  SegmentsScratch segments;
  AutomatonScratch automaton;
  OrderedScratch ordered;
};

VerifyScratch::VerifyScratch() : state_(std::make_unique<State>()) {
  state_->automaton.ordered = &state_->ordered;
  BeginFile();
}
void VerifyScratch::BeginFile() {
  state_->ordered.steps_left = kOrderedStepsPerFile;
  state_->automaton.completed.BeginFile();
}
VerifyScratch::~VerifyScratch() = default;
VerifyScratch::VerifyScratch(VerifyScratch&&) noexcept = default;
VerifyScratch& VerifyScratch::operator=(VerifyScratch&&) noexcept = default;

namespace {

bool AddMatch(std::uint32_t index, const PartHeader& part, base::Bytes data,
              const FoundMatch& found, MatchCollector& out) {
  const std::uint64_t length = found.end - found.start;
  if ((part.flags & kPartFullWord) != 0 &&
      !IsFullWord(data, found.start, length, part.width == 2 && (part.flags & kPartRawWord) == 0)) {
    return false;
  }
  out.Add(index, {found.start, static_cast<std::uint32_t>(length), 0}, found.order);
  return true;
}

bool AddFound(std::uint32_t index, const PartHeader& part, base::Bytes data,
              const std::vector<FoundMatch>& found, MatchCollector& out) {
  bool added = false;
  for (const FoundMatch& match : found) {
    added |= AddMatch(index, part, data, match, out);
  }
  return added;
}

bool AddStarts(std::uint32_t index, const PartHeader& part, base::Bytes data,
               const std::vector<std::uint64_t>& starts, std::uint64_t end, std::uint64_t order,
               MatchCollector& out) {
  bool added = false;
  for (const std::uint64_t start : starts) {
    added |= AddMatch(index, part, data, {start, end, order++}, out);
  }
  return added;
}

bool AddLiteralMatch(Code code, std::uint32_t index, base::Bytes data, std::uint64_t offset,
                     MatchCollector& out) {
  Match match;
  if (!MatchLiteral(code, PartOf(code, index), data, offset, match)) {
    return false;
  }
  const PartHeader& part = PartOf(code, index);
  const std::uint64_t order = (part.flags & kPartRanked) != 0
                                  ? OrderByEnd(offset + part.xor_min) | part.xor_max
                                  : OrderByEnd(offset + match.length);
  out.Add(index, match, order);
  return true;
}

}  // namespace

std::uint32_t PatternView::part_count() const { return HeaderOf(code_).part_count; }
bool PatternView::chained() const { return (HeaderOf(code_).flags & kPatternChained) != 0; }

bool PatternView::VerifyAt(std::uint32_t part, std::uint32_t anchor, base::Bytes data,
                           std::uint64_t position, VerifyScratch& scratch,
                           MatchCollector& out) const {
  const PartHeader& header = PartOf(code_, part);
  std::uint64_t end = 0;
  switch (header.type) {
    case PartType::kLiteral:
      return position >= anchor && AddLiteralMatch(code_, part, data, position - anchor, out);
    case PartType::kSegments: {
      SegmentsScratch& s = scratch.state().segments;
      std::uint64_t order = 0;
      return VerifySegments(code_, header, data, anchor, position, s, end, order) &&
             AddStarts(part, header, data, s.starts, end, order, out);
    }
    default: {
      AutomatonScratch& s = scratch.state().automaton;
      return VerifyAutomaton(code_, header, data, anchor, position, s) &&
             AddFound(part, header, data, s.found, out);
    }
  }
}

bool PatternView::TryAt(std::uint32_t part, base::Bytes data, std::uint64_t offset,
                        VerifyScratch& scratch, MatchCollector& out) const {
  if (offset >= data.size()) {
    return false;  // YARA looks at no position that has no byte, not even for empty matches
  }
  const PartHeader& header = PartOf(code_, part);
  std::uint64_t end = 0;
  switch (header.type) {
    case PartType::kLiteral:
      return AddLiteralMatch(code_, part, data, offset, out);
    case PartType::kSegments: {
      std::uint64_t order = 0;
      return MatchSegments(code_, header, data, offset, scratch.state().segments, end, order) &&
             AddMatch(part, header, data, {offset, end, order}, out);
    }
    default: {
      AutomatonScratch& s = scratch.state().automaton;
      return MatchAutomaton(code_, header, data, offset, s) &&
             AddFound(part, header, data, s.found, out);
    }
  }
}

}  // namespace day::match
