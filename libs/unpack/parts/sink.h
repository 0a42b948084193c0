// Sink: where a decoder writes one object, paid from the Budget as it grows.
//
//   Sink sink(packed.size(), budget, buffer);
//   while (sink.ok() && sink.produced() < size) { sink.Put(...); sink.CopyBack(distance, length); }
//   const Bytes content = sink.content();
//
// Limits: file_bytes_max and bytes_out_max of the Budget, and ratio_max of output to the packed
// size beyond kRatioFreeBytes. Reaching one ends the sink with "limit ..."; what was written stays.
// The first gap stays. REQUIRES: nobody else writes to `buffer` while the sink lives. Not
// thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/inflate/output_buffer.h"

namespace day::unpack::parts {

inline constexpr std::uint64_t kRatioFreeBytes = 10ull * 1024 * 1024;
inline constexpr std::string_view kEndsTooEarly = "damaged: the data ends too early";

class Sink {
 public:
  // What a match that reaches back before the first byte gives.
  enum class Before : std::uint8_t { kDamage, kZeros, kBlanks };

  Sink(std::uint64_t packed_size, base::Budget& budget, inflate::OutputBuffer& buffer);
  ~Sink() { Settle(); }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  // Each is false once the sink has ended; nothing more is written then.
  bool Put(std::uint8_t byte) {
    if (position_ == end_ && !Grow()) {
      return false;
    }
    *position_++ = std::byte{byte};
    return true;
  }
  bool Write(base::Bytes bytes);
  // `length` bytes from `distance` bytes back (1: the byte before), as LZ77 has it.
  bool CopyBack(std::uint64_t distance, std::uint64_t length, Before before = Before::kDamage);

  // Bytes written, and those bytes. content() is valid until the next write.
  std::uint64_t produced() const;
  base::Bytes content();

  bool ok() const { return gap_.empty(); }
  const std::string& gap() const { return gap_; }
  void End(std::string_view gap);

 private:
  bool Grow();
  void Settle();

  std::uint64_t packed_size_;
  base::Budget& budget_;
  inflate::OutputBuffer& buffer_;
  std::size_t start_;
  std::byte* chunk_ = nullptr;     // the unpaid bytes: [chunk_, position_)
  std::byte* position_ = nullptr;  // where the next byte goes
  std::byte* end_ = nullptr;       // of the room
  std::string gap_;
};

}  // namespace day::unpack::parts
