#include "libs/signatures/clamav/body_database.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "libs/crypto/hash.h"

namespace day::signatures::clamav {
namespace {

using format::SectionId;

base::Error Malformed(std::string message) {
  return base::MakeError(base::ErrorKind::kMalformed, "body signatures: " + std::move(message));
}

std::uint32_t U32At(base::Bytes section, std::uint64_t index) {
  return base::ReadAt<std::uint32_t>(section, index * sizeof(std::uint32_t)).value_or(0);
}

// The numbers of one record; zeros if it lies outside.
template <std::size_t kWords>
std::array<std::uint32_t, kWords> RecordAt(base::Bytes section, std::uint64_t index) {
  std::array<std::uint32_t, kWords> words{};
  if (index < section.size() / sizeof(words)) {
    std::memcpy(words.data(), section.data() + index * sizeof(words), sizeof(words));
  }
  if constexpr (std::endian::native == std::endian::big) {
    for (std::uint32_t& word : words) {
      word = base::SwapBytes(word);
    }
  }
  return words;
}

bool SumFits(base::Bytes data, base::Bytes expected) {
  const crypto::Sha256Digest digest = crypto::Sha256(data);
  return std::equal(digest.begin(), digest.end(), expected.begin(), expected.end());
}

// Words of one record.
std::size_t WordsOf(SectionId section) {
  switch (section) {
    case SectionId::kSignatures:
      return format::kSignatureWords;
    case SectionId::kSubsignatures:
      return format::kSubsignatureWords;
    case SectionId::kPatterns:
      return format::kPatternWords;
    case SectionId::kParts:
      return format::kPartWords;
    case SectionId::kLogic:
      return format::kLogicWords;
    case SectionId::kFiles:
    case SectionId::kMacros:
      return 2;
    default:
      return 1;
  }
}

// The bits of a table of 2^bits things of `size` bytes each, which holds `more` beyond that.
std::optional<std::uint32_t> BitsOf(std::uint64_t bytes, std::uint64_t size, std::uint64_t more) {
  const std::uint64_t count = bytes / size;
  if (bytes % size != 0 || count <= more || !std::has_single_bit(count - more)) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(std::countr_zero(count - more));
}

base::Status ReadGrams(base::Bytes bitmap, base::Bytes starts, base::Bytes entries,
                       BodyDatabase::Grams* out) {
  out->starts = starts;
  out->entries = entries;
  if (bitmap.empty()) {
    return base::OkStatus();
  }
  const auto words_bits = BitsOf(bitmap.size(), sizeof(std::uint32_t), 0);
  const auto starts_bits = BitsOf(starts.size(), sizeof(std::uint32_t), 1);
  if (!words_bits || !starts_bits || *words_bits + 5 < format::kBitmapBitsMin ||
      *words_bits + 5 > format::kBitmapBitsMax || *starts_bits < 5 ||
      *starts_bits > format::kStartsBitsMax) {
    return Malformed("a table of grams has another size");
  }
  // Aligned: Open() checked it.
  out->bitmap.words = reinterpret_cast<const std::uint32_t*>(bitmap.data());
  out->bitmap.bits = *words_bits + 5;
  out->starts_bits = *starts_bits;
  return base::OkStatus();
}

}  // namespace

base::Result<BodyDatabase> BodyDatabase::Open(base::Bytes file) {
  const auto header = base::Slice(file, 0, format::kHeaderBytes);
  if (!header) {
    return base::MakeError(base::ErrorKind::kTruncated, "body signatures: shorter than the header");
  }
  if (reinterpret_cast<std::uintptr_t>(file.data()) % format::kSectionAlignment != 0) {
    return base::MakeError(base::ErrorKind::kInvalidUse, "body signatures: not aligned");
  }
  base::ByteReader reader(*header);
  if (base::AsText(reader.Take(format::kMagic.size())) != format::kMagic ||
      reader.U32() != format::kVersion || reader.U32() != format::kSectionCount) {
    return Malformed("another magic or version");
  }
  if (reader.U64() != file.size()) {
    return Malformed("wrong file size");
  }
  if (!SumFits(header->first(format::kSumOffset), header->subspan(format::kSumOffset))) {
    return Malformed("wrong header checksum");
  }
  BodyDatabase out;
  out.file_ = file;
  out.flags_ = reader.U32();
  out.targets_ = reader.U32();
  for (std::size_t i = 0; i < format::kSectionCount; ++i) {
    const std::uint64_t offset = reader.U64();
    const std::uint64_t size = reader.U64();
    reader.Skip(format::kChecksumBytes);
    const auto section = base::Slice(file, offset, size);
    if (!section || offset < format::kHeaderBytes || offset % format::kSectionAlignment != 0 ||
        size % WordsOf(static_cast<SectionId>(i)) != 0 || size / 4 > 0xFFFFFFFF) {
      return Malformed("a section lies outside the file");
    }
    out.sections_[i] = *section;
  }
  DAY_TRY(out.ReadTables());
  return out;
}

base::Status BodyDatabase::ReadTables() {
  DAY_TRY(ReadGrams(At(SectionId::kSampledBitmap), At(SectionId::kSampledStarts),
                    At(SectionId::kSampledEntries), &sampled_));
  DAY_TRY(ReadGrams(At(SectionId::kDenseBitmap), At(SectionId::kDenseStarts),
                    At(SectionId::kDenseEntries), &dense_));
  shorts_.starts = At(SectionId::kShortStarts);
  shorts_.entries = At(SectionId::kShortEntries);
  const base::Bytes tables = At(SectionId::kShortTables);
  if (tables.empty()) {
    return base::OkStatus();
  }
  if (tables.size() != sizeof(short_tables_) ||
      shorts_.starts.size() != (format::kPairCount + 1) * sizeof(std::uint32_t)) {
    return Malformed("the table of pairs has another size");
  }
  std::memcpy(&short_tables_, tables.data(), sizeof(short_tables_));
  shorts_.starts_bits = 16;
  return base::OkStatus();
}

base::Status BodyDatabase::VerifySections() const {
  base::ByteReader reader(file_);
  reader.Seek(file_.empty() ? 0 : format::kPreambleBytes);
  for (std::size_t i = 0; i < format::kSectionCount && !file_.empty(); ++i) {
    reader.Skip(16);
    if (!SumFits(sections_[i], reader.Take(format::kChecksumBytes))) {
      return Malformed("wrong checksum of section " + std::to_string(i));
    }
  }
  return base::OkStatus();
}

std::uint32_t BodyDatabase::Count(SectionId section) const {
  return static_cast<std::uint32_t>(At(section).size() / (4 * WordsOf(section)));
}

std::uint32_t BodyDatabase::Word(SectionId section, std::uint64_t record, std::size_t words,
                                 std::size_t word) const {
  return U32At(At(section), record * words + word);
}

base::Bytes BodyDatabase::Pool(std::uint32_t place, std::uint32_t size) const {
  return base::Slice(At(SectionId::kPool), place, size).value_or(base::Bytes());
}

SignatureView BodyDatabase::signature(std::uint32_t index) const {
  const auto words = RecordAt<format::kSignatureWords>(At(SectionId::kSignatures), index);
  SignatureView out;
  out.name = base::AsText(Pool(words[0], words[1]));
  out.file = words[2];
  out.line = words[3];
  out.target = static_cast<std::uint8_t>(std::min<std::uint32_t>(words[4], 31));
  out.is_simple = (words[5] & format::kSignatureIsSimple) != 0;
  out.is_macro = (words[5] & format::kSignatureIsMacro) != 0;
  out.logic_begin = words[6];
  out.logic_count = std::min<std::uint32_t>(words[7], kLogicNodesMax);
  out.subsignatures_begin = words[8];
  out.subsignatures_count = std::min<std::uint32_t>(words[9], kSubsignatureCountMax);
  out.conditions = Pool(words[10], words[11]);
  return out;
}

SubsignatureView BodyDatabase::subsignature(std::uint32_t index) const {
  const auto words = RecordAt<format::kSubsignatureWords>(At(SectionId::kSubsignatures), index);
  SubsignatureView out;
  out.kind = static_cast<format::SubsignatureKind>(
      std::min(words[0], static_cast<std::uint32_t>(format::SubsignatureKind::kImage)));
  if (out.kind == format::SubsignatureKind::kPatterns) {
    out.begin = words[1];
    out.count = std::min<std::uint32_t>(words[2], 2);
  } else {
    out.data = Pool(words[1], words[2]);
  }
  return out;
}

PatternView BodyDatabase::pattern(std::uint32_t index) const {
  const auto words = RecordAt<format::kPatternWords>(At(SectionId::kPatterns), index);
  PatternView out;
  out.parts_begin = words[0];
  const std::uint32_t parts = part_count();
  out.parts_count = std::min(words[1], parts - std::min(parts, out.parts_begin));
  out.signature = words[2];
  out.offset.kind = static_cast<Offset::Kind>(
      std::min<std::uint32_t>(words[3], static_cast<std::uint32_t>(Offset::Kind::kMacro)));
  out.offset.number = words[4];
  out.offset.section = words[5];
  out.offset.shift = words[6];
  return out;
}

PartView BodyDatabase::part(std::uint32_t index) const {
  const auto words = RecordAt<format::kPartWords>(At(SectionId::kParts), index);
  PartView out;
  out.code = Pool(words[0], words[1]);
  out.gap_min = words[2];
  out.gap_max = words[3];
  out.edges = words[4];
  out.far_bytes = words[5];
  out.far_left = words[6];
  out.far_right = words[7];
  out.length_min = words[8];
  out.length_max = words[9];
  out.anchor_prefix = words[10];
  out.anchor_slack = words[11];
  out.anchor = Pool(words[12], words[13]);
  out.anchor_is_masked = words[14] != 0;
  out.pattern = words[15];
  return out;
}

LogicNode BodyDatabase::logic(const SignatureView& signature, std::uint32_t index) const {
  const auto words = RecordAt<format::kLogicWords>(At(SectionId::kLogic),
                                                   std::uint64_t{signature.logic_begin} + index);
  LogicNode out;
  const std::uint32_t head = words[0];
  out.kind = static_cast<LogicNode::Kind>(std::min<std::uint32_t>(head & 0xFF, 2));
  out.op = static_cast<char>(head >> 8 & 0xFF);
  out.id = static_cast<std::uint8_t>(head >> 16 & 63);
  const std::uint32_t last = index == 0 ? 0 : index - 1;
  out.left = std::min(words[1], last);
  out.right = std::min(words[2], last);
  if (index == 0) {
    out.kind = LogicNode::Kind::kId;
  }
  out.count = words[3];
  out.different = words[4];
  return out;
}

std::string_view BodyDatabase::file_name(std::uint32_t index) const {
  return base::AsText(
      Pool(Word(SectionId::kFiles, index, 2, 0), Word(SectionId::kFiles, index, 2, 1)));
}

std::uint32_t BodyDatabase::always(std::uint32_t index) const {
  return U32At(At(SectionId::kAlways), index);
}

Conditions BodyDatabase::ReadConditions(const SignatureView& signature) const {
  Conditions out;
  out.target = signature.target;
  base::ByteReader reader(signature.conditions);
  while (reader.ok() && reader.remaining() > 0) {
    const auto range = [&] {
      const std::uint32_t min = reader.U32();
      return Range{min, reader.U32()};
    };
    switch (static_cast<format::Condition>(reader.U8())) {
      case format::Condition::kFileSize:
        out.file_size = range();
        break;
      case format::Condition::kEntryPoint:
        out.entry_point = range();
        break;
      case format::Condition::kSections:
        out.section_count = range();
        break;
      case format::Condition::kContainer:
        out.container = reader.U16();
        break;
      case format::Condition::kIntermediates:
        for (unsigned left = reader.U8(); left > 0; --left) {
          out.intermediates.push_back(reader.U16());
        }
        break;
      case format::Condition::kHandler:
        out.handler = reader.U16();
        break;
      case format::Condition::kIcons:
        for (std::string* group : {&out.icon_group1, &out.icon_group2}) {
          const std::size_t size = reader.U8();
          *group = base::AsText(reader.Take(size));
        }
        break;
      default:
        return out;
    }
  }
  return out;
}

std::vector<std::uint32_t> BodyDatabase::MacroPatterns(std::uint32_t group) const {
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < Count(SectionId::kMacros); ++i) {
    if (Word(SectionId::kMacros, i, 2, 0) == group) {
      out.push_back(Word(SectionId::kMacros, i, 2, 1));
    }
  }
  return out;
}

std::pair<std::uint32_t, std::uint32_t> BodyDatabase::Bucket(const Grams& grams,
                                                             std::uint32_t bucket) {
  const auto count = static_cast<std::uint32_t>(grams.entries.size() / (4 * format::kEntryWords));
  return {std::min(U32At(grams.starts, bucket), count),
          std::min(U32At(grams.starts, std::uint64_t{bucket} + 1), count)};
}

GramEntryView BodyDatabase::Entry(const Grams& grams, std::uint32_t index) {
  const auto words = RecordAt<format::kEntryWords>(grams.entries, index);
  GramEntryView out;
  out.gram = words[0];
  out.value = words[1];
  out.mask = words[2];
  out.check = static_cast<std::int8_t>(words[3] & 0xFF);
  out.slack = words[3] >> 8;
  out.back = words[4];
  out.part = words[5];
  out.signature = words[6];
  return out;
}

}  // namespace day::signatures::clamav
