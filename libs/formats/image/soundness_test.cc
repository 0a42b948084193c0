#include "libs/formats/image/soundness.h"

#include <gtest/gtest.h>

#include <string>

namespace day::formats::image {
namespace {

using std::string_literals::operator""s;

std::string Tail(std::string_view fault) { return std::string(fault.substr(fault.rfind('.') + 1)); }

std::string Gif(const std::string& text) { return Tail(GifFault(base::AsBytes(text))); }
std::string Png(const std::string& text) { return Tail(PngFault(base::AsBytes(text))); }
std::string Jpeg(const std::string& text) { return Tail(JpegFault(base::AsBytes(text))); }
std::string Tiff(const std::string& text) { return Tail(TiffFault(base::AsBytes(text))); }

const std::string kScreen = "GIF89a\2\0\2\0\0\0\0"s;
const std::string kGifImage = "\x2C\0\0\0\0\2\0\2\0\0\2\3abc\0"s;
const std::string kJfif = "\xFF\xE0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"s;
const std::string kScan = "\xFF\xDA\0\x08\1\1\0\0\x3F\0xyz\xFF\xD9"s;

TEST(Gif, WholeAndCut) {
  EXPECT_EQ(Gif(kScreen + kGifImage + ";"), "");
  EXPECT_EQ(Gif(kScreen + kGifImage), "");  // without its end
  EXPECT_EQ(Gif(kScreen), "MissingImageData");
  EXPECT_EQ(Gif(kScreen.substr(0, 12)), "TruncatedScreenDescriptor");
  EXPECT_EQ(Gif("GIF89a\2\0\2\0\x80\0\0rgb"s), "TruncatedGlobalColorTable");
  EXPECT_EQ(Gif(kScreen + "!"), "TruncatedExtension");
  EXPECT_EQ(Gif(kScreen + "!\xFE\5hel"), "TruncatedExtensionSubBlock");
  EXPECT_EQ(Gif(kScreen + "!\xF9\4"), "MissingImageData");
  EXPECT_EQ(Gif(kScreen + kGifImage.substr(0, 9)), "TruncatedImageDescriptor");
  EXPECT_EQ(Gif(kScreen + kGifImage.substr(0, 13)), "TruncatedImageDataBlock");
  EXPECT_EQ(Gif(kScreen + "?"), "UnknownBlockLabel");
}

TEST(Png, WholeAndCut) {
  const std::string signature = "\x89PNG\r\n\x1A\n";
  const std::string chunk = "\0\0\0\4tEXtabcd1234"s;
  const std::string end = "\0\0\0\0IEND1234"s;
  EXPECT_EQ(Png(signature + chunk + end + "tail"), "");
  EXPECT_EQ(Png(signature + chunk.substr(0, 6)), "EOFReadingChunkType");
  EXPECT_EQ(Png(signature + chunk.substr(0, 10)), "EOFReadingChunk");
  EXPECT_EQ(Png(signature + chunk.substr(0, 14)), "EOFReadingChunkCRC");
  EXPECT_EQ(Png(signature + "\x80\0\0\0tEXt"s), "InvalidChunkLength");
}

TEST(Jpeg, Segments) {
  const std::string start = "\xFF\xD8";
  EXPECT_EQ(Jpeg(start + kJfif + kScan), "");
  EXPECT_EQ(Jpeg(start + kJfif), "CantReadSegmentSize");
  EXPECT_EQ(Jpeg(start + kJfif.substr(0, 12)), "SegmentDataOutOfFile");
  EXPECT_EQ(Jpeg(start + kJfif + "\xFF\xDB\0\1"s), "InvalidSegmentSize");
  EXPECT_EQ(Jpeg(start + kJfif + kJfif + kScan), "JFIFdupAppMarker");
  EXPECT_EQ(Jpeg(start + "\xFF\xDB\0\2"s + kJfif + kScan), "JFIFmarkerBadPosition");
  EXPECT_EQ(Jpeg(start + "\xFF\xE0\0\x0AJFIF\0abc"s + kScan), "JFIFheaderTooShort");
  EXPECT_EQ(Jpeg(start + kJfif + std::string(20, 'x') + kScan), "SpuriousBytesBeforeSegment");
  EXPECT_EQ(Jpeg(start + kJfif + std::string(10, '\xFF') + kScan), "");
  EXPECT_EQ(Jpeg(start + kJfif + "\xFF\xD9\0\2"s), "NoImages");
  EXPECT_EQ(Jpeg(start + kJfif + "\xFF\xF2\0\2"s + kScan), "DTTMissingDTISegment");
  EXPECT_EQ(Jpeg(start + kJfif + "\xFF\xF7\0\2"s + kScan), "AppMarkerBeforeJPG7");
}

TEST(Tiff, Directories) {
  const std::string entry = "\0\1\3\0\1\0\0\0\5\0\0\0"s;
  const std::string whole = "II*\0\x08\0\0\0\1\0"s + entry + "\0\0\0\0"s;
  EXPECT_EQ(Tiff(whole), "");
  EXPECT_EQ(Tiff("MM\0*\0\0\0\x08\0\1\1\0\0\3\0\0\0\1\0\5\0\0\0\0\0\0"s), "");
  EXPECT_EQ(Tiff(whole.substr(0, 6)), "EOFReadingFirstIFDOffset");
  EXPECT_EQ(Tiff("II*\0\0\0\0\0"s), "InvalidIFDOffset");
  EXPECT_EQ(Tiff(whole.substr(0, 9)), "EOFReadingNumIFDDirectoryEntries");
  EXPECT_EQ(Tiff(whole.substr(0, 15)), "EOFReadingIFDEntry");
  EXPECT_EQ(Tiff(whole.substr(0, 24)), "EOFReadingChunkCRC");
  EXPECT_EQ(Tiff("II*\0\x08\0\0\0\1\0\0\1\4\0\x09\0\0\0\5\0\0\0\0\0\0\0"s), "OutOfBoundsAccess");
  EXPECT_EQ(Tiff("II*\0\x08\0\0\0\1\0"s + entry + "\x08\0\0\0"s), "OutOfOrderIFDOffset");
}

}  // namespace
}  // namespace day::formats::image
