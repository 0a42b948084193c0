// Decodes files that are one compressed stream: bzip2, xz, lzma-alone, lzip, zstd, LZ4 frames,
// compress (.Z) and brotli.
//
//   if (const auto format = FormatOf(file)) {
//     const Outcome outcome = Decode(*format, file, budget, buffer);
//     // buffer holds all streams joined; file.subspan(outcome.consumed) follows the last one
//   }
//
// Streams (frames, members) one behind the other are joined, as the formats' own tools join them,
// with zeros between them skipped. Damage, truncation and limits keep what was decoded before and
// end the file. LZW is our own; the others are decoded by libbz2, liblzma, libzstd, liblz4 and
// libbrotlidec. Brotli has no magic number: FormatOf() never says so, a caller who was told by a
// name asks for it, and there is one stream.
//
// Limits: file_bytes_max and bytes_out_max of the Budget on the joined output, ratio_max of output
// to input beyond kRatioFreeBytes, kStepsPerStream a stream, and kWindowBytesMax of memory for a
// decoder's window ("limit window_bytes_max"). One decoder is alive at a time. Thread safety: none
// needed, nothing is kept between calls.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/inflate/output_buffer.h"

namespace day::unpack::stream {

// What the tools of these formats use at their highest ordinary levels, four times.
inline constexpr std::uint64_t kWindowBytesMax = 256ull * 1024 * 1024;
inline constexpr std::uint64_t kRatioFreeBytes = 10ull * 1024 * 1024;
inline constexpr std::uint64_t kStepsPerStream = 5000;

enum class Format : std::uint8_t { kBzip2, kXz, kLzma, kLzip, kZstd, kLz4, kCompress, kBrotli };

struct Outcome {
  std::string gap;             // "", "damaged: ...", "unsupported: ...", "limit ..."
  std::uint64_t consumed = 0;  // up to the end of the last stream, or to where it broke
  std::uint64_t produced = 0;  // bytes appended to the output
};

// The gap of data that no brotli encoder writes: the file may well be something else.
inline constexpr std::string_view kInvalidBrotli = "damaged: invalid brotli data";

// What the bytes start with, judged by the whole header; in constant time.
std::optional<Format> FormatOf(base::Bytes file);

// Decodes every stream of this format from the start of `input` and appends to `out`. An input that
// does not start with such a stream is "damaged: no header".
Outcome Decode(Format format, base::Bytes input, base::Budget& budget, inflate::OutputBuffer& out);

// One raw LZMA stream with the five bytes of properties that stand before it, as zip's method 14
// has it. Streams without an end marker end with the input: then the gap is "damaged: the stream
// ends too early", and the caller, who knows the size or the checksum, judges.
Outcome DecodeRawLzma(base::Bytes properties, base::Bytes input, base::Budget& budget,
                      inflate::OutputBuffer& out);

}  // namespace day::unpack::stream
