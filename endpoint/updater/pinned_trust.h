// The network that this program trusts from the start: pinned when it was built.
//
//   cmake --preset release -DDAYLIGHT_TRUST=FOLDER     root.json, policy, mirrors (a URL a line)
//
// Without that nothing is pinned and `daylight trust` decides. Thread safety: constants.
#pragma once

#include <string_view>

namespace day::endpoint::updater {

struct PinnedTrust {
  std::string_view root_json;  // empty: nothing is pinned
  std::string_view policy;
  std::string_view mirrors;  // a URL a line
};

// Defined in a file that cmake/write_pinned_trust.cmake makes.
extern const PinnedTrust kPinnedTrust;

}  // namespace day::endpoint::updater
