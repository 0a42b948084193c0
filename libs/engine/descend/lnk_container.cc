#include <memory>
#include <string>
#include <utility>

#include "libs/engine/descend/content.h"
#include "libs/engine/descend/openers.h"
#include "libs/formats/lnk/lnk_reader.h"

namespace day::engine {
namespace {

using unpack::inflate::Inflater;
using unpack::inflate::OutputBuffer;

// A shortcut: the command line that it starts, as text, and what somebody put behind it.
class LnkContainer final : public Container {
 public:
  explicit LnkContainer(base::Bytes data) : data_(data) {}

  std::optional<Item> Next(base::Budget& budget, Inflater&, OutputBuffer&) override {
    if (!std::exchange(is_read_, true)) {
      if (auto lnk = formats::lnk::ReadLnk(data_)) {
        command_line_ = lnk->cmd_line_args.value_or("");
        appended_ = base::ClippedSlice(data_, lnk->overlay_offset.value_or(data_.size()),
                                       lnk->overlay_size.value_or(0));
      }
    }
    Item item;
    if (!command_line_.empty() && !std::exchange(command_line_given_, true)) {
      item.name = "(command line)";
      item.content = Pay(base::AsBytes(command_line_), budget, item.gap);
    } else if (HasOtherThanZeros(appended_)) {
      item.name = "(appended data)";
      item.content = Pay(std::exchange(appended_, {}), budget, item.gap);
    } else {
      return std::nullopt;
    }
    item.has_content = !item.content.empty();
    return item;
  }

 private:
  base::Bytes data_;
  bool is_read_ = false;
  bool command_line_given_ = false;
  std::string command_line_;
  base::Bytes appended_;
};

}  // namespace

std::unique_ptr<Container> OpenLnk(const Subject& subject) {
  return subject.type == FileType::kLnk ? std::make_unique<LnkContainer>(subject.data) : nullptr;
}

}  // namespace day::engine
