#include "libs/unpack/lha/lha_methods.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "libs/unpack/parts/bits.h"
#include "libs/unpack/parts/prefix_code.h"

namespace day::unpack::lha {
namespace {

using parts::MsbBits;
using parts::Sink;

// A Huffman code that counts its symbols (Vitter's and Okumura's LZHUF): nodes are sorted by how
// often they were seen, children of one node are neighbours, leaves are kNodes + symbol.
class LearningCode {
 public:
  static constexpr unsigned kSymbols = 314;
  LearningCode() {
    for (unsigned symbol = 0; symbol < kSymbols; ++symbol) {
      counts_[symbol] = 1;
      child_[symbol] = static_cast<std::uint16_t>(symbol + kNodes);
      parent_[symbol + kNodes] = static_cast<std::uint16_t>(symbol);
    }
    for (unsigned node = kSymbols, from = 0; node <= kRoot; ++node, from += 2) {
      Join(node, from);
    }
    counts_[kNodes] = kUnreached;
  }

  unsigned Take(MsbBits& bits) {
    unsigned node = child_[kRoot];
    while (node < kNodes) {
      node = child_[node + bits.Bit()];
    }
    Count(node);
    return node - kNodes;
  }

 private:
  static constexpr unsigned kNodes = 2 * kSymbols - 1;
  static constexpr unsigned kRoot = kNodes - 1;
  static constexpr std::uint16_t kCountMax = 0x8000;
  static constexpr std::uint16_t kUnreached = 0xFFFF;

  void Join(unsigned node, unsigned from) {
    counts_[node] = static_cast<std::uint16_t>(counts_[from] + counts_[from + 1]);
    child_[node] = static_cast<std::uint16_t>(from);
    parent_[from] = parent_[from + 1] = static_cast<std::uint16_t>(node);
  }

  void SetParent(unsigned of, unsigned node) {
    parent_[of] = static_cast<std::uint16_t>(node);
    if (of < kNodes) {
      parent_[of + 1] = static_cast<std::uint16_t>(node);
    }
  }

  void Count(unsigned leaf) {
    if (counts_[kRoot] == kCountMax) {
      Halve();
    }
    unsigned node = parent_[leaf];
    while (true) {
      const unsigned count = ++counts_[node];
      if (count > counts_[node + 1]) {
        unsigned last = node + 1;  // of those that were seen as often as this one before
        while (count > counts_[last + 1]) {
          ++last;
        }
        std::swap(counts_[node], counts_[last]);
        SetParent(child_[node], last);
        SetParent(child_[last], node);
        std::swap(child_[node], child_[last]);
        node = last;
      }
      if (node == kRoot) {
        return;
      }
      node = parent_[node];
    }
  }

  // Counts half as much of each symbol, and builds the code anew.
  void Halve() {
    unsigned leaves = 0;
    for (unsigned node = 0; node < kNodes; ++node) {
      if (child_[node] >= kNodes) {
        counts_[leaves] = static_cast<std::uint16_t>((counts_[node] + 1) / 2);
        child_[leaves++] = child_[node];
      }
    }
    for (unsigned from = 0, node = kSymbols; node < kNodes; from += 2, ++node) {
      const auto count = static_cast<std::uint16_t>(counts_[from] + counts_[from + 1]);
      unsigned place = node;
      for (; count < counts_[place - 1]; --place) {
        counts_[place] = counts_[place - 1];
        child_[place] = child_[place - 1];
      }
      counts_[place] = count;
      child_[place] = static_cast<std::uint16_t>(from);
    }
    for (unsigned node = 0; node < kNodes; ++node) {
      SetParent(child_[node], node);
    }
  }

  std::array<std::uint16_t, kNodes + 1> counts_{};
  std::array<std::uint16_t, kNodes> child_{};
  std::array<std::uint16_t, kNodes + kSymbols> parent_{};
};

// The upper six bits of a distance.
parts::PrefixCode PlaceCode() {
  struct Widths {
    unsigned count;
    std::uint8_t bits;
  };
  constexpr Widths kWidths[] = {{1, 3}, {3, 4}, {8, 5}, {12, 6}, {24, 7}, {16, 8}};
  std::vector<std::uint8_t> lengths;
  for (const auto& [count, bits] : kWidths) {
    lengths.insert(lengths.end(), count, bits);
  }
  parts::PrefixCode code;
  (void)code.Build(lengths);
  return code;
}

// A window that is addressed by its places. Both forms begin to write shortly before its end.
class Ring {
 public:
  Ring(std::size_t size, std::size_t at) : bytes_(size, ' '), at_(at) {}

  std::vector<std::uint8_t>& bytes() { return bytes_; }
  void Put(std::uint8_t byte, Sink& sink) {
    bytes_[at_] = byte;
    at_ = (at_ + 1) % bytes_.size();
    sink.Put(byte);
  }
  void Copy(std::size_t from, std::uint64_t count, Sink& sink) {
    for (; count > 0 && sink.ok(); --count) {
      Put(bytes_[from], sink);
      from = (from + 1) % bytes_.size();
    }
  }

 private:
  std::vector<std::uint8_t> bytes_;
  std::size_t at_;
};

}  // namespace

void DecodeLh1(base::Bytes packed, std::uint64_t size, Sink& sink) {
  constexpr unsigned kLiterals = 256;
  constexpr unsigned kLengthMin = 3;
  constexpr unsigned kLowBits = 6;
  MsbBits bits(packed);
  LearningCode code;
  const parts::PrefixCode places = PlaceCode();
  while (sink.ok() && sink.produced() < size) {
    const unsigned symbol = code.Take(bits);
    if (bits.overrun()) {
      sink.End(parts::kEndsTooEarly);
    } else if (symbol < kLiterals) {
      sink.Put(static_cast<std::uint8_t>(symbol));
    } else {
      const std::uint64_t high = places.Decode(bits).value_or(0);
      const std::uint64_t distance = (high << kLowBits) + bits.Take(kLowBits) + 1;
      const std::uint64_t length = symbol - kLiterals + kLengthMin;
      sink.CopyBack(distance, std::min(length, size - sink.produced()), Sink::Before::kBlanks);
    }
  }
}

void DecodeLzs(base::Bytes packed, std::uint64_t size, Sink& sink) {
  constexpr std::size_t kWindow = 2048;
  constexpr std::size_t kLookAhead = 17;
  constexpr unsigned kPlaceBits = 11;
  constexpr unsigned kLengthBits = 4;
  constexpr unsigned kLengthMin = 2;
  MsbBits bits(packed);
  Ring ring(kWindow, kWindow - kLookAhead);
  while (sink.ok() && sink.produced() < size) {
    if (bits.Bit() != 0) {
      const std::uint32_t byte = bits.Take(8);
      if (!bits.overrun()) {
        ring.Put(static_cast<std::uint8_t>(byte), sink);
      }
    } else {
      const std::size_t place = bits.Take(kPlaceBits);
      const std::uint64_t length = bits.Take(kLengthBits) + kLengthMin;
      if (!bits.overrun()) {
        ring.Copy(place, std::min(length, size - sink.produced()), sink);
      }
    }
    if (bits.overrun()) {
      sink.End(parts::kEndsTooEarly);
    }
  }
}

// The window begins with what programs often hold: runs, all bytes up and down, zeros, blanks.
void FillForLz5(std::vector<std::uint8_t>& window) {
  constexpr std::size_t kRun = 13;
  constexpr std::size_t kZeros = 128;
  std::size_t at = 0;
  for (unsigned byte = 0; byte < 256; ++byte) {
    std::fill_n(window.begin() + static_cast<std::ptrdiff_t>(at), kRun,
                static_cast<std::uint8_t>(byte));
    at += kRun;
  }
  for (unsigned byte = 0; byte < 256; ++byte) {
    window[at++] = static_cast<std::uint8_t>(byte);
  }
  for (unsigned byte = 256; byte > 0; --byte) {
    window[at++] = static_cast<std::uint8_t>(byte - 1);
  }
  std::fill_n(window.begin() + static_cast<std::ptrdiff_t>(at), kZeros, std::uint8_t{0});
}

void DecodeLz5(base::Bytes packed, std::uint64_t size, Sink& sink) {
  constexpr std::size_t kWindow = 4096;
  constexpr std::size_t kLookAhead = 18;
  constexpr unsigned kLengthMin = 3;
  Ring ring(kWindow, kWindow - kLookAhead);
  FillForLz5(ring.bytes());
  base::ByteReader reader(packed);
  unsigned flags = 0;
  unsigned left = 0;
  while (sink.ok() && sink.produced() < size) {
    if (left == 0) {
      flags = reader.U8();
      left = 8;
    }
    const bool is_literal = (flags & 1) != 0;
    flags >>= 1;
    --left;
    const unsigned first = reader.U8();
    const unsigned second = is_literal ? 0 : reader.U8();
    if (!reader.ok()) {
      sink.End(parts::kEndsTooEarly);
    } else if (is_literal) {
      ring.Put(static_cast<std::uint8_t>(first), sink);
    } else {
      const std::uint64_t length = (second & 0x0F) + kLengthMin;
      ring.Copy(first | (second & 0xF0) << 4, std::min(length, size - sink.produced()), sink);
    }
  }
}

}  // namespace day::unpack::lha
