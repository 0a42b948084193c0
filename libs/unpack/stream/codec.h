// What the decoders of this folder share: the input's position and the output's purse.
// Only for the files of this folder.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/inflate/output_buffer.h"
#include "libs/unpack/stream/stream.h"

namespace day::unpack::stream {

inline constexpr std::string_view kEndsTooEarly = "damaged: the stream ends too early";
inline constexpr std::string_view kWindowLimit = "limit window_bytes_max";
inline constexpr std::string_view kNoMemory = "unsupported: no memory for the decoder";

// One call of Decode(): where the input is, what may still be written. The first gap stays.
class Run {
 public:
  Run(base::Bytes input, base::Budget& budget, inflate::OutputBuffer& out);

  base::Bytes rest() const { return input_.subspan(position_); }
  std::uint64_t position() const { return position_; }
  void Advance(std::size_t count) { position_ += std::min(count, input_.size() - position_); }
  void SetInput(base::Bytes input) { input_ = input; }

  // Room for the next output; empty if a limit allows no more (or, with a gap, if memory ran out).
  std::span<std::byte> Room();
  void Commit(std::size_t count);
  std::uint64_t produced() const { return out_.size() - start_; }
  // Copies into the output; false at a limit, which is then the gap.
  bool Write(base::Bytes bytes);
  // The limit that made Room() empty becomes the gap.
  void EndAtLimit();

  bool ok() const { return gap_.empty(); }
  const std::string& gap() const { return gap_; }
  void End(std::string_view gap);
  bool SpendStream();

 private:
  base::Bytes input_;
  base::Budget& budget_;
  inflate::OutputBuffer& out_;
  std::size_t start_;
  std::size_t position_ = 0;
  base::Limit limit_ = base::Limit::kNone;
  std::string gap_;
};

// What one call of a library's decoder did.
struct Step {
  std::size_t consumed = 0;
  std::size_t produced = 0;
  bool stream_ended = false;
  std::string_view gap;  // not empty: it failed
};

// Calls step(input, room) -> Step until the stream ends, breaks, or a limit is reached.
template <typename StepFunction>
void Pump(Run& run, StepFunction&& step) {
  std::array<std::byte, 1> probe;
  while (run.ok()) {
    std::span<std::byte> room = run.Room();
    if (!run.ok()) {
      return;
    }
    // At a limit the stream may be at its end all the same: one more byte tells.
    const bool is_probe = room.empty();
    const Step done = step(run.rest(), is_probe ? std::span<std::byte>(probe) : room);
    run.Advance(done.consumed);
    if (is_probe && done.produced > 0) {
      run.EndAtLimit();
      return;
    }
    run.Commit(is_probe ? 0 : done.produced);
    if (!done.gap.empty()) {
      run.End(done.gap);
    } else if (done.stream_ended) {
      return;
    } else if (done.consumed == 0 && done.produced == 0) {
      run.End(run.rest().empty() ? kEndsTooEarly : "damaged: the decoder is stuck");
    }
  }
}

// Each decodes one stream from run.rest().
void DecodeBzip2(Run& run);
void DecodeXz(Run& run);
void DecodeLzma(Run& run);
void DecodeLzip(Run& run);
void DecodeZstd(Run& run);
void DecodeLz4(Run& run);
void DecodeCompress(Run& run);
void DecodeBrotli(Run& run);

}  // namespace day::unpack::stream
