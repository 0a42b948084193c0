#include <algorithm>
#include <cstdint>

#include "libs/formats/image/soundness.h"

namespace day::formats::image {
namespace {

constexpr std::uint8_t kEndOfImage = 0xD9;
constexpr std::uint8_t kStartOfScan = 0xDA;
constexpr std::uint8_t kTilingInfo = 0xF1;  // DTI
constexpr std::uint8_t kTile = 0xF2;        // DTT
constexpr std::uint8_t kJpegLs = 0xF7;      // JPG7
constexpr std::uint8_t kApp0 = 0xE0;        // JFIF
constexpr std::uint8_t kApp1 = 0xE1;        // Exif
constexpr std::uint8_t kApp8 = 0xE8;        // SPIFF
constexpr std::uint8_t kComment = 0xFE;
constexpr int kMarkerBytesMax = 16;
constexpr std::uint16_t kHeaderSegmentBytesMin = 16;

// A JPEG file's segments, one after the other.
class SegmentWalk {
 public:
  explicit SegmentWalk(base::Bytes file) : reader_(file, base::Endian::kBig) { reader_.Skip(2); }

  std::string_view Run() {
    for (segment_ = 1;; ++segment_) {
      if (!FindMarker()) {
        return "Heuristics.Broken.Media.JPEG.SpuriousBytesBeforeSegment";
      }
      const std::uint16_t size = reader_.U16();
      if (!reader_.ok()) {
        return "Heuristics.Broken.Media.JPEG.CantReadSegmentSize";
      }
      if (size < 2) {
        return "Heuristics.Broken.Media.JPEG.InvalidSegmentSize";
      }
      // One byte short is borne, as ClamAV does.
      if (size - 2u > reader_.remaining() + 1) {
        return "Heuristics.Broken.Media.JPEG.SegmentDataOutOfFile";
      }
      const std::uint64_t taken = std::min<std::uint64_t>(size - 2u, reader_.remaining());
      const std::string_view data = base::AsText(reader_.Take(taken));
      if (marker_ == kEndOfImage) {
        return "Heuristics.Broken.Media.JPEG.NoImages";
      }
      if (const std::string_view fault = SegmentFault(data, size); !fault.empty()) {
        return fault;
      }
      if (marker_ == kStartOfScan) {
        return {};
      }
      before_ = marker_;
    }
  }

 private:
  // The next byte behind an FF that is none itself, among the next few. At the end of the file the
  // size that must follow is missing anyway.
  bool FindMarker() {
    bool behind_ff = false;
    for (int i = 0; i < kMarkerBytesMax; ++i) {
      const std::uint8_t byte = reader_.U8();
      if (!reader_.ok()) {
        return true;
      }
      if (behind_ff && byte != 0xFF) {
        marker_ = byte;
        return true;
      }
      behind_ff = byte == 0xFF;
    }
    return false;
  }

  std::string_view SegmentFault(std::string_view data, std::uint16_t size) {
    switch (marker_) {
      case kApp0:
        return JfifFault(data, size);
      case kApp1:
        return ExifFault(data, size);
      case kApp8:
        return SpiffFault(data, size);
      case kJpegLs:
        return has_application_ ? "Heuristics.Broken.Media.JPEG.AppMarkerBeforeJPG7" : "";
      case kTile:
        return before_ == kTilingInfo ? "" : "Heuristics.Broken.Media.JPEG.DTTMissingDTISegment";
      case kComment:
        has_comment_ = true;
        return {};
      default:
        return {};
    }
  }

  std::string_view JfifFault(std::string_view data, std::uint16_t size) {
    if (!data.starts_with(std::string_view("JFIF\0", 5))) {
      return {};
    }
    if (has_jfif_) {
      return "Heuristics.Broken.Media.JPEG.JFIFdupAppMarker";
    }
    if (segment_ != 1 && !(segment_ == 2 && (before_ == kComment || before_ == kApp1))) {
      return "Heuristics.Broken.Media.JPEG.JFIFmarkerBadPosition";
    }
    has_jfif_ = has_application_ = true;
    return size < kHeaderSegmentBytesMin ? "Heuristics.Broken.Media.JPEG.JFIFheaderTooShort" : "";
  }

  std::string_view ExifFault(std::string_view data, std::uint16_t size) {
    if (!data.starts_with(std::string_view("Exif\0\0", 6))) {
      return {};
    }
    if (has_exif_ || has_spiff_) {
      return "Heuristics.Broken.Media.JPEG.ExifDupAppMarker";
    }
    if (segment_ > 3 && !has_comment_ && has_application_) {
      return "Heuristics.Broken.Media.JPEG.ExifHeaderBadPosition";
    }
    has_exif_ = has_application_ = true;
    return size < kHeaderSegmentBytesMin ? "Heuristics.Broken.Media.JPEG.ExifHeaderTooShort" : "";
  }

  std::string_view SpiffFault(std::string_view data, std::uint16_t size) {
    if (!data.starts_with(std::string_view("SPIFF\0", 6))) {
      return {};
    }
    if (has_application_) {
      return "Heuristics.Broken.Media.JPEG.SPIFFdupAppMarker";
    }
    if (segment_ != 1 && !(segment_ == 2 && has_comment_)) {
      return "Heuristics.Broken.Media.JPEG.SPIFFmarkerBadPosition";
    }
    has_spiff_ = has_application_ = true;
    return size < kHeaderSegmentBytesMin ? "Heuristics.Broken.Media.JPEG.SPIFFheaderTooShort" : "";
  }

  base::ByteReader reader_;
  std::uint64_t segment_ = 0;  // from 1
  std::uint8_t marker_ = 0;
  std::uint8_t before_ = 0;
  bool has_jfif_ = false;
  bool has_exif_ = false;
  bool has_spiff_ = false;
  bool has_application_ = false;
  bool has_comment_ = false;
};

}  // namespace

std::string_view JpegFault(base::Bytes file) { return SegmentWalk(file).Run(); }

}  // namespace day::formats::image
