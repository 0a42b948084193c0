// Image: a file addressed with signed offsets, as sums of untrusted numbers make them.
//
// .NET metadata is a web of offsets relative to other offsets. Image answers for any of them: what
// is not wholly inside the file is absent. Immutable; borrows the file.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>

#include "libs/base/bytes.h"

namespace day::formats::dotnet {

// Longer names are not names (libyara's limit).
inline constexpr std::size_t kNameLengthMax = 1024;

// One entry of the #Blob or #US heap.
struct Blob {
  std::uint32_t prefix_size = 0;  // of the encoded length: 1, 2 or 4
  std::uint32_t length = 0;       // of the content, which lies inside the file
};

class Image {
 public:
  Image() = default;
  explicit Image(base::Bytes file) : file_(file) {}

  std::int64_t size() const { return static_cast<std::int64_t>(file_.size()); }

  bool Fits(std::int64_t offset, std::uint64_t size_bytes) const {
    return offset >= 0 && size_bytes <= file_.size() &&
           static_cast<std::uint64_t>(offset) <= file_.size() - size_bytes;
  }
  template <std::unsigned_integral T>
  std::optional<T> Read(std::int64_t offset) const {
    return offset < 0 ? std::nullopt : base::ReadAt<T>(file_, static_cast<std::uint64_t>(offset));
  }
  // For places that were checked with Fits() before: absent reads as 0.
  std::uint8_t U8(std::int64_t offset) const { return Read<std::uint8_t>(offset).value_or(0); }
  std::uint16_t U16(std::int64_t offset) const { return Read<std::uint16_t>(offset).value_or(0); }
  std::uint32_t U32(std::int64_t offset) const { return Read<std::uint32_t>(offset).value_or(0); }

  // The text of [offset, offset + size); empty if any of it lies outside.
  std::string_view Text(std::int64_t offset, std::uint64_t size_bytes) const;

  // The entry that starts at `offset`: ECMA-335 II.24.2.4, and the four-byte form only if another
  // byte follows it, as libyara wants it.
  std::optional<Blob> ReadBlob(std::int64_t offset) const;

 private:
  base::Bytes file_;
};

// A stream of the metadata, where it says it is: nothing is checked.
struct Heap {
  std::int64_t offset = 0;  // in the file
  std::uint32_t size = 0;

  std::int64_t end() const { return offset + size; }
};

// The zero-terminated name at `index` of the #Strings heap: it must start inside heap and file, and
// end inside the file within kNameLengthMax bytes.
std::optional<std::string_view> ReadName(const Image& image, const Heap& strings,
                                         std::uint32_t index);

}  // namespace day::formats::dotnet
