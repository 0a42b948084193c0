#include <brotli/decode.h>

#include <memory>

#include "libs/unpack/stream/codec.h"

namespace day::unpack::stream {
namespace {

// What starts a stream with a window of up to 1 GiB, which the format's RFC does not have.
constexpr std::byte kLargeWindowMark{0x11};

struct Destroy {
  void operator()(BrotliDecoderState* state) const { BrotliDecoderDestroyInstance(state); }
};

Step StepBrotli(BrotliDecoderState* state, base::Bytes input, std::span<std::byte> room) {
  std::size_t input_left = input.size();
  const auto* next_in = reinterpret_cast<const std::uint8_t*>(input.data());
  std::size_t room_left = room.size();
  auto* next_out = reinterpret_cast<std::uint8_t*>(room.data());
  const BrotliDecoderResult result =
      BrotliDecoderDecompressStream(state, &input_left, &next_in, &room_left, &next_out, nullptr);
  Step step;
  step.consumed = input.size() - input_left;
  step.produced = room.size() - room_left;
  step.stream_ended = result == BROTLI_DECODER_RESULT_SUCCESS;
  if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT) {
    step.gap = kEndsTooEarly;  // it was given all there is
  } else if (result == BROTLI_DECODER_RESULT_ERROR) {
    const BrotliDecoderErrorCode code = BrotliDecoderGetErrorCode(state);
    const bool is_memory = code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
                           code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES;
    step.gap = is_memory ? kNoMemory : kInvalidBrotli;
  }
  return step;
}

}  // namespace

void DecodeBrotli(Run& run) {
  const std::unique_ptr<BrotliDecoderState, Destroy> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr));
  if (state == nullptr) {
    run.End(kNoMemory);
    return;
  }
  const base::Bytes input = run.rest();
  if (!input.empty() && input[0] == kLargeWindowMark) {
    run.End(kWindowLimit);
    return;
  }
  Pump(run, [&](base::Bytes rest, std::span<std::byte> room) {
    return StepBrotli(state.get(), rest, room);
  });
}

}  // namespace day::unpack::stream
