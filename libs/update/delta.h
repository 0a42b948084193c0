// Making one content from another: zstd (RFC 8878) with the older content as its prefix, as
// `zstd --patch-from` does. A delta is a help to transport and nothing to trust: the caller checks
// the hash of what comes out.
//
// Bounded: what comes out is exactly as long as the caller says, windows are at most 256 MiB.
// Thread safety: functions without state.
#pragma once

#include <cstdint>
#include <string>

#include "libs/base/bytes.h"
#include "libs/base/result.h"

namespace day::update {

// An empty `base` makes an ordinary zstd frame. Errors: kInternal.
base::Result<std::string> Compress(base::Bytes base, base::Bytes content);
// Errors: kMalformed if it is no frame over this base that gives size_bytes bytes; kLimit.
base::Result<std::string> Decompress(base::Bytes base, base::Bytes compressed,
                                     std::uint64_t size_bytes);

}  // namespace day::update
