#include <utility>

#include "libs/engine/descend/openers.h"
#include "libs/unpack/packed/packed_reader.h"

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

}  // namespace

std::unique_ptr<Container> OpenPacked(const Subject& subject) {
  // What came out of the emulator has run already.
  if (subject.type != FileType::kPe || subject.origin == Origin::kUnpacked ||
      !unpack::packed::PackedReader::LooksPacked(subject.data)) {
    return nullptr;
  }
  return std::make_unique<PackedContainer>(subject.data);
}

}  // namespace day::engine
