// The compression of RAR 5 and 7: blocks of LZ77 with prefix codes, and filters on what comes out.
//
// Keeps its state from file to file, for solid archives. A filter whose block is not whole is a
// gap; its bytes come out as they were packed. Budget: kStepsPerBlock for each block. The window
// takes memory as it is written, up to the archive's dictionary and kWindowBytesMax. Not
// thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/budget.h"
#include "libs/unpack/parts/bits.h"
#include "libs/unpack/rar/codes.h"
#include "libs/unpack/rar/filters.h"
#include "libs/unpack/rar/window.h"

namespace day::unpack::rar {

class Rar5Decoder {
 public:
  // What a larger dictionary holds beyond this is "limit window_bytes_max".
  static constexpr std::uint64_t kWindowBytesMax = 256ull * 1024 * 1024;
  // A filter works on no more; windows are at least twice as large.
  static constexpr std::uint64_t kFilterBytesMax = 4ull * 1024 * 1024;

  // `is_wide`: RAR 7's distances of more than 4 GiB are written, too.
  Rar5Decoder(std::uint64_t dictionary_bytes, bool is_wide);

  // Decodes one file of `size` bytes (all of it if that is kUnknownSize) into the sink. `goes_on`:
  // with what was learned from the file before. What is wrong is the sink's gap, or else gap().
  static constexpr std::uint64_t kUnknownSize = ~std::uint64_t{0};
  void Decode(base::Bytes packed, std::uint64_t size, bool goes_on, base::Budget& budget,
              parts::Sink& sink);
  // A filter that was not undone, in the file decoded last; or empty.
  const std::string& gap() const { return gap_; }

  std::uint64_t dictionary_bytes() const { return dictionary_bytes_; }
  bool is_wide() const { return place_symbols_ == kPlaceSymbolsMax; }

 private:
  static constexpr std::size_t kMainSymbols = 306;
  static constexpr std::size_t kPlaceSymbolsMax = 80;
  static constexpr std::size_t kLowSymbols = 16;
  static constexpr std::size_t kLengthSymbols = 44;
  static constexpr std::size_t kSymbolsMax =
      kMainSymbols + kPlaceSymbolsMax + kLowSymbols + kLengthSymbols;

  struct Use {
    std::optional<Filter> filter;  // nothing: unknown
    std::uint64_t start = 0;       // in the window
    std::uint32_t size = 0;
    std::uint32_t channels = 0;
  };

  void Reset();
  // The next block's header and codes; false at the end of the data.
  bool StartBlock(base::Bytes packed, base::Budget& budget);
  bool TakeCodes();
  bool Step();
  bool TakeMatch(std::uint32_t symbol);
  bool TakeOldMatch(std::size_t index);
  bool TakeDistance(std::uint64_t& distance);
  std::uint64_t TakeLength(std::uint32_t code);
  void Copy(std::uint64_t distance, std::uint64_t length);
  bool TakeFilter();
  std::uint32_t TakeNumber();
  void Flush(Output& output, bool is_last);
  void FlushUse(Output& output);
  bool Fail(std::string_view gap);

  std::uint64_t dictionary_bytes_;
  std::size_t place_symbols_;
  Window window_;
  std::optional<parts::MsbBits> bits_;  // of the block
  std::uint64_t block_bits_ = 0;
  std::uint64_t next_block_ = 0;  // where it begins
  bool is_last_block_ = false;
  bool has_codes_ = false;
  Codes main_;
  Codes places_;
  Codes lows_;
  Codes lengths_;
  std::array<std::uint64_t, 4> old_distances_{};
  std::uint64_t last_length_ = 0;
  std::deque<Use> uses_;
  std::string_view failure_;
  std::string gap_;
};

}  // namespace day::unpack::rar
