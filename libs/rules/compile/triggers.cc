#include "libs/rules/compile/triggers.h"

#include <algorithm>

namespace day::rules::compile {

void Join(Triggers& into, const Triggers& other) {
  if (into.always || other.always) {
    into = Triggers::Always();
    return;
  }
  into.cost += other.cost;
  into.ids.insert(into.ids.end(), other.ids.begin(), other.ids.end());
}

Triggers AtLeast(std::int64_t count, std::vector<Triggers> promises) {
  if (count <= 0) {
    return Triggers::Always();
  }
  const auto size = static_cast<std::int64_t>(promises.size());
  if (count > size) {
    return Triggers::Never();
  }
  // If only count - 1 promises stand outside the chosen ones, one of the chosen must hold.
  std::stable_sort(promises.begin(), promises.end(),
                   [](const Triggers& a, const Triggers& b) { return a.cost < b.cost; });
  Triggers joined = Triggers::Never();
  for (std::int64_t i = 0; i < size - count + 1; ++i) {
    Join(joined, promises[static_cast<std::size_t>(i)]);
  }
  return joined;
}

}  // namespace day::rules::compile
