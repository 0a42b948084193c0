#include "libs/unpack/blocks/lzvn.h"

namespace day::unpack::blocks {
namespace {

constexpr unsigned kEnd = 0x06;
constexpr std::uint64_t kMatchMin = 3;
constexpr std::uint64_t kLongMin = 16;  // of what has a byte of its own for its length
constexpr std::string_view kUnknown = "damaged: invalid LZVN data";

class LzvnDecoder {
 public:
  LzvnDecoder(base::Bytes packed, parts::Sink& sink) : in_(packed), sink_(sink) {}

  void Run() {
    while (sink_.ok()) {
      const unsigned code = in_.U8();
      if (in_.ok() && code == kEnd) {
        return;
      }
      Step(code);
      if (!in_.ok()) {
        sink_.End(parts::kEndsTooEarly);
      }
    }
  }

 private:
  void Step(unsigned code) {
    const unsigned low = code & 15;
    switch (code >> 4) {
      case 0x7:
      case 0xD:
        return sink_.End(kUnknown);
      case 0xA:
      case 0xB: {  // 101LLMMM DDDDDDMM DDDDDDDD
        const unsigned word = in_.U16();
        distance_ = word >> 2;
        return Copy((code >> 3) & 3, ((code & 7) << 2 | (word & 3)) + kMatchMin);
      }
      case 0xE:
        return Copy(low != 0 ? low : in_.U8() + kLongMin, 0);
      case 0xF:
        return Copy(0, low != 0 ? low : in_.U8() + kLongMin);
      default:
        return StepOfShort(code);
    }
  }

  // LLMMMDDD: what stands for the distance is its high bits, or says where it is.
  void StepOfShort(unsigned code) {
    const unsigned literals = code >> 6;
    const std::uint64_t length = ((code >> 3) & 7) + kMatchMin;
    switch (code & 7) {
      case 7:
        distance_ = in_.U16();
        break;
      case 6:
        if (literals == 0) {  // that alone would be a match
          return code == 0x0E || code == 0x16 ? void() : sink_.End(kUnknown);
        }
        break;  // the last one
      default:
        distance_ = (code & 7) << 8 | in_.U8();
    }
    Copy(literals, length);
  }

  void Copy(std::uint64_t literals, std::uint64_t length) {
    sink_.Write(in_.Take(literals));
    if (in_.ok() && length > 0) {
      sink_.CopyBack(distance_, length);
    }
  }

  base::ByteReader in_;
  parts::Sink& sink_;
  std::uint64_t distance_ = 0;
};

}  // namespace

void DecodeLzvn(base::Bytes packed, parts::Sink& sink) { LzvnDecoder(packed, sink).Run(); }

}  // namespace day::unpack::blocks
