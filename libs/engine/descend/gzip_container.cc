#include <utility>

#include "libs/engine/descend/content.h"
#include "libs/engine/descend/openers.h"
#include "libs/unpack/gzip/gzip_reader.h"

namespace day::engine {
namespace {

using unpack::inflate::Inflater;
using unpack::inflate::OutputBuffer;

class GzipContainer final : public Container {
 public:
  GzipContainer(unpack::gzip::GzipReader reader, std::string_view name)
      : reader_(std::move(reader)), name_(name) {}

  std::optional<Item> Next(base::Budget& budget, Inflater& inflater,
                           OutputBuffer& buffer) override {
    Item item;
    if (!content_given_) {
      content_given_ = true;
      buffer.Clear();
      while (auto member = reader_.Next(budget, inflater, buffer)) {
        if (item.name.empty()) {
          item.name = std::string(member->name);
        }
        if (item.gap.empty()) {
          item.gap = std::move(member->gap);
        }
      }
      if (item.name.empty()) {
        item.name = NameWithoutEnding(name_);
      }
      item.content = buffer.bytes();
      item.has_content = !item.content.empty() || item.gap.empty();
      return item;
    }
    if (!trailing_given_ && !reader_.trailing().empty()) {
      trailing_given_ = true;
      item.name = kTrailingName;
      item.content = Pay(reader_.trailing(), budget, item.gap);
      item.has_content = !item.content.empty();
      return item;
    }
    return std::nullopt;
  }

 private:
  unpack::gzip::GzipReader reader_;
  std::string name_;
  bool content_given_ = false;
  bool trailing_given_ = false;
};

}  // namespace

std::unique_ptr<Container> OpenGzip(const Subject& subject) {
  if (subject.type != FileType::kGzip) {
    return nullptr;
  }
  auto reader = unpack::gzip::GzipReader::Create(subject.data);
  return reader.ok() ? std::make_unique<GzipContainer>(*std::move(reader), subject.name) : nullptr;
}

}  // namespace day::engine
