// The slow twin of the matcher: pattern after pattern, start after start, straight from the data of
// signature.h. What tests and the differential fuzzer compare the real one with.
#pragma once

#include <vector>

#include "libs/base/bytes.h"
#include "libs/signatures/clamav/signature.h"

namespace day::signatures::clamav::testing {

// Whether a signature of patterns only, without conditions, and with places that are absolute, from
// the end, or any, is true of the bytes.
bool NaiveIsTrue(const Signature& signature, base::Bytes data);

}  // namespace day::signatures::clamav::testing
