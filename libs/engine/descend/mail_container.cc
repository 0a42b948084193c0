#include <utility>

#include "libs/engine/descend/openers.h"
#include "libs/unpack/mail/mail_reader.h"

namespace day::engine {
namespace {

using unpack::inflate::Inflater;
using unpack::inflate::OutputBuffer;
using unpack::mail::MailReader;

class MailContainer final : public Container {
 public:
  explicit MailContainer(MailReader reader) : reader_(std::move(reader)) {}

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
    item.origin = part->is_message ? Origin::kMessage : Origin::kMailPart;
    return item;
  }

  std::string_view problem() const override { return reader_.problem(); }

 private:
  MailReader reader_;
};

}  // namespace

std::unique_ptr<Container> OpenMail(const Subject& subject) {
  if (subject.type == FileType::kMail) {
    return std::make_unique<MailContainer>(MailReader(subject.data));
  }
  const bool is_text = subject.type == FileType::kText || subject.type == FileType::kUnknown;
  if (is_text && subject.origin == Origin::kOther && MailReader::IsEncodedFile(subject.data)) {
    return std::make_unique<MailContainer>(MailReader::OfEncodedFile(subject.data));
  }
  return nullptr;
}

}  // namespace day::engine
