#include <cstdio>
// jpeglib.h needs FILE.
#include <jpeglib.h>
#include <setjmp.h>

#include "libs/formats/image/decoders.h"

namespace day::formats::image {
namespace {

// Progressive pictures may have any number of scans, each of which costs a pass over all pixels.
constexpr int kScansMax = 200;
constexpr long kMemoryMaxBytes = 256l << 20;

struct Errors {
  jpeg_error_mgr manager;
  jmp_buf jump;
};

[[noreturn]] void Fail(j_common_ptr info) {
  longjmp(reinterpret_cast<Errors*>(info->err)->jump, 1);
}
void Ignore(j_common_ptr, int) {}
void StopEndless(j_common_ptr info) {
  if (info->is_decompressor != 0 &&
      reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > kScansMax) {
    Fail(info);
  }
}

// Whatever libjpeg allocates, given back at the end.
struct Reader {
  jpeg_decompress_struct info{};
  Errors errors{};
  jpeg_progress_mgr progress{};
  ~Reader() { jpeg_destroy_decompress(&info); }
};

// libjpeg ends by a jump at any call: nothing with a destructor lives in these functions. False: it
// jumped.
bool ReadHeader(Reader* reader, const unsigned char* data, unsigned long size) {
  if (setjmp(reader->errors.jump) != 0) {
    return false;
  }
  jpeg_create_decompress(&reader->info);
  reader->info.mem->max_memory_to_use = kMemoryMaxBytes;
  reader->progress.progress_monitor = StopEndless;
  reader->info.progress = &reader->progress;
  jpeg_mem_src(&reader->info, data, size);
  (void)jpeg_read_header(&reader->info, TRUE);
  return reader->info.jpeg_color_space == JCS_GRAYSCALE ||
         reader->info.jpeg_color_space == JCS_YCbCr || reader->info.jpeg_color_space == JCS_RGB;
}

bool ReadPixels(Reader* reader, Image* image) {
  if (setjmp(reader->errors.jump) != 0) {
    return false;
  }
  reader->info.out_color_space = JCS_RGB;
  reader->info.do_fancy_upsampling = FALSE;
  (void)jpeg_start_decompress(&reader->info);
  if (reader->info.output_width != image->width || reader->info.output_height != image->height ||
      reader->info.output_components != 3) {
    return false;
  }
  while (reader->info.output_scanline < reader->info.output_height) {
    JSAMPROW row = image->rgb.data() + std::size_t{reader->info.output_scanline} * image->width * 3;
    (void)jpeg_read_scanlines(&reader->info, &row, 1);
  }
  return true;
}

}  // namespace

base::Result<Image> DecodeJpeg(base::Bytes data, std::uint64_t pixels_max) {
  const auto damaged = [] {
    return base::MakeError(base::ErrorKind::kMalformed, "damaged or unusual JPEG");
  };
  Reader reader;
  reader.info.err = jpeg_std_error(&reader.errors.manager);
  reader.errors.manager.error_exit = Fail;
  reader.errors.manager.emit_message = Ignore;
  const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
  if (!ReadHeader(&reader, bytes, data.size())) {
    return damaged();
  }
  DAY_TRY_ASSIGN(Image image,
                 MakeImage(reader.info.image_width, reader.info.image_height, pixels_max));
  if (!ReadPixels(&reader, &image)) {
    return damaged();
  }
  return image;
}

}  // namespace day::formats::image
