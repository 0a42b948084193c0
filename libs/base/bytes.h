// Untrusted bytes and the one bounds-checked way to read them.
//
// Bytes is a view: it never owns. Reads take an absolute offset, or move a ByteReader's cursor.
// Nothing here can read outside its span: a read past the end is std::nullopt (free functions) or
// puts the reader into a failed state that reads zeros from then on (ByteReader), so a parser may
// read a whole header and check ok() once.
// Thread safety: const operations are safe; a ByteReader is not shared.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace day::base {

using Bytes = std::span<const std::byte>;

enum class Endian : std::uint8_t { kLittle, kBig };

// The bytes of a text, and the text of bytes (no copy, no validation).
inline Bytes AsBytes(std::string_view text) { return std::as_bytes(std::span(text)); }
inline std::string_view AsText(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// [offset, offset + size) of `bytes`, or nothing if any of it lies outside.
inline std::optional<Bytes> Slice(Bytes bytes, std::uint64_t offset, std::uint64_t size) {
  if (offset > bytes.size() || size > bytes.size() - offset) {
    return std::nullopt;
  }
  return bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

// As much of [offset, offset + size) as there is; empty if offset lies outside.
inline Bytes ClippedSlice(Bytes bytes, std::uint64_t offset, std::uint64_t size) {
  if (offset >= bytes.size()) {
    return {};
  }
  const std::uint64_t rest = bytes.size() - offset;
  return bytes.subspan(static_cast<std::size_t>(offset),
                       static_cast<std::size_t>(size < rest ? size : rest));
}

template <std::integral T>
constexpr T SwapBytes(T value) {
  using U = std::make_unsigned_t<T>;
  U in = static_cast<U>(value);
  U out = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out =
        static_cast<U>(static_cast<U>(out << (sizeof(T) > 1 ? 8 : 0)) | static_cast<U>(in & 0xFF));
    in = static_cast<U>(in >> (sizeof(T) > 1 ? 8 : 0));
  }
  return static_cast<T>(out);
}

// The integer at `offset`, or nothing if it does not lie wholly inside.
template <std::integral T>
std::optional<T> ReadAt(Bytes bytes, std::uint64_t offset, Endian endian = Endian::kLittle) {
  if (offset > bytes.size() || sizeof(T) > bytes.size() - offset) {
    return std::nullopt;
  }
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  const bool native = (endian == Endian::kLittle) == (std::endian::native == std::endian::little);
  return native ? value : SwapBytes(value);
}

// The text from `offset` up to (not with) the first zero byte, at most size_max bytes and never
// past the end. Empty if offset lies outside.
inline std::string_view CStringAt(Bytes bytes, std::uint64_t offset, std::size_t size_max) {
  const std::string_view rest = AsText(ClippedSlice(bytes, offset, size_max));
  return rest.substr(0, rest.find('\0'));
}

// A cursor over bytes. Reading past the end fails the reader for good; failed reads give zero or
// an empty view. REQUIRES: the bytes outlive the reader and every view taken from it.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes, Endian endian = Endian::kLittle)
      : bytes_(bytes), endian_(endian) {}

  bool ok() const { return ok_; }
  std::uint64_t offset() const { return offset_; }
  std::uint64_t remaining() const { return ok_ ? bytes_.size() - offset_ : 0; }

  std::uint8_t U8() { return Read<std::uint8_t>(); }
  std::uint16_t U16() { return Read<std::uint16_t>(); }
  std::uint32_t U32() { return Read<std::uint32_t>(); }
  std::uint64_t U64() { return Read<std::uint64_t>(); }

  Bytes Take(std::uint64_t size) {
    if (!ok_ || size > bytes_.size() - offset_) {
      ok_ = false;
      return {};
    }
    const Bytes taken =
        bytes_.subspan(static_cast<std::size_t>(offset_), static_cast<std::size_t>(size));
    offset_ += size;
    return taken;
  }
  void Skip(std::uint64_t size) { (void)Take(size); }
  void Seek(std::uint64_t offset) {
    if (offset > bytes_.size()) {
      ok_ = false;
    } else if (ok_) {
      offset_ = offset;
    }
  }

 private:
  template <std::integral T>
  T Read() {
    const std::optional<T> value = ok_ ? ReadAt<T>(bytes_, offset_, endian_) : std::nullopt;
    if (!value) {
      ok_ = false;
      return 0;
    }
    offset_ += sizeof(T);
    return *value;
  }

  Bytes bytes_;
  std::uint64_t offset_ = 0;
  Endian endian_;
  bool ok_ = true;
};

// Lower-case hexadecimal, two digits a byte.
std::string ToHex(Bytes bytes);
// The bytes that `text` spells, or nothing if it is not pairs of hexadecimal digits (either case).
std::optional<std::string> FromHex(std::string_view text);

}  // namespace day::base
