#include "libs/unpack/hwp3/hwp3_reader.h"

#include <string>
#include <utility>

namespace day::unpack::hwp3 {
namespace {

using document::Part;

constexpr std::uint64_t kInfoBytes = 128;
constexpr std::uint64_t kSummaryBytes = 1008;
// In the document's information.
constexpr std::uint64_t kPasswordOffset = 96;
constexpr std::uint64_t kDeflatedOffset = 124;
constexpr std::uint64_t kBlocksBytesOffset = 126;

constexpr std::string_view kCompound("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
// In front of an object: its size, which counts this mark and the object, and the mark.
constexpr std::uint32_t kObjectMark = 0xF8995567;
constexpr std::size_t kMarkBytes = 4;

}  // namespace

std::optional<Part> Hwp3Reader::Next(base::Budget& budget, inflate::Inflater& inflater,
                                     inflate::OutputBuffer&) {
  return std::exchange(is_open_, true) ? NextObject(budget) : Body(budget, inflater);
}

std::optional<Part> Hwp3Reader::Body(base::Budget& budget, inflate::Inflater& inflater) {
  const base::Bytes info = base::ClippedSlice(file_, kSignature.size(), kInfoBytes);
  const std::uint64_t blocks = base::ReadAt<std::uint16_t>(info, kBlocksBytesOffset).value_or(0);
  const base::Bytes stored = base::ClippedSlice(
      file_, kSignature.size() + kInfoBytes + kSummaryBytes + blocks, file_.size());
  const bool is_encrypted = base::ReadAt<std::uint16_t>(info, kPasswordOffset).value_or(0) != 0;
  const bool is_deflated = base::ReadAt<std::uint8_t>(info, kDeflatedOffset).value_or(0) != 0;
  Part part;
  part.name = "(body)";
  part.is_encrypted = is_encrypted;
  if (stored.empty()) {
    problem_ = "damaged: no body";
    return std::nullopt;
  }
  inflated_.Clear();
  const inflate::Outcome outcome = inflater.Inflate(stored, budget, inflated_);
  // Whatever the flags say: a stream that ends near the end of the file is what it is.
  const bool is_stream = outcome.end == inflate::Outcome::End::kComplete &&
                         outcome.consumed >= stored.size() - stored.size() / 4;
  if (is_encrypted && !is_stream) {
    part.gap = "encrypted";
    return part;
  }
  if (!is_deflated && !is_stream) {
    body_ = stored;  // the file has been looked at as it is
    return NextObject(budget);
  }
  part.gap = inflate::GapReason(outcome);
  body_ = inflated_.bytes();
  part.content = body_;
  part.has_content = !body_.empty() || part.gap.empty();
  return part;
}

std::optional<Part> Hwp3Reader::NextObject(base::Budget& budget) {
  const std::size_t found = base::AsText(body_).find(kCompound, at_);
  if (found == std::string_view::npos) {
    return std::nullopt;
  }
  if (count_ >= kObjectsMax) {
    at_ = body_.size();
    problem_ = "limit hwp3_objects_max";
    return std::nullopt;
  }
  at_ = found + kCompound.size();
  base::Bytes object = body_.subspan(found);
  if (found >= 2 * kMarkBytes &&
      base::ReadAt<std::uint32_t>(body_, found - kMarkBytes) == kObjectMark) {
    const std::uint32_t size =
        base::ReadAt<std::uint32_t>(body_, found - 2 * kMarkBytes).value_or(0);
    object = base::ClippedSlice(object, 0, size > kMarkBytes ? size - kMarkBytes : 0);
  }
  return document::PaidPart("object " + std::to_string(++count_), object, budget);
}

}  // namespace day::unpack::hwp3
