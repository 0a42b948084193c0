// Whether a text may hold something that Fold(), UnfoldBatch() or FindBlob() would turn back, and
// where.
//
// Most texts are neither scripts nor disguised, and all of them come by here: so it is one pass
// over the bytes, many at a time, counting pairs that disguises are made of. Disguises are dense:
// only windows of the text count that have several. Linear; pure; uses AVX2 where there is some.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace day::unpack::script {

inline constexpr std::size_t kWindowBytes = 4096;

// A part of the text: windows that follow each other.
struct Stretch {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// In their order.
struct Signs {
  std::vector<Stretch>
      disguises;  // joined strings, escapes, decoders, backticks, carets, substrings
  std::vector<Stretch> long_words;  // what may be base64 or hexadecimal digits
};

// Windows with fewer signs than `signs_min` do not count.
Signs FindSigns(std::string_view text, std::size_t signs_min);

// The number of signs in one window's worth of text: for tests.
std::size_t CountSigns(std::string_view text);

}  // namespace day::unpack::script
