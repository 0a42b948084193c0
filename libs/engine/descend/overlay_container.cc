// What programs carry behind their last section: installers and archives that unpack themselves.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "libs/engine/descend/content.h"
#include "libs/engine/descend/openers.h"
#include "libs/formats/elf/elf_reader.h"
#include "libs/formats/macho/macho_reader.h"
#include "libs/formats/pe/pe_reader.h"

namespace day::engine {
namespace {

using std::string_view_literals::operator""sv;
using unpack::inflate::Inflater;
using unpack::inflate::OutputBuffer;

// What is opened behind a program. Not zip: its directory is found from the end of the whole file.
constexpr FileType kOpened[] = {
    FileType::kNsis,     FileType::kAutoit, FileType::kInstallshield,
    FileType::k7z,       FileType::kRar,    FileType::kCab,
    FileType::kArj,      FileType::kLha,    FileType::kGzip,
    FileType::kBzip2,    FileType::kXz,     FileType::kTar,
    FileType::kOle2,     FileType::kAr,     FileType::kCpio,
    FileType::kRpm,      FileType::kChm,    FileType::kSis,
    FileType::kZstd,     FileType::kLzma,   FileType::kElf,
    FileType::kSquashfs,
};

bool IsOpened(FileType type) {
  for (const FileType opened : kOpened) {
    if (type == opened) {
      return true;
    }
  }
  return false;
}

// Marks that are looked for anywhere in the overlay. NSIS's stands a little behind the start.
struct Mark {
  std::string_view bytes;
  std::uint64_t behind_start;
};
constexpr Mark kMarks[] = {
    {"\xEF\xBE\xAD\xDENullsoftInst"sv, 4},
    {"\xA3\x48\x4B\xBE\x98\x6C\x4A\xA9"sv, 0},
    {"InstallShield\0"sv, 0},
    {"7z\xBC\xAF\x27\x1C"sv, 0},
    {"Rar!\x1A\x07"sv, 0},
    {"MSCF\0\0\0\0"sv, 0},
    {"\x60\xEA"sv, 0},
};
// Places that are judged for each mark: ARJ's is two bytes only.
constexpr int kPlacesMax = 100;

std::optional<std::uint64_t> Find(base::Bytes overlay, const Mark& mark) {
  const std::string_view text = base::AsText(overlay);
  std::size_t at = text.find(mark.bytes);
  for (int i = 0; i < kPlacesMax && at != std::string_view::npos; ++i) {
    if (at >= mark.behind_start) {
      const std::uint64_t place = at - mark.behind_start;
      if (IsOpened(Identify(overlay.subspan(static_cast<std::size_t>(place))))) {
        return place;
      }
    }
    at = text.find(mark.bytes, at + 1);
  }
  return std::nullopt;
}

// Where in the overlay something stands that is opened.
std::vector<std::uint64_t> PlacesIn(base::Bytes overlay) {
  if (IsOpened(Identify(overlay))) {
    return {0};
  }
  std::vector<std::uint64_t> places;
  for (const Mark& mark : kMarks) {
    if (const auto place = Find(overlay, mark)) {
      places.push_back(*place);
    }
  }
  return places;
}

class OverlayContainer final : public Container {
 public:
  OverlayContainer(base::Bytes overlay, std::vector<std::uint64_t> places)
      : overlay_(overlay), places_(std::move(places)) {}

  std::optional<Item> Next(base::Budget& budget, Inflater&, OutputBuffer&) override {
    if (index_ >= places_.size()) {
      return std::nullopt;
    }
    const std::uint64_t place = places_[index_++];
    Item item;
    item.name = place == 0 ? "(overlay)" : "(overlay at " + std::to_string(place) + ")";
    item.content = Pay(base::ClippedSlice(overlay_, place, overlay_.size()), budget, item.gap);
    item.has_content = !item.content.empty();
    return item;
  }

 private:
  base::Bytes overlay_;
  std::vector<std::uint64_t> places_;
  std::size_t index_ = 0;
};

// Where the headers, sections and segments of an ELF file end.
std::optional<std::uint64_t> EndOfElf(base::Bytes file) {
  const auto elf = formats::elf::ElfReader::Parse(file);
  if (!elf) {
    return std::nullopt;
  }
  const formats::elf::Header& header = elf->header();
  std::uint64_t end = 0;
  const auto reach = [&](std::uint64_t offset, std::uint64_t size) {
    end =
        offset <= file.size() ? std::max(end, offset + std::min(size, file.size() - offset)) : end;
  };
  reach(header.section_offset, std::uint64_t{header.section_entry_size} * header.section_count);
  reach(header.segment_offset, std::uint64_t{header.segment_entry_size} * header.segment_count);
  for (std::uint64_t i = 0; i < elf->section_count(); ++i) {
    const formats::elf::Section section = elf->section(i);
    reach(section.offset, section.type == formats::elf::kSectionNobits ? 0 : section.size);
  }
  for (std::uint64_t i = 0; i < elf->segment_count(); ++i) {
    const formats::elf::Segment segment = elf->segment(i);
    reach(segment.offset, segment.file_size);
  }
  return end > 0 ? std::optional(end) : std::nullopt;
}

// Where the segments of a thin Mach-O image end.
std::optional<std::uint64_t> EndOfMacho(base::Bytes file) {
  const formats::macho::MachoReader reader(file);
  std::uint64_t end = 0;
  for (std::uint64_t i = 0; reader.image() != nullptr && i < reader.image()->segment_count(); ++i) {
    const auto segment = reader.image()->segment(i);
    if (segment && segment->fileoff <= file.size()) {
      end = std::max(end,
                     segment->fileoff + std::min(segment->fsize, file.size() - segment->fileoff));
    }
  }
  return end > 0 ? std::optional(end) : std::nullopt;
}

base::Bytes OverlayOf(const Subject& subject) {
  if (subject.type == FileType::kDos) {
    return subject.data;
  }
  if (subject.type == FileType::kElf || subject.type == FileType::kMachO) {
    const auto end =
        subject.type == FileType::kElf ? EndOfElf(subject.data) : EndOfMacho(subject.data);
    return end ? base::ClippedSlice(subject.data, *end, subject.data.size()) : base::Bytes{};
  }
  formats::pe::PeReader reader;
  const auto offset = subject.type == FileType::kPe && reader.Open(subject.data)
                          ? reader.OverlayOffset()
                          : std::optional<std::uint64_t>();
  return offset ? base::ClippedSlice(subject.data, *offset, subject.data.size()) : base::Bytes{};
}

}  // namespace

// Searched before it is opened: a program without anything behind it is no level of depth.
std::unique_ptr<Container> OpenOverlay(const Subject& subject) {
  const base::Bytes overlay = OverlayOf(subject);
  std::vector<std::uint64_t> places =
      overlay.empty() ? std::vector<std::uint64_t>{} : PlacesIn(overlay);
  return places.empty() ? nullptr : std::make_unique<OverlayContainer>(overlay, std::move(places));
}

}  // namespace day::engine
