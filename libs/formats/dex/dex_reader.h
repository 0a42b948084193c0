// DexReader: the tables of an Android DEX file, as YARA's `dex` module sees them.
//
// The layout is that of the Dalvik Executable specification (source.android.com, "Dalvik executable
// format"), with the tolerance of YARA 4.5.8: tables are read in a fixed order, and the first one
// that does not fit into the file ends the reading of all that follow (see docs/formats/dex.md).
// Rows of tables are decoded when asked for, in constant time; only the members of classes need one
// walk, which happens on first use.
//
// Not thread-safe. Views point into the bound file and live as long as it does.
// Failure: a row, string or name that the file does not hold is std::nullopt.
// Limits: kMembersMax.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"

namespace day::formats::dex {

// A table row index beyond this resolves to nothing, as in libyara.
inline constexpr std::uint64_t kNameIndexMax = 0x80000;
// Fields and methods (each) kept of one file. A DEX file can refer to 65,536 of either, but hostile
// class lists can name the same class data over and over. When the limit is reached the walk ends
// and the number of members is not known.
inline constexpr std::size_t kMembersMax = std::size_t{1} << 20;

inline constexpr std::size_t kHeaderBytes = 112;
inline constexpr std::size_t kMagicSize = 8;
inline constexpr std::size_t kSignatureSize = 20;

// The 32-bit words of the header; the value is the word's offset in the file.
enum class HeaderWord : std::uint8_t {
  kChecksum = 8,
  kFileSize = 32,
  kHeaderSize = 36,
  kEndianTag = 40,
  kLinkSize = 44,
  kLinkOffset = 48,
  kMapOffset = 52,
  kStringIdsSize = 56,
  kStringIdsOffset = 60,
  kTypeIdsSize = 64,
  kTypeIdsOffset = 68,
  kProtoIdsSize = 72,
  kProtoIdsOffset = 76,
  kFieldIdsSize = 80,
  kFieldIdsOffset = 84,
  kMethodIdsSize = 88,
  kMethodIdsOffset = 92,
  kClassDefsSize = 96,
  kClassDefsOffset = 100,
  kDataSize = 104,
  kDataOffset = 108,
};

// Tables in the order in which they are read.
enum class Table : std::uint8_t { kStrings, kTypes, kProtos, kFields, kMethods, kMap, kClasses };
inline constexpr std::size_t kTableCount = 7;

struct StringItem {
  std::uint32_t offset = 0;  // of its length, from the start of the file
  std::uint32_t size = 0;    // the ULEB128 length, taken as bytes
  std::string_view value;
};

// The four counts at the start of a class_data_item.
struct ClassData {
  std::uint32_t static_fields_size = 0;
  std::uint32_t instance_fields_size = 0;
  std::uint32_t direct_methods_size = 0;
  std::uint32_t virtual_methods_size = 0;
};

// A field or a method of a class, in the order of the file.
struct Member {
  std::uint32_t index_diff = 0;
  std::uint32_t access_flags = 0;
  std::uint32_t code_offset = 0;  // methods only
  std::uint32_t index = 0;        // into Table::kFields or Table::kMethods
  bool first_kind = false;        // a static field, a direct method
  bool resolved = false;          // `index` lies in its table; if not, it has no names and no code
};

struct CodeItem {
  std::uint16_t registers_size = 0;
  std::uint16_t ins_size = 0;
  std::uint16_t outs_size = 0;
  std::uint16_t tries_size = 0;
  std::uint32_t debug_info_offset = 0;
  std::uint32_t insns_size = 0;           // in 16-bit units
  std::optional<std::string_view> insns;  // absent if it does not fit into the file
};

// What the walk over all classes found.
struct Members {
  std::vector<ClassData> class_data;
  // One slot may follow the counted ones: a member whose index is out of its table stays visible
  // until the next one overwrites it, but is not counted.
  std::vector<Member> fields;
  std::vector<Member> methods;
  std::uint64_t class_defs_seen = 0;         // rows of class_defs before the walk ended
  std::optional<std::uint32_t> field_count;  // nothing if the walk ended early
  std::optional<std::uint32_t> method_count;
};

class DexReader {
 public:
  // Starts a new file in constant time. Buffers of the last file are kept for reuse.
  void Bind(base::Bytes file);

  // Whether the file starts with the magic of versions 035 to 039 and holds a whole header. If not,
  // everything below is empty.
  bool valid() const;
  std::string_view magic() const;
  std::string_view signature() const;
  // REQUIRES: valid().
  std::uint32_t Word(HeaderWord word) const;

  // The number of rows of `table` that were read.
  std::uint64_t RowCount(Table table);
  // The unsigned integer in `column` of `row`, columns in the order of the specification.
  // REQUIRES: table is not kStrings, column exists in it.
  std::optional<std::uint32_t> Cell(Table table, std::uint64_t row, std::size_t column);
  // The size word of the map list.
  std::optional<std::uint32_t> MapSize();

  // String `row` of string_ids, or nothing if its data is out of the file.
  std::optional<StringItem> String(std::uint64_t row);
  // One more than the last row of string_ids whose data lies in the file.
  std::uint64_t StringCount();

  const Members& members();
  std::optional<std::string_view> FieldName(const Member& field);
  std::optional<std::string_view> FieldClass(const Member& field);
  std::optional<std::string_view> FieldProto(const Member& field);
  std::optional<std::string_view> MethodName(const Member& method);
  std::optional<std::string_view> MethodClass(const Member& method);
  std::optional<std::string_view> MethodProto(const Member& method);
  std::optional<CodeItem> Code(const Member& method);

 private:
  struct Extent {
    std::uint64_t offset = 0;
    std::uint64_t rows = 0;
  };
  struct Uleb {
    std::uint32_t value = 0;
    std::uint32_t size = 0;
  };
  enum class MemberKind : std::uint8_t { kField, kMethod };

  void LocateTables();
  bool LocateMap();
  void WalkClasses();
  bool WalkClass(std::uint64_t class_data_offset);
  bool WalkMembers(MemberKind kind, bool first_kind, std::uint32_t count, std::uint64_t* offset);
  std::optional<std::uint32_t> ReadMember(MemberKind kind, std::uint64_t offset, Member* member);
  std::optional<Uleb> ReadUleb(std::uint64_t offset) const;
  bool Fits(std::uint64_t offset, std::uint64_t size) const;
  std::optional<std::string_view> NameAt(std::optional<std::uint32_t> string_row);

  base::Bytes file_;
  bool located_ = false;
  bool all_located_ = false;  // reading got past the last table
  std::array<Extent, kTableCount> tables_{};
  std::optional<std::uint32_t> map_size_;
  std::optional<std::uint64_t> string_count_;
  bool walked_ = false;
  std::uint32_t field_count_ = 0;
  std::uint32_t method_count_ = 0;
  Members members_;
};

}  // namespace day::formats::dex
