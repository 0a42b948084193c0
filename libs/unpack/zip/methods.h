// The decoder of each method that is neither stored nor deflate: libs/unpack/stream's,
// old_methods.h or ppmd.h. Thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "libs/unpack/parts/sink.h"
#include "libs/unpack/stream/stream.h"
#include "libs/unpack/zip/zip_reader.h"

namespace day::unpack::zip {

// bzip2, LZMA, zstd, xz: streams that know their end.
bool IsStreamMethod(std::uint16_t method);
// REQUIRES: IsStreamMethod(method).
stream::Outcome DecodeStream(std::uint16_t method, base::Bytes data, base::Budget& budget,
                             inflate::OutputBuffer& buffer);

// Shrink, reduce, implode, deflate64, PPMd.
bool IsSinkMethod(std::uint16_t method);
// Ends after `size` bytes, but for deflate64, which knows its end. Returns the bytes of input used.
// REQUIRES: IsSinkMethod(entry.method).
std::uint64_t DecodeToSink(const Entry& entry, std::uint64_t size, parts::Sink& sink);

// The gap of an entry that nothing decodes.
std::string UnsupportedReason(std::uint16_t method);

}  // namespace day::unpack::zip
