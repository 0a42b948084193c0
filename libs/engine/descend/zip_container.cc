#include <utility>

#include "libs/engine/descend/openers.h"
#include "libs/unpack/zip/overlap.h"
#include "libs/unpack/zip/zip_reader.h"

namespace day::engine {
namespace {

using unpack::inflate::Inflater;
using unpack::inflate::OutputBuffer;

class ZipContainer final : public Container {
 public:
  // Overlaps are looked for in `overlapping`, which may be nothing.
  // What was found in other bytes may have been cut: that is nothing to speak of.
  ZipContainer(unpack::zip::ZipReader reader, bool is_open_document, base::Bytes overlapping,
               bool may_be_cut)
      : reader_(std::move(reader)),
        is_open_document_(is_open_document),
        overlapping_(overlapping),
        may_be_cut_(may_be_cut) {}

  std::optional<Item> Next(base::Budget& budget, Inflater& inflater,
                           OutputBuffer& buffer) override {
    if (!overlapping_.empty()) {
      overlaps_ = unpack::zip::HasOverlappingEntries(std::exchange(overlapping_, {}));
    }
    while (const auto entry = reader_.Next()) {
      ++position_;
      if (entry->is_directory) {
        continue;
      }
      buffer.Clear();
      unpack::zip::Extraction extraction = reader_.Extract(*entry, budget, inflater, buffer);
      Item item;
      item.name = std::string(entry->name);
      if (is_open_document_ && item.name == "META-INF/manifest.xml") {
        item.origin = Origin::kManifest;
      }
      item.content = extraction.content;
      item.has_content = !extraction.content.empty() || extraction.gap.empty();
      item.gap = std::move(extraction.gap);
      item.is_encrypted = entry->encrypted();
      item.facts = FactsOf(*entry);
      return item;
    }
    return std::nullopt;
  }

  std::string_view problem() const override {
    return may_be_cut_ && reader_.problem() == unpack::zip::kNoDirectory ? std::string_view()
                                                                         : reader_.problem();
  }
  std::string_view alert() const override {
    return overlaps_ ? std::string_view("Heuristics.Zip.OverlappingFiles") : std::string_view();
  }

 private:
  ItemFacts FactsOf(const unpack::zip::Entry& entry) const {
    ItemFacts facts;
    facts.compressed_bytes = entry.compressed_size;
    facts.real_bytes = entry.uncompressed_size;
    facts.is_encrypted = entry.encrypted();
    facts.position = position_;
    if (entry.has_crc32) {
      facts.crc32 = entry.crc32;
    }
    return facts;
  }

  unpack::zip::ZipReader reader_;
  bool is_open_document_;
  base::Bytes overlapping_;
  bool may_be_cut_;
  bool overlaps_ = false;
  std::uint32_t position_ = 0;
};

}  // namespace

std::unique_ptr<Container> OpenZip(const Subject& subject) {
  // A zip behind a tar's last entry is found as its trailing data; one at its end is an entry.
  if (subject.type == FileType::kTar ||
      (subject.type != FileType::kZip && !unpack::zip::ZipReader::HasDirectory(subject.data))) {
    return nullptr;
  }
  auto reader = unpack::zip::ZipReader::Create(subject.data, subject.volume_starts);
  if (!reader.ok()) {
    return nullptr;
  }
  reader->SetPasswords(subject.zip_passwords);
  return std::make_unique<ZipContainer>(
      *std::move(reader), subject.type == FileType::kZip && IsOpenDocument(subject.data),
      subject.wanted.alerts && subject.volume_starts.empty() ? subject.data : base::Bytes(),
      subject.origin == Origin::kEmbedded);
}

}  // namespace day::engine
