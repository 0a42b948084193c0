// The programs in a universal ("fat") Mach-O file, one for each kind of processor.
#include <string>
#include <string_view>
#include <utility>

#include "libs/engine/descend/content.h"
#include "libs/engine/descend/openers.h"
#include "libs/formats/macho/macho_reader.h"

namespace day::engine {
namespace {

using unpack::inflate::Inflater;
using unpack::inflate::OutputBuffer;

constexpr std::uint64_t kSlicesMax = 64;

std::string SliceName(std::uint32_t cpu, std::uint64_t index) {
  constexpr std::pair<std::uint32_t, std::string_view> kNames[] = {
      {7, "i386"},
      {0x01000007, "x86_64"},
      {12, "arm"},
      {0x0100000C, "arm64"},
      {18, "ppc"},
      {0x01000012, "ppc64"},
      {0x0200000C, "arm64_32"},
  };
  for (const auto& [number, name] : kNames) {
    if (number == cpu) {
      return "(" + std::string(name) + ")";
    }
  }
  return "(slice " + std::to_string(index + 1) + ")";
}

class FatContainer final : public Container {
 public:
  FatContainer(base::Bytes file, formats::macho::MachoReader reader)
      : file_(file), reader_(std::move(reader)) {
    if (reader_.arch_count() == 0) {
      problem_ = "damaged: the table of slices does not lie in the file";
    }
  }

  std::optional<Item> Next(base::Budget& budget, Inflater&, OutputBuffer&) override {
    if (index_ >= reader_.arch_count()) {
      return std::nullopt;
    }
    if (index_ == kSlicesMax) {
      problem_ = LimitReason("macho_slices_max");
      return std::nullopt;
    }
    Item item;
    item.name = SliceName(reader_.arch(index_).cputype, index_);
    const formats::macho::Arch arch = reader_.arch(index_);
    const base::Bytes bytes = base::ClippedSlice(file_, arch.offset, arch.size);
    item.content = Pay(bytes, budget, item.gap);
    item.has_content = !item.content.empty();
    if (item.gap.empty() && bytes.size() < arch.size) {
      item.gap = bytes.empty() ? "damaged: it does not lie in the file" : "damaged: it is cut off";
    }
    ++index_;
    return item;
  }

  std::string_view problem() const override { return problem_; }

 private:
  base::Bytes file_;
  formats::macho::MachoReader reader_;
  std::uint64_t index_ = 0;
  std::string problem_;
};

}  // namespace

std::unique_ptr<Container> OpenFat(const Subject& subject) {
  if (subject.type != FileType::kMachO) {
    return nullptr;
  }
  formats::macho::MachoReader reader(subject.data);
  return reader.fat_header() ? std::make_unique<FatContainer>(subject.data, std::move(reader))
                             : nullptr;
}

}  // namespace day::engine
