#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/find.h"
#include "libs/engine/descend/content.h"
#include "libs/engine/descend/openers.h"
#include "libs/formats/html/normalise.h"
#include "libs/formats/html/page_tag.h"

namespace day::engine {
namespace {

using unpack::inflate::Inflater;
using unpack::inflate::OutputBuffer;

constexpr std::size_t kEncodedScriptsMax = 1000;
// Steps of the budget for each byte that is normalised: about as long as inflating one.
constexpr std::uint64_t kStepsPerByte = 1;
// Long texts are copied in pieces; a signature's parts have to lie in one.
constexpr std::uint64_t kTextPieceBytes = 16ull << 20;
constexpr std::uint64_t kTextOverlapBytes = 64u << 10;

bool MayHaveEncodedScript(base::Bytes data) {
  constexpr std::string_view kMark = "#@~^";
  constexpr std::size_t kRare = 2;
  return base::FindBy(base::AsText(data), kMark, kRare) != std::string_view::npos;
}

// "data:" in any case, seldom wrong. The colon is what stands seldom in texts.
bool MayHaveDataUri(base::Bytes data) {
  const std::string_view text = base::AsText(data);
  for (std::size_t at = text.find(':', 4); at != std::string_view::npos;
       at = text.find(':', at + 1)) {
    if ((text[at - 1] | 0x20) == 'a' && (text[at - 2] | 0x20) == 't' &&
        (text[at - 3] | 0x20) == 'a' && (text[at - 4] | 0x20) == 'd') {
      return true;
    }
  }
  return false;
}

bool IsPage(FileType type) {
  return type == FileType::kHtml || type == FileType::kPhp || type == FileType::kAsp ||
         type == FileType::kJsp;
}

bool IsText(FileType type) {
  switch (type) {
    case FileType::kText:
    case FileType::kBatch:
    case FileType::kVbs:
    case FileType::kPowerShell:
    case FileType::kPython:
    case FileType::kPerl:
    case FileType::kShell:
    case FileType::kXml:
      return true;
    default:
      return IsPage(type);
  }
}

// Texts, and what may hold one as it is: not programs, whose texts are full of tags, and not what
// is packed.
bool MayHoldPage(FileType type) {
  switch (type) {
    case FileType::kUnknown:
    case FileType::kDex:
    case FileType::kJavaClass:
    case FileType::kWasm:
    case FileType::kLha:
    case FileType::kGif:
    case FileType::kJpeg:
    case FileType::kPng:
    case FileType::kBmp:
    case FileType::kTiff:
    case FileType::kIcon:
    case FileType::kRiff:
    case FileType::kLnk:
    case FileType::kRtf:
    case FileType::kPostScript:
      return true;
    default:
      return IsText(type);
  }
}

// UTF-16 with its mark, which is no text to Identify().
bool IsWideText(base::Bytes data) {
  const auto mark = base::ReadAt<std::uint16_t>(data, 0);
  return mark == 0xFEFF || mark == 0xFFFE;
}

// HTML has copies of its own.
bool WantsTextCopy(const Subject& subject) {
  return subject.wanted.text_copies && subject.type != FileType::kHtml &&
         (IsText(subject.type) || IsWideText(subject.data));
}

// What is inside a page or a text: data: URIs and encoded scripts, and copies for signatures that
// look at normalised texts. All made when the first is asked for.
class HtmlContainer final : public Container {
 public:
  // A page starts at `page` in the subject.
  HtmlContainer(const Subject& subject, std::optional<std::uint64_t> page)
      : subject_(subject), page_(page) {}

  std::optional<Item> Next(base::Budget& budget, Inflater&, OutputBuffer& /*buffer*/) override {
    if (!made_) {
      made_ = true;
      Make(budget);
    }
    if (next_ < parts_.size()) {
      current_ = std::move(parts_[next_++]);
    } else if (!MakeTextPiece()) {
      return std::nullopt;
    }
    Item item;
    item.name = std::move(current_.name);
    item.origin = current_.origin;
    item.may_repeat = true;
    // Copies are never larger than what they are made of: they are paid in steps alone.
    const base::Bytes content = base::AsBytes(current_.content);
    item.content = IsCopy(item.origin) ? content : Pay(content, budget, item.gap);
    item.has_content = !item.content.empty();
    return item;
  }

  std::string_view problem() const override { return problem_; }

 private:
  struct Part {
    std::string name;
    std::string content;
    Origin origin = Origin::kOther;
  };

  void Add(std::string name, std::string content, Origin origin) {
    if (!content.empty()) {
      parts_.push_back({std::move(name), std::move(content), origin});
    }
  }

  void Make(base::Budget& budget) {
    if (!budget.SpendSteps(subject_.data.size() * kStepsPerByte).ok()) {
      problem_ = LimitReason(base::Limit::kSteps);
      return;
    }
    std::vector<std::string> scripts =
        formats::html::DecodeEncodedScripts(base::AsText(subject_.data), kEncodedScriptsMax);
    for (std::size_t i = 0; i < scripts.size(); ++i) {
      Add("(encoded script " + std::to_string(i + 1) + ")", std::move(scripts[i]), Origin::kScript);
    }
    if (page_) {
      MakePage(base::ClippedSlice(subject_.data, *page_, subject_.data.size()));
    }
  }

  // The next piece of a text; false at its end.
  bool MakeTextPiece() {
    if (!WantsTextCopy(subject_) || text_offset_ >= subject_.data.size()) {
      return false;
    }
    const base::Bytes piece = base::ClippedSlice(subject_.data, text_offset_, kTextPieceBytes);
    current_ = {"(text, normalised)", formats::html::NormaliseText(piece), Origin::kNormalisedText};
    text_offset_ += piece.size();
    text_offset_ -= text_offset_ < subject_.data.size() ? kTextOverlapBytes : 0;
    return true;
  }

  void MakePage(base::Bytes data) {
    formats::html::NormalisedHtml page = formats::html::NormaliseHtml(data, {});
    for (std::size_t i = 0; i < page.data.size(); ++i) {
      Add("(data " + std::to_string(i + 1) + ")", std::move(page.data[i].content), Origin::kOther);
    }
    if (subject_.wanted.html_copies) {
      Add("(html, normalised)", std::move(page.markup), Origin::kNormalisedHtml);
      Add("(html, without tags)", std::move(page.text), Origin::kNormalisedHtml);
      for (std::size_t i = 0; i < page.scripts.size(); ++i) {
        Add("(script " + std::to_string(i + 1) + ")",
            formats::html::NormaliseScript(page.scripts[i]), Origin::kNormalisedScript);
      }
    }
    if (!page.cut.empty()) {
      problem_ = LimitReason(page.cut);
    }
  }

  Subject subject_;
  std::optional<std::uint64_t> page_;
  bool made_ = false;
  std::vector<Part> parts_;
  std::size_t next_ = 0;
  std::uint64_t text_offset_ = 0;
  Part current_;  // whose content is being looked at
  std::string problem_;
};

}  // namespace

std::unique_ptr<Container> OpenHtml(const Subject& subject) {
  std::optional<std::uint64_t> page;
  if (IsPage(subject.type)) {
    page = 0;
  } else if (subject.wanted.html_copies && MayHoldPage(subject.type)) {
    page = formats::html::FindPageTag(subject.data);
  }
  const bool is_text =
      IsText(subject.type) || (subject.wanted.text_copies && IsWideText(subject.data));
  const bool opens =
      (page && (subject.wanted.html_copies || MayHaveDataUri(subject.data))) ||
      (is_text && (subject.wanted.text_copies || MayHaveEncodedScript(subject.data)));
  return opens ? std::make_unique<HtmlContainer>(subject, page) : nullptr;
}

}  // namespace day::engine
