#include "libs/formats/dotnet/image.h"

namespace day::formats::dotnet {

std::string_view Image::Text(std::int64_t offset, std::uint64_t size_bytes) const {
  if (!Fits(offset, size_bytes)) {
    return {};
  }
  return base::AsText(
      file_.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size_bytes)));
}

std::optional<Blob> Image::ReadBlob(std::int64_t offset) const {
  constexpr std::int64_t kLongPrefix = 4;
  const std::optional<std::uint8_t> first = Read<std::uint8_t>(offset);
  if (!first) {
    return std::nullopt;
  }
  Blob blob;
  if ((*first & 0x80) == 0) {
    blob = {.prefix_size = 1, .length = *first};
  } else if ((*first & 0xC0) == 0x80) {
    const std::optional<std::uint8_t> second = Read<std::uint8_t>(offset + 1);
    if (!second) {
      return std::nullopt;
    }
    blob = {.prefix_size = 2, .length = (*first & 0x3Fu) << 8 | *second};
  } else if ((*first & 0xE0) == 0xC0 && offset + kLongPrefix < size()) {
    blob = {.prefix_size = 4,
            .length = (*first & 0x1Fu) << 24 | std::uint32_t{U8(offset + 1)} << 16 |
                      std::uint32_t{U8(offset + 2)} << 8 | U8(offset + 3)};
  } else {
    return std::nullopt;
  }
  if (!Fits(offset, std::uint64_t{blob.prefix_size} + blob.length)) {
    return std::nullopt;
  }
  return blob;
}

std::optional<std::string_view> ReadName(const Image& image, const Heap& strings,
                                         std::uint32_t index) {
  const std::int64_t start = strings.offset + index;
  if (index >= strings.size || !image.Fits(start, 1)) {
    return std::nullopt;
  }
  // One more than the longest name: the zero byte must come by then.
  const std::int64_t rest = image.size() - start;
  constexpr std::int64_t kWindow = std::int64_t{kNameLengthMax} + 1;
  const std::string_view window =
      image.Text(start, static_cast<std::uint64_t>(rest < kWindow ? rest : kWindow));
  const std::size_t end = window.find('\0');
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  return window.substr(0, end);
}

}  // namespace day::formats::dotnet
