// A bounded decoder of raw deflate streams (RFC 1951).
//
//   OutputBuffer out;
//   const Outcome outcome = inflater.Inflate(compressed, budget, out);
//   // out.bytes() holds everything decoded before the end, the damage or the limit.
//
// Whatever was decoded is kept: a damaged stream gives its beginning, and the caller reports that
// the rest was not seen. Accepts exactly what zlib's inflate accepts (the fuzz target compares
// them).
//
// Limits, all from the Budget: file_bytes_max and bytes_out_max on the output, ratio_max of output
// to input beyond kRatioFreeBytes, and steps (kStepsPerBlock a block, so that streams of empty
// blocks with costly tables end). The bytes decoded are spent before Inflate returns. Thread
// safety: an Inflater (17 KB of tables) belongs to one thread; use it again and again.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/inflate/huffman.h"
#include "libs/unpack/inflate/output_buffer.h"

namespace day::unpack::inflate {

inline constexpr std::uint64_t kRatioFreeBytes = 10ull * 1024 * 1024;
inline constexpr std::uint64_t kStepsPerBlock = 1000;

struct Outcome {
  enum class End : std::uint8_t {
    kComplete,   // the final block ended
    kTruncated,  // the input ended first
    kDamaged,    // the input breaks the format; `problem` says how
    kLimit,      // `limit` says which
  };
  End end = End::kComplete;
  base::Limit limit = base::Limit::kNone;
  std::string_view problem;    // static text: "invalid distance", ...
  std::uint64_t consumed = 0;  // input bytes used, the last one perhaps in part; or where it broke
  std::uint64_t produced = 0;  // bytes appended to the output
};

// The end of a stream as a gap's reason: "damaged: invalid distance code", "limit ratio_max"; empty
// for a complete stream.
std::string GapReason(const Outcome& outcome);

class Inflater {
 public:
  // Decodes one stream from the start of `input` and appends to `out`. Matches reach back to the
  // start of this stream, and into the last `history` bytes of what `out` held before.
  // REQUIRES: `out` holds as many.
  Outcome Inflate(base::Bytes input, base::Budget& budget, OutputBuffer& out,
                  std::uint64_t history = 0);

 private:
  class Stream;

  std::array<std::uint32_t, kLiteralTableSize> literals_;
  std::array<std::uint32_t, kDistanceTableSize> distances_;
  std::array<std::uint32_t, kLengthCodeTableSize> length_codes_;
};

}  // namespace day::unpack::inflate
