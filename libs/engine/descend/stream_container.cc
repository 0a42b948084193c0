#include <utility>

#include "libs/engine/descend/content.h"
#include "libs/engine/descend/openers.h"
#include "libs/unpack/stream/stream.h"

namespace day::engine {
namespace {

using unpack::inflate::Inflater;
using unpack::inflate::OutputBuffer;

// bzip2, xz, zstd and their like: one content, and perhaps something behind it.
class StreamContainer final : public Container {
 public:
  StreamContainer(unpack::stream::Format format, base::Bytes data, std::string_view name)
      : format_(format), data_(data), name_(name) {}

  std::optional<Item> Next(base::Budget& budget, Inflater&, OutputBuffer& buffer) override {
    Item item;
    if (!content_given_) {
      content_given_ = true;
      buffer.Clear();
      unpack::stream::Outcome outcome = unpack::stream::Decode(format_, data_, budget, buffer);
      if (outcome.gap.empty()) {
        trailing_ = base::ClippedSlice(data_, outcome.consumed, data_.size());
      }
      item.name = NameWithoutEnding(name_);
      item.content = buffer.bytes();
      item.gap = std::move(outcome.gap);
      item.has_content = !item.content.empty() || item.gap.empty();
      return item;
    }
    if (HasOtherThanZeros(trailing_)) {
      item.name = kTrailingName;
      item.content = Pay(std::exchange(trailing_, {}), budget, item.gap);
      item.has_content = !item.content.empty();
      return item;
    }
    return std::nullopt;
  }

 private:
  unpack::stream::Format format_;
  base::Bytes data_;
  std::string name_;
  base::Bytes trailing_;
  bool content_given_ = false;
};

}  // namespace

std::unique_ptr<Container> OpenStream(const Subject& subject) {
  const auto format = unpack::stream::FormatOf(subject.data);
  return format ? std::make_unique<StreamContainer>(*format, subject.data, subject.name) : nullptr;
}

}  // namespace day::engine
