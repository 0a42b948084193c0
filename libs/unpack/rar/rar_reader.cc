#include "libs/unpack/rar/rar_reader.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "libs/unpack/inflate/crc32.h"
#include "libs/unpack/parts/extents.h"
#include "libs/unpack/rar/rar_name.h"

namespace day::unpack::rar {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kMarker = "Rar!\x1A\x07\0"sv;
constexpr std::size_t kBlockBytesMin = 7;
constexpr std::uint32_t kCandidatesMax = 100'000;
constexpr std::uint64_t kStepsPerHeader = 1000;

constexpr std::uint8_t kMain = 0x73;
constexpr std::uint8_t kFile = 0x74;
constexpr std::uint8_t kService = 0x7A;
constexpr std::uint8_t kEnd = 0x7B;
constexpr std::uint8_t kTypeMin = 0x72;

constexpr unsigned kBlockHasData = 0x8000;
constexpr unsigned kMainEncrypted = 0x80;
constexpr unsigned kFileFromBefore = 0x01;
constexpr unsigned kFileGoesOn = 0x02;
constexpr unsigned kFileEncrypted = 0x04;
constexpr unsigned kFileSolid = 0x10;
constexpr unsigned kFileFolder = 0xE0;
constexpr unsigned kFileLarge = 0x100;
constexpr unsigned kFileUnicode = 0x200;
constexpr unsigned kFileSalt = 0x400;
constexpr std::uint64_t kSaltBytes = 8;
constexpr std::uint64_t kSizeOffset = 5;
constexpr std::uint64_t kHiddenBytesMax = 0x10000;
// What is decoded to see whether a key fits. What is noise takes many more steps.
constexpr std::uint64_t kTrialBytes = 64 * 1024;
constexpr std::uint64_t kTrialSteps = 4'000'000;
constexpr std::uint8_t kStored = 0x30;

constexpr std::string_view kLost = "unsupported: a file before it in the solid archive is missing";

bool IsRar2(unsigned version) { return version == 20 || version == 26; }
bool IsRar3(unsigned version) { return version == 29 || version == 36; }

}  // namespace

struct RarReader::Block {
  std::uint8_t type = 0;
  unsigned flags = 0;
  base::Bytes header;  // whole
  std::uint64_t data_size = 0;
};

struct RarReader::FileHeader {
  bool is_service = false;
  unsigned flags = 0;
  unsigned version = 0;
  unsigned method = 0;
  std::uint64_t packed_size = 0;
  std::uint64_t size = 0;
  std::uint32_t crc32 = 0;
  std::string name;
  base::Bytes salt;  // of its encryption; may be empty

  bool is_stored() const { return method == kStored; }
  // With the files before it, in a solid archive.
  bool goes_on() const { return (flags & kFileSolid) != 0 && !is_service; }
  bool is_folder() const { return (flags & kFileFolder) == kFileFolder; }
};

bool RarReader::IsRar(base::Bytes file) { return base::AsText(file).starts_with(kMarker); }

RarReader::RarReader(base::Bytes file, std::span<const std::string> passwords,
                     std::span<const std::uint64_t> volume_starts)
    : file_(file), volumes_(file, volume_starts), offset_(kMarker.size()), keys_(passwords) {}

void RarReader::End(std::string_view problem) {
  ended_ = true;
  if (problem_.empty()) {
    problem_ = problem;
  }
}

// The block that starts with these bytes, if its header is whole and its checksum is right.
std::optional<RarReader::Block> RarReader::ReadBlock(base::Bytes bytes) {
  base::ByteReader reader(bytes);
  const std::uint16_t checksum = reader.U16();
  Block block;
  block.type = reader.U8();
  block.flags = reader.U16();
  const std::uint16_t size = reader.U16();
  if (!reader.ok() || size < kBlockBytesMin || size > bytes.size() || block.type < kTypeMin ||
      block.type > kEnd) {
    return std::nullopt;
  }
  block.header = bytes.first(size);
  if ((inflate::Crc32(block.header.subspan(2)) & 0xFFFF) != checksum) {
    return std::nullopt;
  }
  if ((block.flags & kBlockHasData) != 0 || block.type == kFile) {
    block.data_size = reader.U32();
  }
  return block;
}

// The block at offset_, which moves to its data.
std::optional<RarReader::Block> RarReader::TakeBlock(base::Budget& budget) {
  if (headers_are_hidden_) {
    return TakeHiddenBlock(budget);
  }
  auto block = ReadBlock(base::ClippedSlice(file_, offset_, file_.size()));
  if (block) {
    offset_ += block->header.size();
  }
  return block;
}

// A salt, and the header filled up to whole blocks of the cipher.
std::optional<RarReader::Block> RarReader::TakeHiddenBlock(base::Budget& budget) {
  constexpr std::uint64_t kBlock = cipher::kAesBlockBytes;
  const base::Bytes salt = base::ClippedSlice(file_, offset_, kSaltBytes);
  const base::Bytes sealed = base::ClippedSlice(file_, offset_ + kSaltBytes, kHiddenBytesMax);
  std::optional<Block> block;
  const auto opens = [&](const cipher::Rar3Key& key) {
    header_.clear();
    if (!cipher::DecryptCbc(key.key, key.iv, base::ClippedSlice(sealed, 0, kBlock), header_)) {
      return false;
    }
    const std::uint64_t size = base::ReadAt<std::uint16_t>(header_, kSizeOffset).value_or(0);
    const auto whole = base::Slice(sealed, 0, (size + kBlock - 1) / kBlock * kBlock);
    header_.clear();
    if (!whole || !cipher::DecryptCbc(key.key, key.iv, *whole, header_)) {
      return false;
    }
    block = ReadBlock(header_);
    if (block) {
      offset_ += kSaltBytes + whole->size();
    }
    return block.has_value();
  };
  if (const auto* known = keys_.Known(salt, budget)) {
    (void)opens(*known);
  } else if (keys_.Find(salt, budget, opens) == nullptr) {
    End("encrypted");
  }
  return block;
}

// Moves to the next header whose checksum is right.
bool RarReader::Resync() {
  if (problem_.empty()) {
    problem_ = "damaged: no header where one should be";
  }
  while (!headers_are_hidden_ && candidates_++ < kCandidatesMax &&
         ++offset_ + kBlockBytesMin <= file_.size()) {
    const auto block = ReadBlock(base::ClippedSlice(file_, offset_, file_.size()));
    if (block && block->type == kFile) {
      return true;
    }
  }
  return false;
}

// Moves to the first block of the next volume. False: there is none.
bool RarReader::NextVolume() {
  const auto start = volumes_.After(offset_ - 1);
  if (!start || !IsRar(base::ClippedSlice(file_, *start, kMarker.size()))) {
    return false;
  }
  offset_ = *start + kMarker.size();
  headers_are_hidden_ = false;  // its main header says so anew
  return true;
}

// The header of the file that the volume goes on with; offset_ moves to its data.
std::optional<RarReader::FileHeader> RarReader::TakePart(base::Budget& budget) {
  while (budget.SpendSteps(kStepsPerHeader).ok()) {
    const auto block = TakeBlock(budget);
    if (!block || block->type == kEnd) {
      return std::nullopt;
    }
    if (block->type == kMain) {
      headers_are_hidden_ = (block->flags & kMainEncrypted) != 0;
    }
    if (block->type == kFile || block->type == kService) {
      auto header = ReadFileHeader(*block);
      return header && (header->flags & kFileFromBefore) != 0 ? header : std::nullopt;
    }
    offset_ += block->data_size;
  }
  return std::nullopt;
}

// Joins the data of a file that goes on in the volumes behind this one, as far as they are there.
// Its checksum stands in the last header.
void RarReader::TakeFurtherParts(FileHeader& header, base::Bytes& packed, base::Budget& budget) {
  first_header_ = std::move(header_);
  joined_.assign(packed.begin(), packed.end());
  while ((header.flags & kFileGoesOn) != 0) {
    const std::uint64_t before = offset_;
    const auto part = NextVolume() ? TakePart(budget) : std::nullopt;
    if (!part) {
      offset_ = before;
      break;
    }
    const base::Bytes further = volumes_.Slice(offset_, part->packed_size);
    offset_ += further.size();
    joined_.insert(joined_.end(), further.begin(), further.end());
    header.packed_size += part->packed_size;
    header.crc32 = part->crc32;
    header.flags = (header.flags & ~kFileGoesOn) | (part->flags & kFileGoesOn);
  }
  packed = joined_;
}

std::optional<RarReader::FileHeader> RarReader::ReadFileHeader(const Block& block) const {
  base::ByteReader reader(block.header);
  reader.Skip(kBlockBytesMin);
  FileHeader header;
  header.is_service = block.type == kService;
  header.flags = block.flags;
  header.packed_size = reader.U32();
  header.size = reader.U32();
  reader.Skip(1);  // system
  header.crc32 = reader.U32();
  reader.Skip(4);  // time
  header.version = reader.U8();
  header.method = reader.U8();
  const std::uint16_t name_size = reader.U16();
  reader.Skip(4);  // attributes
  if ((block.flags & kFileLarge) != 0) {
    header.packed_size |= std::uint64_t{reader.U32()} << 32;
    header.size |= std::uint64_t{reader.U32()} << 32;
  }
  const base::Bytes name = reader.Take(name_size);
  if (!reader.ok()) {
    return std::nullopt;
  }
  if ((block.flags & kFileSalt) != 0) {
    header.salt = reader.Take(kSaltBytes);
  }
  header.name =
      (block.flags & kFileUnicode) != 0 ? UnpackName(name) : std::string(base::AsText(name));
  std::replace(header.name.begin(), header.name.end(), '\\', '/');
  return header;
}

std::optional<parts::Member> RarReader::Next(base::Budget& budget, inflate::OutputBuffer& buffer) {
  while (!ended_ && offset_ < file_.size()) {
    if (!budget.SpendSteps(kStepsPerHeader).ok()) {
      End(parts::LimitReason(base::Limit::kSteps));
      break;
    }
    if (volumes_.StartsAt(offset_) && NextVolume()) {
      continue;  // RAR 2 wrote no end mark
    }
    const auto block = TakeBlock(budget);
    if (!block) {
      ended_ = ended_ || !Resync();
      continue;
    }
    if (block->type == kEnd) {
      ended_ = !NextVolume();
      continue;
    }
    headers_are_hidden_ =
        headers_are_hidden_ || (block->type == kMain && (block->flags & kMainEncrypted) != 0);
    if (block->type != kFile && block->type != kService) {
      offset_ += block->data_size;
      continue;
    }
    auto header = ReadFileHeader(*block);
    if (!header) {
      problem_ = problem_.empty() ? "damaged: invalid header" : problem_;
      continue;
    }
    base::Bytes packed = volumes_.Slice(offset_, header->packed_size);
    offset_ += packed.size();
    if ((header->flags & kFileGoesOn) != 0 && volumes_.has_several()) {
      TakeFurtherParts(*header, packed, budget);
    }
    const bool is_wanted =
        header->is_service ? header->name == "CMT" || header->name == "STM" : !header->is_folder();
    if (is_wanted) {
      parts::Member member = ReadMember(*header, packed, budget, buffer);
      member.facts = {header->packed_size, header->size, header->crc32};
      return member;
    }
  }
  ended_ = true;  // RAR 2 wrote no end mark
  return std::nullopt;
}

void RarReader::Decode(const FileHeader& header, base::Bytes packed, base::Budget& budget,
                       parts::Sink& sink, std::string& gap) {
  const bool goes_on = header.goes_on();
  if (IsRar2(header.version)) {
    if (rar2_ == nullptr) {
      rar2_ = std::make_unique<Rar2Decoder>();
    }
    rar2_->Decode(packed, header.size, goes_on, budget, sink);
    return;
  }
  // A comment between the files of a solid archive is none of them.
  std::unique_ptr<Rar3Decoder> own;
  std::unique_ptr<Rar3Decoder>& decoder = header.is_service ? own : rar3_;
  if (decoder == nullptr) {
    decoder = std::make_unique<Rar3Decoder>();
  }
  decoder->Decode(packed, header.size, goes_on, budget, sink);
  gap = decoder->gap();
}

// Only what comes out tells: all of it by its checksum, or else that the start makes sense.
bool RarReader::KeyFits(const FileHeader& header, base::Bytes packed, const cipher::Rar3Key& key) {
  std::vector<std::byte> plain;
  const std::uint64_t packed_max = header.is_stored() ? packed.size() : 2 * kTrialBytes;
  if (!cipher::DecryptCbc(key.key, key.iv, base::ClippedSlice(packed, 0, packed_max), plain)) {
    return false;
  }
  if (header.is_stored()) {
    return inflate::Crc32(base::ClippedSlice(plain, 0, header.size)) == header.crc32;
  }
  base::BudgetLimits limits;
  limits.steps_max = kTrialSteps;
  base::Budget budget(limits);
  inflate::OutputBuffer buffer;
  parts::Sink sink(plain.size(), budget, buffer);
  Rar3Decoder decoder;
  decoder.Decode(plain, std::min(header.size, kTrialBytes), false, budget, sink);
  return sink.ok() && (header.size > kTrialBytes || inflate::Crc32(sink.content()) == header.crc32);
}

bool RarReader::Decrypt(const FileHeader& header, base::Bytes& packed, base::Budget& budget) {
  constexpr std::uint64_t kMebibyte = 1024 * 1024;
  constexpr unsigned kOtherVolumes = kFileFromBefore | kFileGoesOn;
  if (!IsRar3(header.version)) {
    return false;
  }
  // The start of a file that goes on with others makes no sense, nor has a part its checksum.
  const bool is_provable =
      (header.is_stored() || !header.goes_on()) && (header.flags & kOtherVolumes) == 0;
  const auto opens = [&](const cipher::Rar3Key& key) {
    return cipher::PayForKey(budget, 1 + (header.is_stored() ? packed.size() / kMebibyte : 0)) &&
           KeyFits(header, packed, key);
  };
  const cipher::Rar3Key* key =
      is_provable ? keys_.Find(header.salt, budget, opens) : keys_.Known(header.salt, budget);
  plain_.clear();
  if (key == nullptr || !cipher::DecryptCbc(key->key, key->iv, packed, plain_)) {
    return false;
  }
  packed = plain_;
  if (header.is_stored() && (header.flags & kOtherVolumes) == 0) {
    packed = base::ClippedSlice(packed, 0, header.size);
  }
  return true;
}

parts::Member RarReader::ReadMember(const FileHeader& header, base::Bytes packed,
                                    base::Budget& budget, inflate::OutputBuffer& buffer) {
  parts::Member member;
  member.name = header.is_service ? "(" + header.name + ")" : header.name;
  const bool is_stored = header.is_stored();
  const bool is_solid = header.goes_on();
  const std::uint64_t packed_size = packed.size();
  const bool is_encrypted = (header.flags & kFileEncrypted) != 0;
  const bool is_part = (header.flags & kFileFromBefore) != 0;
  if (is_encrypted && !Decrypt(header, packed, budget)) {
    member.gap = "encrypted";
  } else if (!is_stored && !IsRar2(header.version) && !IsRar3(header.version)) {
    member.gap = "unsupported: the compression of RAR version " + std::to_string(header.version);
  } else if (!is_stored && is_part) {
    member.gap = "unsupported: begins in another volume";
  } else if (!is_stored && is_solid && lost_) {
    member.gap = kLost;
  }
  if (!member.gap.empty()) {
    member.is_encrypted = is_encrypted;
    lost_ = lost_ || (!is_stored && !header.is_service);
    return member;
  }
  if (is_stored) {
    member = parts::StoredMember(std::move(member.name), packed, budget);
  } else {
    lost_ = header.is_service && lost_;
    buffer.Clear();
    parts::Sink sink(packed.size(), budget, buffer);
    std::string filter_gap;
    Decode(header, packed, budget, sink, filter_gap);
    lost_ = lost_ || (!sink.ok() && !header.is_service);
    member.gap = sink.ok() ? filter_gap : sink.gap();
    member.content = sink.content();
  }
  member.is_encrypted = is_encrypted || headers_are_hidden_;
  if ((header.flags & kFileGoesOn) != 0) {
    member.gap = "unsupported: goes on in another volume";
  } else if (member.gap.empty() && is_part) {
    member.gap = "unsupported: begins in another volume";
  } else if (member.gap.empty() && packed_size < header.packed_size) {
    member.gap = parts::kEndsTooEarly;
  } else if (member.gap.empty() && inflate::Crc32(member.content) != header.crc32) {
    member.gap = "damaged: wrong checksum";
  }
  member.has_content = !member.content.empty() || member.gap.empty();
  return member;
}

}  // namespace day::unpack::rar
