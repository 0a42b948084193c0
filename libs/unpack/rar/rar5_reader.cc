#include "libs/unpack/rar/rar5_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "libs/unpack/cipher/passwords.h"
#include "libs/unpack/inflate/crc32.h"
#include "libs/unpack/parts/sink.h"

namespace day::unpack::rar {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kMarker = "Rar!\x1A\x07\x01\0"sv;
constexpr std::uint32_t kCandidatesMax = 100'000;
constexpr std::uint64_t kCandidateBytesMax = 4096;
constexpr std::uint64_t kStepsPerHeader = 1000;
constexpr unsigned kStored = 0;
constexpr unsigned kVersionMax = 1;  // 0: RAR 5, 1: RAR 7

constexpr std::string_view kLost = "unsupported: a file before it in the solid archive is missing";

}  // namespace

bool Rar5Reader::IsRar5(base::Bytes file) { return base::AsText(file).starts_with(kMarker); }

Rar5Reader::Rar5Reader(base::Bytes file, std::span<const std::string> passwords,
                       std::span<const std::uint64_t> volume_starts)
    : file_(file), volumes_(file, volume_starts), passwords_(passwords), offset_(kMarker.size()) {}

void Rar5Reader::End(std::string_view problem) {
  ended_ = true;
  if (problem_.empty()) {
    problem_ = problem;
  }
}

std::optional<Rar5Header> Rar5Reader::TakeHeader() {
  if (headers_key_) {
    return TakeEncryptedHeader();
  }
  auto header = ReadRar5Header(base::ClippedSlice(file_, offset_, file_.size()));
  if (header) {
    offset_ += header->size;
  }
  return header;
}

// In front the start of the chain; the header is filled up to whole blocks.
std::optional<Rar5Header> Rar5Reader::TakeEncryptedHeader() {
  constexpr std::uint64_t kBlock = cipher::kAesBlockBytes;
  const auto iv_bytes = base::Slice(file_, offset_, kBlock);
  const auto first = base::Slice(file_, offset_ + kBlock, kBlock);
  if (!iv_bytes || !first) {
    return std::nullopt;
  }
  cipher::AesBlock iv;
  std::memcpy(iv.data(), iv_bytes->data(), iv.size());
  header_.clear();
  if (!cipher::DecryptCbc(headers_key_->key, iv, *first, header_)) {
    return std::nullopt;
  }
  const auto size = Rar5HeaderSize(header_);
  if (!size) {
    return std::nullopt;
  }
  const std::uint64_t sealed_size = (*size + kBlock - 1) / kBlock * kBlock;
  const auto sealed = base::Slice(file_, offset_ + kBlock, sealed_size);
  header_.clear();
  if (!sealed || !cipher::DecryptCbc(headers_key_->key, iv, *sealed, header_)) {
    return std::nullopt;
  }
  auto header = ReadRar5Header(header_);
  if (header) {
    offset_ += kBlock + sealed_size;
  }
  return header;
}

// Moves to the next header of a file whose checksum is right.
bool Rar5Reader::Resync() {
  if (problem_.empty()) {
    problem_ = "damaged: no header where one should be";
  }
  while (!headers_key_ && candidates_++ < kCandidatesMax && ++offset_ < file_.size()) {
    const base::Bytes candidate = base::ClippedSlice(file_, offset_, kCandidateBytesMax);
    if (MayBeRar5File(candidate) && ReadRar5Header(candidate)) {
      return true;
    }
  }
  return false;
}

// Moves to the first header of the next volume. False: there is none.
bool Rar5Reader::NextVolume() {
  const auto start = volumes_.After(offset_ - 1);
  if (!start || !IsRar5(base::ClippedSlice(file_, *start, kMarker.size()))) {
    return false;
  }
  offset_ = *start + kMarker.size();
  headers_key_.reset();  // its first header says so anew
  return true;
}

// Hides the headers behind it if a password fits; else the archive has ended.
void Rar5Reader::TakeKey(const Rar5Header& header, base::Budget& budget) {
  const auto encryption = ReadRar5ArchiveEncryption(header);
  const auto* key = encryption ? FindKey(*encryption, budget) : nullptr;
  if (key == nullptr) {
    End("encrypted");
  } else {
    headers_key_ = *key;
  }
}

// The file that the volume goes on with; offset_ moves to its data.
std::optional<Rar5Reader::Part> Rar5Reader::TakePart(base::Budget& budget) {
  while (!ended_ && budget.SpendSteps(kStepsPerHeader).ok()) {
    const auto header = TakeHeader();
    if (!header || header->type == Rar5Header::kEnd) {
      return std::nullopt;
    }
    if (header->type == Rar5Header::kFile || header->type == Rar5Header::kService) {
      auto file = ReadRar5File(*header);
      return file && header->begins_before ? std::optional<Part>({*header, std::move(*file)})
                                           : std::nullopt;
    }
    if (header->type == Rar5Header::kEncryption) {
      TakeKey(*header, budget);
    }
    offset_ += volumes_.Slice(offset_, header->data_size).size();
  }
  return std::nullopt;
}

// Joins the data of a file that goes on in the volumes behind this one, as far as they are there.
// Its checksum stands in the last header.
void Rar5Reader::TakeFurtherParts(Part& first, base::Bytes& packed, base::Budget& budget) {
  first_header_ = std::move(header_);
  joined_.assign(packed.begin(), packed.end());
  while (first.header.goes_on) {
    const std::uint64_t before = offset_;
    const auto part = NextVolume() ? TakePart(budget) : std::nullopt;
    if (!part) {
      offset_ = before;
      break;
    }
    const base::Bytes further = volumes_.Slice(offset_, part->header.data_size);
    offset_ += further.size();
    joined_.insert(joined_.end(), further.begin(), further.end());
    first.header.data_size += part->header.data_size;
    first.header.goes_on = part->header.goes_on;
    first.file.crc32 = part->file.crc32;
  }
  packed = joined_;
}

std::optional<cipher::Rar5Key> Rar5Reader::TryPasswords(const Rar5Encryption& encryption,
                                                        base::Budget& budget) {
  std::optional<cipher::Rar5Key> key;
  const auto opens = [&](std::string_view password) {
    if (!cipher::PayForKey(budget, cipher::Rar5Cost(encryption.rounds_log2))) {
      return false;
    }
    key = cipher::DeriveRar5(password, encryption.salt, encryption.rounds_log2, encryption.check);
    if (key) {
      password_ = password;
    }
    return key.has_value();
  };
  // Each try is dear: those that mails tell come last in the list, and are tried first of it.
  (void)((!password_.empty() && opens(std::string(password_))) ||
         std::any_of(cipher::kWellKnownPasswords.begin(), cipher::kWellKnownPasswords.end(),
                     opens) ||
         std::any_of(passwords_.rbegin(), passwords_.rend(), opens));
  return key;
}

// Files of one archive mostly have one salt: a key is made once.
const cipher::Rar5Key* Rar5Reader::FindKey(const Rar5Encryption& encryption, base::Budget& budget) {
  std::string id(base::AsText(encryption.salt));
  id += static_cast<char>(encryption.rounds_log2);
  id += base::AsText(encryption.check);
  if (id != key_id_) {
    key_ = TryPasswords(encryption, budget);
    key_id_ = std::move(id);
  }
  return key_ ? &*key_ : nullptr;
}

std::optional<parts::Member> Rar5Reader::Next(base::Budget& budget, inflate::OutputBuffer& buffer) {
  while (!ended_) {
    if (!budget.SpendSteps(kStepsPerHeader).ok()) {
      End(parts::LimitReason(base::Limit::kSteps));
      break;
    }
    if (volumes_.StartsAt(offset_) && NextVolume()) {
      continue;
    }
    if (offset_ >= file_.size()) {
      End("damaged: the archive ends without its end mark");
      break;
    }
    const auto header = TakeHeader();
    if (!header) {
      ended_ = !Resync();
    } else if (header->type == Rar5Header::kEnd) {
      ended_ = !NextVolume();
    } else if (header->type == Rar5Header::kEncryption) {
      TakeKey(*header, budget);
    } else if (header->type == Rar5Header::kFile || header->type == Rar5Header::kService) {
      if (auto member = NextFile(*header, budget, buffer)) {
        return member;
      }
    } else {
      offset_ += volumes_.Slice(offset_, header->data_size).size();
    }
  }
  return std::nullopt;
}

// The member that a header is of, if it is one to be looked at. offset_ moves behind its data.
std::optional<parts::Member> Rar5Reader::NextFile(const Rar5Header& header, base::Budget& budget,
                                                  inflate::OutputBuffer& buffer) {
  base::Bytes packed = volumes_.Slice(offset_, header.data_size);
  offset_ += packed.size();
  auto read = ReadRar5File(header);
  if (!read) {
    problem_ = problem_.empty() ? "damaged: invalid header" : problem_;
    return std::nullopt;
  }
  Part part = {header, std::move(*read)};
  if (header.goes_on && volumes_.has_several()) {
    TakeFurtherParts(part, packed, budget);
  }
  const Rar5File& file = part.file;
  const bool is_wanted = file.is_service ? file.name == "CMT" || file.name == "STM"
                                         : !file.is_folder && (!file.is_link || !packed.empty());
  if (!is_wanted) {
    return std::nullopt;
  }
  parts::Member member = ReadMember(part.header, file, packed, budget, buffer);
  member.facts = {part.header.data_size, file.size.value_or(member.content.size()), file.crc32};
  return member;
}

std::string Rar5Reader::Prepare(const Rar5Header& header, const Rar5File& file, base::Bytes& packed,
                                base::Budget& budget) {
  const bool is_stored = file.method == kStored;
  if (file.is_encrypted) {
    const auto* key = file.encryption ? FindKey(*file.encryption, budget) : nullptr;
    plain_.clear();
    if (key == nullptr || !cipher::DecryptCbc(key->key, file.encryption->iv, packed, plain_)) {
      return "encrypted";
    }
    packed = plain_;
    if (is_stored && !header.goes_on) {
      packed = base::ClippedSlice(packed, 0, file.size.value_or(packed.size()));
    }
  }
  if (!is_stored && file.version > kVersionMax) {
    return "unsupported: the compression of RAR version 5." + std::to_string(file.version);
  }
  if (!is_stored && header.begins_before) {
    return "unsupported: begins in another volume";
  }
  return !is_stored && file.is_solid && !file.is_service && lost_ ? std::string(kLost)
                                                                  : std::string();
}

std::string Rar5Reader::Decode(const Rar5File& file, base::Bytes packed, base::Budget& budget,
                               inflate::OutputBuffer& buffer, base::Bytes& content) {
  const bool goes_on = file.is_solid && !file.is_service;
  const bool is_wide = file.version > 0;
  // A comment between the files of a solid archive is none of them.
  std::unique_ptr<Rar5Decoder> own;
  std::unique_ptr<Rar5Decoder>& decoder = file.is_service ? own : decoder_;
  if (decoder == nullptr || (!goes_on && (decoder->dictionary_bytes() != file.dictionary_bytes ||
                                          decoder->is_wide() != is_wide))) {
    decoder = std::make_unique<Rar5Decoder>(file.dictionary_bytes, is_wide);
  }
  buffer.Clear();
  parts::Sink sink(packed.size(), budget, buffer);
  decoder->Decode(packed, file.size.value_or(Rar5Decoder::kUnknownSize), goes_on, budget, sink);
  lost_ = !file.is_service ? !sink.ok() : lost_;
  content = sink.content();
  return sink.ok() ? decoder->gap() : sink.gap();
}

bool Rar5Reader::ChecksumFits(const Rar5File& file, base::Bytes content) const {
  if (!file.crc32) {
    return true;
  }
  const std::uint32_t crc32 = inflate::Crc32(content);
  const bool is_sealed = file.is_encrypted && file.encryption->seals_checksums;
  return *file.crc32 == (is_sealed ? cipher::SealedCrc32(crc32, *key_) : crc32);
}

parts::Member Rar5Reader::ReadMember(const Rar5Header& header, const Rar5File& file,
                                     base::Bytes packed, base::Budget& budget,
                                     inflate::OutputBuffer& buffer) {
  parts::Member member;
  const std::uint64_t packed_size = packed.size();
  std::string name = file.is_service ? "(" + file.name + ")" : file.name;
  std::string gap = Prepare(header, file, packed, budget);
  if (!gap.empty()) {
    lost_ = lost_ || (file.method != kStored && !file.is_service);
    member.gap = std::move(gap);
  } else if (file.method == kStored) {
    member = parts::StoredMember(std::move(name), packed, budget);
    name = std::move(member.name);
  } else {
    member.gap = Decode(file, packed, budget, buffer, member.content);
  }
  member.name = std::move(name);
  member.is_encrypted = file.is_encrypted || headers_key_.has_value();
  const bool is_decoded = member.gap.empty() || !member.content.empty();
  if (is_decoded && header.goes_on) {
    member.gap = "unsupported: goes on in another volume";
  } else if (member.gap.empty() && header.begins_before) {
    member.gap = "unsupported: begins in another volume";
  } else if (member.gap.empty() && packed_size < header.data_size) {
    member.gap = parts::kEndsTooEarly;
  } else if (member.gap.empty() && !ChecksumFits(file, member.content)) {
    member.gap = "damaged: wrong checksum";
  }
  member.has_content = !member.content.empty() || member.gap.empty();
  return member;
}

}  // namespace day::unpack::rar
