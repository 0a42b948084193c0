#include <array>
#include <bit>

#include "libs/formats/image/decoders.h"

namespace day::formats::image {
namespace {

constexpr std::uint32_t kCoreHeaderBytes = 12;
constexpr std::uint32_t kInfoHeaderBytes = 40;
constexpr std::uint32_t kUncompressed = 0;
constexpr std::uint32_t kBitFields = 3;

struct Header {
  std::uint32_t pixels_offset = 0;
  std::uint32_t header_bytes = 0;
  std::int64_t width = 0;
  std::int64_t height = 0;  // negative: rows from the top
  std::uint16_t bits = 0;
  std::uint32_t compression = 0;
  std::uint32_t colours = 0;
  std::array<std::uint32_t, 3> masks{};  // red, green, blue; of 16 and 32 bits
};

bool ReadHeader(base::Bytes data, Header* header) {
  base::ByteReader reader(data);
  reader.Skip(10);
  header->pixels_offset = reader.U32();
  header->header_bytes = reader.U32();
  if (header->header_bytes == kCoreHeaderBytes) {
    header->width = reader.U16();
    header->height = reader.U16();
    reader.Skip(2);
    header->bits = reader.U16();
  } else if (header->header_bytes >= kInfoHeaderBytes) {
    header->width = std::bit_cast<std::int32_t>(reader.U32());
    header->height = std::bit_cast<std::int32_t>(reader.U32());
    reader.Skip(2);
    header->bits = reader.U16();
    header->compression = reader.U32();
    reader.Skip(12);
    header->colours = reader.U32();
    reader.Skip(4);
  } else {
    return false;
  }
  if (header->bits == 16) {
    header->masks = {0x7C00, 0x3E0, 0x1F};
  } else {
    header->masks = {0xFF0000, 0xFF00, 0xFF};
  }
  if (header->compression == kBitFields) {
    for (std::uint32_t& mask : header->masks) {
      mask = reader.U32();
    }
  }
  return reader.ok();
}

// The bits of a mask, stretched to a byte.
std::uint8_t Channel(std::uint32_t pixel, std::uint32_t mask) {
  if (mask == 0) {
    return 0;
  }
  const int shift = std::countr_zero(mask);
  const std::uint64_t value_max = mask >> shift;
  return static_cast<std::uint8_t>(std::uint64_t{(pixel & mask) >> shift} * 255 / value_max);
}

class Pixels {
 public:
  Pixels(const Header& header, base::Bytes data)
      : header_(header),
        palette_entry_bytes_(header.header_bytes == kCoreHeaderBytes ? 3 : 4),
        palette_(base::ClippedSlice(
            data,
            14 + std::uint64_t{header.header_bytes} +
                (header.compression == kBitFields && header.header_bytes == kInfoHeaderBytes ? 12
                                                                                             : 0),
            256 * palette_entry_bytes_)) {}

  void Read(base::Bytes row, std::uint32_t x, std::uint8_t* rgb) const {
    if (header_.bits <= 8) {
      const std::uint64_t bit = std::uint64_t{x} * header_.bits;
      const unsigned byte = base::ReadAt<std::uint8_t>(row, bit / 8).value_or(0);
      const unsigned shift = 8u - header_.bits - static_cast<unsigned>(bit % 8);
      const unsigned index = byte >> shift & ((1u << header_.bits) - 1);
      const base::Bytes colour =
          base::ClippedSlice(palette_, std::uint64_t{index} * palette_entry_bytes_, 3);
      for (std::size_t i = 0; i < colour.size(); ++i) {
        rgb[2 - i] = std::to_integer<std::uint8_t>(colour[i]);
      }
      return;
    }
    if (header_.bits == 24) {
      const base::Bytes colour = base::ClippedSlice(row, std::uint64_t{x} * 3, 3);
      for (std::size_t i = 0; i < colour.size(); ++i) {
        rgb[2 - i] = std::to_integer<std::uint8_t>(colour[i]);
      }
      return;
    }
    const std::uint32_t pixel =
        header_.bits == 16 ? base::ReadAt<std::uint16_t>(row, std::uint64_t{x} * 2).value_or(0)
                           : base::ReadAt<std::uint32_t>(row, std::uint64_t{x} * 4).value_or(0);
    for (std::size_t i = 0; i < 3; ++i) {
      rgb[i] = Channel(pixel, header_.masks[i]);
    }
  }

 private:
  const Header& header_;
  std::uint64_t palette_entry_bytes_;
  base::Bytes palette_;  // blue, green, red
};

}  // namespace

base::Result<Image> DecodeBmp(base::Bytes data, std::uint64_t pixels_max) {
  Header header;
  if (!ReadHeader(data, &header) || header.width <= 0) {
    return base::MakeError(base::ErrorKind::kMalformed, "damaged BMP");
  }
  const bool is_known_depth = header.bits == 1 || header.bits == 4 || header.bits == 8 ||
                              header.bits == 16 || header.bits == 24 || header.bits == 32;
  if (!is_known_depth ||
      (header.compression != kUncompressed && header.compression != kBitFields)) {
    return base::MakeError(base::ErrorKind::kUnsupported, "compressed or unusual BMP");
  }
  const std::int64_t height = header.height < 0 ? -header.height : header.height;
  DAY_TRY_ASSIGN(Image image, MakeImage(static_cast<std::uint64_t>(header.width),
                                        static_cast<std::uint64_t>(height), pixels_max));
  const std::uint64_t row_bytes = (std::uint64_t{image.width} * header.bits + 31) / 32 * 4;
  const auto rows = base::Slice(data, header.pixels_offset, row_bytes * image.height);
  if (!rows) {
    return base::MakeError(base::ErrorKind::kMalformed, "BMP: pixels are missing");
  }
  const Pixels pixels(header, data);
  for (std::uint32_t y = 0; y < image.height; ++y) {
    const std::uint32_t stored = header.height < 0 ? y : image.height - 1 - y;
    const base::Bytes row = base::ClippedSlice(*rows, stored * row_bytes, row_bytes);
    for (std::uint32_t x = 0; x < image.width; ++x) {
      pixels.Read(row, x, &image.rgb[(std::size_t{y} * image.width + x) * 3]);
    }
  }
  return image;
}

}  // namespace day::formats::image
