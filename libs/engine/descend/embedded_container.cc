// Files that lie inside others as they are.
#include <utility>

#include "libs/engine/descend/content.h"
#include "libs/engine/descend/openers.h"
#include "libs/unpack/embedded/embedded_reader.h"
#include "libs/unpack/mail/mail_reader.h"
#include "libs/unpack/ole2/ole_reader.h"
#include "libs/unpack/zip/zip_reader.h"

namespace day::engine {
namespace {

using unpack::embedded::EmbeddedReader;
using unpack::embedded::Kind;
using unpack::inflate::Inflater;
using unpack::inflate::OutputBuffer;

class EmbeddedContainer final : public Container {
 public:
  EmbeddedContainer(base::Bytes file, unpack::embedded::Wanted wanted) : reader_(file, wanted) {}

  std::optional<Item> Next(base::Budget& budget, Inflater&, OutputBuffer&) override {
    if (!HasNext()) {
      return std::nullopt;
    }
    Item item;
    item.name = std::move(next_->name);
    item.content = Pay(next_->content, budget, item.gap);
    item.has_content = !item.content.empty();
    item.origin = next_->kind == Kind::kMail ? Origin::kMessage : Origin::kEmbedded;
    item.may_repeat = true;
    next_.reset();
    return item;
  }

  bool Claim(base::Bytes given) override {
    reader_.Claim(given);
    return true;
  }
  void LastWasDamaged() override { reader_.LastWasDamaged(); }
  std::string_view problem() const override { return reader_.problem(); }

  // Searches on, if it did not yet.
  bool HasNext() {
    if (!next_ || reader_.IsClaimed(*next_)) {
      next_ = reader_.Next();
    }
    return next_.has_value();
  }

 private:
  EmbeddedReader reader_;
  std::optional<unpack::embedded::Found> next_;
};

// Whose reader gives everything in them, what stands behind their end too; or which hold files in
// pieces that only their reader puts together.
bool IsCovered(FileType type) {
  switch (type) {
    case FileType::kEmpty:
    case FileType::kZip:
    case FileType::kGzip:
    case FileType::kBzip2:
    case FileType::kXz:
    case FileType::kZstd:
    case FileType::kLz4:
    case FileType::kLzma:
    case FileType::kLzip:
    case FileType::kCompress:
    case FileType::kTar:
    case FileType::kAr:
    case FileType::kRpm:
    case FileType::kSzdd:
    case FileType::kKwaj:
    case FileType::kIso9660:
    case FileType::kUdf:
    case FileType::kSquashfs:
    case FileType::kHfsPlus:
    case FileType::kWim:
    case FileType::kFat:
    case FileType::kVhd:
    case FileType::kMail:
      return true;
    default:
      return false;
  }
}

bool IsText(FileType type) { return type >= FileType::kXml && type <= FileType::kText; }

// A disc may start like anything; behind its first sectors it is its reader's.
base::Bytes WithoutDisc(base::Bytes data) {
  constexpr std::uint64_t kDiscOffset = 0x8000;
  const std::string_view mark = base::AsText(base::ClippedSlice(data, kDiscOffset + 1, 5));
  return mark == "CD001" || mark == "BEA01" ? data.first(kDiscOffset) : data;
}

// Searches the bytes of the subject, or the beginning of them.
std::unique_ptr<Container> Search(const Subject& subject, base::Bytes searched,
                                  std::span<const base::Bytes> given) {
  const bool was_found = subject.origin == Origin::kEmbedded;
  if (!unpack::embedded::FindMark(searched, 1)) {
    return nullptr;  // as nearly every file
  }
  // The pieces of a whole one are its reader's.
  if (subject.type == FileType::kOle2 && !unpack::ole2::OleReader::IsDamaged(searched)) {
    return nullptr;
  }
  unpack::embedded::Wanted wanted;
  // The zip's reader has looked for headers itself.
  wanted.zips_end =
      subject.type == FileType::kZip ? 0 : unpack::zip::ZipReader::FirstHeader(subject.data);
  wanted.pdfs = subject.type != FileType::kPdf;
  // Programs in each other would be given once for each way through them: 2^n.
  wanted.programs = !was_found;
  // Near the start of what may be a text they are the mail's reader's.
  wanted.mails = !IsText(subject.type) && !(subject.type == FileType::kUnknown &&
                                            unpack::mail::MailReader::FindBehindText(subject.data));
  // A container is a level of depth: most files hold none.
  auto container = std::make_unique<EmbeddedContainer>(searched, wanted);
  for (const base::Bytes view : given) {
    (void)container->Claim(view);
  }
  return container->HasNext() ? std::move(container) : nullptr;
}

}  // namespace

std::unique_ptr<Container> OpenEmbedded(const Subject& subject) {
  const bool was_found = subject.origin == Origin::kEmbedded;
  // Every volume of a RAR archive starts like an archive.
  const bool is_volumes = subject.type == FileType::kRar && !subject.volume_starts.empty();
  // What a script's decoder makes of a whole text need not be what the script makes of it.
  if (IsCovered(subject.type) || is_volumes || subject.origin == Origin::kDeobfuscated ||
      (was_found && subject.type != FileType::kPe)) {
    return nullptr;
  }
  return Search(subject, WithoutDisc(subject.data), {});
}

std::unique_ptr<Container> OpenEmbeddedInDamaged(const Subject& subject,
                                                 std::span<const base::Bytes> given) {
  const bool was_found = subject.origin == Origin::kEmbedded;
  return IsCovered(subject.type) && !was_found ? Search(subject, subject.data, given) : nullptr;
}

}  // namespace day::engine
