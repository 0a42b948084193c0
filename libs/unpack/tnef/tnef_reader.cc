#include "libs/unpack/tnef/tnef_reader.h"

#include <algorithm>
#include <utility>

#include "libs/unpack/document/rtf_compression.h"
#include "libs/unpack/document/text.h"

namespace day::unpack::tnef {
namespace {

using document::Part;

constexpr std::uint32_t kSignature = 0x223E9F78;
constexpr std::uint64_t kHeaderBytes = 6;
constexpr std::uint64_t kGuidBytes = 16;

// Attributes, without their types.
constexpr std::uint32_t kBody = 0x800C;
constexpr std::uint32_t kAttachData = 0x800F;
constexpr std::uint32_t kAttachTitle = 0x8010;
constexpr std::uint32_t kAttachStarts = 0x9002;
constexpr std::uint32_t kMessageProperties = 0x9003;
constexpr std::uint32_t kAttachProperties = 0x9005;

// Types of properties.
constexpr std::uint32_t kObject = 0x000D;
constexpr std::uint32_t kText8 = 0x001E;
constexpr std::uint32_t kText16 = 0x001F;
constexpr std::uint32_t kBinary = 0x0102;
constexpr std::uint32_t kManyValues = 0x1000;

// Bytes of one value of a type of fixed size, or 0.
std::uint64_t FixedBytes(std::uint32_t type) {
  switch (type) {
    case 0x0002:
    case 0x0003:
    case 0x0004:
    case 0x000A:
    case 0x000B:
      return 4;
    case 0x0005:
    case 0x0006:
    case 0x0007:
    case 0x0014:
    case 0x0040:
      return 8;
    case 0x0048:
      return kGuidBytes;
    default:
      return 0;
  }
}

bool IsVariable(std::uint32_t type) {
  return type == kObject || type == kText8 || type == kText16 || type == kBinary;
}

void SkipPadded(base::ByteReader& reader, std::uint64_t size) {
  reader.Skip(std::min((size + 3) / 4 * 4, reader.remaining()));
}

std::string TextOf(std::uint32_t type, base::Bytes value) {
  return type == kText16 ? document::Utf16UpToZero(value, value.size())
                         : document::Latin1UpToZero(value);
}

}  // namespace

bool TnefReader::IsTnef(base::Bytes file) {
  return base::ReadAt<std::uint32_t>(file, 0) == kSignature;
}

std::optional<Part> TnefReader::Next(base::Budget& budget, inflate::Inflater&,
                                     inflate::OutputBuffer&) {
  if (!std::exchange(is_read_, true)) {
    ReadAll();
  }
  if (next_ >= found_.size()) {
    return std::nullopt;
  }
  const Found& found = found_[next_++];
  base::Bytes content = found.data;
  if (found.encoding == Encoding::kRtf) {
    text_ = document::DecompressRtf(found.data, document::RoomOf(budget).size_bytes);
    content = base::AsBytes(text_);
  } else if (found.encoding == Encoding::kUtf16) {
    text_ = document::Utf16ToUtf8(found.data);
    content = base::AsBytes(text_);
  }
  return document::PaidPart(found.name, content, budget);
}

void TnefReader::ReadAll() {
  base::ByteReader reader(file_);
  reader.Seek(std::min<std::uint64_t>(kHeaderBytes, file_.size()));
  // Level, attribute, length; the data; a checksum.
  while (reader.ok() && reader.remaining() >= 9) {
    reader.U8();
    const std::uint32_t id = reader.U32();
    const std::uint32_t size = reader.U32();
    if (size > reader.remaining()) {
      problem_ = "damaged: an attribute is cut";
    }
    ReadAttribute(id & 0xFFFF, reader.Take(std::min<std::uint64_t>(size, reader.remaining())));
    reader.Skip(std::min<std::uint64_t>(2, reader.remaining()));
  }
  EndAttachment();
}

void TnefReader::ReadAttribute(std::uint32_t id, base::Bytes data) {
  switch (id) {
    case kAttachStarts:
      EndAttachment();
      break;
    case kAttachTitle:
      short_name_ = document::Latin1UpToZero(data);
      break;
    case kAttachData:
      Add("", data);
      break;
    case kBody:
      Add("body.txt", data);
      break;
    case kMessageProperties:
    case kAttachProperties:
      ReadProperties(data, id == kAttachProperties);
      break;
    default:
      break;
  }
}

void TnefReader::Add(std::string name, base::Bytes data, Encoding encoding) {
  if (found_.size() >= kPartsMax) {
    problem_ = "limit tnef_parts_max";
  } else if (!data.empty()) {
    found_.push_back({std::move(name), data, encoding});
  }
}

// What was found since the attachment started and has no name is its data.
void TnefReader::EndAttachment() {
  const std::string name =
      std::string(document::FileNameOf(long_name_.empty() ? short_name_ : long_name_));
  bool has_data = false;
  for (std::size_t i = attachment_start_; i < found_.size(); ++i) {
    if (found_[i].name.empty()) {
      attachments_ += std::exchange(has_data, true) ? 0u : 1u;
      found_[i].name = name.empty() ? "attachment " + std::to_string(attachments_) : name;
    }
  }
  attachment_start_ = found_.size();
  short_name_.clear();
  long_name_.clear();
}

void TnefReader::ReadProperties(base::Bytes data, bool of_attachment) {
  base::ByteReader reader(data);
  for (std::uint32_t left = reader.U32(); left > 0 && reader.remaining() >= 4; --left) {
    const std::uint32_t tag = reader.U32();
    const std::uint32_t type = tag & 0xFFFF & ~kManyValues;
    if ((tag >> 16) >= 0x8000) {
      // A name: a GUID, then a number or a text.
      reader.Skip(kGuidBytes);
      const bool is_text = reader.U32() == 1;
      const std::uint32_t value = reader.U32();
      if (is_text) {
        SkipPadded(reader, value);
      }
    }
    const bool is_variable = IsVariable(type);
    const std::uint64_t fixed = FixedBytes(type);
    if (!is_variable && fixed == 0) {
      problem_ = "damaged: a property of no known type";
      return;
    }
    std::uint32_t values = is_variable || (tag & kManyValues) != 0 ? reader.U32() : 1;
    for (; values > 0 && reader.ok() && reader.remaining() > 0; --values) {
      if (!is_variable) {
        reader.Skip(std::min(fixed, reader.remaining()));
        continue;
      }
      const std::uint32_t size = reader.U32();
      if (size > reader.remaining()) {
        problem_ = "damaged: a property is cut";
      }
      UseProperty((tag & 0xFFFF0000) | type,
                  base::ClippedSlice(data, reader.offset(), reader.ok() ? size : 0), of_attachment);
      SkipPadded(reader, size);
    }
  }
}

void TnefReader::UseProperty(std::uint32_t tag, base::Bytes value, bool of_attachment) {
  const std::uint32_t type = tag & 0xFFFF;
  const Encoding encoding = type == kText16 ? Encoding::kUtf16 : Encoding::kNone;
  switch (tag >> 16) {
    case 0x3707:  // long name
      if (of_attachment) {
        long_name_ = TextOf(type, value);
      }
      break;
    case 0x3704:  // name
    case 0x3001:
      if (of_attachment && short_name_.empty()) {
        short_name_ = TextOf(type, value);
      }
      break;
    case 0x3701:  // data; an object has the GUID of its interface before it
      if (of_attachment) {
        Add("", type == kObject ? base::ClippedSlice(value, kGuidBytes, value.size()) : value);
      }
      break;
    case 0x1000:
      Add("body.txt", value, encoding);
      break;
    case 0x1013:
      Add("body.html", value, encoding);
      break;
    case 0x1009:
      Add("body.rtf", value, Encoding::kRtf);
      break;
    default:
      break;
  }
}

}  // namespace day::unpack::tnef
