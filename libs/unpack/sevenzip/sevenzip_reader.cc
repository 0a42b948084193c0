#include "libs/unpack/sevenzip/sevenzip_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "libs/unpack/cipher/passwords.h"
#include "libs/unpack/inflate/crc32.h"
#include "libs/unpack/libarchive/libarchive_reader.h"
#include "libs/unpack/stream/stream.h"

namespace day::unpack::sevenzip {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kMarker = "7z\xBC\xAF\x27\x1C"sv;
constexpr std::uint64_t kStartBytes = 32;
constexpr std::uint8_t kHeader = 0x01;
constexpr std::uint8_t kMainStreams = 0x04;
constexpr std::uint8_t kHiddenHeader = 0x17;
constexpr std::uint8_t kCrc = 0x0A;
constexpr std::uint64_t kHeaderBytesMax = 64ull * 1024 * 1024;
constexpr int kHiddenMax = 4;  // headers in each other
constexpr int kEmptyMax = 100;
constexpr std::uint64_t kMebibyte = 1024 * 1024;
constexpr std::string_view kStored = "\0"sv;
constexpr std::string_view kLzma = "\x03\x01\x01"sv;
constexpr std::string_view kLzma2 = "\x21"sv;
constexpr std::string_view kPpmd = "\x03\x04\x01"sv;
constexpr std::string_view kBzip2 = "\x04\x02\x02"sv;

// The header at the archive's end.
std::optional<base::Bytes> FindHeader(base::Bytes file) {
  constexpr std::uint64_t kPlaceOffset = 12;
  const auto offset = base::ReadAt<std::uint64_t>(file, kPlaceOffset);
  const auto size = base::ReadAt<std::uint64_t>(file, kPlaceOffset + 8);
  if (!offset || !size || *size == 0 || *offset > file.size() || *size > kHeaderBytesMax) {
    return std::nullopt;
  }
  return base::Slice(file, kStartBytes + *offset, *size);
}

std::uint8_t FirstByte(base::Bytes bytes) {
  return base::ReadAt<std::uint8_t>(bytes, 0).value_or(0);
}

// The archive with the checksums of its headers put right; nothing if they are, or if there is no
// header where one should be.
std::optional<std::vector<std::byte>> WithRightChecksums(base::Bytes file) {
  constexpr std::size_t kStartCrcOffset = 8;
  constexpr std::size_t kPlaceOffset = 12;
  constexpr std::size_t kHeaderCrcOffset = 28;
  const auto header = FindHeader(file);
  const std::uint8_t id = header ? FirstByte(*header) : std::uint8_t{0};
  if (id != kHeader && id != kHiddenHeader) {
    return std::nullopt;
  }
  const std::uint32_t header_crc = inflate::Crc32(*header);
  const base::Bytes place = file.subspan(kPlaceOffset, kStartBytes - kPlaceOffset);
  if (base::ReadAt<std::uint32_t>(file, kHeaderCrcOffset) == header_crc &&
      base::ReadAt<std::uint32_t>(file, kStartCrcOffset) == inflate::Crc32(place)) {
    return std::nullopt;
  }
  std::vector<std::byte> right(file.begin(), file.end());
  const auto write = [&right](std::size_t at, std::uint32_t crc) {
    for (std::size_t i = 0; i < sizeof(crc); ++i) {
      right[at + i] = static_cast<std::byte>(crc >> (8 * i));
    }
  };
  write(kHeaderCrcOffset, header_crc);
  write(kStartCrcOffset, inflate::Crc32(base::Bytes(right).subspan(kPlaceOffset, place.size())));
  return right;
}

// The streams of a header that begins with them, as 7-Zip writes it.
std::optional<Streams> MainStreams(base::Bytes header) {
  if (FirstByte(header) != kHeader || base::ReadAt<std::uint8_t>(header, 1) != kMainStreams) {
    return std::nullopt;
  }
  return ReadStreams(header.subspan(2));
}

// The coder that reads this input.
std::string_view ReaderOf(const Folder& folder, std::uint64_t input) {
  for (const Coder& coder : folder.coders) {
    if (input < coder.inputs) {
      return coder.id;
    }
    input -= coder.inputs;
  }
  return {};
}

template <typename T>
void Put(std::vector<std::byte>& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out.push_back(static_cast<std::byte>(value >> (8 * i)));
  }
}

// Packed streams and a header as an archive.
std::vector<std::byte> MakeArchive(const std::vector<std::byte>& packed, const Streams& streams) {
  std::vector<std::byte> header = {std::byte{kHeader}, std::byte{kMainStreams}};
  const std::vector<std::byte> written = WriteStreams(streams);
  header.insert(header.end(), written.begin(), written.end());
  std::vector<std::byte> place;
  Put<std::uint64_t>(place, packed.size());
  Put<std::uint64_t>(place, header.size());
  Put<std::uint32_t>(place, inflate::Crc32(header));
  const base::Bytes marker = base::AsBytes(kMarker);
  std::vector<std::byte> archive(marker.begin(), marker.end());
  Put<std::uint16_t>(archive, 0x0400);  // version 0.4
  Put<std::uint32_t>(archive, inflate::Crc32(place));
  archive.insert(archive.end(), place.begin(), place.end());
  archive.insert(archive.end(), packed.begin(), packed.end());
  archive.insert(archive.end(), header.begin(), header.end());
  return archive;
}

}  // namespace

bool SevenZipReader::Is7z(base::Bytes file) { return base::AsText(file).starts_with(kMarker); }

// A stream in the clear, cut to what its coder gave. Nothing if its key cannot be paid.
std::optional<std::vector<std::byte>> SevenZipReader::Decrypt(base::Bytes sealed,
                                                              const Removed& removed,
                                                              base::Budget& budget) {
  const auto encryption = cipher::ReadSevenZipEncryption(removed.properties);
  if (!encryption || removed.size > sealed.size()) {
    return std::nullopt;
  }
  std::string id(1, static_cast<char>(encryption->rounds_log2));
  id += base::AsText(encryption->salt);
  auto known = std::find_if(keys_.begin(), keys_.end(),
                            [&id](const Known& candidate) { return candidate.id == id; });
  if (known == keys_.end()) {
    if (!cipher::PayForKey(budget, cipher::SevenZipCost(encryption->rounds_log2))) {
      return std::nullopt;
    }
    const auto key = cipher::DeriveSevenZip(password_, *encryption);
    if (!key) {
      return std::nullopt;
    }
    known = keys_.insert(keys_.end(), {std::move(id), *key});
  }
  std::vector<std::byte> plain;
  if (!cipher::DecryptCbc(known->key, encryption->iv, sealed, plain) ||
      removed.size > plain.size()) {
    return std::nullopt;
  }
  plain.resize(static_cast<std::size_t>(removed.size));
  return plain;
}

template <typename Opens>
bool SevenZipReader::FindPassword(Opens&& opens) {
  if (has_password_) {
    return opens();
  }
  const auto tries = [&](std::string_view password) {
    password_ = password;
    keys_.clear();
    return opens();
  };
  // Those that mails tell are the last ones of the list, and are tried first of it.
  has_password_ =
      std::any_of(cipher::kWellKnownPasswords.begin(), cipher::kWellKnownPasswords.end(), tries) ||
      std::any_of(passwords_.rbegin(), passwords_.rend(), tries);
  return has_password_;
}

// A header is one folder: LZMA, or stored, perhaps encrypted. Its checksum tells.
std::optional<std::vector<std::byte>> SevenZipReader::UnpackHeader(Streams streams,
                                                                   base::Budget& budget) {
  if (streams.folders.size() != 1 || streams.pack_sizes.size() != 1) {
    return std::nullopt;
  }
  Folder& folder = streams.folders[0];
  const auto sealed =
      base::Slice(file_, kStartBytes + streams.pack_position, streams.pack_sizes[0]);
  if (!sealed) {
    return std::nullopt;
  }
  std::vector<std::byte> packed(sealed->begin(), sealed->end());
  if (const auto removed = RemoveAes(folder)) {
    auto plain = Decrypt(*sealed, *removed, budget);
    if (!plain) {
      return std::nullopt;
    }
    packed = *std::move(plain);
  }
  if (folder.coders.size() != 1 || folder.unpack_sizes.size() != 1 ||
      folder.unpack_sizes[0] > kHeaderBytesMax) {
    return std::nullopt;
  }
  std::vector<std::byte> header = std::move(packed);
  const Coder& coder = folder.coders[0];
  if (coder.id == kLzma) {
    inflate::OutputBuffer out;
    (void)stream::DecodeRawLzma(coder.properties, header, budget, out);
    const base::Bytes decoded = base::ClippedSlice(out.bytes(), 0, folder.unpack_sizes[0]);
    header.assign(decoded.begin(), decoded.end());
  } else if (coder.id != kStored) {
    return std::nullopt;
  }
  base::ByteReader rest(streams.rest);
  const bool has_crc = rest.U8() == kCrc && rest.U8() != 0;
  const std::uint32_t crc = rest.U32();
  const bool is_right = header.size() == folder.unpack_sizes[0] && has_crc && rest.ok() &&
                        inflate::Crc32(header) == crc;
  return is_right ? std::optional(std::move(header)) : std::nullopt;
}

std::optional<std::vector<std::byte>> SevenZipReader::Unhide(base::Bytes hidden,
                                                             base::Budget& budget) {
  const auto streams = ReadStreams(hidden.subspan(1));
  if (!streams) {
    return std::nullopt;
  }
  std::optional<std::vector<std::byte>> header;
  const auto opens = [&] {
    header = UnpackHeader(*streams, budget);
    return header.has_value();
  };
  (void)(streams->has_aes() ? FindPassword(opens) : opens());
  return header;
}

// Of the first encrypted stream: what fills its last block up are zeros, and the codes that 7-Zip
// uses most begin with known bytes.
bool SevenZipReader::StartMakesSense(base::Bytes header, base::Budget& budget) {
  auto streams = MainStreams(header);
  std::uint64_t offset = kStartBytes + streams->pack_position;
  std::size_t index = 0;
  for (Folder& folder : streams->folders) {
    const auto removed = RemoveAes(folder);
    for (std::size_t i = 0; i < folder.packed_inputs.size(); ++i, ++index) {
      if (index >= streams->pack_sizes.size()) {
        return false;
      }
      const std::uint64_t size = streams->pack_sizes[index];
      if (removed && removed->packed_index == i) {
        const auto sealed = base::Slice(file_, offset, size);
        return sealed && EndMakesSense(*sealed, *removed, budget) &&
               BeginMakesSense(*sealed, *removed, ReaderOf(folder, folder.packed_inputs[i]),
                               budget);
      }
      offset += size;
    }
  }
  return false;
}

bool SevenZipReader::EndMakesSense(base::Bytes sealed, const Removed& removed,
                                   base::Budget& budget) {
  constexpr std::size_t kBlock = cipher::kAesBlockBytes;
  if (sealed.size() < 2 * kBlock || removed.size > sealed.size() ||
      sealed.size() - removed.size >= kBlock) {
    return sealed.size() >= removed.size;
  }
  // The block before is what the last one is chained to: only the key counts.
  const auto plain = Decrypt(sealed.last(2 * kBlock), {0, removed.properties, 2 * kBlock}, budget);
  return plain &&
         std::all_of(plain->end() - static_cast<std::ptrdiff_t>(sealed.size() - removed.size),
                     plain->end(), [](std::byte byte) { return byte == std::byte{0}; });
}

bool SevenZipReader::BeginMakesSense(base::Bytes sealed, const Removed& removed,
                                     std::string_view coder, base::Budget& budget) {
  constexpr std::size_t kBlock = cipher::kAesBlockBytes;
  if (sealed.size() < kBlock) {
    return false;
  }
  const auto plain = Decrypt(sealed.first(kBlock), {0, removed.properties, kBlock}, budget);
  if (!plain) {
    return false;
  }
  const auto at = [&plain](std::size_t i) { return std::to_integer<unsigned>((*plain)[i]); };
  constexpr unsigned kPropertiesEnd = 225;
  if (coder == kLzma || coder == kPpmd) {
    return at(0) == 0;
  }
  if (coder == kLzma2) {  // the first chunk sets everything: stored, or packed
    return at(0) == 1 || (at(0) >= 0xE0 && at(5) < kPropertiesEnd && at(6) == 0);
  }
  return coder != kBzip2 || base::AsText(*plain).starts_with("BZh");
}

bool SevenZipReader::Build(base::Bytes header, base::Budget& budget) {
  auto streams = MainStreams(header);
  std::vector<std::byte> packed;
  std::uint64_t offset = kStartBytes + streams->pack_position;
  std::size_t index = 0;
  for (Folder& folder : streams->folders) {
    std::vector<Removed> all;
    while (const auto removed = RemoveAes(folder)) {
      all.push_back(*removed);
    }
    for (std::size_t i = 0; i < folder.packed_inputs.size(); ++i, ++index) {
      if (index >= streams->pack_sizes.size()) {
        return false;
      }
      const base::Bytes sealed = base::ClippedSlice(file_, offset, streams->pack_sizes[index]);
      offset += streams->pack_sizes[index];
      const auto removed = std::find_if(all.begin(), all.end(), [i](const Removed& candidate) {
        return candidate.packed_index == i;
      });
      if (removed == all.end()) {
        packed.insert(packed.end(), sealed.begin(), sealed.end());
        continue;
      }
      const auto plain = Decrypt(sealed, *removed, budget);
      if (!plain) {
        return false;
      }
      packed.insert(packed.end(), plain->begin(), plain->end());
      streams->pack_sizes[index] = plain->size();
    }
  }
  plain_ = MakeArchive(packed, *streams);
  return true;
}

// The first one that is not empty, or what of it is little.
bool SevenZipReader::FirstFileComesOut() {
  base::BudgetLimits limits;
  limits.file_bytes_max = kMebibyte;
  base::Budget budget(limits);
  inflate::OutputBuffer buffer;
  const auto archive = libarchive::Open(libarchive::Format::k7z, plain_);
  for (int i = 0; i < kEmptyMax; ++i) {
    const auto member = archive->Next(budget, buffer);
    if (!member || member->gap.starts_with("damaged")) {
      return false;
    }
    if (!member->content.empty()) {
      return true;
    }
  }
  return false;
}

bool SevenZipReader::MakePlain(base::Budget& budget) {
  const auto found = FindHeader(file_);
  std::vector<std::byte> unhidden;
  base::Bytes header = found.value_or(base::Bytes());
  bool was_hidden = false;
  for (int i = 0; i < kHiddenMax && FirstByte(header) == kHiddenHeader; ++i) {
    auto next = Unhide(header, budget);
    if (!next) {
      return false;
    }
    unhidden = *std::move(next);
    header = unhidden;
    was_hidden = has_password_;
  }
  const auto streams = MainStreams(header);
  if (!streams || (!was_hidden && !streams->has_aes()) ||
      !budget.SpendSteps(file_.size() / 16).ok()) {
    return false;
  }
  if (was_hidden) {
    return Build(header, budget);
  }
  return FindPassword([&] {
    return budget.SpendSteps(header.size()).ok() && StartMakesSense(header, budget) &&
           cipher::PayForKey(budget, file_.size() / kMebibyte) && Build(header, budget) &&
           FirstFileComesOut();
  });
}

void SevenZipReader::Open(base::Budget& budget) {
  if (auto right = WithRightChecksums(file_)) {
    right_ = std::move(*right);
    file_ = right_;
    problem_ = "damaged: wrong checksum of a header";
  }
  is_plain_ = MakePlain(budget);
  archive_ = libarchive::Open(libarchive::Format::k7z, is_plain_ ? base::Bytes(plain_) : file_);
}

std::optional<parts::Member> SevenZipReader::Next(base::Budget& budget,
                                                  inflate::OutputBuffer& buffer) {
  if (archive_ == nullptr) {
    Open(budget);
  }
  auto member = archive_->Next(budget, buffer);
  if (member) {
    member->is_encrypted = is_plain_;
  }
  return member;
}

}  // namespace day::unpack::sevenzip
