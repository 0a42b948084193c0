// The filters of PDF streams (ISO 32000-2, section 7.4) that stand for bytes: ASCIIHex, ASCII85,
// RunLength, LZW, Flate and the predictors of the last two.
//
//   OutputBuffer out;
//   const std::string gap = Decode(Filter::kAscii85, {}, input, budget, inflater, out);
//   // out.bytes(): all that was decoded before the end, the damage or the limit
//
// Tolerant as viewers are: blanks and missing end marks are no damage; Flate data without its zlib
// header is read as well. Every byte written is paid from the Budget: file_bytes_max, bytes_out_max
// and, for Flate, ratio_max. Linear in input and output. Functions without state: thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/inflate/output_buffer.h"

namespace day::unpack::pdf {

enum class Filter : std::uint8_t {
  kAsciiHex,
  kAscii85,
  kRunLength,
  kLzw,
  kFlate,
  kImage,  // DCT, JPX, CCITT, JBIG2: what is there is an image of its own, and stays as it is
  kCrypt,
};

// By its name or abbreviation; nothing for others.
std::optional<Filter> FilterByName(std::string_view name);

// The entries of /DecodeParms that change bytes, with their defaults.
struct FilterParameters {
  std::int64_t predictor = 1;
  std::int64_t colors = 1;
  std::int64_t bits_per_component = 8;
  std::int64_t columns = 1;
  std::int64_t early_change = 1;

  friend bool operator==(const FilterParameters&, const FilterParameters&) = default;
};

// Appends to `out`. The gap's reason, or empty: "damaged: ...", "limit ...". The predictor is not
// undone. REQUIRES: the filter is neither kImage nor kCrypt.
std::string Decode(Filter filter, const FilterParameters& parameters, base::Bytes input,
                   base::Budget& budget, inflate::Inflater& inflater, inflate::OutputBuffer& out);

// Whether there is something to undo.
bool HasPredictor(const FilterParameters& parameters);
// Undoes it in place: PNG's (10 and above) shorten the data by a byte a row, TIFF's (2) do not.
// The gap's reason, or empty.
std::string UndoPredictor(const FilterParameters& parameters, inflate::OutputBuffer& data);

}  // namespace day::unpack::pdf
