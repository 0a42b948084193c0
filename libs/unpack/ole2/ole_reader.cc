#include "libs/unpack/ole2/ole_reader.h"

#include <algorithm>
#include <utility>

#include "libs/unpack/document/ole_object.h"
#include "libs/unpack/document/rtf_compression.h"
#include "libs/unpack/document/text.h"
#include "libs/unpack/ole2/office_records.h"
#include "libs/unpack/vba/compression.h"
#include "libs/unpack/vba/xlm.h"

namespace day::unpack::ole2 {
namespace {

using document::Part;
using document::PartKind;

constexpr std::size_t kNone = static_cast<std::size_t>(-1);
constexpr std::string_view kCut = "damaged: the object is cut";
constexpr std::string_view kEncrypted = "encrypted";
constexpr std::uint64_t kZlibHeaderBytes = 2;

// Properties of Outlook messages, as their streams are called.
constexpr std::string_view kAttachmentData = "__substg1.0_37010102";
constexpr std::string_view kAttachmentNames[] = {"__substg1.0_3707001f", "__substg1.0_3707001e",
                                                 "__substg1.0_3704001f", "__substg1.0_3704001e"};
constexpr std::string_view kMessageTexts[] = {"__substg1.0_1000001f", "__substg1.0_1013001f",
                                              "__substg1.0_007d001f", "__substg1.0_0037001f"};
constexpr std::string_view kMessageRtfText = "__substg1.0_10090102";

// Hangul documents (HWP 5): what streams are like stands in one of them.
constexpr std::string_view kHangulSignature = "HWP Document File";
constexpr std::uint64_t kHangulPropertiesOffset = 36;
constexpr std::uint32_t kHangulDeflated = 1;
constexpr std::uint32_t kHangulEncrypted = 2;
constexpr std::string_view kHangulFolders[] = {"bodytext", "bindata", "scripts", "viewtext"};

// Names of entries are compared without their case.
std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

std::string KeyOf(std::uint32_t storage, std::string_view name) {
  return std::to_string(storage) + '/' + Lower(name);
}

template <std::size_t N>
bool IsOneOf(std::string_view name, const std::string_view (&names)[N]) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

}  // namespace

base::Result<OleReader> OleReader::Create(base::Bytes file) {
  DAY_TRY_ASSIGN(CompoundFile compound, CompoundFile::Open(file));
  return OleReader(std::move(compound));
}

bool OleReader::IsDamaged(base::Bytes file) {
  const auto compound = CompoundFile::Open(file);
  return !compound.ok() || compound->IsDamaged();
}

OleReader::OleReader(CompoundFile file) : file_(std::move(file)) {
  for (std::size_t i = 0; i < file_.entries().size(); ++i) {
    const Entry& entry = file_.entries()[i];
    if (entry.kind == Entry::Kind::kStream) {
      by_name_.emplace(KeyOf(entry.parent, entry.name), i);
    }
  }
  ReadHangulHeader();
}

void OleReader::ReadHangulHeader() {
  const std::size_t header = FindStream(0, "FileHeader");
  if (header == kNone) {
    return;
  }
  const base::Bytes content = file_.Read(header, 256, scratch_).content;
  if (base::AsText(content).starts_with(kHangulSignature)) {
    hangul_properties_ = base::ReadAt<std::uint32_t>(content, kHangulPropertiesOffset).value_or(0);
  }
}

bool OleReader::IsHangulContent(const Entry& entry) const {
  if (entry.parent >= file_.entries().size()) {
    return false;
  }
  return Lower(entry.name) == "docinfo" ||
         IsOneOf(Lower(file_.entries()[entry.parent].name), kHangulFolders);
}

std::size_t OleReader::FindStream(std::uint32_t storage, std::string_view name) const {
  const auto found = by_name_.find(KeyOf(storage, name));
  return found == by_name_.end() ? kNone : found->second;
}

std::optional<Part> OleReader::Next(base::Budget& budget, inflate::Inflater& inflater,
                                    inflate::OutputBuffer& buffer) {
  if (inner_ != Inner::kNone) {
    if (auto part = NextInner(budget, inflater)) {
      return part;
    }
    inner_ = Inner::kNone;
  }
  while (next_ < file_.entries().size()) {
    const std::size_t index = next_++;
    const Entry& entry = file_.entries()[index];
    if (entry.kind == Entry::Kind::kStream && entry.size > 0) {
      return TakeStream(index, budget, buffer);
    }
  }
  if (auto part = UnlistedModule(budget)) {
    return part;
  }
  if (!std::exchange(trailing_given_, true)) {
    const base::Bytes rest = file_.trailing();
    if (std::any_of(rest.begin(), rest.end(), [](std::byte b) { return b != std::byte{0}; })) {
      return document::PaidPart("(trailing data)", rest, budget);
    }
  }
  return std::nullopt;
}

Part OleReader::TakeStream(std::size_t index, base::Budget& budget, inflate::OutputBuffer& buffer) {
  const document::Room room = document::RoomOf(budget);
  const StreamContent stream = file_.Read(index, room.size_bytes, buffer);
  Part part;
  part.content = stream.content;
  part.gap = stream.gap;
  (void)budget.SpendBytesOut(part.content.size());
  part.is_encrypted = IsEncrypted(index, part.content);
  if (part.is_encrypted && part.gap.empty()) {
    part.gap = Open(index, part.content, budget);
  }
  if (!stream.is_whole && stream.gap.empty()) {
    part.gap = document::LimitGap(room.limit, budget);
  }
  part.has_content = !part.content.empty() || part.gap.empty();
  current_ = index;
  current_content_ = part.content;
  current_path_ = AttachmentName(index);
  if (current_path_.empty()) {
    current_path_ = file_.PathOf(index);
  }
  part.name = current_path_;
  inner_ = !part.is_encrypted ? InnerOf(index)
           : part.gap.empty() ? Inner::kDecrypted
                              : Inner::kNone;
  inner_at_ = 0;
  inner_count_ = 0;
  return part;
}

OleReader::Inner OleReader::InnerOf(std::size_t index) const {
  const std::string name = Lower(file_.entries()[index].name);
  if (name == "\1ole10native") {
    return Inner::kPackage;
  }
  if (name == "powerpoint document" || name == "pictures" || name == "data") {
    return Inner::kRecords;
  }
  if (name == "workbook" || name == "book") {
    return Inner::kWorkbook;
  }
  if (name == "dir") {
    return Inner::kVbaProject;
  }
  if (IsOneOf(name, kMessageTexts)) {
    return Inner::kMessageText;
  }
  if ((hangul_properties_ & kHangulDeflated) != 0 && IsHangulContent(file_.entries()[index])) {
    return Inner::kDeflated;
  }
  return name == kMessageRtfText ? Inner::kMessageRtf : Inner::kNone;
}

// Streams of the storage that an entry is in.
class OleReader::StreamsBeside final : public StreamOpener::Siblings {
 public:
  StreamsBeside(const OleReader& reader, std::size_t index)
      : reader_(reader), storage_(reader.file_.entries()[index].parent) {}

  base::Bytes Read(std::string_view name, std::uint64_t size_max) override {
    const std::size_t found = reader_.FindStream(storage_, name);
    buffer_.Clear();
    return found == kNone ? base::Bytes() : reader_.file_.Read(found, size_max, buffer_).content;
  }

 private:
  const OleReader& reader_;
  std::uint32_t storage_;
  inflate::OutputBuffer buffer_;
};

bool OleReader::IsEncrypted(std::size_t index, base::Bytes content) {
  const Entry& entry = file_.entries()[index];
  if ((hangul_properties_ & kHangulEncrypted) != 0) {
    return IsHangulContent(entry);
  }
  StreamsBeside siblings(*this, index);
  return StreamOpener::IsEncrypted(Lower(entry.name), content, siblings);
}

// Fills decrypted_. The gap if there is nothing to fill it with.
std::string OleReader::Open(std::size_t index, base::Bytes content, base::Budget& budget) {
  if ((hangul_properties_ & kHangulEncrypted) != 0) {
    return std::string(kEncrypted);  // nobody knows what their passwords do
  }
  const Entry& entry = file_.entries()[index];
  StreamsBeside siblings(*this, index);
  decrypted_gap_ =
      opener_.Open(entry.parent, Lower(entry.name), content, siblings, budget, decrypted_);
  return decrypted_.size() > 0 ? std::string() : decrypted_gap_;
}

// The stream given last in the clear; then what is in it.
std::optional<Part> OleReader::Decrypted(base::Budget& budget) {
  current_path_ += "//(decrypted)";
  current_content_ = decrypted_.bytes();
  inner_ = InnerOf(current_);
  Part part = document::PaidPart(current_path_, current_content_, budget);
  if (part.gap.empty()) {
    part.gap = decrypted_gap_;
  }
  part.has_content = !part.content.empty() || part.gap.empty();
  return part;
}

// The path of an Outlook attachment's data with the name that people see; empty if it is none.
std::string OleReader::AttachmentName(std::size_t index) {
  const Entry& entry = file_.entries()[index];
  if (Lower(entry.name) != kAttachmentData) {
    return {};
  }
  for (const std::string_view property : kAttachmentNames) {
    const std::size_t at = FindStream(entry.parent, property);
    if (at == kNone) {
      continue;
    }
    const base::Bytes raw = file_.Read(at, 1024, scratch_).content;
    const std::string name = property.ends_with('f') ? document::Utf16UpToZero(raw, raw.size())
                                                     : document::Latin1UpToZero(raw);
    if (!name.empty()) {
      return file_.PathOf(entry.parent) + '/' + name;
    }
  }
  return {};
}

std::optional<Part> OleReader::NextInner(base::Budget& budget, inflate::Inflater& inflater) {
  switch (inner_) {
    case Inner::kDecrypted:
      return Decrypted(budget);
    case Inner::kPackage:
      return NextPackage(budget);
    case Inner::kRecords:
      return NextRecord(budget, inflater);
    case Inner::kWorkbook:
      inner_ = Inner::kNone;
      text_ = vba::MacroSheetText(current_content_, document::RoomOf(budget).size_bytes);
      if (text_.empty()) {
        return std::nullopt;
      }
      return TextPart(current_path_ + "//(macro) sheets.txt", PartKind::kXlmMacro, budget);
    case Inner::kVbaProject:
    case Inner::kVbaModule:
      return NextModule(budget);
    case Inner::kMessageText:
    case Inner::kMessageRtf:
      return MessageText(budget);
    case Inner::kDeflated:
      return Inflated(budget, inflater);
    case Inner::kNone:
      break;
  }
  return std::nullopt;
}

std::optional<Part> OleReader::NextPackage(base::Budget& budget) {
  inner_ = Inner::kNone;
  const auto file = document::ReadOle10Native(current_content_);
  if (!file || file->data.empty()) {
    return std::nullopt;
  }
  const std::string name = file->name.empty() ? "(native data)" : file->name;
  Part part = document::PaidPart(current_path_ + "//" + name, file->data, budget);
  if (part.gap.empty() && file->is_cut) {
    part.gap = kCut;
  }
  return part;
}

std::optional<Part> OleReader::NextRecord(base::Budget& budget, inflate::Inflater& inflater) {
  const auto record = FindOfficeRecord(current_content_, inner_at_);
  if (!record) {
    return std::nullopt;
  }
  inner_at_ = record->next;
  const std::string name = current_path_ + (record->is_object ? "//object " : "//picture ") +
                           std::to_string(++inner_count_);
  if (!record->is_zlib) {
    return document::PaidPart(name, record->data, budget);
  }
  scratch_.Clear();
  const inflate::Outcome outcome = inflater.Inflate(
      base::ClippedSlice(record->data, kZlibHeaderBytes, record->data.size()), budget, scratch_);
  Part part;
  part.name = name;
  part.content = scratch_.bytes();
  part.gap = inflate::GapReason(outcome);
  part.has_content = !part.content.empty() || part.gap.empty();
  return part;
}

Part OleReader::TextPart(std::string name, PartKind kind, base::Budget& budget) {
  Part part = document::PaidPart(std::move(name), base::AsBytes(text_), budget);
  part.kind = kind;
  return part;
}

base::Bytes OleReader::ReadForMacros(std::size_t index, base::Budget& budget,
                                     inflate::OutputBuffer& out) {
  const base::Bytes content = file_.Read(index, document::RoomOf(budget).size_bytes, out).content;
  return budget.SpendSteps(content.size()).ok() ? content : base::Bytes{};
}

// Each module of the project: its source, then what only its p-code tells.
std::optional<Part> OleReader::NextModule(base::Budget& budget) {
  const std::uint32_t storage = file_.entries()[current_].parent;
  const std::uint64_t room = document::RoomOf(budget).size_bytes;
  if (inner_ == Inner::kVbaProject) {
    inner_ = Inner::kVbaModule;
    modules_ = vba::ReadModules(base::AsBytes(vba::Decompress(current_content_, room).text));
    const std::size_t names = FindStream(storage, "_VBA_PROJECT");
    names_stream_.Clear();
    const base::Bytes content =
        names == kNone ? base::Bytes{} : ReadForMacros(names, budget, names_stream_);
    project_names_ = std::string(base::AsText(content));
  }
  if (!pcode_text_.empty()) {
    text_ = std::exchange(pcode_text_, {});
    return TextPart(pcode_name_, PartKind::kVbaMacro, budget);
  }
  const std::string folder = current_path_.substr(0, current_path_.rfind('/') + 1);
  while (inner_at_ < modules_.size()) {
    const vba::Module& module = modules_[inner_at_++];
    const std::size_t index = FindStream(storage, module.stream_name);
    if (index == kNone || !modules_given_.insert(index).second) {
      continue;
    }
    const base::Bytes stream = ReadForMacros(index, budget, module_stream_);
    const std::size_t at = std::min<std::size_t>(module.source_offset, stream.size());
    vba::Decompressed source = vba::Decompress(stream.subspan(at), room);
    if (source.text.empty()) {
      const auto found = vba::FindSource(stream);
      source = found ? vba::Decompress(stream.subspan(*found), room) : std::move(source);
    }
    const std::string name = folder + "(macro) " + module.name;
    pcode_text_ =
        vba::HiddenPcodeTexts(stream.first(at), source.text, base::AsBytes(project_names_));
    pcode_name_ = name + " p-code.txt";
    text_ = std::move(source.text);
    Part part = TextPart(name + (module.is_class ? ".cls" : ".bas"), PartKind::kVbaMacro, budget);
    if (part.gap.empty()) {
      part.gap = source.gap == vba::kCut
                     ? document::LimitGap(document::RoomOf(budget).limit, budget)
                     : source.gap;
    }
    part.has_content = !text_.empty();
    if (!part.has_content && part.gap.empty()) {
      part.gap = "damaged: no macro source";
    }
    return part;
  }
  return std::nullopt;
}

// Sources in projects whose list does not have them.
std::optional<Part> OleReader::UnlistedModule(base::Budget& budget) {
  while (unlisted_at_ < file_.entries().size()) {
    const std::size_t index = unlisted_at_++;
    const Entry& entry = file_.entries()[index];
    if (entry.kind != Entry::Kind::kStream || modules_given_.count(index) > 0 ||
        FindStream(entry.parent, "_VBA_PROJECT") == kNone) {
      continue;
    }
    const base::Bytes stream = ReadForMacros(index, budget, module_stream_);
    const auto at = vba::FindSource(stream);
    if (!at) {
      continue;
    }
    text_ = vba::Decompress(stream.subspan(*at), document::RoomOf(budget).size_bytes).text;
    return TextPart(file_.PathOf(index) + "//(macro) source.bas", PartKind::kVbaMacro, budget);
  }
  return std::nullopt;
}

std::optional<Part> OleReader::MessageText(base::Budget& budget) {
  const bool is_rtf = std::exchange(inner_, Inner::kNone) == Inner::kMessageRtf;
  text_ = is_rtf ? document::DecompressRtf(current_content_, document::RoomOf(budget).size_bytes)
                 : document::Utf16ToUtf8(current_content_);
  if (text_.empty()) {
    return std::nullopt;
  }
  return TextPart(current_path_ + (is_rtf ? "//body.rtf" : "//text.txt"), PartKind::kFile, budget);
}

std::optional<Part> OleReader::Inflated(base::Budget& budget, inflate::Inflater& inflater) {
  inner_ = Inner::kNone;
  scratch_.Clear();
  const inflate::Outcome outcome = inflater.Inflate(current_content_, budget, scratch_);
  Part part;
  part.name = current_path_ + "//(inflated)";
  part.content = scratch_.bytes();
  part.gap = inflate::GapReason(outcome);
  part.has_content = !part.content.empty() || part.gap.empty();
  return part;
}

}  // namespace day::unpack::ole2
