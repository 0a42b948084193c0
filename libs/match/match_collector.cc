#include <algorithm>
#include <numeric>
#include <utility>

#include "libs/match/chain_replay.h"
#include "libs/match/code.h"
#include "libs/match/program.h"

namespace day::match {
namespace {

// Duplicates are squeezed out before more than this many are kept.
constexpr std::size_t kRawMax = 8 * kMatchesMax;

// A match of one link of a chain, and which match of the last link completes it: the one that YARA
// finds first among those that can be reached.
struct LinkMatch {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t tail = kNone;  // number of the last link's match, in the order of finding

  static constexpr std::uint64_t kNone = ~std::uint64_t{0};
};

// For every match of a link, the smallest tail among those of the next link that start within
// the gap behind it. Both lists ascend by start; a sliding-window minimum would need ascending ends
// as well, so blocks of powers of two are used.
class RangeMinimum {
 public:
  explicit RangeMinimum(const std::vector<LinkMatch>& matches) {
    levels_.emplace_back();
    for (const LinkMatch& match : matches) {
      levels_[0].push_back(match.tail);
    }
    for (std::size_t size = 1; 2 * size <= matches.size(); size *= 2) {
      const std::vector<std::uint64_t>& below = levels_.back();
      std::vector<std::uint64_t> level(matches.size() - 2 * size + 1);
      for (std::size_t i = 0; i < level.size(); ++i) {
        level[i] = std::min(below[i], below[i + size]);
      }
      levels_.push_back(std::move(level));
    }
  }
  // The minimum of [first, last). REQUIRES: first < last.
  std::uint64_t Of(std::size_t first, std::size_t last) const {
    const auto level = static_cast<std::size_t>(63 - __builtin_clzll(last - first));
    return std::min(levels_[level][first], levels_[level][last - (std::size_t{1} << level)]);
  }

 private:
  std::vector<std::vector<std::uint64_t>> levels_;
};

void Join(std::vector<LinkMatch>& link, const std::vector<LinkMatch>& next, const Gap& gap,
          bool to_tail) {
  const RangeMinimum minimum(next);
  const auto before = [](const LinkMatch& match, std::uint64_t start) {
    return match.start < start;
  };
  for (LinkMatch& match : link) {
    const auto first = std::lower_bound(next.begin(), next.end(), match.end + gap.min, before);
    const auto last = std::lower_bound(first, next.end(), match.end + gap.max + 1, before);
    const auto from = static_cast<std::size_t>(first - next.begin());
    const auto to = static_cast<std::size_t>(last - next.begin());
    if (from < to) {
      match.tail = minimum.Of(from, to);
    }
    // YARA gives a link up once it sees a last link too far behind it, and of several starts found
    // together a far one may come first.
    const bool given_up = to_tail && to < next.size() && minimum.Of(to, next.size()) < match.tail;
    if (given_up) {
      match.tail = LinkMatch::kNone;
    }
  }
  std::erase_if(link, [](const LinkMatch& m) { return m.tail == LinkMatch::kNone; });
}

}  // namespace

void MatchCollector::Reset() {
  raw_.clear();
  matches_.clear();
  overflowed_ = false;
}

void MatchCollector::Add(std::uint32_t part, const Match& match, std::uint64_t order) {
  if (raw_.size() >= kRawMax) {
    overflowed_ = true;
    return;
  }
  // Verifications of neighbouring atoms often find the same match again.
  if (!raw_.empty() && raw_.back().part == part && raw_.back().match == match &&
      raw_.back().order == order) {
    return;
  }
  raw_.push_back({match, part, order});
}

void MatchCollector::Finish(const PatternView& pattern) {
  const Code code = pattern.code_;
  const PatternHeader& header = HeaderOf(code);
  const bool longest = (header.flags & kPatternLongest) != 0;
  const bool by_part = (header.flags & kPatternByPart) != 0;
  const bool ordered = (header.flags & kPatternOrdered) != 0;
  const bool chained = (header.flags & kPatternChained) != 0;
  matches_.clear();
  const auto element = [&](const Raw& raw) { return PartOf(code, raw.part).element; };
  if (chained && Replayed(code)) {
    return;
  }
  std::sort(raw_.begin(), raw_.end(), [&](const Raw& a, const Raw& b) {
    if (chained && element(a) != element(b)) {
      return element(a) < element(b);
    }
    if (a.match.offset != b.match.offset) {
      return a.match.offset < b.match.offset;
    }
    if (chained || ordered) {
      // Links of a chain keep what is found first, greedy or not.
      const bool last = longest && !chained;
      if (a.order != b.order) {
        return (a.order > b.order) == last;
      }
      return last ? a.part > b.part : a.part < b.part;
    }
    if (!by_part && a.match.length != b.match.length) {
      return (a.match.length < b.match.length) != longest;
    }
    return a.part < b.part;
  });
  const auto same = [&](const Raw& a, const Raw& b) {
    return a.match.offset == b.match.offset && (!chained || element(a) == element(b));
  };
  raw_.erase(std::unique(raw_.begin(), raw_.end(), same), raw_.end());
  matches_.clear();
  if (!chained) {
    for (const Raw& raw : raw_) {
      matches_.push_back(raw.match);
    }
  } else {
    JoinChain(code);
  }
  if (matches_.size() > kMatchesMax) {
    matches_.resize(kMatchesMax);
    overflowed_ = true;
  }
}

bool MatchCollector::Replayed(std::span<const std::uint64_t> code) {
  const PatternHeader& header = HeaderOf(code);
  std::vector<Finding> findings;
  findings.reserve(raw_.size());
  for (const Raw& raw : raw_) {
    findings.push_back(
        {raw.order, PartOf(code, raw.part).element, raw.match.offset, raw.match.length});
  }
  const std::span<const Gap> gaps(CodeAt<Gap>(code, header.gaps_at), header.element_count - 1);
  return ReplayChain(std::move(findings), gaps, matches_);
}

// REQUIRES: raw_ is sorted by link and offset.
void MatchCollector::JoinChain(std::span<const std::uint64_t> code) {
  const PatternHeader& header = HeaderOf(code);
  std::vector<std::vector<LinkMatch>> links(header.element_count);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> tails;  // order of finding, end
  for (const Raw& raw : raw_) {
    const std::uint32_t element = PartOf(code, raw.part).element;
    const std::uint64_t end = raw.match.offset + raw.match.length;
    links[element].push_back({raw.match.offset, end, LinkMatch::kNone});
    if (element + 1 == header.element_count) {
      tails.emplace_back(raw.order, end);
    }
  }
  std::vector<std::uint64_t> by_order(tails.size());
  std::iota(by_order.begin(), by_order.end(), 0);
  std::stable_sort(by_order.begin(), by_order.end(), [&](std::uint64_t a, std::uint64_t b) {
    // Of starts found together the nearest to their end comes first; raw_ ascends by offset.
    return tails[a].first != tails[b].first ? tails[a].first < tails[b].first : a > b;
  });
  for (std::size_t i = 0; i < by_order.size(); ++i) {
    links.back()[by_order[i]].tail = i;
  }
  const Gap* gaps = CodeAt<Gap>(code, header.gaps_at);
  for (std::size_t i = links.size() - 1; i > 0; --i) {
    Join(links[i - 1], links[i], gaps[i - 1], i + 1 == links.size());
  }
  for (const LinkMatch& match : links[0]) {
    const std::uint64_t end = tails[by_order[match.tail]].second;
    matches_.push_back({match.start, static_cast<std::uint32_t>(end - match.start), 0});
  }
}

}  // namespace day::match
