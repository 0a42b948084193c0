#include "libs/signatures/clamav/evaluation.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "libs/signatures/clamav/byte_compare.h"

namespace day::signatures::clamav {
namespace {

// Damaged logic may share nodes: more visits than this are no logic of ours.
constexpr std::uint32_t kLogicStepsMax = 16 * kLogicNodesMax;
constexpr std::uint64_t kBytesPerStep = 16;

bool InRange(const std::optional<Range>& range, std::uint64_t value) {
  return !range || (value >= range->min && value <= range->max);
}

// Where the next anchor stands in [from, last], or nothing.
std::optional<std::uint64_t> NextAnchor(const PartView& part, base::Bytes data, std::uint64_t from,
                                        std::uint64_t last) {
  const std::size_t size = part.anchor_is_masked ? part.anchor.size() / 2 : part.anchor.size();
  if (size == 0 || data.size() < size || from > data.size() - size) {
    return std::nullopt;
  }
  last = std::min<std::uint64_t>(last, data.size() - size);
  if (from > last) {
    return std::nullopt;
  }
  if (!part.anchor_is_masked) {
    const void* const found =
        ::memmem(data.data() + from, last - from + size, part.anchor.data(), part.anchor.size());
    if (found == nullptr) {
      return std::nullopt;
    }
    return static_cast<std::uint64_t>(static_cast<const std::byte*>(found) - data.data());
  }
  for (std::uint64_t at = from; at <= last; ++at) {
    std::size_t i = 0;
    while (i < size && (data[at + i] & part.anchor[size + i]) == part.anchor[i]) {
      ++i;
    }
    if (i == size) {
      return at;
    }
  }
  return std::nullopt;
}

bool Meets(char op, std::uint64_t value, std::uint64_t bound) {
  switch (op) {
    case '=':
      return value == bound;
    case '<':
      return value < bound;
    case '>':
      return value > bound;
    default:
      return value > 0;
  }
}

}  // namespace

Evaluation::Evaluation(BodyMatcher& matcher, Scan& scan, std::uint32_t signature)
    : matcher_(matcher), scan_(scan), signature_(matcher.database_.signature(signature)) {}

bool Evaluation::ContainersHold() const {
  const auto containers = scan_.facts.containers;
  static const ClamType kAny = TypeOfName("CL_TYPE_ANY").value_or(0);
  // "ANY" is what ClamAV takes the outermost object's container for.
  if (conditions_.container &&
      (containers.empty() ? kAny : containers.back()) != *conditions_.container) {
    return false;
  }
  const auto& wanted = conditions_.intermediates;
  return wanted.size() <= containers.size() &&
         std::equal(wanted.rbegin(), wanted.rend(), containers.rbegin());
}

bool Evaluation::ConditionsHold() {
  conditions_ = matcher_.database_.ReadConditions(signature_);
  if (!InRange(conditions_.file_size, scan_.data.size()) || !ContainersHold()) {
    return false;
  }
  if (!conditions_.entry_point && !conditions_.section_count) {
    return true;
  }
  const ProgramFacts& program = scan_.program();
  return program.parsed && InRange(conditions_.entry_point, program.entry_point) &&
         InRange(conditions_.section_count, program.sections.size());
}

// Last, because it costs the most.
bool Evaluation::IconHolds() const {
  return conditions_.icon_group1.empty() ||
         (scan_.facts.icon && scan_.facts.icon(conditions_.icon_group1, conditions_.icon_group2));
}

std::uint64_t Evaluation::CountMax() const {
  std::uint64_t count = 0;
  for (std::uint32_t i = 0; i < signature_.subsignatures_count; ++i) {
    const SubsignatureView one =
        matcher_.database_.subsignature(signature_.subsignatures_begin + i);
    // These ask for the last match, or for all.
    if (one.kind == format::SubsignatureKind::kCompare ||
        one.kind == format::SubsignatureKind::kMacro) {
      return ~std::uint64_t{0};
    }
    if (one.kind == format::SubsignatureKind::kRegex) {
      if (const auto regex = ReadRegex(one.data)) {
        for (const LogicNode& node : regex->trigger) {
          count = std::max<std::uint64_t>(count, node.count);
        }
      }
    }
  }
  for (std::uint32_t i = 0; i < signature_.logic_count; ++i) {
    count = std::max<std::uint64_t>(count, matcher_.database_.logic(signature_, i).count);
  }
  return count + 1;
}

bool Evaluation::IsTrue() {
  if (!ConditionsHold() || signature_.logic_count == 0) {
    return false;
  }
  count_max_ = CountMax();
  return EvaluateLogic(signature_.logic_count - 1, false).is_true && !scan_.work.stopped() &&
         IconHolds();
}

std::uint64_t Evaluation::offset() const {
  for (const Matches& matches : matches_) {
    if (matches.count > 0) {
      return matches.first;
    }
  }
  return 0;
}

Evaluation::Value Evaluation::EvaluateNode(const LogicNode& node, const Value& left,
                                           const Value& right) {
  Value out;
  if (node.kind == LogicNode::Kind::kId) {
    out.count = MatchesOf(node.id).count;
    out.ids = std::uint64_t{1} << node.id;  // also of a count that no match meets
    out.is_true = Meets(node.op, out.count, node.count);
  } else {
    out.count = left.count + right.count;
    out.ids = left.ids | right.ids;
    const bool both = node.kind == LogicNode::Kind::kAnd;
    out.is_true = both ? left.is_true && right.is_true : left.is_true || right.is_true;
    if (node.op != 0) {
      // A group that is not true counts nothing.
      out.count = out.is_true ? out.count : 0;
      out.ids = out.is_true ? out.ids : 0;
      out.is_true = Meets(node.op, out.count, node.count);
    }
  }
  if (node.different != 0 &&
      static_cast<std::uint32_t>(__builtin_popcountll(out.ids)) < node.different) {
    out.is_true = false;
  }
  if (!out.is_true) {
    out.count = 0;
    out.ids = 0;
  }
  if (node.kind != LogicNode::Kind::kId && node.op != 0) {
    out.ids = 0;  // a group around this one does not see whose matches were counted here
  }
  return out;
}

Evaluation::Value Evaluation::EvaluateLogic(std::uint32_t index, bool counted) {
  const LogicNode node = matcher_.database_.logic(signature_, index);
  if (++logic_steps_ > kLogicStepsMax || scan_.work.stopped()) {
    return {};
  }
  if (node.kind == LogicNode::Kind::kId) {
    return EvaluateNode(node, {}, {});
  }
  counted = counted || node.op != 0;
  const Value left = EvaluateLogic(node.left, counted);
  const bool decided = left.is_true == (node.kind == LogicNode::Kind::kOr);
  if (decided && !counted) {
    return left.is_true ? left : Value{};
  }
  return EvaluateNode(node, left, EvaluateLogic(node.right, counted));
}

Evaluation::Value Evaluation::EvaluateNodes(const std::vector<LogicNode>& nodes,
                                            std::uint32_t index) {
  const LogicNode& node = nodes[index];
  if (++logic_steps_ > kLogicStepsMax || scan_.work.stopped()) {
    return {};
  }
  if (node.kind == LogicNode::Kind::kId) {
    return EvaluateNode(node, {}, {});
  }
  const Value left = EvaluateNodes(nodes, node.left);
  return EvaluateNode(node, left, EvaluateNodes(nodes, node.right));
}

const Evaluation::Matches& Evaluation::MatchesOf(std::uint32_t id) {
  static const Matches kNone;
  if (id >= signature_.subsignatures_count) {
    return kNone;
  }
  Matches& out = matches_[id];
  if (out.state == State::kKnown) {
    return out;
  }
  if (out.state == State::kInProgress) {
    return kNone;  // only damaged files ask in circles
  }
  out.state = State::kInProgress;
  const std::uint32_t index = signature_.subsignatures_begin + id;
  const SubsignatureView subsignature = matcher_.database_.subsignature(index);
  Matches found;
  switch (subsignature.kind) {
    case format::SubsignatureKind::kPatterns: {
      const bool macro_follows =
          id + 1 < signature_.subsignatures_count &&
          matcher_.database_.subsignature(index + 1).kind == format::SubsignatureKind::kMacro;
      FindPatterns(subsignature, macro_follows, &found);
      break;
    }
    case format::SubsignatureKind::kCompare:
      Compare(subsignature.data, &found);
      break;
    case format::SubsignatureKind::kRegex:
      FindRegex(index, subsignature.data, &found);
      break;
    case format::SubsignatureKind::kMacro:
      FindMacro(id, subsignature.data, &found);
      break;
    case format::SubsignatureKind::kImage:
      found.count =
          scan_.image_hash() && *scan_.image_hash() ==
                                    base::ReadAt<std::uint64_t>(subsignature.data, 0).value_or(0)
              ? 1
              : 0;
      break;
  }
  found.state = State::kKnown;
  out = std::move(found);
  return out;
}

void Evaluation::FindPatterns(const SubsignatureView& subsignature, bool keep_starts,
                              Matches* out) {
  for (std::uint32_t i = 0; i < subsignature.count; ++i) {
    Matches one;
    const std::uint64_t index = std::uint64_t{subsignature.begin} + i;
    if (index < matcher_.database_.pattern_count()) {
      FindPattern(matcher_.database_.pattern(static_cast<std::uint32_t>(index)), keep_starts, &one);
    }
    if (one.count > 0) {
      out->first = out->count == 0 ? one.first : std::min(out->first, one.first);
      out->last = std::max(out->last, one.last);
      out->count += one.count;
      out->starts.insert(out->starts.end(), one.starts.begin(), one.starts.end());
    }
  }
}

template <typename Found>
void Evaluation::FindPart(const PartView& part, const Place& place, const Found& found) {
  const base::Bytes data = scan_.data;
  const std::uint64_t back = std::uint64_t{part.anchor_prefix} + part.anchor_slack;
  std::uint64_t next_start = place.first;
  std::uint64_t from = place.first + part.anchor_prefix;
  const std::uint64_t last = place.last > data.size() ? ~std::uint64_t{0} : place.last + back;
  std::vector<std::uint64_t> ends;
  while (next_start <= place.last) {
    const auto anchor = NextAnchor(part, data, from, last);
    const std::uint64_t reached = anchor ? *anchor : std::min<std::uint64_t>(data.size(), last);
    if (!scan_.work.Spend(1 + (reached - std::min(reached, from)) / kBytesPerStep) || !anchor) {
      return;
    }
    from = *anchor + 1;
    if (*anchor < part.anchor_prefix) {
      continue;
    }
    std::uint64_t start = std::max(next_start, *anchor - std::min(*anchor, back));
    const std::uint64_t start_last = std::min(place.last, *anchor - part.anchor_prefix);
    for (; start <= start_last; ++start) {
      next_start = start + 1;
      if (matcher_.parts_.EndsAt(part, data, start, scan_.work, ends) && !found(start, ends)) {
        return;
      }
    }
  }
}

bool Evaluation::StartMayBe(const PatternView& pattern, std::uint64_t start) {
  if (pattern.offset.kind != Offset::Kind::kVersionStrings) {
    return true;
  }
  const auto& keys = scan_.program().version_strings;
  return std::binary_search(keys.begin(), keys.end(), start);
}

void Evaluation::FindPattern(const PatternView& pattern, bool keep_starts, Matches* out) {
  auto place = scan_.PlaceFor(pattern.offset, signature_.target);
  if (!place || pattern.parts_count == 0) {
    return;
  }
  std::vector<std::uint64_t> before;  // where matches of the part before end, ascending
  std::uint64_t first_start = 0;
  for (std::uint32_t i = 0; i < pattern.parts_count; ++i) {
    const PartView part = matcher_.database_.part(pattern.parts_begin + i);
    const bool is_last = i + 1 == pattern.parts_count;
    const bool next_is_open =
        !is_last && matcher_.database_.part(pattern.parts_begin + i + 1).gap_max == 0;
    if (i > 0) {
      place = Place{before.front() + part.gap_min,
                    part.gap_max == 0 ? ~std::uint64_t{0} >> 1 : before.back() + part.gap_max};
    }
    std::vector<std::uint64_t> reached;
    FindPart(part, *place, [&](std::uint64_t start, const std::vector<std::uint64_t>& ends) {
      if (i == 0 && !StartMayBe(pattern, start)) {
        return true;
      }
      if (i > 0 && part.gap_max != 0) {
        // The nearest end that is far enough must not be too far.
        const auto it = std::upper_bound(before.begin(), before.end(),
                                         start - std::min<std::uint64_t>(start, part.gap_min));
        if (it == before.begin() || start - *(it - 1) > part.gap_max) {
          return true;
        }
      }
      if (i == 0 && reached.empty()) {
        first_start = start;
      }
      if (is_last) {
        const std::uint64_t reported = pattern.parts_count == 1 ? start : first_start;
        out->first = out->count == 0 ? reported : out->first;
        out->last = reported;
        ++out->count;
        if (keep_starts && out->starts.size() < kEndsMax) {
          out->starts.push_back(reported);
        }
        return out->count < count_max_;
      }
      if (reached.size() + ends.size() > kEndsMax) {
        scan_.outcome.ends_limited = true;
        return false;
      }
      reached.insert(reached.end(), ends.begin(), ends.end());
      // Of an open gap only the earliest end matters, and no later start can end before it by more
      // than the part's lengths differ.
      return !(next_is_open && start > reached.front());
    });
    if (is_last) {
      return;
    }
    std::sort(reached.begin(), reached.end());
    reached.erase(std::unique(reached.begin(), reached.end()), reached.end());
    before = std::move(reached);
    if (before.empty()) {
      return;
    }
  }
}

void Evaluation::Compare(base::Bytes data, Matches* out) {
  const auto compare = DecodeByteCompare(data);
  if (!compare) {
    return;
  }
  const Matches& of = MatchesOf(compare->id);
  if (of.count == 0) {
    return;
  }
  const std::int64_t at = static_cast<std::int64_t>(of.last) + compare->shift;
  if (at >= 0 && Holds(*compare, scan_.data, static_cast<std::uint64_t>(at))) {
    out->count = 1;
    out->first = out->last = static_cast<std::uint64_t>(at);
  }
}

std::optional<Evaluation::RegexView> Evaluation::ReadRegex(base::Bytes data) {
  base::ByteReader reader(data);
  RegexView out;
  out.offset.kind = static_cast<Offset::Kind>(
      std::min<unsigned>(reader.U8(), static_cast<unsigned>(Offset::Kind::kMacro)));
  out.offset.number = reader.U32();
  out.offset.section = reader.U32();
  out.offset.shift = reader.U32();
  const std::string_view trigger = base::AsText(reader.Take(reader.U32()));
  out.flags = base::AsText(reader.Take(reader.U32()));
  out.pattern = base::AsText(reader.Take(reader.U32()));
  auto logic = ParseLogic(trigger);
  if (!reader.ok() || !logic.ok()) {
    return std::nullopt;
  }
  out.trigger = std::move(logic).value();
  return out;
}

void Evaluation::FindRegex(std::uint32_t subsignature, base::Bytes data, Matches* out) {
  const auto view = ReadRegex(data);
  if (!view ||
      !EvaluateNodes(view->trigger, static_cast<std::uint32_t>(view->trigger.size() - 1)).is_true) {
    return;
  }
  const Offset& offset = view->offset;
  const auto place = scan_.PlaceFor(offset, signature_.target);
  Regex* const regex = matcher_.RegexOf(subsignature, view->pattern, view->flags);
  if (!place || regex == nullptr || place->first > scan_.data.size()) {
    return;
  }
  if (scan_.data.size() > kRegexSubjectBytesMax) {
    scan_.outcome.regex_limited = true;
    return;
  }
  const auto has = [&](char flag) { return view->flags.find(flag) != std::string_view::npos; };
  base::Bytes subject = scan_.data.subspan(static_cast<std::size_t>(place->first));
  const bool is_placed = offset.kind != Offset::Kind::kAny;
  if (has('e') && is_placed && offset.shift > 0) {
    subject = subject.first(std::min<std::uint64_t>(subject.size(), place->last - place->first));
  }
  const bool is_bound = is_placed && !has('r');
  const auto go_on = [&] { return scan_.work.Spend(1 + subject.size() / kBytesPerStep); };
  for (std::uint64_t from = 0; from <= subject.size();) {
    const auto match = regex->Find(subject, from, is_bound && offset.shift == 0, go_on,
                                   &scan_.outcome.regex_limited);
    if (!match || (is_bound && match->begin > place->last - place->first)) {
      return;
    }
    const std::uint64_t start = place->first + match->begin;
    out->first = out->count == 0 ? start : out->first;
    out->last = start;
    ++out->count;
    if (!has('g') || out->count >= count_max_) {
      return;
    }
    from = std::max(match->end, from + 1);
  }
}

void Evaluation::FindMacro(std::uint32_t id, base::Bytes data, Matches* out) {
  base::ByteReader reader(data);
  const std::uint64_t min = reader.U32();
  const std::uint64_t max = reader.U32();
  const std::uint32_t group = reader.U32();
  if (!reader.ok() || id == 0) {
    return;
  }
  std::vector<std::uint64_t> starts = MatchesOf(id - 1).starts;
  std::sort(starts.begin(), starts.end());
  for (const std::uint32_t index : matcher_.database_.MacroPatterns(group)) {
    const PatternView pattern = matcher_.database_.pattern(index);
    const std::uint8_t target = matcher_.database_.signature(pattern.signature).target;
    if (starts.empty() || pattern.parts_count == 0 ||
        (target != 0 && target != signature_.target)) {
      continue;
    }
    Matches found;
    FindPattern(pattern, true, &found);
    for (const std::uint64_t start : found.starts) {
      // The nearest match before it that is far enough must not be too far.
      const auto it = std::upper_bound(starts.begin(), starts.end(), start - std::min(start, min));
      if (start >= min && it != starts.begin() && start - *(it - 1) <= max) {
        out->first = out->count == 0 ? start : std::min(out->first, start);
        out->last = std::max(out->last, start);
        ++out->count;
      }
    }
  }
}

}  // namespace day::signatures::clamav
