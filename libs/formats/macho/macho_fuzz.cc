// Fuzzes MachoReader: reads everything that a hostile file makes it offer.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "libs/formats/macho/macho_reader.h"

namespace {

constexpr std::uint64_t kEntriesMax = 64;

void ReadImage(const day::formats::macho::MachoImage& image) {
  for (std::uint64_t i = 0; i < std::min(image.segment_count(), kEntriesMax); ++i) {
    const auto segment = image.segment(i);
    for (std::uint64_t j = 0; segment && j < std::min(segment->section_count, kEntriesMax); ++j) {
      (void)image.section(i, j);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using day::formats::macho::MachoImage;
  const day::formats::macho::MachoReader macho(
      std::as_bytes(std::span<const std::uint8_t>(data, size)));
  if (macho.image() != nullptr) {
    ReadImage(*macho.image());
  }
  for (std::uint64_t i = 0; i < std::min(macho.arch_count(), kEntriesMax); ++i) {
    (void)macho.arch(i);
    if (const auto bytes = macho.arch_bytes(i)) {
      if (const auto image = MachoImage::Parse(*bytes)) {
        ReadImage(*image);
      }
    }
  }
  return 0;
}
