// Walks any bytes as a UDF volume under a small budget. A volume's descriptors stand at fixed
// sectors far into an image that is mostly zeros, so inputs are sectors of 512 bytes, each behind
// its number.
#include <algorithm>
#include <vector>

#include "libs/unpack/parts/testing/drain.h"
#include "libs/unpack/udf/udf_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parts = day::unpack::parts;
  constexpr std::size_t kSectors = 1280;
  constexpr std::size_t kSectorBytes = 512;
  static std::vector<std::byte> image(kSectors * kSectorBytes);
  std::fill(image.begin(), image.end(), std::byte{0});
  day::base::Bytes input = std::as_bytes(std::span(data, size));
  while (const auto number = day::base::ReadAt<std::uint16_t>(input, 0)) {
    const day::base::Bytes sector = day::base::ClippedSlice(input, 2, kSectorBytes);
    std::copy(sector.begin(), sector.end(),
              image.begin() + static_cast<std::ptrdiff_t>(*number % kSectors * kSectorBytes));
    input = input.subspan(2 + sector.size());
  }
  day::unpack::udf::UdfReader reader(image);
  day::base::Budget budget(parts::testing::SmallLimits());
  parts::testing::Drain(reader, budget);
  return 0;
}
