#include <utility>

#include "libs/engine/descend/content.h"
#include "libs/engine/descend/openers.h"
#include "libs/unpack/tar/tar_reader.h"

namespace day::engine {
namespace {

using unpack::inflate::Inflater;
using unpack::inflate::OutputBuffer;

class TarContainer final : public Container {
 public:
  TarContainer(unpack::tar::TarReader reader, std::size_t size_bytes)
      : reader_(std::move(reader)), size_bytes_(size_bytes) {}

  std::optional<Item> Next(base::Budget& budget, Inflater&, OutputBuffer& buffer) override {
    while (auto entry = reader_.Next()) {
      ++position_;
      if (entry->kind == unpack::tar::Entry::Kind::kFile) {
        Item item = MakeItem(*entry, budget, buffer);
        item.facts = ItemFacts{entry->size, entry->size, false, position_, std::nullopt};
        return item;
      }
    }
    const base::Bytes trailing = reader_.trailing();
    // Headers that no entry follows: the whole file would be given again.
    const bool has_entries = trailing.size() < size_bytes_;
    if (!trailing_given_ && has_entries && HasOtherThanZeros(trailing)) {
      trailing_given_ = true;
      Item item;
      item.name = kTrailingName;
      item.content = Pay(trailing, budget, item.gap);
      item.has_content = !item.content.empty();
      return item;
    }
    return std::nullopt;
  }

  std::string_view problem() const override { return reader_.problem(); }

 private:
  static Item MakeItem(const unpack::tar::Entry& entry, base::Budget& budget,
                       OutputBuffer& buffer) {
    Item item;
    item.name = entry.name;
    item.gap = entry.gap;
    const bool fits =
        entry.is_sparse() && Affordable(entry.real_size, budget, item.gap) == entry.real_size;
    buffer.Clear();
    if (fits && buffer.Reserve(static_cast<std::size_t>(entry.real_size))) {
      const auto size = static_cast<std::size_t>(entry.real_size);
      (void)budget.SpendBytesOut(size);
      unpack::tar::ExpandSparse(entry, buffer.free().first(size));
      buffer.Commit(size);
      item.content = buffer.bytes();
    } else {
      // Not sparse, or too large once expanded: then at least the stored pieces are looked at.
      item.content = Pay(entry.data, budget, item.gap);
    }
    item.has_content = !item.content.empty() || item.gap.empty();
    return item;
  }

  unpack::tar::TarReader reader_;
  std::size_t size_bytes_;
  std::uint32_t position_ = 0;
  bool trailing_given_ = false;
};

}  // namespace

std::unique_ptr<Container> OpenTar(const Subject& subject) {
  if (subject.type != FileType::kTar) {
    return nullptr;
  }
  auto reader = unpack::tar::TarReader::Create(subject.data);
  return reader.ok() ? std::make_unique<TarContainer>(*std::move(reader), subject.data.size())
                     : nullptr;
}

}  // namespace day::engine
