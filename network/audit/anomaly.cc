#include "network/audit/anomaly.h"

#include <array>

namespace day::network::audit {

std::string_view AnomalyName(AnomalyKind kind) {
  static constexpr std::array<std::string_view, kAnomalyKinds> kNames = {
      "unreachable", "not_trusted", "wrong_entries", "fork",   "older",  "stale",
      "minority",    "keys",        "release",       "bundle", "removal"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace day::network::audit
