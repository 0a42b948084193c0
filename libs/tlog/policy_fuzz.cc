// Any bytes as a policy: reading and evaluating it ends, and more witnesses never break a quorum.
#include <cstdlib>
#include <vector>

#include "libs/tlog/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto policy =
      day::tlog::Policy::Parse(day::base::AsText(std::as_bytes(std::span(data, size))));
  if (!policy.ok()) {
    return 0;
  }
  std::vector<std::size_t> witnesses;
  bool held = policy->QuorumHolds(witnesses);
  if (held != policy->quorum_is_none()) {
    std::abort();
  }
  for (std::size_t i = 0; i < policy->witnesses().size(); ++i) {
    witnesses.push_back(i);
    const bool holds = policy->QuorumHolds(witnesses);
    if (held && !holds) {
      std::abort();
    }
    held = holds;
  }
  if (!held) {  // k <= n everywhere: all of them are always enough
    std::abort();
  }
  return 0;
}
