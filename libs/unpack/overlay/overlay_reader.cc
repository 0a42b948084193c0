#include "libs/unpack/overlay/overlay_reader.h"

#include <algorithm>
#include <string_view>

#include "libs/formats/dex/dex_reader.h"
#include "libs/formats/elf/elf_reader.h"
#include "libs/formats/macho/macho_reader.h"

namespace day::unpack::overlay {
namespace {

// The highest end of ranges that lie in the file.
class End {
 public:
  explicit End(base::Bytes file) : size_(file.size()) {}

  void Add(std::uint64_t offset, std::uint64_t size) {
    if (size != 0 && offset <= size_ && size <= size_ - offset) {
      end_ = std::max(end_, offset + size);
    }
  }
  std::optional<std::uint64_t> Overlay() const {
    return end_ != 0 && end_ < size_ ? std::optional(end_) : std::nullopt;
  }

 private:
  std::uint64_t size_;
  std::uint64_t end_ = 0;
};

// Linkers put the table of sections last: then there is nothing behind it, and nothing to read.
bool EndsWithSectionTable(base::Bytes file) {
  constexpr std::uint64_t kClassOffset = 4;
  constexpr std::uint8_t kClass64 = 2;
  const bool is_64 = base::ReadAt<std::uint8_t>(file, kClassOffset) == kClass64;
  const std::uint64_t offset = is_64 ? base::ReadAt<std::uint64_t>(file, 0x28).value_or(0)
                                     : base::ReadAt<std::uint32_t>(file, 0x20).value_or(0);
  const auto entry = base::ReadAt<std::uint16_t>(file, is_64 ? 0x3A : 0x2E);
  const auto count = base::ReadAt<std::uint16_t>(file, is_64 ? 0x3C : 0x30);
  return entry && count && offset <= file.size() &&
         file.size() - offset == std::uint64_t{*entry} * *count;
}

std::optional<std::uint64_t> ElfOverlay(base::Bytes file) {
  if (EndsWithSectionTable(file)) {
    return std::nullopt;
  }
  const auto elf = formats::elf::ElfReader::Parse(file);
  if (!elf || (elf->section_count() == 0 && elf->segment_count() == 0)) {
    return std::nullopt;
  }
  End end(file);
  for (std::uint64_t i = 0; i < elf->section_count(); ++i) {
    const formats::elf::Section section = elf->section(i);
    if (section.type != formats::elf::kSectionNull &&
        section.type != formats::elf::kSectionNobits) {
      end.Add(section.offset, section.size);
    }
  }
  for (std::uint64_t i = 0; i < elf->segment_count(); ++i) {
    const formats::elf::Segment segment = elf->segment(i);
    end.Add(segment.offset, segment.file_size);
  }
  const formats::elf::Header& header = elf->header();
  end.Add(header.section_offset, elf->section_count() * header.section_entry_size);
  end.Add(header.segment_offset, elf->segment_count() * header.segment_entry_size);
  return end.Overlay();
}

// Of a universal file: what is behind its last slice.
std::optional<std::uint64_t> MachoOverlay(base::Bytes file) {
  // Objects have tables outside their segment.
  constexpr std::uint32_t kObject = 1;
  const formats::macho::MachoReader macho(file);
  End end(file);
  for (std::uint64_t i = 0; i < std::min(macho.arch_count(), kSlicesMax); ++i) {
    const formats::macho::Arch arch = macho.arch(i);
    end.Add(arch.offset, arch.size);
  }
  const formats::macho::MachoImage* image = macho.image();
  const bool is_read = image != nullptr && image->header().filetype != kObject;
  for (std::uint64_t i = 0; is_read && i < image->segment_count(); ++i) {
    if (const auto segment = image->segment(i)) {
      end.Add(segment->fileoff, segment->fsize);
    }
  }
  return end.Overlay();
}

std::optional<std::uint64_t> DexOverlay(base::Bytes file) {
  const auto size = base::ReadAt<std::uint32_t>(
      file, static_cast<std::uint64_t>(formats::dex::HeaderWord::kFileSize));
  if (!size || *size < formats::dex::kHeaderBytes) {
    return std::nullopt;
  }
  return *size < file.size() ? std::optional<std::uint64_t>(*size) : std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> OverlayOffset(base::Bytes file) {
  const std::string_view magic = base::AsText(base::ClippedSlice(file, 0, 4));
  if (magic ==
      "\x7F"
      "ELF") {
    return ElfOverlay(file);
  }
  if (magic == "dex\n") {
    return DexOverlay(file);
  }
  return MachoOverlay(file);
}

}  // namespace day::unpack::overlay
