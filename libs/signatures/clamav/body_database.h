// The body signatures of a scan: one immutable, memory-mapped file.
//
//   DAY_TRY_ASSIGN(BodyDatabase database, BodyDatabase::Open(mapped_bytes));
//   BodyMatcher matcher(database);   // matcher.h
//
// Open() reads the header and the section directory only: microseconds for any number of
// signatures. The file is our own cache: VerifySections() compares checksums; nobody trusts it
// though. Every accessor checks what it reads, so that any bytes that pass Open() give answers
// (wrong ones perhaps), never a read outside the file. Layout: docs/formats/clamav-database.md.
// Thread safety: immutable after Open().
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/match/gram_kernel.h"
#include "libs/signatures/clamav/body_format.h"
#include "libs/signatures/clamav/logic.h"
#include "libs/signatures/clamav/signature.h"

namespace day::signatures::clamav {

struct SignatureView {
  std::string_view name;
  std::uint32_t file = 0;
  std::uint32_t line = 0;
  std::uint8_t target = 0;
  bool is_simple = false;
  bool is_macro = false;
  std::uint32_t logic_begin = 0;
  std::uint32_t logic_count = 0;
  std::uint32_t subsignatures_begin = 0;
  std::uint32_t subsignatures_count = 0;
  base::Bytes conditions;
};

struct SubsignatureView {
  format::SubsignatureKind kind = format::SubsignatureKind::kPatterns;
  std::uint32_t begin = 0;  // of patterns
  std::uint32_t count = 0;
  base::Bytes data;  // of the others
};

struct PatternView {
  std::uint32_t parts_begin = 0;
  std::uint32_t parts_count = 0;
  std::uint32_t signature = 0;
  Offset offset;
};

struct PartView {
  base::Bytes code;
  std::uint32_t gap_min = 0;
  std::uint32_t gap_max = 0;
  std::uint32_t edges = 0;  // and flags
  std::uint32_t far_bytes = 0;
  std::uint32_t far_left = 0;
  std::uint32_t far_right = 0;
  std::uint32_t length_min = 0;
  std::uint32_t length_max = 0;
  // Where `anchor` stands from the part's start: prefix to prefix + slack.
  std::uint32_t anchor_prefix = 0;
  std::uint32_t anchor_slack = 0;
  base::Bytes anchor;  // masked: values, then masks
  bool anchor_is_masked = false;
  std::uint32_t pattern = 0;
};

// What is looked up with grams or pairs.
struct GramEntryView {
  std::uint32_t gram = 0;
  std::uint32_t value = 0;
  std::uint32_t mask = 0;
  std::int32_t check = 0;
  std::uint32_t back = 0;
  std::uint32_t slack = 0;
  std::uint32_t part = 0;
  std::uint32_t signature = 0;  // whose part it is
};

class BodyDatabase {
 public:
  // Empty: nothing matches.
  BodyDatabase() = default;

  // REQUIRES: `file` outlives the database and does not change. Errors: kMalformed, kTruncated,
  // kInvalidUse (bytes that are not aligned to 64).
  static base::Result<BodyDatabase> Open(base::Bytes file);

  // Compares every section with its checksum; reads the whole file. Errors: kMalformed.
  base::Status VerifySections() const;

  std::uint32_t signature_count() const { return Count(format::SectionId::kSignatures); }
  std::uint32_t pattern_count() const { return Count(format::SectionId::kPatterns); }
  std::uint32_t part_count() const { return Count(format::SectionId::kParts); }
  // Bit n: there are signatures for target n.
  std::uint32_t targets() const { return targets_; }
  bool needs_program_facts() const { return (flags_ & format::kFlagNeedsProgram) != 0; }

  // Numbers beyond the counts give empty views.
  SignatureView signature(std::uint32_t index) const;
  SubsignatureView subsignature(std::uint32_t index) const;
  PatternView pattern(std::uint32_t index) const;
  PartView part(std::uint32_t index) const;
  // Node `index` of those of a signature; children are less than it.
  LogicNode logic(const SignatureView& signature, std::uint32_t index) const;
  std::string_view file_name(std::uint32_t index) const;
  std::uint32_t always_count() const { return Count(format::SectionId::kAlways); }
  std::uint32_t always(std::uint32_t index) const;
  // The conditions of a signature but its target, read.
  Conditions ReadConditions(const SignatureView& signature) const;
  // The patterns of a macro group.
  std::vector<std::uint32_t> MacroPatterns(std::uint32_t group) const;

  // The tables of the first pass.
  struct Grams {
    match::GramBitmap bitmap;
    std::uint32_t starts_bits = 0;
    base::Bytes starts;
    base::Bytes entries;
  };
  const Grams& sampled() const { return sampled_; }
  const Grams& dense() const { return dense_; }
  const match::ShortTables& short_tables() const { return short_tables_; }
  const Grams& shorts() const { return shorts_; }  // starts by pair; no bitmap
  // The entries of one bucket: [first, second).
  static std::pair<std::uint32_t, std::uint32_t> Bucket(const Grams& grams, std::uint32_t bucket);
  static GramEntryView Entry(const Grams& grams, std::uint32_t index);

 private:
  std::uint32_t Count(format::SectionId section) const;
  base::Bytes At(format::SectionId section) const {
    return sections_[static_cast<std::size_t>(section)];
  }
  std::uint32_t Word(format::SectionId section, std::uint64_t record, std::size_t words,
                     std::size_t word) const;
  base::Bytes Pool(std::uint32_t place, std::uint32_t size) const;
  base::Status ReadTables();

  base::Bytes file_;
  std::uint32_t flags_ = 0;
  std::uint32_t targets_ = 0;
  std::array<base::Bytes, format::kSectionCount> sections_;
  Grams sampled_;
  Grams dense_;
  Grams shorts_;
  match::ShortTables short_tables_;
};

}  // namespace day::signatures::clamav
