#include "libs/signatures/database.h"

#include <algorithm>
#include <cstring>

#include "libs/crypto/hash.h"
#include "libs/signatures/table_format.h"

namespace day::signatures {
namespace {

// Entries that a lookup walks from its first guess before it searches.
constexpr int kWalkSteps = 16;

std::uint32_t U32At(base::Bytes section, std::uint64_t index) {
  return base::ReadAt<std::uint32_t>(section, index * sizeof(std::uint32_t)).value_or(0);
}
std::uint64_t U64At(base::Bytes section, std::uint64_t index) {
  return base::ReadAt<std::uint64_t>(section, index * sizeof(std::uint64_t)).value_or(0);
}

// The index of the first of the ascending sizes that is not below `size_bytes`.
std::uint64_t FirstNotBelow(base::Bytes sizes, std::uint64_t size_bytes) {
  std::uint64_t low = 0;
  std::uint64_t high = sizes.size() / 8;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (U64At(sizes, middle) < size_bytes) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// What records of this size hold. REQUIRES: a large size is among `sizes`.
std::uint32_t SizeKey(base::Bytes sizes, std::uint64_t size_bytes) {
  if (size_bytes < format::kLargeSize) {
    return static_cast<std::uint32_t>(size_bytes);
  }
  const std::uint64_t place =
      FirstNotBelow(sizes, size_bytes) - FirstNotBelow(sizes, format::kLargeSize);
  return format::kLargeSize + static_cast<std::uint32_t>(place);
}

base::Error Malformed(std::string message, std::uint64_t offset) {
  return base::MakeError(base::ErrorKind::kMalformed, "signature table: " + std::move(message),
                         offset);
}

// LEB128; fails the reader if the number is longer than 64 bits.
std::uint64_t ReadVarint(base::ByteReader& reader) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t byte = reader.U8();
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) {
      return value;
    }
  }
  reader.Skip(reader.remaining() + 1);
  return 0;
}

bool SumFits(base::Bytes data, base::Bytes expected) {
  const crypto::Sha256Digest digest = crypto::Sha256(data);
  return std::equal(digest.begin(), digest.end(), expected.begin(), expected.end());
}

}  // namespace

std::size_t DigestSize(Table table) {
  switch (table) {
    case Table::kFileMd5:
    case Table::kSectionMd5:
    case Table::kImportMd5:
    case Table::kAllowMd5:
      return 16;
    case Table::kFileSha1:
    case Table::kSectionSha1:
    case Table::kAllowSha1:
      return 20;
    case Table::kFileSha256:
    case Table::kSectionSha256:
    case Table::kAllowSha256:
      break;
  }
  return 32;
}

std::string_view TableName(Table table) {
  static constexpr std::array<std::string_view, kTableCount> kNames = {
      "file md5",       "file sha1",  "file sha256", "section md5", "section sha1",
      "section sha256", "import md5", "allow md5",   "allow sha1",  "allow sha256"};
  return kNames[static_cast<std::size_t>(table)];
}

base::Result<Database> Database::Open(base::Bytes file) {
  const auto header = base::Slice(file, 0, format::kHeaderBytes);
  if (!header) {
    return base::MakeError(base::ErrorKind::kTruncated, "signature table: shorter than its header");
  }
  if (!base::AsText(*header).starts_with(format::kMagic)) {
    return Malformed("wrong magic", 0);
  }
  base::ByteReader reader(*header);
  reader.Skip(format::kMagic.size());
  if (reader.U32() != format::kVersion || reader.U32() != format::kSectionCount) {
    return Malformed("another version", 8);
  }
  if (reader.U64() != file.size()) {
    return Malformed("wrong file size", 16);
  }
  if (!SumFits(header->first(format::kHeaderSumOffset),
               header->subspan(format::kHeaderSumOffset, format::kChecksumBytes))) {
    return Malformed("wrong header checksum", format::kHeaderSumOffset);
  }
  Database database;
  database.file_ = file;
  std::array<base::Bytes, format::kSectionCount> sections;
  reader.Seek(format::kSectionsOffset);
  for (base::Bytes& section : sections) {
    const std::uint64_t offset = reader.U64();
    const std::uint64_t size = reader.U64();
    reader.Skip(format::kChecksumBytes);
    const auto slice = base::Slice(file, offset, size);
    if (!slice || offset < format::kHeaderBytes || offset % format::kSectionAlignment != 0) {
      return Malformed("a section lies outside the file", reader.offset());
    }
    section = *slice;
  }
  reader.Seek(format::kTablesOffset);
  for (std::size_t i = 0; i < kTableCount; ++i) {
    const auto section = [&](format::TableSection which) {
      return sections[format::SectionIndex(i, which)];
    };
    TableView& view = database.tables_[i];
    view.count = reader.U64();
    view.bucket_bits = reader.U32();
    view.has_sizeless = (reader.U32() & format::kFlagSizeless) != 0;
    view.buckets = section(format::TableSection::kBuckets);
    view.digests = section(format::TableSection::kDigests);
    view.records = section(format::TableSection::kRecords);
    view.sizes = section(format::TableSection::kSizes);
    view.size_filter = section(format::TableSection::kSizeFilter);
    const std::uint64_t digest_size = DigestSize(static_cast<Table>(i));
    const bool fits = view.count < format::kSizeless &&
                      view.bucket_bits <= format::kBucketBitsMax &&
                      view.buckets.size() == 4 * ((std::uint64_t{1} << view.bucket_bits) + 1) &&
                      view.digests.size() == view.count * digest_size &&
                      view.records.size() == view.count * format::kRecordBytes &&
                      view.sizes.size() % 8 == 0 && std::has_single_bit(view.size_filter.size()) &&
                      view.size_filter.size() >= format::kFilterBytesMin;
    if (!fits) {
      return Malformed("the sections of a table do not fit together", reader.offset());
    }
  }
  database.name_blocks_ = sections[format::SectionIndex(format::FileSection::kNameBlocks)];
  database.name_pool_ = sections[format::SectionIndex(format::FileSection::kNamePool)];
  database.near_lines_ = sections[format::SectionIndex(format::FileSection::kNear)];
  database.sources_ = sections[format::SectionIndex(format::FileSection::kSources)];
  database.lists_ = sections[format::SectionIndex(format::FileSection::kLists)];
  database.body_ = sections[format::SectionIndex(format::FileSection::kBody)];
  return database;
}

base::Status Database::VerifySections() const {
  base::ByteReader reader(file_);
  reader.Seek(file_.empty() ? 0 : format::kSectionsOffset);
  for (std::size_t i = 0; i < format::kSectionCount && !file_.empty(); ++i) {
    const std::uint64_t offset = reader.U64();
    const std::uint64_t size = reader.U64();
    const base::Bytes expected = reader.Take(format::kChecksumBytes);
    const auto section = base::Slice(file_, offset, size);
    if (!section || !SumFits(*section, expected)) {
      return Malformed("wrong checksum of section " + std::to_string(i), offset);
    }
  }
  return base::OkStatus();
}

bool Database::HasSize(const TableView& view, std::uint64_t size_bytes) const {
  if (view.size_filter.empty()) {
    return false;
  }
  const std::uint64_t bit = format::FilterBit(size_bytes, view.size_filter.size() * 8);
  const auto byte = std::to_integer<unsigned>(view.size_filter[static_cast<std::size_t>(bit / 8)]);
  return (byte >> (bit % 8) & 1) != 0 &&
         U64At(view.sizes, FirstNotBelow(view.sizes, size_bytes)) == size_bytes;
}

bool Database::MayMatchSize(Table table, std::uint64_t size_bytes) const {
  const TableView& view = tables_[static_cast<std::size_t>(table)];
  return view.count > 0 && (view.has_sizeless || HasSize(view, size_bytes));
}

bool Database::HasSizeless(Table table) const {
  return tables_[static_cast<std::size_t>(table)].has_sizeless;
}

std::uint64_t Database::LowerBound(const TableView& view, base::Bytes digest,
                                   std::uint32_t size_key) const {
  const std::uint64_t prefix =
      base::ReadAt<std::uint64_t>(digest, 0, base::Endian::kBig).value_or(0);
  const auto is_before = [&](std::uint64_t entry) {
    const std::uint64_t at = entry * digest.size();
    const std::uint64_t stored =
        base::ReadAt<std::uint64_t>(view.digests, at, base::Endian::kBig).value_or(0);
    if (stored != prefix) {
      return stored < prefix;
    }
    const base::Bytes whole = base::ClippedSlice(view.digests, at, digest.size());
    const int order = std::memcmp(whole.data(), digest.data(), whole.size());
    return order != 0 ? order < 0 : U32At(view.records, 2 * entry) < size_key;
  };
  const std::uint64_t bucket = format::BucketOf(digest, view.bucket_bits);
  std::uint64_t low = std::min<std::uint64_t>(U32At(view.buckets, bucket), view.count);
  std::uint64_t high = std::min<std::uint64_t>(U32At(view.buckets, bucket + 1), view.count);
  if (low >= high) {
    return low;
  }
  // Guess by the bits behind the bucket's, then walk; digests that are not spread evenly (nobody's
  // hashes, but a list may hold anything) are left to the binary search.
  const std::uint64_t fraction = (prefix << view.bucket_bits) >> 32;
  std::uint64_t guess = low + ((high - low) * fraction >> 32);
  // A hit reads the entry's record next: both come from memory at once.
  __builtin_prefetch(view.records.data() + guess * format::kRecordBytes);
  for (int step = 0; step < kWalkSteps; ++step) {
    if (is_before(guess)) {
      low = guess + 1;
      if (low == high || !is_before(low)) {
        return low;
      }
      ++guess;
    } else {
      high = guess;
      if (low == high) {
        return low;
      }
      --guess;
    }
  }
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (is_before(middle)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::optional<SignatureId> Database::Find(Table table, base::Bytes digest,
                                          std::optional<std::uint64_t> size_bytes) const {
  const TableView& view = tables_[static_cast<std::size_t>(table)];
  if (view.count == 0 || digest.size() != DigestSize(table)) {
    return std::nullopt;
  }
  const auto has_digest = [&](std::uint64_t entry) {
    const auto stored = base::Slice(view.digests, entry * digest.size(), digest.size());
    return stored && std::memcmp(stored->data(), digest.data(), digest.size()) == 0;
  };
  const std::uint64_t first = LowerBound(view, digest, 0);
  if (!has_digest(first)) {
    return std::nullopt;
  }
  if (!size_bytes) {
    return SignatureId{U32At(view.records, 2 * first + 1)};
  }
  // Only a large size has to be looked up to know its key; one that no signature has fits those
  // without a size.
  const bool has_key = *size_bytes < format::kLargeSize || HasSize(view, *size_bytes);
  const std::uint32_t wanted = has_key ? SizeKey(view.sizes, *size_bytes) : format::kSizeless;
  // A digest has one size as a rule: compare with those of its entries, in turn.
  std::uint64_t entry = first;
  for (int step = 0; step < kWalkSteps; ++step, ++entry) {
    if (!has_digest(entry)) {
      return std::nullopt;
    }
    const std::uint32_t key = U32At(view.records, 2 * entry);
    if (key == wanted || key == format::kSizeless) {
      return SignatureId{U32At(view.records, 2 * entry + 1)};
    }
  }
  // It has many: search.
  for (const std::uint32_t key : {wanted, format::kSizeless}) {
    entry = LowerBound(view, digest, key);
    if (has_digest(entry) && U32At(view.records, 2 * entry) == key) {
      return SignatureId{U32At(view.records, 2 * entry + 1)};
    }
  }
  return std::nullopt;
}

Description Database::Describe(SignatureId id) const {
  const std::uint32_t ordinal = id.ordinal;
  Description signature;
  signature.name.reserve(64);
  const std::uint64_t offset = U64At(name_blocks_, ordinal / format::kNamesPerBlock);
  base::ByteReader names(name_pool_);
  names.Seek(offset);
  std::int64_t line = 0;
  for (std::uint32_t i = 0; i <= ordinal % format::kNamesPerBlock && names.ok(); ++i) {
    const std::uint64_t zigzag = ReadVarint(names);
    line += static_cast<std::int64_t>(zigzag >> 1) ^ -static_cast<std::int64_t>(zigzag & 1);
    const std::uint64_t shared = ReadVarint(names);
    const std::uint64_t further = ReadVarint(names);
    if (shared > signature.name.size() || further > format::kNameBytesMax) {
      break;
    }
    signature.name.resize(static_cast<std::size_t>(shared));
    signature.name += base::AsText(names.Take(further));
  }
  signature.line = static_cast<std::uint32_t>(line);
  base::ByteReader sources(sources_);
  while (sources.remaining() > 0) {
    const std::uint32_t first = sources.U32();
    const std::uint32_t size = sources.U32();
    const base::Bytes name = sources.Take(size);
    if (!sources.ok() || first > ordinal) {
      break;
    }
    signature.file = std::string(base::AsText(name));
  }
  return signature;
}

std::uint64_t Database::count(Table table) const {
  return tables_[static_cast<std::size_t>(table)].count;
}

std::uint64_t Database::count() const {
  std::uint64_t total = 0;
  for (const TableView& view : tables_) {
    total += view.count;
  }
  return total;
}

}  // namespace day::signatures
