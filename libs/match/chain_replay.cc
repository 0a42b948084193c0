#include "libs/match/chain_replay.h"

#include <algorithm>
#include <utility>

namespace day::match {
namespace {

constexpr std::uint64_t kReplayStepsMax = 20'000'000;

class Replay {
 public:
  explicit Replay(std::span<const Gap> gaps) : gaps_(gaps), open_(gaps.size() + 1) {}

  // Returns false once the work is too much.
  bool Take(const Finding& finding) {
    if (finding.link == 0 || Reachable(finding)) {
      if (finding.link == gaps_.size()) {
        Complete(finding);
      } else {
        open_[finding.link].emplace(finding.start, Open{finding.length, 0});
      }
    }
    return steps_ <= kReplayStepsMax;
  }

  std::vector<Match> Matches() const {
    std::vector<Match> matches;
    for (const auto& [start, length] : confirmed_) {
      matches.push_back({start, length, 0});
    }
    return matches;
  }

 private:
  // A match that waits for the next link. `rank` counts links from the end, once they are found.
  struct Open {
    std::uint32_t length = 0;
    std::uint32_t rank = 0;
  };
  using List = std::map<std::uint64_t, Open>;
  struct Pending {
    std::size_t link = 0;
    List::iterator match;
    std::uint32_t rank = 0;
  };

  bool Within(const List::value_type& match, std::size_t next_link, std::uint64_t start) const {
    const std::uint64_t end = match.first + match.second.length;
    const Gap& gap = gaps_[next_link - 1];
    return end + gap.max >= start && end + gap.min <= start;
  }

  // Whether some match of the link before is near enough; those too far behind for good are dropped
  // on the way.
  bool Reachable(const Finding& finding) {
    const List& own = open_[finding.link];
    const std::uint64_t lowest = own.empty() ? finding.start : own.begin()->first;
    List& before = open_[finding.link - 1];
    for (auto match = before.begin(); match != before.end();) {
      ++steps_;
      const std::uint64_t end = match->first + match->second.length;
      if (end + gaps_[finding.link - 1].max < lowest) {
        match = before.erase(match);
      } else if (Within(*match, finding.link, finding.start)) {
        return true;
      } else {
        ++match;
      }
    }
    return false;
  }

  // The last link was found: every first link from which it can be reached is confirmed.
  void Complete(const Finding& finding) {
    std::vector<Pending> pending;
    PushReaching(finding.link, finding.start, 1, pending);
    while (!pending.empty()) {
      const Pending item = pending.back();
      pending.pop_back();
      if (item.match->second.rank == item.rank) {
        continue;
      }
      item.match->second.rank = item.rank;
      if (item.link > 0) {
        PushReaching(item.link, item.match->first, item.rank + 1, pending);
      }
    }
    const std::uint64_t end = finding.start + finding.length;
    List& heads = open_[0];
    for (auto head = heads.begin(); head != heads.end();) {
      ++steps_;
      if (head->second.rank != gaps_.size()) {
        ++head;
        continue;
      }
      confirmed_.emplace(head->first, static_cast<std::uint32_t>(end - head->first));
      head = heads.erase(head);
    }
  }

  void PushReaching(std::size_t link, std::uint64_t start, std::uint32_t rank,
                    std::vector<Pending>& pending) {
    List& before = open_[link - 1];
    for (auto match = before.begin(); match != before.end(); ++match) {
      ++steps_;
      if (Within(*match, link, start)) {
        pending.push_back({link - 1, match, rank});
      }
    }
  }

  std::span<const Gap> gaps_;
  std::vector<List> open_;
  std::map<std::uint64_t, std::uint32_t> confirmed_;
  std::uint64_t steps_ = 0;
};

}  // namespace

bool ReplayChain(std::vector<Finding> findings, std::span<const Gap> gaps,
                 std::vector<Match>& matches) {
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    if (a.order != b.order) {
      return a.order < b.order;
    }
    return a.link != b.link ? a.link < b.link : a.start > b.start;
  });
  Replay replay(gaps);
  for (const Finding& finding : findings) {
    if (!replay.Take(finding)) {
      return false;
    }
  }
  matches = replay.Matches();
  return true;
}

}  // namespace day::match
