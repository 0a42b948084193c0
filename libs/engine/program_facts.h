// What body signatures ask of a program, read from its headers as ClamAV reads them: file offsets
// of the entry point and of sections, of version strings; and its icons. Pure functions.
#pragma once

#include <vector>

#include "libs/base/bytes.h"
#include "libs/engine/descend/identify.h"
#include "libs/signatures/clamav/matcher.h"
#include "libs/similarity/icon_metrics.h"

namespace day::engine {

// The icons of a PE file, as far as ClamAV looks at them.
std::vector<similarity::IconMetrics> MeasureIcons(base::Bytes data);

// `parsed` is false for other types, and for headers that cannot be read. At most
// kProgramSectionsMax sections are kept.
inline constexpr std::size_t kProgramSectionsMax = 4096;
signatures::clamav::ProgramFacts ReadProgramFacts(base::Bytes data, FileType type);

}  // namespace day::engine
