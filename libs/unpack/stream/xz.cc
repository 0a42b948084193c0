#include <lzma.h>

#include <cstring>

#include "libs/unpack/stream/codec.h"

namespace day::unpack::stream {
namespace {

constexpr std::size_t kLzmaPropertiesBytes = 5;
constexpr std::size_t kLzmaSizeBytes = 8;

const std::uint8_t* Data(base::Bytes bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

Step StepLzma(lzma_stream& stream, base::Bytes input, std::span<std::byte> room) {
  stream.next_in = Data(input);
  stream.avail_in = input.size();
  stream.next_out = reinterpret_cast<std::uint8_t*>(room.data());
  stream.avail_out = room.size();
  const lzma_ret result = lzma_code(&stream, LZMA_RUN);
  Step step;
  step.consumed = input.size() - stream.avail_in;
  step.produced = room.size() - stream.avail_out;
  switch (result) {
    case LZMA_OK:
    case LZMA_BUF_ERROR:  // no progress: the caller sees it
      break;
    case LZMA_STREAM_END:
      step.stream_ended = true;
      break;
    case LZMA_MEMLIMIT_ERROR:
      step.gap = kWindowLimit;
      break;
    case LZMA_MEM_ERROR:
      step.gap = kNoMemory;
      break;
    case LZMA_OPTIONS_ERROR:
      step.gap = "unsupported: LZMA option";
      break;
    default:
      step.gap = "damaged: invalid LZMA data";
  }
  return step;
}

// `opened` is what the constructor of the stream's decoder said.
void Drive(Run& run, lzma_stream& stream, lzma_ret opened) {
  if (opened != LZMA_OK) {
    run.End(kNoMemory);
  }
  Pump(run,
       [&](base::Bytes input, std::span<std::byte> room) { return StepLzma(stream, input, room); });
  lzma_end(&stream);
}

}  // namespace

void DecodeXz(Run& run) {
  lzma_stream stream = LZMA_STREAM_INIT;
  Drive(run, stream, lzma_stream_decoder(&stream, kWindowBytesMax, 0));
}

void DecodeLzma(Run& run) {
  lzma_stream stream = LZMA_STREAM_INIT;
  Drive(run, stream, lzma_alone_decoder(&stream, kWindowBytesMax));
}

void DecodeLzip(Run& run) {
  lzma_stream stream = LZMA_STREAM_INIT;
  Drive(run, stream, lzma_lzip_decoder(&stream, kWindowBytesMax, 0));
}

Outcome DecodeRawLzma(base::Bytes properties, base::Bytes input, base::Budget& budget,
                      inflate::OutputBuffer& out) {
  Run run(input, budget, out);
  if (properties.size() != kLzmaPropertiesBytes) {
    run.End("damaged: no LZMA properties");
    return {run.gap(), 0, 0};
  }
  // The header of an lzma-alone file of unknown size, and then the data.
  std::array<std::uint8_t, kLzmaPropertiesBytes + kLzmaSizeBytes> header;
  header.fill(0xFF);
  std::memcpy(header.data(), properties.data(), kLzmaPropertiesBytes);
  lzma_stream stream = LZMA_STREAM_INIT;
  const lzma_ret opened = lzma_alone_decoder(&stream, kWindowBytesMax);
  if (opened == LZMA_OK) {
    // The header gives no output, but without room for any the decoder does not read it.
    std::array<std::byte, 1> room;
    const Step step = StepLzma(stream, std::as_bytes(std::span(header)), room);
    run.End(step.gap);
  }
  if (run.SpendStream()) {
    Drive(run, stream, opened);
  } else {
    lzma_end(&stream);
  }
  return {run.gap(), run.position(), run.produced()};
}

}  // namespace day::unpack::stream
