#include "libs/unpack/swf/swf_reader.h"

#include <algorithm>
#include <string>

#include "libs/unpack/inflate/zlib.h"
#include "libs/unpack/stream/stream.h"

namespace day::unpack::swf {
namespace {

using document::Part;

constexpr std::uint64_t kHeaderBytes = 8;
// An LZMA file has its packed size before the properties.
constexpr std::uint64_t kLzmaProperties = 12;
constexpr std::uint64_t kLzmaPropertiesBytes = 5;
constexpr unsigned kDefineBinaryData = 87;
constexpr std::uint32_t kLongLength = 0x3F;

// The first tag: behind a rectangle of variable length, the frame rate and the frame count.
std::uint64_t FirstTag(base::Bytes file) {
  const unsigned bits = base::ReadAt<std::uint8_t>(file, kHeaderBytes).value_or(0) >> 3;
  return kHeaderBytes + (5 + 4 * bits + 7) / 8 + 4;
}

}  // namespace

std::optional<Part> SwfReader::Next(base::Budget& budget, inflate::Inflater& inflater,
                                    inflate::OutputBuffer& buffer) {
  const bool is_compressed = !base::AsText(file_).starts_with("FWS");
  if (is_compressed) {
    if (at_ != 0) {
      return std::nullopt;
    }
    at_ = file_.size();
    return Decompressed(budget, inflater, buffer);
  }
  at_ = at_ == 0 ? FirstTag(file_) : at_;
  base::ByteReader reader(file_);
  reader.Seek(at_);
  while (reader.remaining() >= 2) {
    const std::uint32_t head = reader.U16();
    std::uint64_t size = head & kLongLength;
    if (size == kLongLength) {
      size = reader.U32();
    }
    const base::Bytes body = base::ClippedSlice(file_, reader.offset(), reader.ok() ? size : 0);
    reader.Skip(body.size());
    if (head >> 6 == kDefineBinaryData && body.size() > 6) {
      at_ = reader.offset();
      Part part = document::PaidPart("binary " + std::to_string(++count_), body.subspan(6), budget);
      if (part.gap.empty() && body.size() < size) {
        part.gap = "damaged: the tag is cut";
      }
      return part;
    }
  }
  at_ = file_.size();
  return std::nullopt;
}

// As an uncompressed file: signature, version and size stay.
Part SwfReader::Decompressed(base::Budget& budget, inflate::Inflater& inflater,
                             inflate::OutputBuffer& buffer) {
  Part part;
  part.name = "(decompressed)";
  buffer.Clear();
  const document::Room room = document::RoomOf(budget);
  const base::Bytes rest = base::ClippedSlice(file_, 1, kHeaderBytes - 1);
  if (room.size_bytes < kHeaderBytes || !budget.SpendBytesOut(kHeaderBytes).ok()) {
    part.gap = document::LimitGap(room.limit, budget);
    return part;
  }
  if (!buffer.Append(base::AsBytes("F")) || !buffer.Append(rest)) {
    part.gap = "limit memory";
    return part;
  }
  if (base::AsText(file_).starts_with("C")) {
    part.gap = inflate::GapReason(inflater.Inflate(
        base::ClippedSlice(file_, kHeaderBytes + inflate::kZlibHeaderBytes, file_.size()), budget,
        buffer));
  } else {
    part.gap = stream::DecodeRawLzma(
                   base::ClippedSlice(file_, kLzmaProperties, kLzmaPropertiesBytes),
                   base::ClippedSlice(file_, kLzmaProperties + kLzmaPropertiesBytes, file_.size()),
                   budget, buffer)
                   .gap;
    // The stream need not have an end mark: the size in the header says whether all is there.
    if (base::ReadAt<std::uint32_t>(file_, 4) == buffer.size()) {
      part.gap.clear();
    }
  }
  // The decoders know only of their own output.
  buffer.Truncate(std::min<std::size_t>(buffer.size(), room.size_bytes));
  part.content = buffer.bytes();
  part.has_content = true;
  return part;
}

}  // namespace day::unpack::swf
