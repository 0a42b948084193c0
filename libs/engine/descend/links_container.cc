#include <optional>
#include <string>
#include <utility>

#include "libs/engine/descend/content.h"
#include "libs/engine/descend/openers.h"
#include "libs/formats/html/links.h"

namespace day::engine {
namespace {

using unpack::inflate::Inflater;
using unpack::inflate::OutputBuffer;

constexpr std::uint64_t kStepsPerByte = 1;

// The links of a mail's part as one text, a line each: "a http://host/path<TAB>what is shown".
class LinksContainer final : public Container {
 public:
  explicit LinksContainer(base::Bytes page) : page_(page) {}

  std::optional<Item> Next(base::Budget& budget, Inflater&, OutputBuffer& /*buffer*/) override {
    if (is_made_) {
      return std::nullopt;
    }
    is_made_ = true;
    if (!budget.SpendSteps(page_.size() * kStepsPerByte).ok()) {
      problem_ = LimitReason(base::Limit::kSteps);
      return std::nullopt;
    }
    const formats::html::PageLinks links = formats::html::ReadLinks(page_, {});
    problem_ = links.cut.empty() ? std::string() : LimitReason(links.cut);
    for (const formats::html::Link& link : links.links) {
      if (link.kind == formats::html::LinkKind::kText) {
        continue;  // stands in the text as it is
      }
      text_ += std::string(LinkKindName(link.kind)) + " " + link.target;
      text_ += link.shown.empty() ? "\n" : "\t" + link.shown + "\n";
    }
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
  base::Bytes page_;
  bool is_made_ = false;
  std::string text_;
  std::string problem_;
};

}  // namespace

std::unique_ptr<Container> OpenLinks(const Subject& subject) {
  const bool is_page = subject.type >= FileType::kXml && subject.type <= FileType::kText;
  if (!subject.wanted.links || subject.origin != Origin::kMailPart || !is_page ||
      base::AsText(subject.data).find('<') == std::string_view::npos) {
    return nullptr;
  }
  return std::make_unique<LinksContainer>(subject.data);
}

}  // namespace day::engine
