#include "libs/formats/pe/rich_header.h"

#include <array>

namespace day::formats::pe {
namespace {

constexpr std::uint32_t kRichMarker = 0x68636952;  // "Rich", not xored
constexpr std::uint32_t kDansMarker = 0x536E6144;  // "DanS"
constexpr std::uint64_t kStepBytes = 4;

std::uint32_t WordAt(base::Bytes file, std::uint64_t offset) {
  return base::ReadAt<std::uint32_t>(file, offset).value_or(0);
}

// The highest word below `end`, in steps of four from it, that is `marker` xored with `key`.
std::optional<std::uint64_t> FindBackwards(base::Bytes file, std::uint64_t end,
                                           std::uint32_t marker, std::uint32_t key) {
  for (std::uint64_t at = end; at >= kDosHeaderSizeBytes + kStepBytes;) {
    at -= kStepBytes;
    if ((WordAt(file, at) ^ key) == marker) {
      return at;
    }
  }
  return std::nullopt;
}

}  // namespace

void RichHeader::Clear() {
  offset_ = 0;
  key_ = 0;
  raw_data_ = {};
  clear_data_.clear();
  version_data_.clear();
}

bool RichHeader::Read(const PeReader& pe) {
  Clear();
  const base::Bytes file = pe.file();
  const auto end = FindBackwards(file, pe.nt_header_offset(), kRichMarker, 0);
  const std::uint32_t key = end ? WordAt(file, *end + kStepBytes) : 0;
  if (key == 0) {
    return false;
  }
  const auto begin = FindBackwards(file, *end, kDansMarker, key);
  if (!begin) {
    return false;
  }
  offset_ = *begin;
  key_ = key;
  raw_data_ = base::AsText(base::ClippedSlice(file, *begin, *end - *begin));
  clear_data_.assign(raw_data_);
  for (std::size_t i = 0; i < clear_data_.size(); ++i) {
    clear_data_[i] = static_cast<char>(clear_data_[i] ^ static_cast<char>(key >> (8 * (i % 4))));
  }
  for (std::size_t i = 0; i < entry_count(); ++i) {
    version_data_.append(clear_data_, kRichPrefixSizeBytes + i * kRichEntrySizeBytes, 4);
  }
  return true;
}

std::size_t RichHeader::entry_count() const {
  return has_versions() ? (clear_data_.size() - kRichPrefixSizeBytes) / kRichEntrySizeBytes : 0;
}

RichHeader::Entry RichHeader::entry(std::size_t index) const {
  base::ByteReader reader(base::AsBytes(clear_data_));
  reader.Seek(kRichPrefixSizeBytes + index * kRichEntrySizeBytes);
  Entry out;
  out.version = reader.U16();
  out.tool_id = reader.U16();
  out.times = reader.U32();
  return out;
}

}  // namespace day::formats::pe
