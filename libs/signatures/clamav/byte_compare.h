// Byte comparisons of logical signatures: reading a number out of the object. Pure functions.
#pragma once

#include <cstdint>
#include <optional>

#include "libs/base/bytes.h"
#include "libs/signatures/clamav/signature.h"

namespace day::signatures::clamav {

// As body_builder.cc writes it; nothing if it is damaged.
std::optional<ByteCompare> DecodeByteCompare(base::Bytes data);

// Whether all comparisons hold of the number at `at`.
bool Holds(const ByteCompare& compare, base::Bytes data, std::uint64_t at);

}  // namespace day::signatures::clamav
