#include <utility>

#include "libs/engine/descend/openers.h"
#include "libs/unpack/mail/mail_limits.h"
#include "libs/unpack/mail/mail_reader.h"

namespace day::engine {
namespace {

using unpack::inflate::Inflater;
using unpack::inflate::OutputBuffer;
using unpack::mail::Excess;
using unpack::mail::MailReader;

class MailContainer final : public Container {
 public:
  explicit MailContainer(MailReader reader, Excess excess = Excess::kNone)
      : reader_(std::move(reader)), excess_(excess) {}

  std::optional<Item> Next(base::Budget& budget, Inflater&, OutputBuffer& buffer) override {
    auto part = reader_.Next(budget, buffer);
    if (!part) {
      return std::nullopt;
    }
    ++parts_;
    Item item;
    item.name = std::move(part->name);
    item.content = part->content;
    item.has_content = !part->content.empty();
    item.gap = std::move(part->gap);
    item.origin = part->is_message ? Origin::kMessage : Origin::kMailPart;
    return item;
  }

  std::string_view problem() const override { return reader_.problem(); }
  std::string_view alert() const override {
    switch (excess_) {
      case Excess::kHeaderBytes:
        return "Heuristics.Limits.Exceeded.EmailHeaderBytes";
      case Excess::kHeaders:
        return "Heuristics.Limits.Exceeded.EmailHeaders";
      case Excess::kArguments:
        return "Heuristics.Limits.Exceeded.EmailMIMEArguments";
      case Excess::kNone:
        break;
    }
    return parts_ >= unpack::mail::kClamavPartsMax
               ? std::string_view("Heuristics.Limits.Exceeded.EmailMIMEPartsPerMessage")
               : std::string_view();
  }

 private:
  MailReader reader_;
  Excess excess_;
  std::size_t parts_ = 0;
};

}  // namespace

std::unique_ptr<Container> OpenMail(const Subject& subject) {
  if (subject.type == FileType::kMail) {
    return std::make_unique<MailContainer>(
        MailReader(subject.data), subject.wanted.alerts
                                      ? unpack::mail::HeaderExcess(base::AsText(subject.data))
                                      : Excess::kNone);
  }
  const bool is_text = subject.type == FileType::kText || subject.type == FileType::kUnknown;
  if (is_text && subject.origin == Origin::kOther && MailReader::IsEncodedFile(subject.data)) {
    return std::make_unique<MailContainer>(MailReader::OfEncodedFile(subject.data));
  }
  // Headers in the bodies of mails are the mail's reader's.
  if ((subject.type >= FileType::kXml || subject.type == FileType::kUnknown) &&
      (subject.origin == Origin::kOther || subject.origin == Origin::kScript)) {
    if (const auto begin = MailReader::FindBehindText(subject.data)) {
      return std::make_unique<MailContainer>(MailReader(subject.data.subspan(*begin)));
    }
  }
  return nullptr;
}

}  // namespace day::engine
