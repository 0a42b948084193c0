// Little-endian binary fields: what our own processes say to each other.
//
// An Encoder appends to a string. A Decoder reads bytes that a compromised process may have
// written: every read is bounds-checked, every count and length is compared with a limit the caller
// names, and after the first failure it reads zeros and empty texts, so a caller checks Finish()
// once. Thread safety: as for any value type.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libs/base/bytes.h"
#include "libs/base/result.h"

namespace day::wire {

class Encoder {
 public:
  // Appends to `out`, which outlives the encoder.
  explicit Encoder(std::string* out) : out_(out) {}

  void U8(std::uint8_t value) { out_->push_back(static_cast<char>(value)); }
  void U16(std::uint16_t value) { Integer(value); }
  void U32(std::uint32_t value) { Integer(value); }
  void U64(std::uint64_t value) { Integer(value); }
  void I64(std::int64_t value) { Integer(static_cast<std::uint64_t>(value)); }
  void F64(double value) { Integer(std::bit_cast<std::uint64_t>(value)); }
  void Bool(bool value) { U8(value ? 1 : 0); }
  // A length and the bytes. REQUIRES: shorter than 4 GiB.
  void Text(std::string_view text) {
    U32(static_cast<std::uint32_t>(text.size()));
    out_->append(text);
  }
  // Number of items that follow. REQUIRES: below 2^32.
  void Count(std::size_t count) { U32(static_cast<std::uint32_t>(count)); }

 private:
  template <std::unsigned_integral T>
  void Integer(T value) {
    const T little = std::endian::native == std::endian::little ? value : base::SwapBytes(value);
    char bytes[sizeof(T)];
    std::memcpy(bytes, &little, sizeof(T));
    out_->append(bytes, sizeof(T));
  }

  std::string* out_;
};

class Decoder {
 public:
  explicit Decoder(base::Bytes bytes) : reader_(bytes) {}

  std::uint8_t U8() { return reader_.U8(); }
  std::uint16_t U16() { return reader_.U16(); }
  std::uint32_t U32() { return reader_.U32(); }
  std::uint64_t U64() { return reader_.U64(); }
  std::int64_t I64() { return static_cast<std::int64_t>(reader_.U64()); }
  double F64() { return std::bit_cast<double>(reader_.U64()); }
  // Anything but 0 and 1 fails.
  bool Bool() {
    const std::uint8_t value = reader_.U8();
    Check(value <= 1);
    return value == 1;
  }
  // A view into the input, at most size_max bytes long.
  std::string_view Text(std::size_t size_max) {
    const std::uint32_t size = reader_.U32();
    if (!Check(size <= size_max)) {
      return {};
    }
    return base::AsText(reader_.Take(size));
  }
  // A number of items of at least item_bytes_min bytes each: never more than the input can hold, so
  // a caller may reserve memory for them. 0 after a failure.
  std::size_t Count(std::size_t count_max, std::size_t item_bytes_min) {
    const std::uint32_t count = reader_.U32();
    if (!Check(count <= count_max && count * item_bytes_min <= reader_.remaining())) {
      return 0;
    }
    return ok() ? count : 0;
  }
  // An enumerator below `end`.
  template <typename E>
  E Enum(E last) {
    const std::uint8_t value = reader_.U8();
    return Check(value <= static_cast<std::uint8_t>(last)) ? static_cast<E>(value) : E{};
  }
  // Fails the decoder unless `condition`.
  bool Check(bool condition) {
    if (!condition) {
      valid_ = false;
      reader_.Skip(reader_.remaining() + 1);  // from here on everything reads as zero
    }
    return condition;
  }

  bool ok() const { return valid_ && reader_.ok(); }
  bool at_end() const { return reader_.remaining() == 0; }
  // Fails if anything failed or if bytes are left over. Errors: kMalformed.
  base::Status Finish(std::string_view what) const {
    if (!ok() || !at_end()) {
      return base::MakeError(base::ErrorKind::kMalformed, "malformed " + std::string(what),
                             reader_.offset());
    }
    return base::OkStatus();
  }

 private:
  base::ByteReader reader_;
  bool valid_ = true;
};

}  // namespace day::wire
