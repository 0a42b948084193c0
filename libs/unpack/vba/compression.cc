#include "libs/unpack/vba/compression.h"

#include <algorithm>
#include <bit>

namespace day::unpack::vba {
namespace {

constexpr std::uint8_t kSignature = 1;
constexpr std::size_t kChunkBytes = 4096;
constexpr unsigned kChunkMark = 0b011;

// One chunk's tokens; false if a match reaches back before the chunk's start.
bool DecompressChunk(base::Bytes tokens, std::string& out) {
  const std::size_t start = out.size();
  base::ByteReader reader(tokens);
  while (reader.remaining() > 0) {
    unsigned flags = reader.U8();
    for (int bit = 0; bit < 8 && reader.remaining() > 0; ++bit, flags >>= 1) {
      const std::size_t done = out.size() - start;
      if (done >= kChunkBytes) {
        return true;
      }
      if ((flags & 1) == 0) {
        out += static_cast<char>(reader.U8());
        continue;
      }
      const unsigned token = reader.U16();
      // The more there is to look back on, the more bits say how far.
      const int distance_bits =
          std::max(4, static_cast<int>(std::bit_width(done - (done > 0 ? 1 : 0))));
      const std::size_t distance = (token >> (16 - distance_bits)) + 1;
      const std::size_t length = (token & (0xFFFFu >> distance_bits)) + 3;
      if (!reader.ok() || distance > done) {
        return false;
      }
      for (std::size_t i = 0; i < std::min(length, kChunkBytes - done); ++i) {
        out += out[out.size() - distance];
      }
    }
  }
  return true;
}

}  // namespace

Decompressed Decompress(base::Bytes bytes, std::uint64_t size_max) {
  Decompressed result;
  base::ByteReader reader(bytes);
  if (reader.U8() != kSignature || !reader.ok()) {
    result.gap = "damaged: no compressed macro source";
    return result;
  }
  // Less than a header and a byte is padding.
  while (reader.remaining() >= 3) {
    if (result.text.size() >= size_max) {
      result.text.resize(static_cast<std::size_t>(size_max));
      result.gap = kCut;
      break;
    }
    const unsigned header = reader.U16();
    if (((header >> 12) & 7) != kChunkMark) {
      // Zeros, or what else stands behind the last chunk, are none of it.
      result.gap = result.text.empty() ? "damaged: no compressed macro source" : "";
      break;
    }
    const bool is_compressed = (header & 0x8000) != 0;
    const std::uint64_t size = is_compressed ? (header & 0xFFF) + 1 : kChunkBytes;
    const base::Bytes chunk = reader.Take(std::min(size, reader.remaining()));
    if (!is_compressed) {
      result.text += base::AsText(chunk);
    } else if (!DecompressChunk(chunk, result.text)) {
      result.gap = "damaged: compressed macro source";
      break;
    }
  }
  return result;
}

}  // namespace day::unpack::vba
