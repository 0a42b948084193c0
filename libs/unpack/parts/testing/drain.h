// Drives an Archive to its end, as the engine does. For tests and fuzz targets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/unpack/parts/archive.h"

namespace day::unpack::parts::testing {

struct Drained {
  std::string name;
  std::string content;
  bool has_content = false;
  std::string gap;
};

// Small limits, so that a fuzz run is fast.
base::BudgetLimits SmallLimits();

// All members until the end or until `files_max` of the budget; ends the program if the archive
// breaks its contract (more bytes than the budget allows, bytes unpaid, no end).
std::vector<Drained> Drain(Archive& archive, base::Budget& budget);

// Where `marker` stands in the file: the volumes of an archive that start with it.
std::vector<std::uint64_t> StartsOf(base::Bytes file, std::string_view marker);

}  // namespace day::unpack::parts::testing
