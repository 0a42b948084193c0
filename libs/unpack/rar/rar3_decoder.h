// The compression of RAR 2.9 to 4 (versions 29 and 36 in headers): blocks of LZ77 with prefix codes
// or of PPMd, and filters on what comes out.
//
// Keeps its state from file to file, for solid archives. A filter that is not recognised, or whose
// block is not whole, is a gap; its bytes come out as they were packed. Budget: kStepsPerBlock for
// each block's codes. PPMd takes as much memory as the data asks for, up to 256 MiB. Not
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
#include "libs/unpack/rar/ppmd_model.h"
#include "libs/unpack/rar/range_decoder.h"
#include "libs/unpack/rar/window.h"

namespace day::unpack::rar {

inline constexpr std::uint64_t kStepsPerBlock = 2000;
inline constexpr std::uint64_t kStepsPerModel = 10'000;

class Rar3Decoder {
 public:
  // Decodes one file of `size` bytes into the sink. `goes_on`: with what was learned from the file
  // before. What is wrong is the sink's gap, or else gap().
  void Decode(base::Bytes packed, std::uint64_t size, bool goes_on, base::Budget& budget,
              parts::Sink& sink);
  // A filter that was not undone, in the file decoded last; or empty.
  const std::string& gap() const { return gap_; }

 private:
  static constexpr std::size_t kMainSymbols = 299;
  static constexpr std::size_t kPlaceSymbols = 60;
  static constexpr std::size_t kLowSymbols = 17;
  static constexpr std::size_t kLengthSymbols = 28;
  static constexpr std::size_t kSymbols =
      kMainSymbols + kPlaceSymbols + kLowSymbols + kLengthSymbols;

  struct Program {
    std::optional<Filter> filter;  // nothing: not recognised
    std::uint32_t block_size = 0;  // of its last use
  };
  struct Use {
    std::optional<Filter> filter;
    std::uint64_t start = 0;  // in the window
    std::uint32_t size = 0;
    std::array<std::uint32_t, 7> registers{};
  };

  void Reset();
  bool StartBlock(base::Budget& budget);
  bool StartPpmd(base::Budget& budget);
  bool TakeCodes();
  // One symbol; false at the end of the file's data.
  bool Step(base::Budget& budget);
  bool StepPpmd(base::Budget& budget);
  bool StepLz(base::Budget& budget);
  bool EndBlock(base::Budget& budget);
  bool TakeMatch(std::uint32_t symbol);
  bool TakeOldMatch(std::uint32_t index);
  bool TakeLength(std::uint32_t index, std::uint32_t least, std::uint32_t& length);
  bool TakeLowPlace(std::uint32_t& distance);
  void Remember(std::uint32_t distance);
  void Copy(std::uint32_t distance, std::uint32_t length);
  template <typename TakeByte>
  bool TakeProgram(TakeByte&& take);
  bool AddUse(std::uint8_t flags, base::Bytes code);
  bool AddProgram(parts::MsbBits& bits, std::uint32_t& index);
  void Flush(Output& output, bool is_last);
  void FlushUse(Output& output);
  bool Fail(std::string_view gap);

  std::optional<parts::MsbBits> bits_;
  std::optional<RangeDecoder> range_;
  Window window_;
  Codes main_;
  Codes places_;
  Codes lows_;
  Codes lengths_;
  std::array<std::uint8_t, kSymbols> widths_{};  // of the codes: the next block's are differences
  std::array<std::uint32_t, 4> old_distances_{};
  std::uint32_t last_length_ = 0;
  std::uint32_t last_low_ = 0;
  std::uint32_t low_repeats_ = 0;
  bool has_codes_ = false;
  bool is_ppmd_ = false;
  PpmdModel ppmd_;
  bool has_model_ = false;  // of this archive
  std::uint8_t escape_ = 2;
  std::vector<Program> programs_;
  std::size_t last_program_ = 0;
  std::deque<Use> uses_;
  std::string_view failure_;
  std::string gap_;
};

}  // namespace day::unpack::rar
