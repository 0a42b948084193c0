#include <optional>
#include <string>
#include <utility>

#include "libs/engine/descend/content.h"
#include "libs/engine/descend/openers.h"
#include "libs/formats/html/links.h"
#include "libs/unpack/officexml/relationships.h"

namespace day::engine {
namespace {

using unpack::inflate::Inflater;
using unpack::inflate::OutputBuffer;

constexpr std::uint64_t kStepsPerByte = 1;

// A line each: "a http://host/path<TAB>what is shown".
struct LinkLines {
  std::string text;
  std::string problem;
};

LinkLines LinksOfPage(base::Bytes page) {
  const formats::html::PageLinks links = formats::html::ReadLinks(page, {});
  LinkLines lines;
  lines.problem = links.cut.empty() ? std::string() : LimitReason(links.cut);
  for (const formats::html::Link& link : links.links) {
    if (link.kind == formats::html::LinkKind::kText) {
      continue;  // stands in the text as it is
    }
    lines.text += std::string(LinkKindName(link.kind)) + " " + link.target;
    lines.text += link.shown.empty() ? "\n" : "\t" + link.shown + "\n";
  }
  return lines;
}

LinkLines LinksOfRelationships(base::Bytes xml) {
  unpack::officexml::ExternalLinks links = unpack::officexml::ReadExternalLinks(xml);
  return {std::move(links.text), links.is_cut ? LimitReason("external_links_max") : std::string()};
}

// The links of a mail's part, or of an Office document's, as one text.
class LinksContainer final : public Container {
 public:
  using Read = LinkLines (*)(base::Bytes);

  LinksContainer(base::Bytes part, Read read) : part_(part), read_(read) {}

  std::optional<Item> Next(base::Budget& budget, Inflater&, OutputBuffer& /*buffer*/) override {
    if (std::exchange(is_made_, true)) {
      return std::nullopt;
    }
    if (!budget.SpendSteps(part_.size() * kStepsPerByte).ok()) {
      lines_.problem = LimitReason(base::Limit::kSteps);
      return std::nullopt;
    }
    lines_ = read_(part_);
    if (lines_.text.empty()) {
      return std::nullopt;
    }
    Item item;
    item.name = "(links)";
    item.origin = Origin::kLinks;
    item.content = Pay(base::AsBytes(lines_.text), budget, item.gap);
    item.has_content = !item.content.empty();
    return item;
  }

  std::string_view problem() const override { return lines_.problem; }

 private:
  base::Bytes part_;
  Read read_;
  bool is_made_ = false;
  LinkLines lines_;
};

}  // namespace

std::unique_ptr<Container> OpenLinks(const Subject& subject) {
  const bool is_page = subject.type >= FileType::kXml && subject.type <= FileType::kText;
  if (!subject.wanted.links || subject.origin != Origin::kMailPart || !is_page ||
      base::AsText(subject.data).find('<') == std::string_view::npos) {
    return nullptr;
  }
  return std::make_unique<LinksContainer>(subject.data, &LinksOfPage);
}

std::unique_ptr<Container> OpenRelationships(const Subject& subject) {
  if (!subject.wanted.links || subject.type != FileType::kXml ||
      !unpack::officexml::HasRelationships(subject.data)) {
    return nullptr;
  }
  return std::make_unique<LinksContainer>(subject.data, &LinksOfRelationships);
}

}  // namespace day::engine
