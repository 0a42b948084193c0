// NearMatcher: signatures of files that are nearly the same (TLSH distances, ssdeep scores) against
// one object. Each object is hashed once for each kind of signature that could be near by its size;
// signatures of other length classes and block sizes are not compared.
//
// Limits: objects of more than kNearBytesMax are not hashed. Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/engine/report.h"
#include "libs/signatures/database.h"
#include "libs/similarity/ctph.h"
#include "libs/similarity/tlsh.h"

namespace day::engine {

inline constexpr std::uint64_t kNearBytesMax = 128ull * 1024 * 1024;

class NearMatcher {
 public:
  // Reads the near signatures of the database; lines that are none are passed over. REQUIRES:
  // `database` outlives the matcher.
  explicit NearMatcher(const signatures::Database& database);

  bool empty() const { return tlsh_.empty() && ctph_.empty(); }

  // Appends the nearest signature of each kind, if one is near enough; false if kNearBytesMax kept
  // the object from being hashed. The finding's match says how near; inner_path is left empty.
  bool Match(base::Bytes data, std::vector<Finding>& findings) const;

 private:
  struct TlshEntry {
    similarity::TlshDigest digest;
    unsigned distance_max = 0;
    signatures::SignatureId id;
  };
  struct CtphEntry {
    similarity::CtphDigest digest;
    unsigned score_min = 0;
    signatures::SignatureId id;
  };

  void AddLine(std::string_view line);
  void MatchTlsh(base::Bytes data, std::vector<Finding>& findings) const;
  void MatchCtph(base::Bytes data, std::vector<Finding>& findings) const;
  Finding MakeFinding(signatures::SignatureId id, std::string how_near, std::string digest) const;

  const signatures::Database& database_;
  std::vector<TlshEntry> tlsh_;  // by length class
  std::vector<CtphEntry> ctph_;  // by block size
};

}  // namespace day::engine
