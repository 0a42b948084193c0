#include <utility>

#include "libs/engine/descend/openers.h"
#include "libs/unpack/script/script_reader.h"

namespace day::engine {
namespace {

using unpack::inflate::Inflater;
using unpack::inflate::OutputBuffer;
using unpack::script::Certainty;
using unpack::script::ScriptReader;

class ScriptContainer final : public Container {
 public:
  explicit ScriptContainer(ScriptReader reader) : reader_(std::move(reader)) {}

  std::optional<Item> Next(base::Budget& budget, Inflater&, OutputBuffer& buffer) override {
    auto part = reader_.Next(budget, buffer);
    if (!part) {
      return std::nullopt;
    }
    Item item;
    item.name = std::move(part->name);
    item.content = part->content;
    item.has_content = !part->content.empty();
    item.gap = std::move(part->gap);
    item.may_repeat = true;
    item.origin = part->is_script ? Origin::kScript : Origin::kDeobfuscated;
    return item;
  }

  std::string_view problem() const override { return reader_.problem(); }

 private:
  ScriptReader reader_;
};

// Types that are texts, or that nothing is known of.
bool MayBeScript(FileType type) {
  switch (type) {
    case FileType::kText:
    case FileType::kXml:
    case FileType::kHtml:
    case FileType::kPhp:
    case FileType::kAsp:
    case FileType::kJsp:
    case FileType::kBatch:
    case FileType::kVbs:
    case FileType::kPowerShell:
    case FileType::kPython:
    case FileType::kPerl:
    case FileType::kShell:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::unique_ptr<Container> OpenScript(const Subject& subject) {
  const bool is_script = subject.origin == Origin::kScript &&
                         (MayBeScript(subject.type) || subject.type == FileType::kUnknown);
  // The layers of one script are given by its own container.
  if (subject.origin == Origin::kDeobfuscated || !(is_script || MayBeScript(subject.type))) {
    return nullptr;
  }
  ScriptReader reader(subject.data, is_script ? Certainty::kScript : Certainty::kText);
  return reader.HasSigns() ? std::make_unique<ScriptContainer>(std::move(reader)) : nullptr;
}

}  // namespace day::engine
