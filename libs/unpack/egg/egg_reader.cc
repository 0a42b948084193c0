#include "libs/unpack/egg/egg_reader.h"

#include <algorithm>
#include <utility>

#include "libs/unpack/cipher/passwords.h"
#include "libs/unpack/cipher/zip_cipher.h"
#include "libs/unpack/inflate/crc32.h"
#include "libs/unpack/parts/sink.h"
#include "libs/unpack/stream/stream.h"

namespace day::unpack::egg {
namespace {

constexpr std::string_view kMagic = "EGGA";
constexpr std::uint64_t kHeaderBytes = 14;
constexpr std::uint64_t kMarkBytes = 4;
constexpr std::uint64_t kStepsPerRecord = 100;

constexpr std::uint32_t kEnd = 0x08E28222;
constexpr std::uint32_t kSplit = 0x24F5A262;
constexpr std::uint32_t kSolid = 0x24E5A060;
constexpr std::uint32_t kAllEncrypted = 0x08D144A8;
constexpr std::uint32_t kFile = 0x0A8590E3;
constexpr std::uint32_t kName = 0x0A8591AC;
constexpr std::uint32_t kComment = 0x04C63672;
constexpr std::uint32_t kWindowsFacts = 0x2C86950B;
constexpr std::uint32_t kEncryption = 0x08D1470F;
constexpr std::uint32_t kBlock = 0x02B50C13;
constexpr std::uint32_t kDummy = 0x07463307;
constexpr std::uint32_t kPosixFacts = 0x1EE922E5;

constexpr unsigned kFieldIsLarge = 0x01;
constexpr unsigned kNameIsEncrypted = 0x04;
constexpr unsigned kNameHasLocale = 0x08;
constexpr unsigned kNameHasParent = 0x10;
constexpr std::uint8_t kFolder = 0x80;
constexpr std::uint64_t kAttributesOffset = 8;

constexpr std::uint8_t kStored = 0;
constexpr std::uint8_t kDeflate = 1;
constexpr std::uint8_t kBzip2 = 2;
constexpr std::uint8_t kAzo = 3;
constexpr std::uint8_t kLzma = 4;
constexpr std::uint64_t kLzmaVersionBytes = 4;
constexpr std::uint64_t kLzmaPropertiesBytes = 5;

constexpr std::uint8_t kOldCipher = 0;
constexpr std::uint8_t kAes128 = 1;
constexpr std::uint8_t kAes256 = 2;
constexpr std::uint8_t kLea128 = 5;
constexpr std::uint64_t kOldCipherBytes = 12;
constexpr std::uint64_t kAesCodeBytes = 10;

constexpr std::string_view kOtherVolume = "unsupported: goes on in another volume";

bool IsMark(std::uint32_t mark) {
  constexpr std::uint32_t kMarks[] = {kEnd,   kFile,         kName,       kComment,
                                      kDummy, kWindowsFacts, kPosixFacts, kBlock};
  return std::find(std::begin(kMarks), std::end(kMarks), mark) != std::end(kMarks);
}

// The size of what an encryption says of itself follows from its method. Descriptions differ in
// whether the size that is written counts the field's own header: what stands behind tells.
std::uint64_t EncryptionBytes(base::Bytes data, std::uint64_t size) {
  const std::uint8_t method = base::ReadAt<std::uint8_t>(data, 0).value_or(0);
  const std::uint64_t own = method == kOldCipher                     ? 17
                            : method == kAes128 || method == kLea128 ? 21
                                                                     : 29;
  return size > own && IsMark(base::ReadAt<std::uint32_t>(data, own).value_or(0)) ? own : size;
}

std::string NameOf(unsigned flags, base::Bytes data) {
  if ((flags & kNameIsEncrypted) != 0) {
    return "(encrypted name)";
  }
  const std::uint64_t skipped =
      ((flags & kNameHasLocale) != 0 ? 2u : 0u) + ((flags & kNameHasParent) != 0 ? 4u : 0u);
  std::string name(base::AsText(base::ClippedSlice(data, skipped, data.size())));
  std::replace(name.begin(), name.end(), '\\', '/');
  return name;
}

}  // namespace

bool EggReader::IsEgg(base::Bytes file) {
  return file.size() >= kHeaderBytes && base::AsText(file).starts_with(kMagic);
}

EggReader::EggReader(base::Bytes file, std::span<const std::string> passwords)
    : file_(file), passwords_(passwords), offset_(kHeaderBytes) {
  ReadPrefix();
}

// Fields up to the end mark: take(mark, flags, data). A record that is no field ends them as well,
// and is not taken. False if a field does not fit into the file, or if there are too many.
template <typename Take>
bool EggReader::ReadFields(Take&& take) {
  for (std::size_t count = 0; count < kFieldsMax; ++count) {
    base::ByteReader reader(base::ClippedSlice(file_, offset_, file_.size()));
    const std::uint32_t mark = reader.U32();
    if (reader.ok() && mark == kEnd) {
      offset_ += kMarkBytes;
      return true;
    }
    if (mark == kFile || mark == kBlock) {
      return true;
    }
    const std::uint8_t flags = reader.U8();
    std::uint64_t size = (flags & kFieldIsLarge) != 0 ? reader.U32() : reader.U16();
    if (mark == kEncryption && reader.ok()) {
      size =
          EncryptionBytes(base::ClippedSlice(file_, offset_ + reader.offset(), file_.size()), size);
    }
    const base::Bytes data = reader.Take(size);
    if (!reader.ok()) {
      return false;
    }
    offset_ += reader.offset();
    take(mark, flags, data);
  }
  return false;
}

void EggReader::ReadPrefix() {
  const bool is_whole = ReadFields([this](std::uint32_t mark, unsigned, base::Bytes) {
    is_solid_ = is_solid_ || mark == kSolid;
    is_volume_ = is_volume_ || mark == kSplit;
    if (mark == kAllEncrypted) {
      problem_ = "encrypted";
    }
  });
  if (is_volume_ && problem_.empty()) {
    problem_ = "unsupported: one volume of a split archive";
  } else if (!is_whole) {
    problem_ = "damaged: invalid header";
  }
}

// The file header at offset_ and its blocks.
bool EggReader::ReadEntry(Entry& entry) {
  const std::uint64_t begin = offset_;
  base::ByteReader reader(base::ClippedSlice(file_, offset_ + kMarkBytes, file_.size()));
  reader.Skip(4);  // its number
  entry.size = reader.U64();
  offset_ += kMarkBytes + reader.offset();
  const bool is_whole =
      reader.ok() && ReadFields([&entry](std::uint32_t mark, unsigned flags, base::Bytes data) {
        if (mark == kName) {
          entry.name = NameOf(flags, data);
        } else if (mark == kWindowsFacts) {
          entry.is_folder =
              (base::ReadAt<std::uint8_t>(data, kAttributesOffset).value_or(0) & kFolder) != 0;
        } else if (mark == kEncryption) {
          entry.is_encrypted = true;
          entry.cipher = data;
        }
      });
  if (!is_whole) {
    offset_ = begin;
    return false;
  }
  while (base::ReadAt<std::uint32_t>(file_, offset_) == kBlock && ReadBlock(entry)) {
  }
  return true;
}

bool EggReader::ReadBlock(Entry& entry) {
  const std::uint64_t begin = offset_;
  base::ByteReader reader(base::ClippedSlice(file_, offset_ + kMarkBytes, file_.size()));
  Block block;
  block.method = reader.U8();
  reader.Skip(1);  // a hint
  block.size = reader.U32();
  const std::uint32_t packed_size = reader.U32();
  block.crc32 = reader.U32();
  offset_ += kMarkBytes + reader.offset();
  const bool is_whole =
      reader.ok() && ReadFields([&entry](std::uint32_t mark, unsigned, base::Bytes data) {
        if (mark == kEncryption) {
          entry.is_encrypted = true;
          entry.cipher = data;
        }
      });
  if (!is_whole) {
    offset_ = begin;
    return false;
  }
  block.packed = base::ClippedSlice(file_, offset_, packed_size);
  block.is_cut = block.packed.size() < packed_size;
  offset_ += block.packed.size();
  entry.blocks.push_back(block);
  return true;
}

// One field by itself: a comment on the archive, or padding.
std::optional<base::Bytes> EggReader::ReadComment() {
  base::ByteReader reader(base::ClippedSlice(file_, offset_ + kMarkBytes, file_.size()));
  const std::uint8_t flags = reader.U8();
  const std::uint64_t size = (flags & kFieldIsLarge) != 0 ? reader.U32() : reader.U16();
  const base::Bytes data = reader.Take(size);
  if (!reader.ok()) {
    return std::nullopt;
  }
  offset_ += kMarkBytes + reader.offset();
  return data;
}

// Moves to the next file header that can be read.
bool EggReader::Resync() {
  if (problem_.empty()) {
    problem_ = "damaged: no header where one should be";
  }
  constexpr std::string_view kFileMark = "\xE3\x90\x85\x0A";
  const std::string_view text = base::AsText(file_);
  std::size_t at = static_cast<std::size_t>(std::min<std::uint64_t>(offset_, file_.size()));
  while (candidates_ < kCandidatesMax &&
         (at = text.find(kFileMark, at + 1)) != std::string_view::npos) {
    ++candidates_;
    const auto next = base::ReadAt<std::uint32_t>(file_, at + 16);
    if (next == kName || next == kWindowsFacts || next == kEncryption || next == kEnd) {
      offset_ = at;
      return true;
    }
  }
  return false;
}

std::optional<parts::Member> EggReader::NextRecord(base::Budget& budget,
                                                   inflate::OutputBuffer& buffer) {
  while (!ended_ && offset_ < file_.size()) {
    if (!budget.SpendSteps(kStepsPerRecord).ok()) {
      problem_ = parts::LimitReason(base::Limit::kSteps);
      ended_ = true;
      return std::nullopt;
    }
    const std::uint32_t mark = base::ReadAt<std::uint32_t>(file_, offset_).value_or(0);
    const bool was_end_mark = std::exchange(was_end_mark_, mark == kEnd);
    Entry entry;
    bool is_read = false;
    if (mark == kEnd) {
      offset_ += kMarkBytes;
      continue;
    }
    if (mark == kComment || mark == kDummy) {
      const auto comment = ReadComment();
      is_read = comment.has_value();
      if (is_read && mark == kComment) {
        return parts::StoredMember("(comment)", *comment, budget);
      }
    } else if (mark == kFile) {
      is_read = ReadEntry(entry);
    } else if (mark == kBlock) {
      is_read = ReadBlock(entry);
    } else if (was_end_mark) {
      ended_ = true;
      return std::nullopt;
    }
    if (!is_read) {
      ended_ = !Resync();
    } else if (is_solid_) {
      solid_blocks_.insert(solid_blocks_.end(), entry.blocks.begin(), entry.blocks.end());
      entry.blocks.clear();
      if (mark == kFile && !entry.is_folder) {
        solid_entries_.push_back(std::move(entry));
      }
    } else if (!entry.blocks.empty() || (!entry.is_folder && entry.size > 0)) {
      return entry.is_encrypted ? ReadEncrypted(entry, budget, buffer)
                                : ReadMember(entry, budget, buffer);
    }
  }
  if (!ended_ && !was_end_mark_ && problem_.empty()) {
    problem_ = "damaged: the archive ends without its end mark";
  }
  ended_ = true;
  return std::nullopt;
}

std::optional<parts::Member> EggReader::Next(base::Budget& budget, inflate::OutputBuffer& buffer) {
  buffer.Clear();
  auto member = NextRecord(budget, buffer);
  return member || !is_solid_ ? std::move(member) : NextOfSolid(budget);
}

// Appends; what is missing, in words. LZMA has no end mark here: it ends at the declared size.
std::string EggReader::Decode(std::uint8_t method, base::Bytes packed, std::uint64_t size,
                              base::Budget& budget, inflate::OutputBuffer& buffer) {
  const std::size_t start = buffer.size();
  switch (method) {
    case kStored: {
      parts::Sink sink(packed.size(), budget, buffer);
      sink.Write(packed);
      return sink.gap();
    }
    case kDeflate: {
      // A solid archive may have one stream for each block.
      inflate::Outcome outcome = inflater_.Inflate(packed, budget, buffer);
      while (outcome.end == inflate::Outcome::End::kComplete && outcome.consumed > 0 &&
             outcome.consumed < packed.size() && buffer.size() - start < size) {
        packed = packed.subspan(static_cast<std::size_t>(outcome.consumed));
        outcome = inflater_.Inflate(packed, budget, buffer);
      }
      return inflate::GapReason(outcome);
    }
    case kBzip2:
      return stream::Decode(stream::Format::kBzip2, packed, budget, buffer).gap;
    case kLzma: {
      stream::Outcome outcome = stream::DecodeRawLzma(
          base::ClippedSlice(packed, kLzmaVersionBytes, kLzmaPropertiesBytes),
          base::ClippedSlice(packed, kLzmaVersionBytes + kLzmaPropertiesBytes, packed.size()),
          budget, buffer);
      if (outcome.gap.starts_with("damaged") && outcome.produced >= size) {
        buffer.Truncate(static_cast<std::size_t>(start + size));
        return {};
      }
      return std::move(outcome.gap);
    }
    case kAzo:
      return "unsupported: AZO compression";
    default:
      return "unsupported: method " + std::to_string(method);
  }
}

std::string EggReader::DecodeBlock(const Block& block, base::Budget& budget,
                                   inflate::OutputBuffer& buffer) {
  const std::size_t start = buffer.size();
  std::string gap = Decode(block.method, block.packed, block.size, budget, buffer);
  const std::uint64_t size_max = budget.limits().file_bytes_max;
  if (buffer.size() > size_max) {
    buffer.Truncate(static_cast<std::size_t>(size_max));
    (void)budget.Exceed(base::Limit::kFileBytes);
    return parts::LimitReason(base::Limit::kFileBytes);
  }
  if (block.is_cut && (gap.empty() || gap.starts_with("damaged"))) {
    return std::string(is_volume_ ? kOtherVolume : parts::kEndsTooEarly);
  }
  if (gap.empty() && inflate::Crc32(buffer.bytes().subspan(start)) != block.crc32) {
    gap = "damaged: wrong checksum";
  }
  return gap;
}

parts::Member EggReader::ReadMember(const Entry& entry, base::Budget& budget,
                                    inflate::OutputBuffer& buffer) {
  parts::Member member;
  member.name = entry.name;
  member.facts = FactsOf(entry);
  for (const Block& block : entry.blocks) {
    member.gap = DecodeBlock(block, budget, buffer);
    if (!member.gap.empty()) {
      break;
    }
  }
  member.content = buffer.bytes();
  if (member.gap.empty() && member.content.size() < entry.size) {
    member.gap = is_volume_ ? kOtherVolume : parts::kEndsTooEarly;
  }
  member.has_content = !member.content.empty() || member.gap.empty();
  return member;
}

// ClamAV knows no checksum of files here: blocks have theirs.
parts::MemberFacts EggReader::FactsOf(const Entry& entry) {
  parts::MemberFacts facts;
  facts.size = entry.size;
  for (const Block& block : entry.blocks) {
    facts.packed_size += block.packed.size();
  }
  return facts;
}

// Decrypts into plain_, of which the blocks of `plain` are views. False if the password does not
// fit.
bool EggReader::Decrypt(const Entry& entry, std::string_view password, base::Budget& budget,
                        Entry& plain) {
  const std::uint8_t method = base::ReadAt<std::uint8_t>(entry.cipher, 0).value_or(0xFF);
  const base::Bytes facts = base::ClippedSlice(entry.cipher, 1, entry.cipher.size());
  const bool is_aes = method == kAes128 || method == kAes256;
  const std::uint64_t behind = is_aes ? kAesCodeBytes : sizeof(std::uint32_t);
  if ((!is_aes && method != kOldCipher) || facts.size() < behind) {
    return false;
  }
  // As zip has it: what the encryption says of itself stands around the data.
  const base::Bytes head = facts.first(static_cast<std::size_t>(facts.size() - behind));
  if (is_aes) {
    if (aes_tries_ >= kAesTriesMax || !budget.TryPassword()) {
      return false;
    }
    ++aes_tries_;
  } else {
    const auto crc32 = base::ReadAt<std::uint32_t>(facts, kOldCipherBytes).value_or(0);
    if (head.size() != kOldCipherBytes ||
        !cipher::OldPasswordFits(head, password, static_cast<std::uint8_t>(crc32 >> 24))) {
      return false;
    }
  }
  std::vector<std::byte> sealed(head.begin(), head.end());
  for (const Block& block : entry.blocks) {
    sealed.insert(sealed.end(), block.packed.begin(), block.packed.end());
  }
  if (is_aes) {
    sealed.insert(sealed.end(), facts.end() - kAesCodeBytes, facts.end());
    auto decrypted = cipher::DecryptAes(sealed, method == kAes128 ? 1 : 3, password,
                                        cipher::AesProof::kCheckOnly);
    if (!decrypted) {
      return false;
    }
    plain_ = *std::move(decrypted);
  } else {
    plain_ = cipher::DecryptOld(sealed, password);
  }
  plain = entry;
  std::uint64_t offset = 0;
  for (Block& block : plain.blocks) {
    block.packed = base::ClippedSlice(plain_, offset, block.packed.size());
    offset += block.packed.size();
  }
  return true;
}

parts::Member EggReader::ReadEncrypted(const Entry& entry, base::Budget& budget,
                                       inflate::OutputBuffer& buffer) {
  parts::Member member;
  const auto opens = [&](std::string_view password) {
    Entry plain;
    if (!Decrypt(entry, password, budget, plain) || !budget.SpendSteps(plain_.size()).ok()) {
      return false;
    }
    buffer.Clear();
    member = ReadMember(plain, budget, buffer);
    return !member.gap.starts_with("damaged");
  };
  const auto any_opens = [&](const auto& all) {
    return std::any_of(all.begin(), all.end(), opens);
  };
  if (!any_opens(cipher::kWellKnownPasswords) && !any_opens(passwords_)) {
    member = {};
    member.name = entry.name;
    member.facts = FactsOf(entry);
    member.gap = "encrypted";
  }
  member.is_encrypted = true;
  return member;
}

// Whether one stream goes through all blocks or each has its own: both give the same bytes when the
// blocks are read as one.
void EggReader::DecodeSolid(base::Budget& budget) {
  std::vector<std::byte> joined;
  std::size_t begin = 0;
  while (begin < solid_blocks_.size() && solid_gap_.empty()) {
    const std::uint8_t method = solid_blocks_[begin].method;
    joined.clear();
    std::uint64_t size = 0;
    std::size_t end = begin;
    const std::size_t start = solid_.size();
    for (; end < solid_blocks_.size() && solid_blocks_[end].method == method; ++end) {
      const Block& block = solid_blocks_[end];
      joined.insert(joined.end(), block.packed.begin(), block.packed.end());
      size += block.size;
    }
    solid_gap_ = Decode(method, joined, size, budget, solid_);
    std::uint64_t offset = start;
    for (; begin < end; ++begin) {
      const Block& block = solid_blocks_[begin];
      const auto content = base::Slice(solid_.bytes(), offset, block.size);
      if (solid_gap_.empty() && (!content || inflate::Crc32(*content) != block.crc32)) {
        solid_gap_ = content ? "damaged: wrong checksum" : std::string(parts::kEndsTooEarly);
      }
      offset += block.size;
    }
  }
}

std::optional<parts::Member> EggReader::NextOfSolid(base::Budget& budget) {
  const bool is_encrypted = std::any_of(solid_entries_.begin(), solid_entries_.end(),
                                        [](const Entry& entry) { return entry.is_encrypted; });
  if (!std::exchange(solid_decoded_, true) && !is_encrypted) {
    DecodeSolid(budget);
  }
  const base::Bytes all = solid_.bytes();
  if (solid_next_ >= solid_entries_.size()) {
    if (solid_offset_ >= all.size()) {
      problem_ = problem_.empty() ? solid_gap_ : problem_;
      return std::nullopt;
    }
    const std::uint64_t begin = std::exchange(solid_offset_, all.size());
    return parts::StoredMember("(rest)", all.subspan(static_cast<std::size_t>(begin)), budget);
  }
  Entry& entry = solid_entries_[solid_next_++];
  const base::Bytes content = base::ClippedSlice(all, solid_offset_, entry.size);
  solid_offset_ += content.size();
  parts::Member member = parts::StoredMember(std::move(entry.name), content, budget);
  member.is_encrypted = is_encrypted;
  if (is_encrypted) {
    member.gap = "encrypted";
  } else if (member.gap.empty() && content.size() < entry.size) {
    member.gap = solid_gap_.empty() ? std::string(parts::kEndsTooEarly) : solid_gap_;
  }
  member.has_content = !member.content.empty() || member.gap.empty();
  return member;
}

}  // namespace day::unpack::egg
