// Whether a part of a pattern lies at a place, and where its matches end.
//
// Alternatives of different lengths give several ends; all of them are kept, as a set, so that the
// work is bounded by the part's length and not by the number of ways through it. Nothing about the
// code is trusted (body_database.h). Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/signatures/clamav/body_database.h"
#include "libs/signatures/clamav/work.h"

namespace day::signatures::clamav {

class PartMatcher {
 public:
  // Replaces `ends` with the ends of the part's matches at `start`, ascending; false if there is
  // none, or the work has to end.
  bool EndsAt(const PartView& part, base::Bytes data, std::uint64_t start, Work& work,
              std::vector<std::uint64_t>& ends);

 private:
  // Replaces positions by those behind the code.
  bool Run(base::Bytes code, base::Bytes data, std::vector<std::uint64_t>& positions, int nesting,
           Work& work);
  bool RunChoices(base::ByteReader& reader, base::Bytes data, std::vector<std::uint64_t>& positions,
                  int nesting, Work& work);
};

}  // namespace day::signatures::clamav
