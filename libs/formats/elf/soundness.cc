#include "libs/formats/elf/soundness.h"

#include <cstdint>

namespace day::formats::elf {
namespace {

constexpr std::uint64_t kSegmentsMax = 128;
constexpr std::uint64_t kSectionsMax = 2048;

// The fields of a header that matter here, of either class and byte order.
class Layout {
 public:
  Layout(base::Bytes file, bool is_64, base::Endian endian)
      : file_(file), is_64_(is_64), endian_(endian) {}

  bool has_header() const { return file_.size() >= (is_64_ ? 64u : 52u); }
  std::uint64_t entry() const { return Word(24); }
  std::uint64_t segments_offset() const { return Word(is_64_ ? 32 : 28); }
  std::uint64_t sections_offset() const { return Word(is_64_ ? 40 : 32); }
  std::uint64_t segment_bytes() const { return Half(is_64_ ? 54 : 42); }
  std::uint64_t segment_count() const { return Half(is_64_ ? 56 : 44); }
  std::uint64_t section_bytes() const { return Half(is_64_ ? 58 : 46); }
  std::uint64_t section_count() const { return Half(is_64_ ? 60 : 48); }

  bool SegmentsAreBroken() const {
    const std::uint64_t size = is_64_ ? 56 : 32;
    if (segment_bytes() != size || !base::Slice(file_, segments_offset(), segment_count() * size)) {
      return true;
    }
    for (std::uint64_t i = 0; i < segment_count(); ++i) {
      const std::uint64_t at = segments_offset() + i * size;
      const std::uint64_t address = Word(at + (is_64_ ? 16 : 8));
      const std::uint64_t memory_size = Word(at + (is_64_ ? 40 : 20));
      if (address <= entry() && entry() - address < memory_size) {
        return false;
      }
    }
    return true;
  }

  bool SectionsAreBroken() const {
    const std::uint64_t size = is_64_ ? 64 : 40;
    return section_bytes() != size ||
           !base::Slice(file_, sections_offset(), section_count() * size);
  }

 private:
  std::uint64_t Half(std::uint64_t at) const {
    return base::ReadAt<std::uint16_t>(file_, at, endian_).value_or(0);
  }
  std::uint64_t Word(std::uint64_t at) const {
    return is_64_ ? base::ReadAt<std::uint64_t>(file_, at, endian_).value_or(0)
                  : base::ReadAt<std::uint32_t>(file_, at, endian_).value_or(0);
  }

  base::Bytes file_;
  bool is_64_;
  base::Endian endian_;
};

}  // namespace

bool IsBroken(base::Bytes file) {
  if (!base::AsText(file).starts_with("\x7F"
                                      "ELF")) {
    return false;
  }
  const std::uint8_t file_class = base::ReadAt<std::uint8_t>(file, 4).value_or(0);
  const std::uint8_t order = base::ReadAt<std::uint8_t>(file, 5).value_or(0);
  if (file_class < 1 || file_class > 2 || order < 1 || order > 2) {
    return false;
  }
  const Layout layout(file, file_class == 2,
                      order == 2 ? base::Endian::kBig : base::Endian::kLittle);
  if (!layout.has_header()) {
    return false;
  }
  if (layout.segment_count() > kSegmentsMax) {
    return true;
  }
  const bool has_segments = layout.segment_count() != 0 && layout.entry() != 0;
  return (has_segments && layout.SegmentsAreBroken()) ||
         (layout.section_count() != 0 && layout.section_count() <= kSectionsMax &&
          layout.SectionsAreBroken());
}

}  // namespace day::formats::elf
