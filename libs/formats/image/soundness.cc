#include "libs/formats/image/soundness.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace day::formats::image {
namespace {

using base::ByteReader;
using base::Endian;
using base::ReadAt;

constexpr std::uint8_t kGifExtension = 0x21;
constexpr std::uint8_t kGifImage = 0x2C;
constexpr std::uint8_t kGifTrailer = 0x3B;
constexpr std::uint8_t kGifControl = 0xF9;     // graphic control extension
constexpr std::uint64_t kGifControlBytes = 6;  // with its size and its end

// The bytes of a colour table, by the flags that announce it.
std::uint64_t ColourTableBytes(std::uint8_t flags) {
  return (flags & 0x80) != 0 ? 3ull << ((flags & 7) + 1) : 0;
}

enum class SubBlocks : std::uint8_t { kWhole, kSizeMissing, kDataMissing };

// Past sub-blocks and the empty one behind them.
SubBlocks SkipSubBlocks(ByteReader& reader) {
  for (;;) {
    const std::uint8_t size = reader.U8();
    if (!reader.ok()) {
      return SubBlocks::kSizeMissing;
    }
    if (size == 0) {
      return SubBlocks::kWhole;
    }
    reader.Skip(size);
    if (!reader.ok()) {
      return SubBlocks::kDataMissing;
    }
  }
}

// Past an extension, its introducer read.
std::string_view GifExtensionFault(ByteReader& reader) {
  const std::uint8_t label = reader.U8();
  if (!reader.ok()) {
    return "Heuristics.Broken.Media.GIF.TruncatedExtension";
  }
  if (label == kGifControl) {
    // Its size is known; if the file ends in it, an image is missing.
    reader.Skip(std::min<std::uint64_t>(kGifControlBytes, reader.remaining()));
    return {};
  }
  switch (SkipSubBlocks(reader)) {
    case SubBlocks::kSizeMissing:
      return "Heuristics.Broken.Media.GIF.TruncatedExtension";
    case SubBlocks::kDataMissing:
      return "Heuristics.Broken.Media.GIF.TruncatedExtensionSubBlock";
    case SubBlocks::kWhole:
      break;
  }
  return {};
}

// Past an image, its introducer read.
std::string_view GifImageFault(ByteReader& reader) {
  reader.Skip(8);
  const std::uint8_t flags = reader.U8();
  if (!reader.ok()) {
    return "Heuristics.Broken.Media.GIF.TruncatedImageDescriptor";
  }
  reader.Skip(ColourTableBytes(flags));
  reader.Skip(1);  // LZW's minimum code size
  return SkipSubBlocks(reader) == SubBlocks::kWhole
             ? ""
             : "Heuristics.Broken.Media.GIF.TruncatedImageDataBlock";
}

}  // namespace

std::string_view GifFault(base::Bytes file) {
  ByteReader reader(file);
  reader.Skip(6 + 4);
  const std::uint8_t flags = reader.U8();
  reader.Skip(2);
  if (!reader.ok()) {
    return "Heuristics.Broken.Media.GIF.TruncatedScreenDescriptor";
  }
  reader.Skip(ColourTableBytes(flags));
  if (!reader.ok()) {
    return "Heuristics.Broken.Media.GIF.TruncatedGlobalColorTable";
  }
  bool has_image = false;
  for (;;) {
    if (reader.remaining() == 0) {
      // A trailer that is missing harms nobody.
      return has_image ? "" : "Heuristics.Broken.Media.GIF.MissingImageData";
    }
    const std::uint8_t label = reader.U8();
    if (label == kGifTrailer) {
      return {};
    }
    if (label == kGifExtension) {
      if (const std::string_view fault = GifExtensionFault(reader); !fault.empty()) {
        return fault;
      }
    } else if (label == kGifImage) {
      if (const std::string_view fault = GifImageFault(reader); !fault.empty()) {
        return fault;
      }
      has_image = true;
    } else {
      return "Heuristics.Broken.Media.GIF.UnknownBlockLabel";
    }
  }
}

std::string_view PngFault(base::Bytes file) {
  constexpr std::uint32_t kLengthMax = 0x7FFFFFFF;
  ByteReader reader(file, Endian::kBig);
  reader.Skip(8);
  while (reader.remaining() >= sizeof(std::uint32_t)) {
    const std::uint32_t length = reader.U32();
    if (length > kLengthMax) {
      return "Heuristics.Broken.Media.PNG.InvalidChunkLength";
    }
    const base::Bytes type = reader.Take(4);
    if (!reader.ok()) {
      return "Heuristics.Broken.Media.PNG.EOFReadingChunkType";
    }
    reader.Skip(length);
    if (!reader.ok()) {
      return "Heuristics.Broken.Media.PNG.EOFReadingChunk";
    }
    reader.Skip(sizeof(std::uint32_t));
    if (!reader.ok()) {
      return "Heuristics.Broken.Media.PNG.EOFReadingChunkCRC";
    }
    if (base::AsText(type) == "IEND") {
      return {};
    }
  }
  return {};
}

namespace {

// How many bytes one value of a TIFF field has; 0 if the type is not known.
std::uint64_t TiffTypeBytes(std::uint16_t type) {
  switch (type) {
    case 3:  // SHORT
    case 8:  // SSHORT
      return 2;
    case 4:   // LONG
    case 9:   // SLONG
    case 11:  // FLOAT
      return 4;
    case 5:   // RATIONAL
    case 10:  // SRATIONAL
    case 12:  // DOUBLE
      return 8;
    case 1:  // BYTE
    case 2:  // ASCII
    case 6:  // SBYTE
    case 7:  // UNDEFINED
      return 1;
    default:
      return 0;
  }
}

}  // namespace

std::string_view TiffFault(base::Bytes file) {
  const Endian endian = base::AsText(file).starts_with("MM") ? Endian::kBig : Endian::kLittle;
  const auto first = ReadAt<std::uint32_t>(file, 4, endian);
  if (!first) {
    return "Heuristics.Broken.Media.TIFF.EOFReadingFirstIFDOffset";
  }
  if (*first == 0) {
    return "Heuristics.Broken.Media.TIFF.InvalidIFDOffset";
  }
  std::uint64_t offset = *first;
  for (;;) {
    const auto count = ReadAt<std::uint16_t>(file, offset, endian);
    if (!count) {
      return "Heuristics.Broken.Media.TIFF.EOFReadingNumIFDDirectoryEntries";
    }
    std::uint64_t at = offset + sizeof(std::uint16_t);
    for (std::uint32_t i = 0; i < *count; ++i, at += 12) {
      const auto entry = base::Slice(file, at, 12);
      if (!entry) {
        return "Heuristics.Broken.Media.TIFF.EOFReadingIFDEntry";
      }
      const std::uint64_t size =
          TiffTypeBytes(ReadAt<std::uint16_t>(*entry, 2, endian).value_or(0)) *
          ReadAt<std::uint32_t>(*entry, 4, endian).value_or(0);
      const std::uint64_t value = ReadAt<std::uint32_t>(*entry, 8, endian).value_or(0);
      if (size > sizeof(std::uint32_t) && value + size > file.size()) {
        return "Heuristics.Broken.Media.TIFF.OutOfBoundsAccess";
      }
    }
    const auto next = ReadAt<std::uint32_t>(file, at, endian);
    if (!next) {
      // ClamAV's name for it; TIFF has no checksums.
      return "Heuristics.Broken.Media.TIFF.EOFReadingChunkCRC";
    }
    if (*next == 0) {
      return {};
    }
    if (*next <= offset) {
      return "Heuristics.Broken.Media.TIFF.OutOfOrderIFDOffset";
    }
    offset = *next;
  }
}

}  // namespace day::formats::image
