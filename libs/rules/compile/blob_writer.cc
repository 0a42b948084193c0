#include "libs/rules/compile/blob_writer.h"

#include <cstddef>
#include <limits>

namespace day::rules::compile {

TextRef TextPool::Add(std::string_view text) {
  if (const auto found = known_.find(std::string(text)); found != known_.end()) {
    return found->second;
  }
  if (text.size() > std::numeric_limits<std::uint32_t>::max() - bytes_.size()) {
    overflowed_ = true;
    return {};
  }
  const TextRef ref = {.offset = static_cast<std::uint32_t>(bytes_.size()),
                       .size = static_cast<std::uint32_t>(text.size())};
  bytes_.append(text);
  known_.emplace(text, ref);
  return ref;
}

std::string BlobWriter::Finish() const {
  BlobHeader header;
  std::memcpy(header.magic, kBlobMagic, sizeof(header.magic));
  header.version = kBlobVersion;
  header.section_count = kSectionCount;
  const auto align = [](std::uint64_t offset) {
    return (offset + kSectionAlignment - 1) / kSectionAlignment * kSectionAlignment;
  };
  std::uint64_t size = align(sizeof(BlobHeader));
  for (std::size_t i = 0; i < kSectionCount; ++i) {
    header.sections[i] = {.offset = size, .size = sections_[i].size()};
    size = align(size + sections_[i].size());
  }
  header.size = size;
  std::string blob(size, '\0');
  for (std::size_t i = 0; i < kSectionCount; ++i) {
    std::memcpy(blob.data() + header.sections[i].offset, sections_[i].data(), sections_[i].size());
  }
  std::memcpy(blob.data(), &header, sizeof(header));
  header.checksum = HashBytes(base::AsBytes(blob).subspan(offsetof(BlobHeader, sections)));
  std::memcpy(blob.data(), &header, sizeof(header));
  return blob;
}

}  // namespace day::rules::compile
