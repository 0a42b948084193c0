// SipHash-2-4 with 128 bits of output (Aumasson, Bernstein 2012): a keyed hash of short messages
// that nobody without the key can predict. Thread safety: safe.
#pragma once

#include <array>
#include <cstdint>

#include "libs/base/bytes.h"

namespace day::endpoint::scan {

struct SipKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
};

std::array<std::byte, 16> SipHash128(const SipKey& key, base::Bytes message);

}  // namespace day::endpoint::scan
