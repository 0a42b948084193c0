#include "libs/unpack/cms/cms_reader.h"

#include <string>
#include <utility>

#include "libs/unpack/inflate/zlib.h"

namespace day::unpack::cms {
namespace {

using document::Part;
using std::string_view_literals::operator""sv;

// Object identifiers, without tag and length.
constexpr std::string_view kData = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x01"sv;
constexpr std::string_view kSigned = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"sv;
constexpr std::string_view kEnveloped = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03"sv;
constexpr std::string_view kEncrypted = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x06"sv;
constexpr std::string_view kAuthEnveloped = "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x17"sv;
constexpr std::string_view kCompressed = "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x09"sv;

constexpr unsigned kOctetString = 0x04;
constexpr unsigned kObjectIdentifier = 0x06;
constexpr unsigned kSequence = 0x30;
constexpr unsigned kExplicit0 = 0xA0;
constexpr unsigned kConstructed = 0x20;
constexpr unsigned kLengthIndefinite = 0x80;

// One value of BER.
struct Element {
  unsigned tag = 0;
  bool is_indefinite = false;
  std::uint64_t start = 0;  // of the content
  std::uint64_t size = 0;   // of the content; of an indefinite one all that is left
  bool is_constructed() const { return (tag & kConstructed) != 0; }
};

std::optional<Element> ReadElement(base::Bytes bytes, std::uint64_t at) {
  base::ByteReader reader(bytes);
  reader.Seek(at);
  Element element;
  element.tag = reader.U8();
  std::uint64_t size = reader.U8();
  // Tags of several bytes have no place in these messages.
  if (!reader.ok() || (element.tag & 0x1F) == 0x1F) {
    return std::nullopt;
  }
  element.is_indefinite = size == kLengthIndefinite;
  if (size > kLengthIndefinite) {
    std::uint64_t count = size & 0x7F;
    size = 0;
    for (; count > 0 && reader.ok(); --count) {
      size = size >> 48 != 0 ? size : (size << 8) | reader.U8();
    }
  }
  if (!reader.ok()) {
    return std::nullopt;
  }
  element.start = reader.offset();
  element.size = element.is_indefinite || size > reader.remaining() ? reader.remaining() : size;
  return element;
}

// A place among the values of a message, moved over or into them.
class Cursor {
 public:
  explicit Cursor(base::Bytes bytes) : bytes_(bytes) {}

  std::optional<Element> Here() const { return ReadElement(bytes_, at_); }
  base::Bytes ContentOf(const Element& element) const {
    return base::ClippedSlice(bytes_, element.start, element.size);
  }
  // Into the value here if it has this tag.
  bool Enter(unsigned tag) {
    const auto element = Here();
    if (!element || element->tag != tag) {
      return false;
    }
    at_ = element->start;
    return true;
  }
  // Over the value here, the ones in it included; false at the end of what is there.
  bool Skip() {
    std::uint64_t depth = 0;
    do {
      const auto element = Here();
      if (!element) {
        return false;
      }
      if (element->is_indefinite && element->is_constructed()) {
        ++depth;
        at_ = element->start;
        continue;
      }
      at_ = element->start + element->size;
      // Two zero bytes end an indefinite value.
      depth -= element->tag == 0 && depth > 0 ? 1u : 0u;
    } while (depth > 0);
    return true;
  }

 private:
  base::Bytes bytes_;
  std::uint64_t at_ = 0;
};

// Kind of message, and a cursor on what the kind is followed by.
std::string_view ReadKind(Cursor& cursor) {
  if (!cursor.Enter(kSequence)) {
    return {};
  }
  const auto kind = cursor.Here();
  if (!kind || kind->tag != kObjectIdentifier) {
    return {};
  }
  cursor.Skip();
  return base::AsText(cursor.ContentOf(*kind));
}

}  // namespace

bool CmsReader::IsCms(base::Bytes file) {
  Cursor cursor(file);
  const std::string_view kind = ReadKind(cursor);
  return kind == kSigned || kind == kEnveloped || kind == kEncrypted || kind == kAuthEnveloped ||
         kind == kCompressed;
}

std::optional<Part> CmsReader::Next(base::Budget& budget, inflate::Inflater& inflater,
                                    inflate::OutputBuffer& buffer) {
  if (std::exchange(is_given_, true)) {
    return std::nullopt;
  }
  Cursor cursor(file_);
  const std::string_view kind = ReadKind(cursor);
  Part part;
  part.name = kind == kSigned ? "(signed content)" : "(content)";
  if (kind != kSigned && kind != kCompressed) {
    part.gap = "encrypted";
    return part;
  }
  // [0] { SEQUENCE { version, algorithms, SEQUENCE { kind of the content, [0] { the content } } } }
  std::string_view inner_kind;
  const bool is_there = cursor.Enter(kExplicit0) && cursor.Enter(kSequence) && cursor.Skip() &&
                        cursor.Skip() && !(inner_kind = ReadKind(cursor)).empty();
  if (!is_there) {
    part.gap = "damaged: no content";
    return part;
  }
  if (!cursor.Enter(kExplicit0)) {
    return std::nullopt;  // a detached signature: the content is elsewhere
  }
  const auto string = cursor.Here();
  if (!string) {
    part.gap = "damaged: no content";
    return part;
  }
  const std::string name = std::move(part.name);
  // A content that is no string of bytes (of catalogues) is given as it is.
  const bool is_string = (string->tag & ~kConstructed) == kOctetString;
  if (!is_string || !string->is_constructed()) {
    part = document::PaidPart(name, cursor.ContentOf(*string), budget);
  } else {
    part = Content(cursor.ContentOf(*string), budget, buffer);
    part.name = name;
  }
  if (inner_kind == kData) {
    part.kind = document::PartKind::kMessage;
  }
  if (kind == kCompressed && part.has_content) {
    packed_.Clear();
    if (packed_.Append(part.content)) {
      buffer.Clear();
      const base::Bytes packed = packed_.bytes();
      part.gap = inflate::GapReason(inflater.Inflate(
          base::ClippedSlice(packed, inflate::kZlibHeaderBytes, packed.size()), budget, buffer));
      part.content = buffer.bytes();
      part.has_content = !part.content.empty() || part.gap.empty();
    }
  }
  return part;
}

// Puts a string in pieces together: pieces may hold pieces, and all that counts is their order.
Part CmsReader::Content(base::Bytes string, base::Budget& budget, inflate::OutputBuffer& buffer) {
  Part part;
  const document::Room room = document::RoomOf(budget);
  buffer.Clear();
  std::uint64_t open = 0;  // pieces of indefinite length around
  for (std::uint64_t at = 0; at < string.size();) {
    const auto piece = ReadElement(string, at);
    if (piece && piece->tag == 0 && piece->size == 0 && open > 0) {
      at = piece->start;
      --open;
      continue;
    }
    if (!piece || (piece->tag & ~kConstructed) != kOctetString) {
      break;  // the end: zeros, or what follows the string
    }
    if (piece->is_constructed()) {
      open += piece->is_indefinite ? 1u : 0u;
      at = piece->start;
      continue;
    }
    at = piece->start + piece->size;
    const base::Bytes bytes = base::ClippedSlice(string, piece->start, piece->size);
    if (buffer.size() + bytes.size() > room.size_bytes || !buffer.Append(bytes)) {
      part.gap = document::LimitGap(room.limit, budget);
      break;
    }
  }
  part.content = buffer.bytes();
  part.has_content = !part.content.empty() || part.gap.empty();
  (void)budget.SpendBytesOut(part.content.size());
  return part;
}

}  // namespace day::unpack::cms
