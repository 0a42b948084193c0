// What programs carry behind their last section: installers and archives that unpack themselves.
#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "libs/engine/descend/content.h"
#include "libs/engine/descend/openers.h"
#include "libs/formats/pe/pe_reader.h"
#include "libs/unpack/overlay/overlay_reader.h"

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
    FileType::kSquashfs, FileType::kEgg,    FileType::kAlz,
};

// Behind programs that are not PE files, too. Behind those, texts are certificates' and installers'
// settings, and programs are found by OpenEmbedded.
constexpr FileType kOpenedBehindOthers[] = {
    FileType::kMachO,      FileType::kDex,    FileType::kPdf,  FileType::kShell, FileType::kPhp,
    FileType::kPowerShell, FileType::kPython, FileType::kPerl, FileType::kVbs,   FileType::kHtml,
};

bool IsOpened(FileType type) {
  return std::find(std::begin(kOpened), std::end(kOpened), type) != std::end(kOpened);
}

bool IsOpenedBehindOthers(FileType type) {
  return std::find(std::begin(kOpenedBehindOthers), std::end(kOpenedBehindOthers), type) !=
         std::end(kOpenedBehindOthers);
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
std::vector<std::uint64_t> PlacesIn(base::Bytes overlay, bool is_behind_other) {
  const FileType type = Identify(overlay);
  if (IsOpened(type) || (is_behind_other && IsOpenedBehindOthers(type))) {
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
  OverlayContainer(base::Bytes overlay, std::vector<std::uint64_t> places, Origin origin)
      : overlay_(overlay), places_(std::move(places)), origin_(origin) {}

  std::optional<Item> Next(base::Budget& budget, Inflater&, OutputBuffer&) override {
    if (index_ >= places_.size()) {
      return std::nullopt;
    }
    const std::uint64_t place = places_[index_++];
    Item item;
    item.name = place == 0 ? "(overlay)" : "(overlay at " + std::to_string(place) + ")";
    item.content = Pay(base::ClippedSlice(overlay_, place, overlay_.size()), budget, item.gap);
    item.has_content = !item.content.empty();
    item.origin = origin_;
    return item;
  }

 private:
  base::Bytes overlay_;
  std::vector<std::uint64_t> places_;
  std::size_t index_ = 0;
  Origin origin_;
};

bool IsOther(FileType type) {
  return type == FileType::kElf || type == FileType::kMachO || type == FileType::kDex;
}

base::Bytes OverlayOf(const Subject& subject) {
  if (subject.type == FileType::kDos) {
    return subject.data;
  }
  std::optional<std::uint64_t> offset;
  formats::pe::PeReader reader;
  if (IsOther(subject.type)) {
    offset = unpack::overlay::OverlayOffset(subject.data);
  } else if (subject.type == FileType::kPe && reader.Open(subject.data)) {
    offset = reader.OverlayOffset();
  }
  return offset ? base::ClippedSlice(subject.data, *offset, subject.data.size()) : base::Bytes{};
}

}  // namespace

// Searched before it is opened: a program without anything behind it is no level of depth.
std::unique_ptr<Container> OpenOverlay(const Subject& subject) {
  const base::Bytes overlay = OverlayOf(subject);
  std::vector<std::uint64_t> places =
      overlay.empty() ? std::vector<std::uint64_t>{} : PlacesIn(overlay, IsOther(subject.type));
  // What was searched for programs already need not be searched again.
  const Origin origin = subject.origin == Origin::kEmbedded ? Origin::kEmbedded : Origin::kOther;
  return places.empty() ? nullptr
                        : std::make_unique<OverlayContainer>(overlay, std::move(places), origin);
}

}  // namespace day::engine
