#include <utility>

#include "libs/engine/descend/content.h"
#include "libs/engine/descend/openers.h"
#include "libs/unpack/stream/stream.h"

namespace day::engine {
namespace {

using unpack::inflate::Inflater;
using unpack::inflate::OutputBuffer;

using unpack::stream::Format;

// Brotli has no magic number. Of a file that only its name calls brotli, so much must be decoded
// before what is invalid in it counts as damage: else it is something else.
constexpr std::size_t kBelievedBytes = 64;

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
      if (outcome.gap == unpack::stream::kInvalidBrotli && outcome.produced < kBelievedBytes) {
        return std::nullopt;
      }
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

bool IsCalledBrotli(const Subject& subject) {
  const std::size_t size = subject.name.size();
  return subject.type == FileType::kUnknown && size >= 3 && subject.name[size - 3] == '.' &&
         (subject.name[size - 2] | 0x20) == 'b' && (subject.name[size - 1] | 0x20) == 'r';
}

}  // namespace

std::unique_ptr<Container> OpenStream(const Subject& subject) {
  auto format = unpack::stream::FormatOf(subject.data);
  if (!format && IsCalledBrotli(subject)) {
    format = Format::kBrotli;
  }
  return format ? std::make_unique<StreamContainer>(*format, subject.data, subject.name) : nullptr;
}

}  // namespace day::engine
