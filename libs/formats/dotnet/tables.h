// Tables: the rows of the #~ stream, and what can be read from them without knowing types.
//
// Where each table lies is found once, in a few hundred steps; rows are decoded when asked for. The
// order of reading and every tolerance is libyara 4.5.8's (docs/formats/dotnet.md): a table that is
// too long, or unknown, or whose row count lies outside the stream, ends the reading of it and of
// all that follow, classes included.
//
// Not thread-safe. Borrows the file and the Metadata. Failure: absent values.
// Limits: kTableRowsMax for every table, and so for every list here.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "libs/formats/dotnet/metadata.h"
#include "libs/formats/dotnet/table_schema.h"
#include "libs/formats/pe/pe_reader.h"

namespace day::formats::dotnet {

inline constexpr std::uint32_t kTableRowsMax = 15000;

// Where a table lies. Nothing says that it lies inside the file: rows are checked one by one.
struct TableInfo {
  bool reached = false;  // reading came as far as this table
  std::int64_t offset = 0;
  std::uint32_t rows = 0;
  std::uint32_t row_size = 0;
};

struct Version {
  std::uint16_t major = 0;
  std::uint16_t minor = 0;
  std::uint16_t build_number = 0;
  std::uint16_t revision_number = 0;
};

struct Assembly {
  Version version;
  std::optional<std::string_view> name;
  std::optional<std::string_view> culture;
};

struct AssemblyRef {
  Version version;
  std::optional<std::string_view> public_key_or_token;
  std::optional<std::string_view> name;
};

struct Resource {
  std::optional<std::string_view> name;
  std::optional<std::int64_t> offset;  // of the content, in the file
  std::optional<std::uint32_t> length;
  bool empty() const { return !name && !offset; }
};

class Tables {
 public:
  // Reads another file. REQUIRES: metadata and pe outlive the next Open(); pe may be null if
  // metadata is not of a .NET file.
  void Open(const Metadata& metadata, const pe::PeReader* pe);

  // Whether every announced table was understood: only then are there classes.
  bool complete() const { return complete_; }
  const TableInfo& Info(TableId table) const { return tables_[static_cast<std::size_t>(table)]; }
  const IndexWidths& widths() const { return widths_; }
  const Image& image() const { return metadata_->image(); }
  // REQUIRES: Info(kModule).reached or complete().
  const Heap& strings() const { return *metadata_->strings_heap(); }
  const Heap& blobs() const { return *metadata_->blob_heap(); }
  std::optional<std::string_view> Name(std::uint32_t index) const {
    return ReadName(image(), strings(), index);
  }
  // The offset of a row that lies wholly in the file; rows are counted from 1.
  std::optional<std::int64_t> Row(TableId table, std::uint32_t index) const;
  // An index of `width` bytes (2 or 4).
  std::uint32_t Index(std::int64_t offset, std::uint32_t width) const;

  std::optional<std::string_view> ModuleName() const;
  std::optional<std::string_view> TypeLib() const;
  std::optional<Assembly> ReadAssembly() const;

  // Counts are absent if the file has no such table or reading did not come as far.
  std::optional<std::uint64_t> AssemblyRefCount() const;
  std::optional<AssemblyRef> ReadAssemblyRef(std::uint64_t index) const;
  std::optional<std::uint64_t> ResourceCount() const;
  std::optional<Resource> ReadResource(std::uint64_t index) const;
  // One more than the last resource of which anything is known.
  std::uint64_t ResourceListLength() const;

  bool has_constants() const { return Info(TableId::kConstant).reached; }
  const std::vector<std::string_view>& Constants();
  bool has_module_refs() const { return Info(TableId::kModuleRef).reached; }
  const std::vector<std::string_view>& ModuleRefs();
  bool has_field_offsets() const { return Info(TableId::kFieldRva).reached; }
  const std::vector<std::uint64_t>& FieldOffsets();

 private:
  enum class Lazy : std::uint8_t { kConstants, kModuleRefs, kFieldOffsets };

  void Locate();
  std::uint64_t RowsInside(TableId table, std::uint64_t row_bytes) const;
  std::optional<std::string_view> BlobText(std::uint32_t index) const;
  std::optional<std::string_view> TypeLibOf(std::int64_t row) const;
  bool IsGuidAttribute(std::uint32_t member_ref_index, bool* stop) const;
  std::optional<std::string_view> GuidAttributeText(std::uint32_t blob_index) const;
  Version ReadVersion(std::int64_t offset) const;
  bool FirstTime(Lazy list);

  const Metadata* metadata_ = nullptr;
  const pe::PeReader* pe_ = nullptr;
  bool complete_ = false;
  IndexWidths widths_;
  std::array<TableInfo, kTableIdCount> tables_{};
  std::uint32_t done_ = 0;  // bits of Lazy
  std::vector<std::string_view> constants_;
  std::vector<std::string_view> module_refs_;
  std::vector<std::uint64_t> field_offsets_;
};

}  // namespace day::formats::dotnet
