#include <png.h>

#include <cstring>

#include "libs/formats/image/decoders.h"

namespace day::formats::image {
namespace {

// libpng allocates no more than this for one chunk.
constexpr png_alloc_size_t kChunkBytesMax = 8u << 20;

void ReadSome(png_structp png, png_bytep out, std::size_t size) {
  auto* rest = static_cast<base::Bytes*>(png_get_io_ptr(png));
  if (size > rest->size()) {
    png_error(png, "cut");
  }
  std::memcpy(out, rest->data(), size);
  *rest = rest->subspan(size);
}

[[noreturn]] void Fail(png_structp png, png_const_charp) { png_longjmp(png, 1); }
void Ignore(png_structp, png_const_charp) {}

// Whatever libpng allocates, given back at the end.
struct Reader {
  png_structp png = nullptr;
  png_infop info = nullptr;
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
};

// libpng ends by a jump at any call: nothing with a destructor lives in these functions. False: it
// jumped.
bool ReadHeader(Reader* reader, base::Bytes* rest) {
  if (setjmp(png_jmpbuf(reader->png)) != 0) {
    return false;
  }
  // What is wrong at the very end does not change a pixel.
  (void)png_set_option(reader->png, PNG_IGNORE_ADLER32, PNG_OPTION_ON);
  png_set_read_fn(reader->png, rest, ReadSome);
  png_set_chunk_malloc_max(reader->png, kChunkBytesMax);
  png_set_user_limits(reader->png, kPixelsMax, kPixelsMax);
  png_read_info(reader->png, reader->info);
  return true;
}

bool ReadPixels(Reader* reader, Image* image, std::vector<png_bytep>* rows) {
  if (setjmp(png_jmpbuf(reader->png)) != 0) {
    return false;
  }
  png_set_expand(reader->png);
  png_set_scale_16(reader->png);
  png_set_gray_to_rgb(reader->png);
  png_set_strip_alpha(reader->png);
  (void)png_set_interlace_handling(reader->png);
  png_read_update_info(reader->png, reader->info);
  const std::size_t row_bytes = std::size_t{image->width} * 3;
  if (png_get_rowbytes(reader->png, reader->info) != row_bytes) {
    return false;
  }
  for (std::size_t y = 0; y < rows->size(); ++y) {
    (*rows)[y] = image->rgb.data() + y * row_bytes;
  }
  png_read_image(reader->png, rows->data());
  return true;
}

}  // namespace

base::Result<Image> DecodePng(base::Bytes data, std::uint64_t pixels_max) {
  const auto damaged = [] { return base::MakeError(base::ErrorKind::kMalformed, "damaged PNG"); };
  Reader reader;
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, Fail, Ignore);
  reader.info = reader.png != nullptr ? png_create_info_struct(reader.png) : nullptr;
  if (reader.info == nullptr || !ReadHeader(&reader, &data)) {
    return damaged();
  }
  DAY_TRY_ASSIGN(Image image, MakeImage(png_get_image_width(reader.png, reader.info),
                                        png_get_image_height(reader.png, reader.info), pixels_max));
  std::vector<png_bytep> rows(image.height);
  if (!ReadPixels(&reader, &image, &rows)) {
    return damaged();
  }
  return image;
}

}  // namespace day::formats::image
