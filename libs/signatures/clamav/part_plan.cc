#include "libs/signatures/clamav/part_plan.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "libs/match/gram_kernel.h"
#include "libs/match/rarity.h"
#include "libs/signatures/clamav/body_format.h"
#include "libs/signatures/clamav/pattern_text.h"

namespace day::signatures::clamav {
namespace {

constexpr double kDenseCost = 20;    // looking at every position costs all files something
constexpr double kShortCost = 2000;  // and pairs are everywhere
constexpr double kRarestGram = 0.01;
constexpr std::size_t kAnchorBytesMax = 32;

// Bytes with fixed distances to each other, and where they start.
struct Segment {
  std::uint32_t prefix = 0;
  std::uint32_t slack = 0;
  std::vector<MaskedByte> bytes;
};

std::vector<Segment> SegmentsOf(const std::vector<Element>& elements) {
  std::vector<Segment> segments(1);
  Range before;
  for (const Element& element : elements) {
    const Range length = LengthOf({element});
    Segment& last = segments.back();
    if (element.kind == Element::Kind::kBytes) {
      last.bytes.insert(last.bytes.end(), element.bytes.begin(), element.bytes.end());
    } else if (length.min == length.max) {
      last.bytes.resize(last.bytes.size() + length.min);
    }
    before = {before.min + length.min, before.max + length.max};
    if (length.min != length.max) {
      segments.push_back({before.min, before.max - before.min, {}});
    }
  }
  return segments;
}

// Known but for a letter's case.
bool IsKnown(const MaskedByte& byte) { return (byte.mask | 0x20) == 0xFF; }

bool IsGram(const Segment& segment, std::size_t at) {
  for (std::size_t i = 0; i < 4; ++i) {
    if (!IsKnown(segment.bytes[at + i])) {
      return false;
    }
  }
  return true;
}

std::uint32_t FoldedGram(const Segment& segment, std::size_t at) {
  std::uint32_t gram = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    gram |= std::uint32_t{segment.bytes[at + i].value} << (8 * i);
  }
  return gram | match::kGramFold;
}

// Fills in value and mask from the four bytes at `at`, as far as there are any.
unsigned Known(const Segment& segment, std::ptrdiff_t at, std::uint32_t* value,
               std::uint32_t* mask) {
  unsigned bits = 0;
  *value = 0;
  *mask = 0;
  for (std::ptrdiff_t i = 0; i < 4; ++i) {
    if (at + i < 0 || at + i >= static_cast<std::ptrdiff_t>(segment.bytes.size())) {
      continue;
    }
    const MaskedByte& byte = segment.bytes[static_cast<std::size_t>(at + i)];
    *value |= std::uint32_t{byte.value} << (8 * i);
    *mask |= std::uint32_t{byte.mask} << (8 * i);
    bits += static_cast<unsigned>(__builtin_popcount(byte.mask));
  }
  return bits;
}

GramChoice ChoiceAt(const Segment& segment, std::size_t at, std::uint32_t gram,
                    std::int32_t gram_size) {
  GramChoice out;
  out.gram = gram;
  out.back = segment.prefix + static_cast<std::uint32_t>(at);
  out.slack = segment.slack;
  const auto place = static_cast<std::ptrdiff_t>(at);
  std::uint32_t value = 0;
  std::uint32_t mask = 0;
  out.check = gram_size;
  const unsigned behind = Known(segment, place + gram_size, &out.value, &out.mask);
  if (Known(segment, place - 4, &value, &mask) > behind) {
    out.check = -4;
    out.value = value;
    out.mask = mask;
  }
  return out;
}

struct BestGram {
  double cost = std::numeric_limits<double>::infinity();
  std::size_t at = 0;
};

void PlanGrams(const Segment& segment, PartPlan* plan) {
  std::array<BestGram, 4> best;
  for (std::size_t at = 0; at + 4 <= segment.bytes.size(); ++at) {
    if (!IsGram(segment, at)) {
      continue;
    }
    const double cost =
        std::max(match::GramPerMib(FoldedGram(segment, at)), kRarestGram) * (1.0 + segment.slack);
    BestGram& slot = best[at % 4];
    if (cost < slot.cost) {
      slot = {cost, at};
    }
  }
  double sampled = 0;
  const BestGram* rarest = &best[0];
  for (const BestGram& slot : best) {
    sampled += slot.cost / 4;
    rarest = slot.cost < rarest->cost ? &slot : rarest;
  }
  const auto choice = [&](const BestGram& slot) {
    return ChoiceAt(segment, slot.at, FoldedGram(segment, slot.at), 4);
  };
  if (sampled < plan->cost) {
    plan->lookup = PartPlan::Class::kSampled;
    plan->cost = sampled;
    plan->grams.clear();
    for (const BestGram& slot : best) {
      plan->grams.push_back(choice(slot));
    }
  }
  if (rarest->cost + kDenseCost < plan->cost) {
    plan->lookup = PartPlan::Class::kDense;
    plan->cost = rarest->cost + kDenseCost;
    plan->grams = {choice(*rarest)};
  }
}

void PlanPair(const Segment& segment, PartPlan* plan) {
  for (std::size_t at = 0; at + 2 <= segment.bytes.size(); ++at) {
    const MaskedByte& first = segment.bytes[at];
    const MaskedByte& second = segment.bytes[at + 1];
    if (!IsKnown(first) || !IsKnown(second)) {
      continue;
    }
    double cost = kShortCost;
    std::vector<GramChoice> choices;
    for (unsigned open = 0; open < 4; ++open) {
      if (((open & 1) != 0 && first.mask == 0xFF) || ((open & 2) != 0 && second.mask == 0xFF)) {
        continue;
      }
      const auto pair =
          static_cast<std::uint16_t>((first.value | ((open & 1) != 0 ? 0x20 : 0)) |
                                     (second.value | ((open & 2) != 0 ? 0x20 : 0)) << 8);
      cost += match::PairPerMib(pair) * (1.0 + segment.slack);
      choices.push_back(ChoiceAt(segment, at, pair, 2));
    }
    if (cost < plan->cost) {
      plan->cost = cost;
      plan->lookup = PartPlan::Class::kShort;
      plan->grams = std::move(choices);
    }
  }
}

// The longest run of exact bytes; if there is no pair of them, two that ignore case.
void PlanAnchor(const std::vector<Segment>& segments, PartPlan* plan) {
  const auto take = [&](const Segment& segment, std::size_t at, std::size_t size, bool masked) {
    plan->anchor_prefix = segment.prefix + static_cast<std::uint32_t>(at);
    plan->anchor_slack = segment.slack;
    plan->anchor_is_masked = masked;
    plan->anchor.clear();
    for (std::size_t i = 0; i < size; ++i) {
      plan->anchor += static_cast<char>(segment.bytes[at + i].value);
    }
    for (std::size_t i = 0; masked && i < size; ++i) {
      plan->anchor += static_cast<char>(segment.bytes[at + i].mask);
    }
  };
  std::size_t longest = 1;
  for (const Segment& segment : segments) {
    std::size_t run = 0;
    for (std::size_t i = 0; i < segment.bytes.size(); ++i) {
      run = segment.bytes[i].mask == 0xFF ? std::min(run + 1, kAnchorBytesMax) : 0;
      if (run > longest) {
        longest = run;
        take(segment, i + 1 - run, run, false);
      }
    }
  }
  for (const Segment& segment : segments) {
    for (std::size_t i = 0; plan->anchor.empty() && i + 1 < segment.bytes.size(); ++i) {
      if (IsKnown(segment.bytes[i]) && IsKnown(segment.bytes[i + 1])) {
        take(segment, i, 2, true);
      }
    }
  }
}

template <typename T>
void Append(T value, std::string* out) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    *out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xFF);
  }
}

void Append(format::Op op, std::string* out) { *out += static_cast<char>(op); }

// 0: nothing known, 1: partly, 2: wholly.
int Sort(const MaskedByte& byte) { return byte.mask == 0 ? 0 : (byte.mask == 0xFF ? 2 : 1); }

void EncodeBytes(const std::vector<MaskedByte>& bytes, std::string* out) {
  for (std::size_t at = 0; at < bytes.size();) {
    std::size_t end = at + 1;
    const int sort = Sort(bytes[at]);
    while (end < bytes.size() && Sort(bytes[end]) == sort && end - at < 0xFFFF) {
      ++end;
    }
    const auto count = static_cast<std::uint16_t>(end - at);
    if (sort == 0) {
      Append(format::Op::kAny, out);
      Append(std::uint32_t{count}, out);
    } else {
      Append(sort == 2 ? format::Op::kLiteral : format::Op::kMasked, out);
      Append(count, out);
      for (std::size_t i = at; i < end; ++i) {
        *out += static_cast<char>(bytes[i].value);
      }
      for (std::size_t i = at; sort == 1 && i < end; ++i) {
        *out += static_cast<char>(bytes[i].mask);
      }
    }
    at = end;
  }
}

}  // namespace

PartPlan PlanPart(const Part& part) {
  PartPlan plan;
  plan.cost = std::numeric_limits<double>::infinity();
  const std::vector<Segment> segments = SegmentsOf(part.elements);
  for (const Segment& segment : segments) {
    PlanGrams(segment, &plan);
  }
  for (const Segment& segment : segments) {
    if (plan.grams.empty() || plan.lookup == PartPlan::Class::kShort) {
      PlanPair(segment, &plan);
    }
  }
  PlanAnchor(segments, &plan);
  return plan;
}

std::string EncodeElements(const std::vector<Element>& elements) {
  std::string out;
  for (const Element& element : elements) {
    if (element.kind == Element::Kind::kBytes) {
      EncodeBytes(element.bytes, &out);
    } else if (element.kind == Element::Kind::kTest) {
      Append(format::Op::kTest, &out);
      out += static_cast<char>(element.test);
      out += element.negated ? '\1' : '\0';
    } else {
      Append(format::Op::kChoices, &out);
      out += element.negated ? '\1' : '\0';
      Append(LengthOf(element.choices.front()).min, &out);
      Append(static_cast<std::uint16_t>(element.choices.size()), &out);
      std::string rest;
      for (const std::vector<Element>& choice : element.choices) {
        const std::string code = EncodeElements(choice);
        Append(static_cast<std::uint32_t>(code.size()), &rest);
        rest += code;
      }
      Append(static_cast<std::uint32_t>(rest.size()), &out);
      out += rest;
    }
  }
  return out;
}

}  // namespace day::signatures::clamav
