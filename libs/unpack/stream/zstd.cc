#include <zstd.h>
#include <zstd_errors.h>

#include <bit>

#include "libs/unpack/stream/codec.h"

namespace day::unpack::stream {
namespace {

Step StepZstd(ZSTD_DCtx* context, base::Bytes input, std::span<std::byte> room) {
  ZSTD_inBuffer in = {input.data(), input.size(), 0};
  ZSTD_outBuffer out = {room.data(), room.size(), 0};
  const std::size_t result = ZSTD_decompressStream(context, &out, &in);
  Step step;
  step.consumed = in.pos;
  step.produced = out.pos;
  if (ZSTD_isError(result) == 0) {
    step.stream_ended = result == 0;
    return step;
  }
  switch (ZSTD_getErrorCode(result)) {
    case ZSTD_error_frameParameter_windowTooLarge:
      step.gap = kWindowLimit;
      break;
    case ZSTD_error_memory_allocation:
      step.gap = kNoMemory;
      break;
    case ZSTD_error_dictionary_wrong:
      step.gap = "unsupported: zstd dictionary";
      break;
    case ZSTD_error_checksum_wrong:
      step.gap = "damaged: wrong checksum";
      break;
    // It says so of a source that holds nothing more.
    case ZSTD_error_srcSize_wrong:
      step.gap = kEndsTooEarly;
      break;
    default:
      step.gap = "damaged: invalid zstd data";
  }
  return step;
}

}  // namespace

void DecodeZstd(Run& run) {
  ZSTD_DCtx* context = ZSTD_createDCtx();
  if (context == nullptr) {
    run.End(kNoMemory);
    return;
  }
  constexpr int kWindowLogMax = std::bit_width(kWindowBytesMax) - 1;
  (void)ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, kWindowLogMax);
  Pump(run, [&](base::Bytes input, std::span<std::byte> room) {
    return StepZstd(context, input, room);
  });
  (void)ZSTD_freeDCtx(context);
}

}  // namespace day::unpack::stream
