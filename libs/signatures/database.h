// The hash signatures of a scan: one immutable, memory-mapped table file.
//
//   DAY_TRY_ASSIGN(Database db, Database::Open(mapped_bytes));
//   if (db.MayMatchSize(Table::kFileMd5, file.size())) {
//     ... hash the file ...
//     if (auto id = db.Find(Table::kFileMd5, digest, file.size())) { ... db.Describe(*id).name ...
//     }
//   }
//
// Open() reads only the header and the section directory (a few hundred bytes), so it costs
// microseconds for any number of signatures; nothing is allocated for an entry. A lookup touches
// one word of the bucket index and one bucket of digests; names are unpacked by Describe(). The
// file is our own cache, like compiled rules: its sections carry checksums that VerifySections()
// compares, but a lookup trusts nothing: any bytes that pass Open() give answers or none, never a
// read outside the file. The layout is docs/formats/signature-table.md.
// Thread safety: immutable after Open(); share it between threads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/bytes.h"
#include "libs/base/result.h"

namespace day::signatures {

// One sorted array of digests each. "Allow" tables hold .fp and .sfp entries: they silence
// findings.
enum class Table : std::uint8_t {
  kFileMd5,
  kFileSha1,
  kFileSha256,
  kSectionMd5,  // raw data of one PE section
  kSectionSha1,
  kSectionSha256,
  kImportMd5,  // the import hash; its size is the length of the hashed text
  kAllowMd5,
  kAllowSha1,
  kAllowSha256,
};
inline constexpr std::size_t kTableCount = 10;

// Bytes of a digest in this table: 16, 20 or 32.
std::size_t DigestSize(Table table);
std::string_view TableName(Table table);

// A signature of the database, as Find() names it.
struct SignatureId {
  std::uint32_t ordinal = 0;
};

// What a report says of a signature. Strings are copies: names are stored front-coded.
struct Description {
  std::string name;
  std::string file;        // source file as given to the builder
  std::uint32_t line = 0;  // line in it, from 1
};

class Database {
 public:
  // An empty database: nothing matches.
  Database() = default;

  // REQUIRES: `file` outlives the database and does not change. Errors: kMalformed (not a table
  // file, another version, damaged header), kTruncated.
  static base::Result<Database> Open(base::Bytes file);

  // Compares every section with its checksum; reads the whole file. Errors: kMalformed.
  base::Status VerifySections() const;

  // Whether a signature of this table could match something of this size: one of exactly this size
  // exists, or one without a size. Exact (no false positives).
  bool MayMatchSize(Table table, std::uint64_t size_bytes) const;

  // Whether the table holds signatures without a size: then everything has to be hashed.
  bool HasSizeless(Table table) const;

  // The signature with this digest and this size (or without one). For kImportMd5 a caller that
  // does not know the length passes nothing: any size matches then. REQUIRES: digest.size() ==
  // DigestSize(table).
  std::optional<SignatureId> Find(Table table, base::Bytes digest,
                                  std::optional<std::uint64_t> size_bytes) const;

  // REQUIRES: Find() of this database returned it. A damaged file may give a shortened name.
  Description Describe(SignatureId id) const;

  // Signatures of files that are nearly the same, a line each: "ORDINAL LIMIT DIGEST\n", as
  // signature_text.h has them; whoever compares reads them once.
  std::string_view near_lines() const { return base::AsText(near_lines_); }
  // The database of body signatures (clamav/body_database.h) that travels in this file, as it was
  // given to the builder; empty if there is none. Starts at a multiple of 64 in the file.
  base::Bytes body() const { return body_; }
  // Small files that travel as texts (lists.h).
  std::string_view lists() const { return base::AsText(lists_); }

  std::uint64_t count(Table table) const;
  std::uint64_t count() const;

 private:
  // One table's sections, as ranges of the file.
  struct TableView {
    std::uint64_t count = 0;
    std::uint32_t bucket_bits = 0;
    bool has_sizeless = false;
    base::Bytes buckets;      // u32[2^bucket_bits + 1]: first entry of each digest prefix
    base::Bytes digests;      // count digests, ascending
    base::Bytes records;      // count x {u32 size key, u32 ordinal}
    base::Bytes sizes;        // u64[], ascending and distinct
    base::Bytes size_filter;  // bitmap over hashed sizes; a power of two of bits
  };

  // First entry not before (digest, size key); entries are ordered by both.
  std::uint64_t LowerBound(const TableView& view, base::Bytes digest, std::uint32_t size_key) const;
  // Whether the table has a signature of exactly this size.
  bool HasSize(const TableView& view, std::uint64_t size_bytes) const;

  base::Bytes file_;
  std::array<TableView, kTableCount> tables_;
  base::Bytes name_blocks_;  // u64[]: where each block of names starts in name_pool_
  base::Bytes name_pool_;
  base::Bytes near_lines_;
  base::Bytes body_;
  base::Bytes lists_;
  base::Bytes sources_;  // where each source file's ordinals start, and its name
};

}  // namespace day::signatures
