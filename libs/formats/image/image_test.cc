#include "libs/formats/image/image.h"

#include <gtest/gtest.h>
#include <png.h>

#include <cstdio>
// jpeglib.h needs FILE.
#include <jpeglib.h>

#include <cstdlib>
#include <string>

namespace day::formats::image {
namespace {

using Colours = std::vector<std::uint8_t>;

// A pattern in which no two neighbours are alike.
Colours Pattern(std::uint32_t width, std::uint32_t height) {
  Colours rgb;
  for (std::uint32_t y = 0; y < height; ++y) {
    for (std::uint32_t x = 0; x < width; ++x) {
      rgb.push_back(static_cast<std::uint8_t>(x * 7 + y * 3));
      rgb.push_back(static_cast<std::uint8_t>(x * y));
      rgb.push_back(static_cast<std::uint8_t>(200 - x));
    }
  }
  return rgb;
}

std::string Png(std::uint32_t width, std::uint32_t height, const Colours& rgb) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = width;
  png.height = height;
  png.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  (void)png_image_write_to_memory(&png, nullptr, &size, 0, rgb.data(), 0, nullptr);
  std::string file(size, '\0');
  EXPECT_TRUE(png_image_write_to_memory(&png, file.data(), &size, 0, rgb.data(), 0, nullptr));
  file.resize(size);
  return file;
}

std::string Jpeg(std::uint32_t width, std::uint32_t height, const Colours& rgb) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = width;
  info.image_height = height;
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 100, TRUE);
  jpeg_start_compress(&info, TRUE);
  for (std::uint32_t y = 0; y < height; ++y) {
    JSAMPROW row = const_cast<std::uint8_t*>(rgb.data()) + std::size_t{y} * width * 3;
    (void)jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::string file(reinterpret_cast<char*>(bytes), size);
  std::free(bytes);
  return file;
}

std::string Little(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) {
    out += static_cast<char>(i < 8 ? value >> (8 * i) : 0);
  }
  return out;
}

std::string BmpHeader(std::int32_t width, std::int32_t height, std::uint32_t bits,
                      std::uint32_t compression, std::uint32_t palette_bytes) {
  return "BM" + Little(0, 8) + Little(54 + palette_bytes, 4) + Little(40, 4) +
         Little(static_cast<std::uint32_t>(width), 4) +
         Little(static_cast<std::uint32_t>(height), 4) + Little(1, 2) + Little(bits, 2) +
         Little(compression, 4) + Little(0, 20);
}

TEST(ImageTest, ReadsPng) {
  const Colours rgb = Pattern(37, 21);
  const std::string file = Png(37, 21, rgb);
  const auto image = Decode(base::AsBytes(file));
  ASSERT_TRUE(image.ok());
  EXPECT_EQ(image->width, 37u);
  EXPECT_EQ(image->height, 21u);
  EXPECT_EQ(image->rgb, rgb);
  for (std::size_t size = 0; size < file.size() - 12; size += 5) {
    EXPECT_FALSE(Decode(base::AsBytes(file.substr(0, size))).ok()) << size;
  }
}

TEST(ImageTest, ReadsJpeg) {
  Colours rgb(32 * 16 * 3);
  for (std::size_t i = 0; i < rgb.size(); ++i) {
    rgb[i] = static_cast<std::uint8_t>(i / 3 % 32 * 8);
  }
  const auto image = Decode(base::AsBytes(Jpeg(32, 16, rgb)));
  ASSERT_TRUE(image.ok());
  ASSERT_EQ(image->rgb.size(), rgb.size());
  for (std::size_t i = 0; i < rgb.size(); ++i) {
    EXPECT_NEAR(image->rgb[i], rgb[i], 4);
  }
  EXPECT_FALSE(Decode(base::AsBytes("\xFF\xD8\xFF\xE0 no picture")).ok());
}

TEST(ImageTest, ReadsBmpInEveryDepth) {
  // Two rows of two pixels, the lower one first: red, green / blue, white.
  const Colours expected = {0, 0, 255, 255, 255, 255, 255, 0, 0, 0, 255, 0};
  const std::string palette(
      "\0\0\xFF\0"
      "\0\xFF\0\0"
      "\xFF\0\0\0"
      "\xFF\xFF\xFF\0",
      16);
  const std::string pixels24(
      "\0\0\xFF"
      "\0\xFF\0"
      "\0\0"
      "\xFF\0\0"
      "\xFF\xFF\xFF"
      "\0\0",
      16);
  const std::string pixels16(
      "\x00\x7C"
      "\xE0\x03"
      "\x1F\x00"
      "\xFF\x7F",
      8);
  EXPECT_EQ(Decode(base::AsBytes(BmpHeader(2, 2, 24, 0, 0) + pixels24))->rgb, expected);
  EXPECT_EQ(Decode(base::AsBytes(BmpHeader(2, 2, 8, 0, 16) + palette +
                                 std::string("\0\1\0\0\2\3\0\0", 8)))
                ->rgb,
            expected);
  EXPECT_EQ(Decode(base::AsBytes(BmpHeader(2, 2, 4, 0, 16) + palette +
                                 std::string("\x01\0\0\0\x23\0\0\0", 8)))
                ->rgb,
            expected);
  EXPECT_EQ(Decode(base::AsBytes(BmpHeader(2, 2, 16, 0, 0) + pixels16))->rgb, expected);
  EXPECT_EQ(Decode(base::AsBytes(BmpHeader(2, 2, 32, 0, 0) + palette))->rgb, expected);
  const Colours upside_down = {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255};
  EXPECT_EQ(Decode(base::AsBytes(BmpHeader(2, -2, 32, 0, 0) + palette))->rgb, upside_down);
  EXPECT_FALSE(Decode(base::AsBytes(BmpHeader(2, 2, 32, 0, 0) + palette.substr(1))).ok());
  EXPECT_EQ(Decode(base::AsBytes(BmpHeader(2, 2, 8, 1, 16) + palette)).error().kind,
            base::ErrorKind::kUnsupported);
}

TEST(ImageTest, ReadsGif) {
  // 3x1, four colours: 1, 2, 3. Codes of three bits: clear, 1, 2, 3, end.
  const std::string head(
      "GIF89a"
      "\3\0\1\0"
      "\x81\0\0"
      "\0\0\0"
      "\1\2\3"
      "\4\5\6"
      "\7\x08\x09",
      25);
  const std::string control("\x21\xF9\4\1\0\0\1\0", 8);
  // 100 001 010 011 101, from the lowest bit: 0x8C 0x57 -> bits 4,1,2,3,5.
  const unsigned bits = 4u | 1u << 3 | 2u << 6 | 3u << 9 | 5u << 12;
  const std::string image =
      std::string("\x2C\0\0\0\0\3\0\1\0\0\2\2", 12) + Little(bits, 2) + std::string("\0\x3B", 2);
  const Colours expected = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  EXPECT_EQ(Decode(base::AsBytes(head + image))->rgb, expected);
  EXPECT_EQ(Decode(base::AsBytes(head + control + image))->rgb, expected);
  EXPECT_FALSE(Decode(base::AsBytes(head)).ok());
  EXPECT_FALSE(Decode(base::AsBytes(head + "\x3B")).ok());
}

TEST(ImageTest, RefusesHugeOnes) {
  const auto huge = Decode(base::AsBytes(BmpHeader(1 << 20, 1 << 20, 1, 0, 0)));
  ASSERT_FALSE(huge.ok());
  EXPECT_EQ(huge.error().kind, base::ErrorKind::kLimit);
  EXPECT_EQ(Decode(base::AsBytes("text")).error().kind, base::ErrorKind::kUnsupported);
  EXPECT_FALSE(IsImage(base::AsBytes("text")));
}

}  // namespace
}  // namespace day::formats::image
