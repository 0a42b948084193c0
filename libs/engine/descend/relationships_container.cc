#include <optional>
#include <string>
#include <utility>

#include "libs/engine/descend/content.h"
#include "libs/engine/descend/openers.h"
#include "libs/unpack/officexml/relationships.h"

namespace day::engine {
namespace {

using unpack::inflate::Inflater;
using unpack::inflate::OutputBuffer;

// Where a part of an Office document leads, as the links of a mail.
class RelationshipsContainer final : public Container {
 public:
  explicit RelationshipsContainer(base::Bytes xml) : xml_(xml) {}

  std::optional<Item> Next(base::Budget& budget, Inflater&, OutputBuffer& /*buffer*/) override {
    if (std::exchange(is_made_, true)) {
      return std::nullopt;
    }
    if (!budget.SpendSteps(xml_.size()).ok()) {
      problem_ = LimitReason(base::Limit::kSteps);
      return std::nullopt;
    }
    unpack::officexml::ExternalLinks links = unpack::officexml::ReadExternalLinks(xml_);
    problem_ = links.is_cut ? LimitReason("external_links_max") : std::string();
    text_ = std::move(links.text);
    if (text_.empty()) {
      return std::nullopt;
    }
    Item item;
    item.name = "(links)";
    item.origin = Origin::kLinks;
    item.content = Pay(base::AsBytes(text_), budget, item.gap);
    item.has_content = !item.content.empty();
    return item;
  }

  std::string_view problem() const override { return problem_; }

 private:
  base::Bytes xml_;
  bool is_made_ = false;
  std::string text_;
  std::string problem_;
};

}  // namespace

std::unique_ptr<Container> OpenRelationships(const Subject& subject) {
  if (!subject.wanted.links || subject.type != FileType::kXml ||
      !unpack::officexml::HasRelationships(subject.data)) {
    return nullptr;
  }
  return std::make_unique<RelationshipsContainer>(subject.data);
}

}  // namespace day::engine
