// What programs carry behind their last section: installers and archives that unpack themselves.
#include <string>
#include <utility>
#include <vector>

#include "libs/engine/descend/content.h"
#include "libs/engine/descend/openers.h"
#include "libs/formats/pe/pe_reader.h"

namespace day::engine {
namespace {

using std::string_view_literals::operator""sv;
using unpack::inflate::Inflater;
using unpack::inflate::OutputBuffer;

// What is opened behind a program. Not zip: its directory is found from the end of the whole file.
constexpr FileType kOpened[] = {
    FileType::kNsis, FileType::kAutoit, FileType::kInstallshield, FileType::k7z,   FileType::kRar,
    FileType::kCab,  FileType::kArj,    FileType::kLha,           FileType::kGzip, FileType::kBzip2,
    FileType::kXz,   FileType::kTar,    FileType::kOle2,          FileType::kAr,   FileType::kCpio,
    FileType::kRpm,  FileType::kChm,    FileType::kSis,           FileType::kZstd, FileType::kLzma,
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

class OverlayContainer final : public Container {
 public:
  explicit OverlayContainer(base::Bytes overlay) : overlay_(overlay) {}

  std::optional<Item> Next(base::Budget& budget, Inflater&, OutputBuffer&) override {
    if (!std::exchange(searched_, true)) {
      Search();
    }
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
  void Search() {
    if (IsOpened(Identify(overlay_))) {
      places_.push_back(0);
      return;
    }
    for (const Mark& mark : kMarks) {
      if (const auto place = Find(mark)) {
        places_.push_back(*place);
      }
    }
  }

  std::optional<std::uint64_t> Find(const Mark& mark) const {
    const std::string_view text = base::AsText(overlay_);
    std::size_t at = text.find(mark.bytes);
    for (int i = 0; i < kPlacesMax && at != std::string_view::npos; ++i) {
      if (at >= mark.behind_start) {
        const std::uint64_t place = at - mark.behind_start;
        if (IsOpened(Identify(overlay_.subspan(static_cast<std::size_t>(place))))) {
          return place;
        }
      }
      at = text.find(mark.bytes, at + 1);
    }
    return std::nullopt;
  }

  base::Bytes overlay_;
  bool searched_ = false;
  std::vector<std::uint64_t> places_;
  std::size_t index_ = 0;
};

}  // namespace

std::unique_ptr<Container> OpenOverlay(const Subject& subject) {
  if (subject.type == FileType::kDos) {
    return std::make_unique<OverlayContainer>(subject.data);
  }
  if (subject.type != FileType::kPe) {
    return nullptr;
  }
  formats::pe::PeReader reader;
  const auto offset =
      reader.Open(subject.data) ? reader.OverlayOffset() : std::optional<std::uint64_t>();
  if (!offset) {
    return nullptr;
  }
  return std::make_unique<OverlayContainer>(
      base::ClippedSlice(subject.data, *offset, subject.data.size()));
}

}  // namespace day::engine
