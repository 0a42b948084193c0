#include <utility>

#include "libs/engine/descend/openers.h"
#include "libs/unpack/pdf/pdf_reader.h"

namespace day::engine {
namespace {

using unpack::inflate::Inflater;
using unpack::inflate::OutputBuffer;
using unpack::pdf::PdfReader;

class PdfContainer final : public Container {
 public:
  explicit PdfContainer(PdfReader reader) : reader_(std::move(reader)) {}

  std::optional<Item> Next(base::Budget& budget, Inflater& inflater,
                           OutputBuffer& buffer) override {
    auto part = reader_.Next(budget, inflater, buffer);
    if (!part) {
      return std::nullopt;
    }
    Item item;
    item.name = std::move(part->name);
    item.content = part->content;
    item.has_content = !part->content.empty();
    item.gap = std::move(part->gap);
    item.origin = part->is_script  ? Origin::kScript
                  : part->is_links ? Origin::kLinks
                  : part->is_rest  ? Origin::kPdfRest
                                   : Origin::kOther;
    return item;
  }

  std::string_view problem() const override { return reader_.problem(); }
  std::string_view alert() const override {
    return reader_.hides_names() ? std::string_view("Heuristics.PDF.ObfuscatedNameObject")
                                 : std::string_view();
  }

 private:
  PdfReader reader_;
};

}  // namespace

std::unique_ptr<Container> OpenPdf(const Subject& subject) {
  // Viewers take a header behind anything, so other formats may be PDF files too.
  const bool is_pdf = subject.origin == Origin::kPdfRest ? PdfReader::HasHeader(subject.data)
                                                         : PdfReader::IsPdf(subject.data);
  return is_pdf ? std::make_unique<PdfContainer>(PdfReader(subject.data)) : nullptr;
}

}  // namespace day::engine
