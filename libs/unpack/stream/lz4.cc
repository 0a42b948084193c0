#include <lz4frame.h>

#include "libs/unpack/stream/codec.h"

namespace day::unpack::stream {
namespace {

Step StepLz4(LZ4F_dctx* context, base::Bytes input, std::span<std::byte> room) {
  std::size_t consumed = input.size();
  std::size_t produced = room.size();
  const std::size_t result =
      LZ4F_decompress(context, room.data(), &produced, input.data(), &consumed, nullptr);
  Step step;
  if (LZ4F_isError(result) != 0) {
    // After an error the counts say nothing.
    step.gap = "damaged: invalid LZ4 data";
    return step;
  }
  step.consumed = consumed;
  step.produced = produced;
  step.stream_ended = result == 0;
  return step;
}

}  // namespace

void DecodeLz4(Run& run) {
  LZ4F_dctx* context = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)) != 0) {
    run.End(kNoMemory);
    return;
  }
  Pump(run,
       [&](base::Bytes input, std::span<std::byte> room) { return StepLz4(context, input, room); });
  (void)LZ4F_freeDecompressionContext(context);
}

}  // namespace day::unpack::stream
