// What a monitor can find wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace day::network::audit {

enum class AnomalyKind : std::uint8_t {
  kUnreachable,  // the log, a witness or a mirror does not answer
  kNotTrusted,  // a checkpoint that the policy does not believe: a signature or the quorum is wrong
  kWrongEntries,  // entries or tiles that do not give the signed root, although the tree grew
                  // rightly
  kFork,          // two signed trees that do not fit: the log is caught lying
  kOlder,         // an older tree than was seen before
  kStale,         // the quorum's cosignatures are older than allowed
  kMinority,      // some keys of a role signed an entry, fewer than it takes
  kKeys,          // metadata, rightly signed, that contradicts what was logged before
  kRelease,       // a release, rightly signed, that contradicts the log
  kBundle,        // the bundle of a release is not what was released
  kRemoval,       // a release takes detections away and says that it does not
};
inline constexpr std::size_t kAnomalyKinds = 11;
// "unreachable", "not_trusted", "wrong_entries", "fork", "older", "stale", "minority", "keys",
// "release", "bundle", "removal".
std::string_view AnomalyName(AnomalyKind kind);

struct Anomaly {
  AnomalyKind kind = AnomalyKind::kUnreachable;
  std::string where;  // "log", "witness NAME", "entry N", "bundles"
  std::string what;
  std::string evidence;  // key of the evidence in the state folder, if there is any
};

}  // namespace day::network::audit
