// Trigger sets: things to look for such that a condition can only be true if one of them is there.
//
// A Triggers value is a promise "at least one of ids is present", `always` (no promise), or the
// empty set ("never": the promise cannot be kept, so the condition cannot be true).
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace day::rules::compile {

// A trigger: a string (its global index), or a key (kKeyBit | index into KeyCollector::keys()).
using TriggerId = std::uint32_t;
inline constexpr TriggerId kKeyBit = 0x80000000;

struct Triggers {
  bool always = true;
  double cost = std::numeric_limits<double>::infinity();
  std::vector<TriggerId> ids;

  static Triggers Always() { return {}; }
  static Triggers Never() { return {.always = false, .cost = 0, .ids = {}}; }
  static Triggers One(TriggerId id, double cost) {
    return {.always = false, .cost = cost, .ids = {id}};
  }
  bool never() const { return !always && ids.empty(); }
};

// Both promises hold: keeps the one that is cheaper to look for.
inline void KeepCheaper(Triggers& kept, Triggers other) {
  if (other.cost < kept.cost) {
    kept = std::move(other);
  }
}

// One of the promises holds.
void Join(Triggers& into, const Triggers& other);

// At least `count` of the promises hold (0 or fewer: nothing is known). More than there are: never.
Triggers AtLeast(std::int64_t count, std::vector<Triggers> promises);

}  // namespace day::rules::compile
