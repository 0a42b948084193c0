// Evaluator for everything that looks at the matches of strings.
#include <algorithm>

#include "libs/rules/scan/evaluator.h"

namespace day::rules::scan {

using compile::Op;
using compile::PodNode;

namespace {

// Matches are sorted by offset: those with low <= offset <= high.
std::span<const match::Match> Within(std::span<const match::Match> matches, std::int64_t low,
                                     std::int64_t high) {
  if (high < 0 || low > high) {
    return {};
  }
  const auto from = static_cast<std::uint64_t>(std::max<std::int64_t>(low, 0));
  const auto begin =
      std::lower_bound(matches.begin(), matches.end(), from,
                       [](const match::Match& m, std::uint64_t at) { return m.offset < at; });
  const auto end =
      std::upper_bound(begin, matches.end(), static_cast<std::uint64_t>(high),
                       [](std::uint64_t at, const match::Match& m) { return at < m.offset; });
  return {begin, end};
}

// How many of `count` items a quantifier asks for, decided on `found` of them.
Value QuantifierHolds(compile::Quantifier kind, Value quantifier, std::int64_t found,
                      std::int64_t count) {
  if (kind == compile::Quantifier::kPercent) {
    if (quantifier.undefined() || count == 0) {
      return Value::Undefined();
    }
    const double percent = static_cast<double>(found) / static_cast<double>(count) * 100;
    return Value::Boolean(percent >= static_cast<double>(quantifier.integer()));
  }
  if (quantifier.undefined()) {
    return Value::Boolean(found >= count);
  }
  return Value::Boolean(quantifier.integer() == 0 ? found == 0 : found >= quantifier.integer());
}

}  // namespace

std::optional<std::span<const match::Match>> Evaluator::MatchesOf(std::uint32_t string) {
  if (!cheap()) {
    return strings_.Matches(string);
  }
  if (strings_.Known(string)) {
    return strings_.KnownMatches(string);
  }
  strings_.Want(string);
  return std::nullopt;
}

Evaluator::Truth Evaluator::IsMatched(std::uint32_t string) {
  switch (strings_.PresenceOf(string)) {
    case StringFinder::Presence::kAbsent:
      return Truth::kFalse;
    case StringFinder::Presence::kPresent:
      return Truth::kTrue;
    case StringFinder::Presence::kUnknown:
      break;
  }
  const auto matches = MatchesOf(string);
  if (!matches.has_value()) {
    return Truth::kUnknown;
  }
  return matches->empty() ? Truth::kFalse : Truth::kTrue;
}

// Whether it matches at an offset in [low, high]; both defined or unknown.
Evaluator::Truth Evaluator::IsMatchedIn(std::uint32_t string, Value low, Value high) {
  const auto matches = MatchesOf(string);
  if (!matches.has_value() || low.unknown() || high.unknown()) {
    return matches.has_value() && matches->empty() ? Truth::kFalse : Truth::kUnknown;
  }
  return Within(*matches, low.integer(), high.integer()).empty() ? Truth::kFalse : Truth::kTrue;
}

Value Evaluator::MatchedAt(const PodNode& node) {
  const Value at = Evaluate(rules_.Children(node)[0]);
  if (at.undefined()) {
    return at;
  }
  const Truth truth = IsMatchedIn(Resolve(node.index), at, at);
  // An unknown offset may yet turn out undefined.
  return at.unknown() || truth == Truth::kUnknown ? Value::Unknown()
                                                  : Value::Boolean(truth == Truth::kTrue);
}

Value Evaluator::MatchedIn(const PodNode& node) {
  const std::span<const std::uint32_t> children = rules_.Children(node);
  const Value low = Evaluate(children[0]);
  const Value high = Evaluate(children[1]);
  if (low.undefined() || high.undefined()) {
    return Value::Undefined();
  }
  const Truth truth = IsMatchedIn(Resolve(node.index), low, high);
  return low.unknown() || high.unknown() || truth == Truth::kUnknown
             ? Value::Unknown()
             : Value::Boolean(truth == Truth::kTrue);
}

Value Evaluator::Count(const PodNode& node) {
  const std::span<const std::uint32_t> children = rules_.Children(node);
  Value low;
  Value high;
  if (node.op == Op::kCountIn) {
    low = Evaluate(children[0]);
    high = Evaluate(children[1]);
    if (low.undefined() || high.undefined()) {
      return Value::Undefined();
    }
  }
  const auto matches = MatchesOf(Resolve(node.index));
  if (!matches.has_value() || low.unknown() || high.unknown()) {
    return Value::Unknown();
  }
  const std::span<const match::Match> counted =
      node.op == Op::kCountIn ? Within(*matches, low.integer(), high.integer()) : *matches;
  return Value::Integer(static_cast<std::int64_t>(counted.size()));
}

Value Evaluator::OffsetOrLength(const PodNode& node) {
  const Value position = Evaluate(rules_.Children(node)[0]);
  if (position.undefined()) {
    return position;
  }
  const auto matches = MatchesOf(Resolve(node.index));
  if (matches.has_value() && matches->empty()) {
    return Value::Undefined();
  }
  if (!matches.has_value() || position.unknown()) {
    return Value::Unknown();
  }
  const std::int64_t index = position.integer();
  if (index < 1 || static_cast<std::uint64_t>(index) > matches->size()) {
    return Value::Undefined();
  }
  const match::Match& match = (*matches)[static_cast<std::size_t>(index - 1)];
  return Value::Integer(node.op == Op::kOffset ? static_cast<std::int64_t>(match.offset)
                                               : std::int64_t{match.length});
}

// The number a quantifier asks for; undefined stands for "all", as in libyara.
Value Evaluator::Quantifier(const PodNode& node) {
  switch (node.quantifier) {
    case compile::Quantifier::kExpression:
    case compile::Quantifier::kPercent:
      return Evaluate(rules_.Children(node)[0]);
    case compile::Quantifier::kAny:
      return Value::Integer(1);
    case compile::Quantifier::kNone:
      return Value::Integer(0);
    case compile::Quantifier::kAll:
    case compile::Quantifier::kNoQuantifier:
      break;
  }
  return Value::Undefined();
}

Value Evaluator::Of(const PodNode& node) {
  std::span<const std::uint32_t> children = rules_.Children(node);
  const Value quantifier = Quantifier(node);
  if (node.quantifier == compile::Quantifier::kExpression ||
      node.quantifier == compile::Quantifier::kPercent) {
    children = children.subspan(1);
  }
  Value low;
  Value high;
  if (node.op == Op::kOfStringsIn || node.op == Op::kOfStringsAt) {
    low = Evaluate(children[0]);
    high = node.op == Op::kOfStringsIn ? Evaluate(children[1]) : low;
    if (low.undefined() || high.undefined()) {
      return Value::Undefined();
    }
  }
  const Value result = OfItems(node, quantifier, low, high);
  return low.unknown() || high.unknown() ? Value::Unknown() : result;
}

Value Evaluator::OfItems(const PodNode& node, Value quantifier, Value low, Value high) {
  std::int64_t count = 0;
  std::int64_t found = 0;
  std::int64_t unknown = 0;
  const auto add = [&](Truth truth) {
    ++count;
    found += truth == Truth::kTrue ? 1 : 0;
    unknown += truth == Truth::kUnknown ? 1 : 0;
  };
  if (node.op == Op::kOfRules) {
    for (const std::uint32_t rule : rules_.RuleSet(node.index)) {
      add(TruthOf(RuleValue(rule)));
    }
  } else if (node.op == Op::kOfBooleans) {
    std::span<const std::uint32_t> items = rules_.Children(node);
    const bool leading = node.quantifier == compile::Quantifier::kExpression ||
                         node.quantifier == compile::Quantifier::kPercent;
    for (const std::uint32_t item : items.subspan(leading ? 1 : 0)) {
      add(TruthOf(Evaluate(item)));
    }
  } else {
    for (const std::uint32_t string : rules_.StringSet(node.index)) {
      add(node.op == Op::kOfStrings ? IsMatched(string) : IsMatchedIn(string, low, high));
      if (deadline_.Step()) {
        return Value::Undefined();
      }
    }
  }
  if (quantifier.unknown()) {
    return Value::Unknown();
  }
  // Every quantifier is monotone in the number found: if both extremes agree, so does the truth.
  const Value least = QuantifierHolds(node.quantifier, quantifier, found, count);
  const Value most = QuantifierHolds(node.quantifier, quantifier, found + unknown, count);
  const bool agree = least.undefined() || least.Bits() == most.Bits();
  return agree ? least : Value::Unknown();
}

}  // namespace day::rules::scan
