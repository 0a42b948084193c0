#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "libs/engine/descend/content.h"
#include "libs/engine/descend/openers.h"
#include "libs/unpack/officecrypt/opendocument.h"
#include "libs/unpack/zip/zip_reader.h"

namespace day::engine {
namespace {

using unpack::inflate::Inflater;
using unpack::inflate::OutputBuffer;
using unpack::officecrypt::OpenDocumentKeys;
using unpack::zip::ZipReader;

constexpr std::string_view kManifest = "META-INF/manifest.xml";
// The first entry of the zip is the document's type, plain and with a name of eight characters.
constexpr std::string_view kType = "mimetypeapplication/vnd.oasis.opendocument";
constexpr std::uint64_t kTypeOffset = 30;

// The encrypted entries of an OpenDocument file in the clear; the zip gives them as they are.
class OpenDocumentContainer final : public Container {
 public:
  OpenDocumentContainer(base::Bytes file, ZipReader reader, std::span<const std::string> passwords)
      : file_(file), reader_(std::move(reader)), passwords_(passwords) {}

  std::optional<Item> Next(base::Budget& budget, Inflater& inflater,
                           OutputBuffer& buffer) override {
    if (!keys_) {
      keys_.emplace(unpack::officecrypt::ReadManifest(Manifest(budget, inflater, buffer)),
                    passwords_);
    }
    while (!keys_->empty()) {
      const auto entry = reader_.Next();
      if (!entry) {
        break;
      }
      if (!keys_->Has(entry->name)) {
        continue;
      }
      Item item = Open(*entry, budget, inflater, buffer);
      if (item.has_content || gaps_.insert(item.gap).second) {
        return item;
      }
    }
    return std::nullopt;
  }

 private:
  // The manifest's text, which stays in `buffer`.
  std::string_view Manifest(base::Budget& budget, Inflater& inflater, OutputBuffer& buffer) const {
    auto reader = ZipReader::Create(file_);
    while (reader.ok()) {
      const auto entry = reader->Next();
      if (!entry) {
        break;
      }
      if (entry->name == kManifest) {
        buffer.Clear();
        return base::AsText(reader->Extract(*entry, budget, inflater, buffer).content);
      }
    }
    return {};
  }

  Item Open(const unpack::zip::Entry& entry, base::Budget& budget, Inflater& inflater,
            OutputBuffer& buffer) {
    Item item;
    item.is_encrypted = true;
    item.gap = keys_->Decrypt(entry.name, base::ClippedSlice(entry.data, 0, entry.compressed_size),
                              budget, deflated_);
    if (!item.gap.empty()) {
      // As a rule it is the same for all of them, and said once.
      item.name = "(encrypted entries)";
      return item;
    }
    item.name = std::string(entry.name) + "//(decrypted)";
    buffer.Clear();
    item.gap = unpack::inflate::GapReason(inflater.Inflate(deflated_.bytes(), budget, buffer));
    item.content = buffer.bytes();
    item.has_content = !item.content.empty() || item.gap.empty();
    return item;
  }

  base::Bytes file_;
  ZipReader reader_;
  std::span<const std::string> passwords_;
  std::optional<OpenDocumentKeys> keys_;
  OutputBuffer deflated_;
  std::set<std::string> gaps_;  // that were given
};

}  // namespace

bool IsOpenDocument(base::Bytes file) {
  return base::AsText(base::ClippedSlice(file, kTypeOffset, kType.size())) == kType;
}

std::unique_ptr<Container> OpenOpenDocument(const Subject& subject) {
  if (subject.type != FileType::kZip || !IsOpenDocument(subject.data)) {
    return nullptr;
  }
  auto reader = ZipReader::Create(subject.data);
  return reader.ok() ? std::make_unique<OpenDocumentContainer>(subject.data, *std::move(reader),
                                                               subject.zip_passwords)
                     : nullptr;
}

}  // namespace day::engine
