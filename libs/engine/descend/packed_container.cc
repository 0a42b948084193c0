#include <utility>

#include "libs/engine/descend/content.h"
#include "libs/engine/descend/openers.h"
#include "libs/formats/pe/pe_reader.h"
#include "libs/unpack/embedded/embedded_reader.h"
#include "libs/unpack/overlay/overlay_reader.h"
#include "libs/unpack/packed/packed_reader.h"
#include "libs/unpack/zip/zip_reader.h"

namespace day::engine {
namespace {

using unpack::inflate::Inflater;
using unpack::inflate::OutputBuffer;

// A program that unpacks itself: what it has in memory when it has done so.
class PackedContainer final : public Container {
 public:
  explicit PackedContainer(base::Bytes file) : reader_(file) {}

  std::optional<Item> Next(base::Budget& budget, Inflater&, OutputBuffer&) override {
    auto dump = reader_.Next(budget);
    if (!dump) {
      return std::nullopt;
    }
    Item item;
    item.name = std::move(dump->name);
    item.content = dump->content;
    item.gap = std::move(dump->gap);
    item.has_content = item.gap.empty();
    item.origin = Origin::kUnpacked;
    return item;
  }

  std::string_view problem() const override { return reader_.problem(); }

 private:
  unpack::packed::PackedReader reader_;
};

// Files inside a program. Archives behind its end are OpenOverlay's.
class EmbeddedContainer final : public Container {
 public:
  EmbeddedContainer(base::Bytes file, unpack::embedded::Wanted wanted) : reader_(file, wanted) {
    formats::pe::PeReader pe;
    const auto overlay = pe.Open(file) ? pe.OverlayOffset() : std::optional<std::uint64_t>();
    sections_ = base::ClippedSlice(file, 0, overlay.value_or(file.size()));
  }
  // What is behind the end of a program of another format.
  EmbeddedContainer(base::Bytes file, unpack::embedded::Wanted wanted, std::uint64_t overlay)
      : sections_(base::ClippedSlice(file, 0, overlay)), reader_(file, wanted, overlay) {}

  std::optional<Item> Next(base::Budget& budget, Inflater&, OutputBuffer&) override {
    if (!HasNext()) {
      return std::nullopt;
    }
    Item item;
    item.name = std::move(next_->name);
    item.content = Pay(next_->content, budget, item.gap);
    item.has_content = !item.content.empty();
    item.origin = Origin::kEmbedded;
    next_.reset();
    return item;
  }

  std::string_view problem() const override { return reader_.problem(); }

  // Searches on, if it did not yet.
  bool HasNext() {
    while (!next_ && (next_ = reader_.Next()) && IsOverlays(next_->content)) {
      next_.reset();
    }
    return next_.has_value();
  }

 private:
  bool IsOverlays(base::Bytes content) const {
    if (content.data() < sections_.data() + sections_.size()) {
      return false;
    }
    const FileType type = Identify(content);
    return type == FileType::kRar || type == FileType::k7z || type == FileType::kCab;
  }

  base::Bytes sections_;
  unpack::embedded::EmbeddedReader reader_;
  std::optional<unpack::embedded::Found> next_;
};

}  // namespace

std::unique_ptr<Container> OpenPacked(const Subject& subject) {
  // What came out of the emulator has run already.
  if (subject.type != FileType::kPe || subject.origin == Origin::kUnpacked ||
      !unpack::packed::PackedReader::LooksPacked(subject.data)) {
    return nullptr;
  }
  return std::make_unique<PackedContainer>(subject.data);
}

std::unique_ptr<Container> OpenEmbedded(const Subject& subject) {
  const bool is_other = subject.type == FileType::kElf || subject.type == FileType::kMachO ||
                        subject.type == FileType::kDex;
  const auto overlay =
      is_other ? unpack::overlay::OverlayOffset(subject.data) : std::optional<std::uint64_t>();
  if (subject.type != FileType::kPe && !overlay) {
    return nullptr;
  }
  unpack::embedded::Wanted wanted;
  wanted.zips = !unpack::zip::ZipReader::HasDirectory(subject.data);
  // Programs in each other would be given once for each way through them: 2^n.
  wanted.programs = subject.origin != Origin::kEmbedded;
  // A container is a level of depth: most programs are none.
  auto container = overlay ? std::make_unique<EmbeddedContainer>(subject.data, wanted, *overlay)
                           : std::make_unique<EmbeddedContainer>(subject.data, wanted);
  return container->HasNext() ? std::move(container) : nullptr;
}

}  // namespace day::engine
