#include "libs/unpack/blocks/lzo.h"

namespace day::unpack::blocks {
namespace {

// Distances in the 16 to 48 KiB class; the least one is the end mark.
constexpr std::uint64_t kFarDistance = 16384;
constexpr std::uint64_t kMiddleDistance = 2049;
// What an instruction below 16 means hangs on the literals that were copied last.
constexpr unsigned kManyLiterals = 4;

class Lzo1xDecoder {
 public:
  Lzo1xDecoder(base::Bytes packed, parts::Sink& sink) : packed_(packed), in_(packed), sink_(sink) {}

  void Run() {
    // A first byte above 17 is a run of literals.
    if (constexpr unsigned kFirst = 17; base::ReadAt<std::uint8_t>(packed_, 0) > kFirst) {
      const unsigned count = in_.U8() - kFirst;
      CopyLiterals(count);
      literals_ = count < kManyLiterals ? count : kManyLiterals;
    }
    while (sink_.ok() && Step()) {
      if (!in_.ok()) {
        sink_.End(parts::kEndsTooEarly);
      }
    }
  }

 private:
  // One instruction; false at the end mark.
  bool Step() {
    const unsigned code = in_.U8();
    if (code >= 64) {
      const std::uint64_t distance = (std::uint64_t{in_.U8()} << 3) + ((code >> 2) & 7) + 1;
      Copy(distance, (code >> 5) + 1, code & 3);
    } else if (code >= 32) {
      const std::uint64_t length = Length(code & 31, 31) + 2;
      const unsigned word = in_.U16();
      Copy((word >> 2) + 1, length, word & 3);
    } else if (code >= 16) {
      const std::uint64_t length = Length(code & 7, 7) + 2;
      const unsigned word = in_.U16();
      const std::uint64_t distance = kFarDistance + ((code & 8) << 11) + (word >> 2);
      if (distance == kFarDistance) {
        return false;
      }
      Copy(distance, length, word & 3);
    } else if (literals_ == 0) {
      CopyLiterals(Length(code, 15) + 3);
      literals_ = kManyLiterals;
    } else {
      const bool is_far = literals_ == kManyLiterals;
      const std::uint64_t distance = (std::uint64_t{in_.U8()} << 2) + (code >> 2);
      Copy(distance + (is_far ? kMiddleDistance : 1), is_far ? 3 : 2, code & 3);
    }
    return true;
  }

  // A length of zero goes on in bytes: 255 for each zero, and what ends them.
  std::uint64_t Length(unsigned length, unsigned base) {
    if (length != 0) {
      return length;
    }
    std::uint64_t sum = base;
    unsigned byte = 0;
    while ((byte = in_.U8()) == 0 && in_.ok()) {
      sum += 255;
    }
    return sum + byte;
  }

  void Copy(std::uint64_t distance, std::uint64_t length, unsigned literals) {
    if (in_.ok() && sink_.CopyBack(distance, length)) {
      CopyLiterals(literals);
      literals_ = literals;
    }
  }

  void CopyLiterals(std::uint64_t count) {
    const std::uint64_t left = in_.remaining();
    sink_.Write(in_.Take(count < left ? count : left));
    if (count > left) {
      sink_.End(parts::kEndsTooEarly);
    }
  }

  base::Bytes packed_;
  base::ByteReader in_;
  parts::Sink& sink_;
  unsigned literals_ = 0;  // copied last, up to kManyLiterals
};

}  // namespace

void DecodeLzo1x(base::Bytes packed, parts::Sink& sink) { Lzo1xDecoder(packed, sink).Run(); }

}  // namespace day::unpack::blocks
