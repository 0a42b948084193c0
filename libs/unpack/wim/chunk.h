// The chunks of Windows images: XPRESS (Huffman), LZX as WIM files have it, and LZMS.
//
// Each decodes one chunk that stands by itself into `out`, whose size is the chunk's. Returns how
// many bytes are good: less than out.size() if the chunk is damaged. Bounded by its output.
// Specifications: MS-XCA, section 2.2 (XPRESS); Microsoft's "LZX" in the cabinet SDK, with the
// differences of WIM files: a default block size, calls always translated (12,000,000).
// Thread safety: safe.
#pragma once

#include <cstddef>
#include <span>

#include "libs/base/bytes.h"

namespace day::unpack::wim {

// What LZX knows.
inline constexpr std::size_t kLzxBytesMax = 2 * 1024 * 1024;
// Of any chunk; solid images have 64 MiB.
inline constexpr std::size_t kChunkBytesMax = 64 * 1024 * 1024;

std::size_t DecodeXpress(base::Bytes packed, std::span<std::byte> out);
// `window` is the image's chunk size, a power of two from 32 KiB on.
std::size_t DecodeLzx(base::Bytes packed, std::size_t window, std::span<std::byte> out);
std::size_t DecodeLzms(base::Bytes packed, std::span<std::byte> out);

// The end of DecodeLzms(): makes absolute addresses in x86 code relative again.
void UndoLzmsCalls(std::span<std::byte> data);

// Copies a match; false if it reaches back too far or over the end. Only for this folder.
inline bool CopyMatch(std::span<std::byte> out, std::size_t& at, std::size_t distance,
                      std::size_t length) {
  if (distance == 0 || distance > at || length > out.size() - at) {
    return false;
  }
  for (; length > 0; --length, ++at) {
    out[at] = out[at - distance];
  }
  return true;
}

}  // namespace day::unpack::wim
