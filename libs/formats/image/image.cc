#include "libs/formats/image/image.h"

#include "libs/formats/image/decoders.h"

namespace day::formats::image {
namespace {

using Decoder = base::Result<Image> (*)(base::Bytes, std::uint64_t);

Decoder DecoderOf(base::Bytes data) {
  const std::string_view text = base::AsText(data);
  if (text.starts_with("\x89PNG\r\n\x1A\n")) {
    return &DecodePng;
  }
  if (text.starts_with("\xFF\xD8\xFF")) {
    return &DecodeJpeg;
  }
  if (text.starts_with("GIF8")) {
    return &DecodeGif;
  }
  return text.starts_with("BM") ? &DecodeBmp : nullptr;
}

}  // namespace

bool IsImage(base::Bytes data) { return DecoderOf(data) != nullptr; }

base::Result<Image> Decode(base::Bytes data, std::uint64_t pixels_max) {
  const Decoder decoder = DecoderOf(data);
  if (decoder == nullptr) {
    return base::MakeError(base::ErrorKind::kUnsupported, "not a picture of a known format");
  }
  return decoder(data, pixels_max);
}

base::Result<Image> MakeImage(std::uint64_t width, std::uint64_t height, std::uint64_t pixels_max) {
  if (width == 0 || height == 0) {
    return base::MakeError(base::ErrorKind::kMalformed, "a picture without pixels");
  }
  if (width > pixels_max || height > pixels_max / width) {
    return base::MakeError(base::ErrorKind::kLimit, "a picture of too many pixels");
  }
  Image image;
  image.width = static_cast<std::uint32_t>(width);
  image.height = static_cast<std::uint32_t>(height);
  image.rgb.resize(static_cast<std::size_t>(width * height * 3));
  return image;
}

}  // namespace day::formats::image
