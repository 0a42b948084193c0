// What an S3 server answers, and the settings file.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "libs/store/s3/s3_blobs.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)day::store::s3::ParseObjectList(text);
  (void)day::store::s3::ParseS3Options(text);
  return 0;
}
