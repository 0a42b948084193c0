#include "libs/unpack/rpm/rpm_reader.h"

#include <utility>

namespace day::unpack::rpm {
namespace {

using base::Endian;

constexpr std::uint32_t kLeadMagic = 0xEDABEEDB;
constexpr std::uint64_t kLeadBytes = 96;
constexpr std::uint32_t kHeaderMagic = 0x8EADE801;
constexpr std::uint64_t kHeaderStartBytes = 16;
constexpr std::uint64_t kTagBytes = 16;
constexpr std::uint32_t kTagPayloadFormat = 1124;
constexpr std::uint32_t kTagPayloadCompressor = 1125;
constexpr std::size_t kTextBytesMax = 32;

struct Header {
  base::Bytes index;
  base::Bytes store;
  std::uint64_t end = 0;
};

std::optional<Header> ReadHeader(base::Bytes file, std::uint64_t offset) {
  const auto count = base::ReadAt<std::uint32_t>(file, offset + 8, Endian::kBig);
  const auto size = base::ReadAt<std::uint32_t>(file, offset + 12, Endian::kBig);
  if (base::ReadAt<std::uint32_t>(file, offset, Endian::kBig) != kHeaderMagic || !count || !size ||
      *count > kTagsMax || *size > kHeaderBytesMax) {
    return std::nullopt;
  }
  const std::uint64_t index_bytes = std::uint64_t{*count} * kTagBytes;
  const auto index = base::Slice(file, offset + kHeaderStartBytes, index_bytes);
  const auto store = base::Slice(file, offset + kHeaderStartBytes + index_bytes, *size);
  if (!index || !store) {
    return std::nullopt;
  }
  return Header{*index, *store, offset + kHeaderStartBytes + index_bytes + *size};
}

std::string_view TagText(const Header& header, std::uint32_t tag) {
  for (std::uint64_t at = 0; at < header.index.size(); at += kTagBytes) {
    if (base::ReadAt<std::uint32_t>(header.index, at, Endian::kBig) == tag) {
      const auto offset = base::ReadAt<std::uint32_t>(header.index, at + 8, Endian::kBig);
      return base::CStringAt(header.store, offset.value_or(0), kTextBytesMax);
    }
  }
  return {};
}

struct Ending {
  std::string_view compressor;
  std::string_view ending;
};
constexpr Ending kEndings[] = {
    {"gzip", ".gz"},   {"bzip2", ".bz2"}, {"xz", ".xz"},
    {"lzma", ".lzma"}, {"zstd", ".zst"},  {"lzip", ".lz"},
};

std::string PayloadName(const Header& header) {
  const std::string_view format = TagText(header, kTagPayloadFormat);
  const std::string_view compressor = TagText(header, kTagPayloadCompressor);
  std::string name = "payload." + std::string(format == "drpm" ? "drpm" : "cpio");
  for (const auto& [known, ending] : kEndings) {
    if (known == compressor) {
      name += ending;
    }
  }
  return name;
}

}  // namespace

bool RpmReader::IsRpm(base::Bytes file) {
  return file.size() >= kLeadBytes &&
         base::ReadAt<std::uint32_t>(file, 0, Endian::kBig) == kLeadMagic;
}

std::optional<parts::Member> RpmReader::Next(base::Budget& budget, inflate::OutputBuffer&) {
  if (std::exchange(given_, true)) {
    return std::nullopt;
  }
  std::uint64_t end = kLeadBytes;
  std::string name = "payload";
  // Only the signature's header is padded.
  if (const auto signature = ReadHeader(file_, kLeadBytes)) {
    end = (signature->end + 7) / 8 * 8;
    if (const auto header = ReadHeader(file_, end)) {
      end = header->end;
      name = PayloadName(*header);
    } else {
      problem_ = "damaged: no header behind the signature";
    }
  } else {
    problem_ = "damaged: no signature header";
  }
  return parts::StoredMember(std::move(name), base::ClippedSlice(file_, end, file_.size()), budget);
}

}  // namespace day::unpack::rpm
