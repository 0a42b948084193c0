// One packed resource of a Windows image: chunks, each packed by itself.
//
// Reads any stretch of what is unpacked; the chunk that was decoded last is kept, so that streams
// which lie in one chunk of a solid resource cost it once. Memory: one chunk, at most
// kChunkBytesMax, and 8 bytes a chunk. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/parts/sink.h"

namespace day::unpack::wim {

// As solid resources number them.
enum class Packing : std::uint8_t { kNone, kXpress, kLzx, kLzms, kOther };

class PackedResource {
 public:
  // Behind a table of where the second chunk and those after it start.
  // REQUIRES: `raw` outlives it, as for Solid().
  PackedResource(base::Bytes raw, std::uint64_t size, Packing packing, std::uint64_t chunk_size);
  // Behind a header and a table of the sizes of the chunks.
  static PackedResource Solid(base::Bytes raw);

  std::uint64_t size() const { return size_; }

  // Writes `count` bytes from `begin` on. Damage and limits end the sink.
  void Write(std::uint64_t begin, std::uint64_t count, parts::Sink& sink, base::Budget& budget);

 private:
  PackedResource() = default;
  bool Decode(std::uint64_t chunk, parts::Sink& sink, base::Budget& budget);

  std::uint64_t size_ = 0;
  Packing packing_ = Packing::kOther;
  std::uint64_t chunk_size_ = 0;
  base::Bytes data_;                    // the chunks, one behind the other
  std::vector<std::uint64_t> starts_;   // of the chunks, and the end; fewer if the table is cut off
  std::optional<std::uint64_t> chunk_;  // that is decoded
  std::vector<std::byte> decoded_;
  std::size_t good_ = 0;  // of it
};

}  // namespace day::unpack::wim
