#include <bzlib.h>

#include "libs/unpack/stream/codec.h"

namespace day::unpack::stream {
namespace {

constexpr std::size_t kInputBytesMax = 1u << 30;  // libbz2 counts in unsigned int

Step StepBzip2(bz_stream& stream, base::Bytes input, std::span<std::byte> room) {
  const std::size_t given = std::min(input.size(), kInputBytesMax);
  // libbz2 takes its input without const, and does not write it.
  stream.next_in = const_cast<char*>(base::AsText(input).data());
  stream.avail_in = static_cast<unsigned>(given);
  stream.next_out = reinterpret_cast<char*>(room.data());
  stream.avail_out = static_cast<unsigned>(room.size());
  const int result = BZ2_bzDecompress(&stream);
  Step step;
  step.consumed = given - stream.avail_in;
  step.produced = room.size() - stream.avail_out;
  step.stream_ended = result == BZ_STREAM_END;
  if (result == BZ_MEM_ERROR) {
    step.gap = kNoMemory;
  } else if (result != BZ_OK && result != BZ_STREAM_END) {
    step.gap = "damaged: invalid bzip2 data";
  }
  return step;
}

}  // namespace

void DecodeBzip2(Run& run) {
  bz_stream stream = {};
  if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK) {
    run.End(kNoMemory);
    return;
  }
  Pump(run, [&](base::Bytes input, std::span<std::byte> room) {
    return StepBzip2(stream, input, room);
  });
  BZ2_bzDecompressEnd(&stream);
}

}  // namespace day::unpack::stream
