#include "libs/formats/pe/icons.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace day::formats::pe {
namespace {

constexpr std::uint32_t kSideMin = 16;
constexpr std::uint32_t kSideMax = 256;
constexpr std::uint32_t kHeaderBytes = 40;  // BITMAPINFOHEADER
constexpr std::uint32_t kOpaque = 0xFF000000;

struct Bitmap {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t depth = 0;
  base::Bytes data;  // palette, pixels, mask
};

// Lines end at multiples of four bytes.
std::uint64_t LineBytes(std::uint64_t bits) { return (bits + 31) / 32 * 4; }

std::uint32_t ByteAt(base::Bytes data, std::uint64_t at) {
  return at < data.size() ? std::to_integer<std::uint32_t>(data[at]) : 0;
}

// The icon's bitmap: header, and what follows in the file.
std::optional<Bitmap> ReadBitmap(base::Bytes file, std::uint64_t offset) {
  const auto header = base::Slice(file, offset, kHeaderBytes);
  if (!header) {
    return std::nullopt;
  }
  const std::uint32_t size = *base::ReadAt<std::uint32_t>(*header, 0);
  Bitmap bitmap;
  bitmap.width = *base::ReadAt<std::uint32_t>(*header, 4);
  bitmap.height = *base::ReadAt<std::uint32_t>(*header, 8) / 2;  // the mask is the other half
  bitmap.depth = *base::ReadAt<std::uint16_t>(*header, 14);
  if (size < kHeaderBytes || bitmap.width > kSideMax || bitmap.height > kSideMax ||
      bitmap.width < kSideMin || bitmap.height < kSideMin || bitmap.width < bitmap.height * 3 / 4 ||
      bitmap.height < bitmap.width * 3 / 4) {
    return std::nullopt;
  }
  bitmap.data = base::ClippedSlice(file, offset + size, file.size());
  return bitmap;
}

// A pixel of 16 bits, as ClamAV unpacks it.
std::uint32_t Pixel16(std::uint32_t low, std::uint32_t high) {
  const auto spread = [](std::uint32_t value) { return value << 3 | value >> 2; };
  return spread(low & 0x1F) | spread(low >> 5 | (high & 3) << 3) << 11 | spread(high & 0xFC) << 17;
}

// Rows stand from the bottom up.
class Decoder {
 public:
  explicit Decoder(const Bitmap& bitmap) : bitmap_(bitmap) {}

  // 0xAARRGGBB; empty if there is not enough data.
  std::vector<std::uint32_t> Decode() {
    const std::uint32_t depth = bitmap_.depth;
    const bool has_palette = depth == 1 || depth == 4 || depth == 8;
    if (!has_palette && depth != 16 && depth != 24 && depth != 32) {
      return {};
    }
    line_bytes_ = LineBytes(std::uint64_t{bitmap_.width} * depth);
    pixels_at_ = has_palette ? (std::uint64_t{4} << depth) : 0;
    const std::uint64_t mask_line = LineBytes(bitmap_.width);
    const std::uint64_t mask_at = pixels_at_ + line_bytes_ * bitmap_.height;
    const std::uint64_t mask_end = mask_at + mask_line * bitmap_.height;
    const bool has_mask = mask_end <= bitmap_.data.size();
    if (depth == 32 ? mask_at > bitmap_.data.size() : !has_mask) {
      return {};
    }
    std::vector<std::uint32_t> pixels;
    std::uint32_t alpha = 0;
    for (std::uint32_t y = 0; y < bitmap_.height; ++y) {
      for (std::uint32_t x = 0; x < bitmap_.width; ++x) {
        pixels.push_back(PixelAt(x, bitmap_.height - 1 - y));
        alpha |= pixels.back() & kOpaque;
      }
    }
    // 32 bits without any alpha are 24; without a mask, too, all is seen.
    if (depth == 32 && alpha != 0) {
      return pixels;
    }
    for (std::uint32_t y = 0; y < bitmap_.height; ++y) {
      const std::uint64_t line = mask_at + mask_line * (bitmap_.height - 1 - y);
      for (std::uint32_t x = 0; x < bitmap_.width; ++x) {
        const bool is_hidden =
            has_mask && (ByteAt(bitmap_.data, line + x / 8) >> (7 - x % 8) & 1) != 0;
        pixels[std::size_t{y} * bitmap_.width + x] |= is_hidden ? 0 : kOpaque;
      }
    }
    return pixels;
  }

 private:
  std::uint32_t PixelAt(std::uint32_t x, std::uint32_t row) const {
    const std::uint64_t line = pixels_at_ + line_bytes_ * row;
    const auto byte = [&](std::uint64_t at) { return ByteAt(bitmap_.data, line + at); };
    switch (bitmap_.depth) {
      case 16:
        return Pixel16(byte(x * 2u), byte(x * 2u + 1));
      case 24:
        return byte(x * 3u) | byte(x * 3u + 1) << 8 | byte(x * 3u + 2) << 16;
      case 32:
        return byte(x * 4u) | byte(x * 4u + 1) << 8 | byte(x * 4u + 2) << 16 |
               byte(x * 4u + 3) << 24;
      default: {
        const std::uint32_t bit = x * bitmap_.depth;
        const std::uint32_t index =
            byte(bit / 8) >> (8 - bitmap_.depth - bit % 8) & ((1u << bitmap_.depth) - 1);
        return base::ReadAt<std::uint32_t>(bitmap_.data, std::uint64_t{4} * index).value_or(0);
      }
    }
  }

  const Bitmap& bitmap_;
  std::uint64_t line_bytes_ = 0;
  std::uint64_t pixels_at_ = 0;
};

// Over a white ground.
std::uint32_t Blend(std::uint32_t pixel) {
  const std::uint32_t alpha = pixel >> 24;
  const auto channel = [&](int shift) {
    return (0xFF - alpha + alpha * (pixel >> shift & 0xFF) / 0xFF) << shift;
  };
  return channel(16) | channel(8) | channel(0);
}

// Each channel's average, rounded down.
std::uint32_t Average(std::uint32_t a, std::uint32_t b) {
  return (((a ^ b) & 0xFEFEFE) >> 1) + (a & b);
}

void Halve(std::uint32_t width, std::vector<std::uint32_t>& pixels) {
  const std::uint32_t half = width / 2;
  std::vector<std::uint32_t> smaller(std::size_t{half} * half);
  for (std::uint32_t y = 0; y < half; ++y) {
    for (std::uint32_t x = 0; x < half; ++x) {
      const std::size_t at = std::size_t{2} * y * width + 2 * x;
      smaller[std::size_t{y} * half + x] = Average(
          Average(pixels[at], pixels[at + 1]), Average(pixels[at + width], pixels[at + width + 1]));
    }
  }
  pixels = std::move(smaller);
}

std::uint32_t NearestSize(std::uint32_t width, std::uint32_t height) {
  const auto away = [&](std::uint32_t size) {
    const auto one = [&](std::uint32_t side) { return side > size ? side - size : size - side; };
    return one(width) + one(height);
  };
  return away(32) < away(24) ? 32 : away(24) < away(16) ? 24 : 16;
}

std::vector<std::uint32_t> Sampled(const Bitmap& bitmap, const std::vector<std::uint32_t>& pixels,
                                   std::uint32_t size) {
  const double step_x = static_cast<double>(bitmap.width) / size;
  const double step_y = static_cast<double>(bitmap.height) / size;
  std::vector<std::uint32_t> out;
  for (std::uint32_t y = 0; y < size; ++y) {
    const auto row = static_cast<std::uint32_t>(y * step_y);
    for (std::uint32_t x = 0; x < size; ++x) {
      const auto column = static_cast<std::uint32_t>(x * step_x + 0.5);
      out.push_back(pixels[std::min<std::size_t>(std::size_t{row} * bitmap.width + column,
                                                 pixels.size() - 1)]);
    }
  }
  return out;
}

std::optional<IconImage> DecodeIcon(base::Bytes file, std::uint64_t offset) {
  const auto bitmap = ReadBitmap(file, offset);
  IconImage image;
  image.pixels = bitmap ? Decoder(*bitmap).Decode() : image.pixels;
  if (image.pixels.empty()) {
    return std::nullopt;
  }
  std::transform(image.pixels.begin(), image.pixels.end(), image.pixels.begin(), Blend);
  image.side = bitmap->width;
  const bool is_square = bitmap->width == bitmap->height;
  const bool is_multiple = bitmap->width % 32 == 0 || bitmap->width % 24 == 0;
  if (is_square && (bitmap->width == 16 || is_multiple)) {
    while (image.side > 32) {
      Halve(image.side, image.pixels);
      image.side /= 2;
    }
  } else {
    image.side = NearestSize(bitmap->width, bitmap->height);
    image.pixels = Sampled(*bitmap, image.pixels, image.side);
  }
  return image;
}

}  // namespace

void ForEachIcon(const PeReader& pe, const ResourceTable& resources,
                 const std::function<bool(const IconImage&)>& visit) {
  constexpr std::uint64_t kGroupHeaderBytes = 6;
  constexpr std::uint64_t kGroupEntryBytes = 14;
  const base::Bytes file = pe.file();
  std::optional<ResourceId> first;
  std::uint32_t icons = 0;
  for (const Resource& group : resources.resources()) {
    const bool is_group = group.type.has_number() && group.type.number == kResourceTypeGroupIcon;
    if (!is_group || !group.offset) {
      continue;
    }
    // Only the first group, in all its languages.
    if (first && (first->number != group.id.number || first->name != group.id.name)) {
      return;
    }
    first = group.id;
    const base::Bytes data = base::ClippedSlice(file, *group.offset, group.size);
    const std::uint32_t count = base::ReadAt<std::uint16_t>(data, 4).value_or(0);
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto id =
          base::ReadAt<std::uint16_t>(data, kGroupHeaderBytes + kGroupEntryBytes * i + 12);
      if (!id) {
        break;
      }
      for (const Resource& icon : resources.resources()) {
        const bool is_meant = icon.type.has_number() && icon.type.number == kResourceTypeIcon &&
                              icon.id.has_number() && icon.id.number == *id && icon.offset;
        const auto image = is_meant ? DecodeIcon(file, *icon.offset) : std::nullopt;
        if (image && !visit(*image)) {
          return;
        }
      }
      if (++icons >= kIconCountMax) {
        return;
      }
    }
  }
}

}  // namespace day::formats::pe
