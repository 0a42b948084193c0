// The format of compress(1), .Z: LZW with codes of 9 to 16 bits, low bits first.
#include <memory>

#include "libs/unpack/stream/codec.h"

namespace day::unpack::stream {
namespace {

constexpr std::size_t kHeaderBytes = 3;
constexpr unsigned kFlagsBitsMask = 0x1F;
constexpr unsigned kFlagBlockMode = 0x80;
constexpr unsigned kBitsMin = 9;
constexpr unsigned kBitsMax = 16;
constexpr std::uint32_t kClearCode = 256;
constexpr std::size_t kCodesMax = std::size_t{1} << kBitsMax;

class Lzw {
 public:
  explicit Lzw(Run& run) : run_(run) {}

  void Decode() {
    const auto flags = std::to_integer<unsigned>(run_.rest()[2]);
    bits_max_ = flags & kFlagsBitsMask;
    block_mode_ = (flags & kFlagBlockMode) != 0;
    run_.Advance(kHeaderBytes);
    data_ = run_.rest();
    first_free_ = block_mode_ ? kClearCode + 1 : kClearCode;
    free_ = first_free_;
    while (Next()) {
    }
    if (run_.ok()) {
      run_.Advance(data_.size());
    }
  }

 private:
  // Codes are written in groups of eight; a group is filled up before the width changes.
  void Align() {
    const std::uint64_t group_bits = std::uint64_t{bits_} * 8;
    const std::uint64_t used = position_ - group_start_;
    position_ = group_start_ + (used + group_bits - 1) / group_bits * group_bits;
    group_start_ = position_;
  }

  // One code; false at the end, at damage and at a limit.
  bool Next() {
    if (free_ >= (std::uint32_t{1} << bits_) && bits_ < bits_max_) {
      Align();
      ++bits_;
    }
    if (position_ + bits_ > std::uint64_t{data_.size()} * 8) {
      return false;
    }
    std::uint32_t code = 0;
    const auto byte = static_cast<std::size_t>(position_ / 8);
    for (std::size_t i = 0; i < 4 && byte + i < data_.size(); ++i) {
      code |= std::to_integer<std::uint32_t>(data_[byte + i]) << (8 * i);
    }
    code = (code >> (position_ % 8)) & ((std::uint32_t{1} << bits_) - 1);
    position_ += bits_;
    if (block_mode_ && code == kClearCode) {
      Align();
      bits_ = kBitsMin;
      free_ = first_free_;
      has_previous_ = false;
      return true;
    }
    return Emit(code);
  }

  bool Emit(std::uint32_t code) {
    const bool is_known = code < kClearCode || (code >= first_free_ && code < free_);
    // The one code that may not be known yet: the previous string and its own first byte.
    if (!is_known && !(has_previous_ && code == free_ && free_ < (1u << bits_max_))) {
      run_.End("damaged: invalid code");
      return false;
    }
    std::size_t begin = kCodesMax;
    std::uint32_t walk = is_known ? code : previous_;
    if (!is_known) {
      --begin;  // the last byte, filled in below
    }
    // A string's prefix has a lower code, so this ends, and within the table's size.
    while (walk >= kClearCode) {
      string_[--begin] = suffix_[walk];
      walk = prefix_[walk];
    }
    const auto first = static_cast<std::byte>(walk);
    string_[--begin] = first;
    if (!is_known) {
      string_[kCodesMax - 1] = first;
    }
    if (has_previous_ && free_ < (1u << bits_max_)) {
      prefix_[free_] = static_cast<std::uint16_t>(previous_);
      suffix_[free_] = first;
      ++free_;
    }
    previous_ = code;
    has_previous_ = true;
    return run_.Write(base::Bytes(string_).subspan(begin));
  }

  Run& run_;
  base::Bytes data_;
  std::uint64_t position_ = 0;     // in bits
  std::uint64_t group_start_ = 0;  // in bits
  unsigned bits_ = kBitsMin;
  unsigned bits_max_ = kBitsMax;
  bool block_mode_ = false;
  std::uint32_t first_free_ = 0;
  std::uint32_t free_ = 0;
  std::uint32_t previous_ = 0;
  bool has_previous_ = false;
  std::array<std::uint16_t, kCodesMax> prefix_ = {};
  std::array<std::byte, kCodesMax> suffix_ = {};
  std::array<std::byte, kCodesMax> string_ = {};
};

}  // namespace

void DecodeCompress(Run& run) {
  const auto lzw = std::make_unique<Lzw>(run);
  lzw->Decode();
}

}  // namespace day::unpack::stream
