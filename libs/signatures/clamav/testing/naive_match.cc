#include "libs/signatures/clamav/testing/naive_match.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

#include "libs/signatures/clamav/logic.h"

namespace day::signatures::clamav::testing {
namespace {

using Ends = std::set<std::size_t>;

int At(base::Bytes data, std::size_t at) {
  return at < data.size() ? std::to_integer<int>(data[at]) : -1;
}
bool IsWord(int c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool OneOf(int c, std::string_view set) {
  return c >= 0 && set.find(static_cast<char>(c)) != std::string_view::npos;
}
constexpr std::string_view kLeft = " -./<@_";
constexpr std::string_view kRight = "\r\n \"'-/=>_";

Ends Run(const std::vector<Element>& elements, base::Bytes data, std::size_t start);

Ends RunOne(const Element& element, base::Bytes data, std::size_t at) {
  if (element.kind == Element::Kind::kBytes) {
    for (std::size_t i = 0; i < element.bytes.size(); ++i) {
      const int c = At(data, at + i);
      if (c < 0 || (c & element.bytes[i].mask) != element.bytes[i].value) {
        return {};
      }
    }
    return {at + element.bytes.size()};
  }
  if (element.kind == Element::Kind::kTest) {
    const int c = At(data, at);
    std::size_t length = 0;
    if (element.test == Test::kLine) {
      length = c == '\n' ? 1 : (c == '\r' && At(data, at + 1) == '\n' ? 2 : 0);
    } else if (element.test == Test::kBoundary) {
      length = OneOf(c, kLeft) || OneOf(c, kRight) ? 1 : 0;
    } else {
      length = IsWord(c) ? 0 : 1;
    }
    length = element.negated ? (length == 0 ? 1 : 0) : length;
    return c < 0 || length == 0 ? Ends{} : Ends{at + length};
  }
  Ends ends;
  for (const std::vector<Element>& choice : element.choices) {
    ends.merge(Run(choice, data, at));
  }
  if (!element.negated) {
    return ends;
  }
  std::size_t length = 0;
  for (const Element& inner : element.choices.front()) {
    const Element* one = &inner;
    while (one->kind == Element::Kind::kChoices) {
      one = &one->choices.front().front();
    }
    length += one->kind == Element::Kind::kBytes ? one->bytes.size() : 1;
  }
  return ends.empty() && at + length <= data.size() ? Ends{at + length} : Ends{};
}

Ends Run(const std::vector<Element>& elements, base::Bytes data, std::size_t start) {
  Ends ends = {start};
  for (const Element& element : elements) {
    Ends next;
    for (const std::size_t at : ends) {
      next.merge(RunOne(element, data, at));
    }
    ends = std::move(next);
  }
  return ends;
}

bool LeftHolds(const Part& part, base::Bytes data, std::size_t start) {
  const int before = start == 0 ? -1 : At(data, start - 1);
  bool holds = start == 0;
  if (part.left.test == Test::kBoundary) {
    holds = holds || OneOf(before, kLeft);
  } else if (part.left.test == Test::kLine) {
    holds = holds || before == '\n';
  } else if (part.left.test == Test::kWord && part.is_wide) {
    holds = start < 2 || before != 0 || !IsWord(At(data, start - 2));
  } else {
    holds = holds || !IsWord(before);
  }
  return part.left.test == Test::kNone || holds != part.left.negated;
}

bool RightHolds(const Part& part, base::Bytes data, std::size_t end) {
  const int behind = At(data, end);
  bool holds = behind < 0;
  if (part.right.test == Test::kBoundary) {
    holds = holds || OneOf(behind, kRight);
  } else if (part.right.test == Test::kLine) {
    holds = holds || behind == '\n' || (behind == '\r' && At(data, end + 1) == '\n');
  } else if (part.right.test == Test::kWord && part.is_wide) {
    holds = holds || At(data, end + 1) != 0 || !IsWord(behind);
  } else {
    holds = holds || !IsWord(behind);
  }
  return part.right.test == Test::kNone || holds != part.right.negated;
}

bool FarHolds(const std::optional<FarByte>& far, base::Bytes data, std::size_t at, bool left) {
  if (!far) {
    return true;
  }
  for (std::size_t n = far->distance_min; n <= far->distance_max; ++n) {
    const int c = left ? (at > n ? At(data, at - n - 1) : -1) : At(data, at + n);
    if (c >= 0 && (c & far->byte.mask) == far->byte.value) {
      return true;
    }
  }
  return false;
}

Ends EndsAt(const Part& part, base::Bytes data, std::size_t start) {
  if (!LeftHolds(part, data, start) || !FarHolds(part.far_left, data, start, true)) {
    return {};
  }
  Ends ends;
  for (const std::size_t end : Run(part.elements, data, start)) {
    if (RightHolds(part, data, end) && FarHolds(part.far_right, data, end, false)) {
      ends.insert(end);
    }
  }
  return ends;
}

bool PlaceHolds(const Offset& offset, std::size_t start, std::size_t size) {
  if (offset.kind == Offset::Kind::kAny) {
    return true;
  }
  std::size_t first = offset.number;
  if (offset.kind == Offset::Kind::kFromEnd) {
    if (first > size) {
      return false;
    }
    first = size - first;
  }
  return start >= first && start - first <= offset.shift;
}

std::size_t CountOf(const Pattern& pattern, base::Bytes data) {
  std::size_t count = 0;
  Ends before;
  for (std::size_t i = 0; i < pattern.parts.size(); ++i) {
    const Part& part = pattern.parts[i];
    Ends reached;
    count = 0;
    for (std::size_t start = 0; start <= data.size(); ++start) {
      const bool fits = i == 0 ? PlaceHolds(pattern.offset, start, data.size())
                               : std::any_of(before.begin(), before.end(), [&](std::size_t end) {
                                   return end + part.gap_min <= start &&
                                          (part.gap_max == 0 || start - end <= part.gap_max);
                                 });
      Ends ends = fits ? EndsAt(part, data, start) : Ends{};
      count += ends.empty() ? 0u : 1u;
      reached.merge(ends);
    }
    before = std::move(reached);
  }
  return count;
}

struct Value {
  bool is_true = false;
  std::size_t count = 0;
  std::set<int> ids;
};

bool Compare(const LogicNode& node, std::size_t count) {
  return node.op == '=' ? count == node.count
                        : (node.op == '<' ? count < node.count : count > node.count);
}

Value Evaluate(const std::vector<LogicNode>& nodes, const LogicNode& node,
               const std::vector<std::size_t>& counts) {
  Value out;
  if (node.kind == LogicNode::Kind::kId) {
    out.count = counts[node.id];
    out.is_true = node.op == 0 ? out.count > 0 : Compare(node, out.count);
    out.ids.insert(node.id);
  } else {
    const Value left = Evaluate(nodes, nodes[node.left], counts);
    const Value right = Evaluate(nodes, nodes[node.right], counts);
    const bool both = node.kind == LogicNode::Kind::kAnd;
    out.is_true = both ? left.is_true && right.is_true : left.is_true || right.is_true;
    if (out.is_true) {
      out.count = left.count + right.count;
      out.ids = left.ids;
      out.ids.insert(right.ids.begin(), right.ids.end());
    }
    if (node.op != 0) {
      out.is_true = Compare(node, out.count) && out.ids.size() >= node.different;
      out.ids.clear();
    }
  }
  return out.is_true ? out : Value{};
}

}  // namespace

bool NaiveIsTrue(const Signature& signature, base::Bytes data) {
  const auto nodes = ParseLogic(signature.logic);
  if (!nodes.ok()) {
    return false;
  }
  std::vector<std::size_t> counts;
  for (const Subsignature& subsignature : signature.subsignatures) {
    std::size_t count = 0;
    for (const Pattern& pattern : std::get<PatternList>(subsignature)) {
      count += CountOf(pattern, data);
    }
    counts.push_back(count);
  }
  return Evaluate(*nodes, nodes->back(), counts).is_true;
}

}  // namespace day::signatures::clamav::testing
