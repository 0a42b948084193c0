#include "libs/formats/dotnet/tables.h"

#include <bit>

namespace day::formats::dotnet {
namespace {

constexpr std::int64_t kTablesHeaderSize = 24;
constexpr std::int64_t kHeapSizesOffset = 6;
constexpr std::int64_t kValidOffset = 8;
constexpr std::uint8_t kHeapExtraData = 0x40;  // four more bytes before the first table
constexpr std::int64_t kModuleBytesMin = 18;   // what libyara asks for, whatever the row's size
constexpr std::uint64_t kModuleRefBytes = 4;
constexpr std::uint64_t kFieldRvaBytes = 8;
constexpr std::uint16_t kStringType = 0x0E;
constexpr std::uint32_t kParentTagMask = 0x1F;
constexpr std::uint32_t kParentAssembly = 0x0E;
constexpr std::uint32_t kTypeTagMask = 0x07;
constexpr std::uint32_t kTypeMemberRef = 0x03;
constexpr std::uint32_t kClassTypeRef = 0x01;
constexpr std::uint32_t kTypeTagBits = 3;
constexpr std::uint16_t kAttributeProlog = 0x0001;
constexpr std::uint32_t kAttributeBytesMin = 3;  // prolog and the length of the text

}  // namespace

void Tables::Open(const Metadata& metadata, const pe::PeReader* pe) {
  metadata_ = &metadata;
  pe_ = pe;
  complete_ = false;
  tables_.fill({});
  done_ = 0;
  if (metadata.tables_heap() && metadata.strings_heap() && metadata.blob_heap()) {
    Locate();
  }
}

// Finds the tables. The row counts stand one after the other, for the tables whose bit is set.
void Tables::Locate() {
  const Heap& heap = *metadata_->tables_heap();
  const Image& file = image();
  if (!file.Fits(heap.offset, kTablesHeaderSize)) {
    return;
  }
  const std::uint8_t heap_sizes = file.U8(heap.offset + kHeapSizesOffset);
  const std::uint64_t valid = file.Read<std::uint64_t>(heap.offset + kValidOffset).value_or(0);
  const std::int64_t counts = heap.offset + kTablesHeaderSize;
  const std::int64_t counts_size = 4 * std::int64_t{std::popcount(valid)};
  if (!file.Fits(counts, static_cast<std::uint64_t>(counts_size))) {
    return;
  }
  IndexWidths::RowCounts rows{};
  std::int64_t next_count = counts;
  for (std::size_t id = 0; id < kTableIdCount; ++id) {
    if ((valid >> id & 1) == 0) {
      continue;
    }
    if (next_count + 4 <= heap.end()) {
      rows[id] = file.U32(next_count);
    }
    next_count += 4;
  }
  widths_ = IndexWidths(heap_sizes, rows);
  std::int64_t offset = counts + counts_size + ((heap_sizes & kHeapExtraData) != 0 ? 4 : 0);
  next_count = counts;
  for (std::size_t id = 0; id < kTableIdCount; ++id) {
    if ((valid >> id & 1) == 0) {
      continue;
    }
    next_count += 4;
    const auto table = static_cast<TableId>(id);
    const std::optional<std::uint32_t> row_size = widths_.RowSize(table);
    if (next_count > heap.end() || rows[id] > kTableRowsMax || !row_size) {
      return;
    }
    // A module or an assembly out of the file is passed over without moving on.
    const bool absent = (table == TableId::kModule && !file.Fits(offset, kModuleBytesMin)) ||
                        (table == TableId::kAssembly && !file.Fits(offset, *row_size));
    if (absent) {
      continue;
    }
    tables_[id] = {.reached = true, .offset = offset, .rows = rows[id], .row_size = *row_size};
    offset += std::int64_t{*row_size} * rows[id];
  }
  complete_ = true;
}

std::optional<std::int64_t> Tables::Row(TableId table, std::uint32_t index) const {
  const TableInfo& info = Info(table);
  if (index < 1 || index > info.rows) {
    return std::nullopt;
  }
  const std::int64_t offset = info.offset + std::int64_t{info.row_size} * (index - 1);
  return image().Fits(offset, info.row_size) ? std::optional(offset) : std::nullopt;
}

std::uint32_t Tables::Index(std::int64_t offset, std::uint32_t width) const {
  return width == 2 ? image().U16(offset) : image().U32(offset);
}

// How many rows of `table` have row_bytes (which may be more than a row's size) inside the file.
std::uint64_t Tables::RowsInside(TableId table, std::uint64_t row_bytes) const {
  const TableInfo& info = Info(table);
  if (!info.reached || !image().Fits(info.offset, row_bytes)) {
    return 0;
  }
  const auto rest = static_cast<std::uint64_t>(image().size() - info.offset) - row_bytes;
  const std::uint64_t rows = rest / info.row_size + 1;
  return rows < info.rows ? rows : info.rows;
}

bool Tables::FirstTime(Lazy list) {
  const std::uint32_t bit = 1u << static_cast<unsigned>(list);
  const bool first = (done_ & bit) == 0;
  done_ |= bit;
  return first;
}

std::optional<std::string_view> Tables::ModuleName() const {
  const TableInfo& module = Info(TableId::kModule);
  // The first row is read even if there are none.
  return module.reached ? Name(Index(module.offset + 2, widths_.strings())) : std::nullopt;
}

// The content of a blob that does not end where the file ends.
std::optional<std::string_view> Tables::BlobText(std::uint32_t index) const {
  const std::int64_t offset = blobs().offset + index;
  const std::optional<Blob> blob = image().ReadBlob(offset);
  if (!blob) {
    return std::nullopt;
  }
  const std::int64_t start = offset + blob->prefix_size;
  if (start + blob->length >= image().size()) {
    return std::nullopt;
  }
  return image().Text(start, blob->length);
}

const std::vector<std::string_view>& Tables::Constants() {
  if (!FirstTime(Lazy::kConstants)) {
    return constants_;
  }
  constants_.clear();
  const TableInfo& table = Info(TableId::kConstant);
  const std::uint64_t rows = RowsInside(TableId::kConstant, table.row_size);
  const std::int64_t value_column = 2 + widths_.To(CodedIndex::kHasConstant);
  for (std::uint64_t i = 0; i < rows; ++i) {
    const std::int64_t row = table.offset + static_cast<std::int64_t>(i * table.row_size);
    if (image().U16(row) != kStringType) {
      continue;
    }
    const auto text = BlobText(Index(row + value_column, widths_.blobs()));
    if (text) {
      constants_.push_back(*text);
    }
  }
  return constants_;
}

const std::vector<std::string_view>& Tables::ModuleRefs() {
  if (!FirstTime(Lazy::kModuleRefs)) {
    return module_refs_;
  }
  module_refs_.clear();
  const TableInfo& table = Info(TableId::kModuleRef);
  const std::uint64_t rows = RowsInside(TableId::kModuleRef, kModuleRefBytes);
  for (std::uint64_t i = 0; i < rows; ++i) {
    const std::int64_t row = table.offset + static_cast<std::int64_t>(i * table.row_size);
    const std::optional<std::string_view> name = Name(Index(row, widths_.strings()));
    if (name) {
      module_refs_.push_back(*name);
    }
  }
  return module_refs_;
}

const std::vector<std::uint64_t>& Tables::FieldOffsets() {
  if (!FirstTime(Lazy::kFieldOffsets)) {
    return field_offsets_;
  }
  field_offsets_.clear();
  const TableInfo& table = Info(TableId::kFieldRva);
  const std::uint64_t rows = RowsInside(TableId::kFieldRva, kFieldRvaBytes);
  for (std::uint64_t i = 0; i < rows; ++i) {
    const std::int64_t row = table.offset + static_cast<std::int64_t>(i * table.row_size);
    const std::optional<std::uint64_t> offset = pe_->RvaToOffset(image().U32(row));
    if (offset) {
      field_offsets_.push_back(*offset);
    }
  }
  return field_offsets_;
}

// The text of the last [assembly: Guid("...")]: a custom attribute whose parent is the assembly and
// whose constructor is a member of a type called GuidAttribute.
std::optional<std::string_view> Tables::TypeLib() const {
  const TableInfo& table = Info(TableId::kCustomAttribute);
  if (!table.reached || !Info(TableId::kTypeRef).reached || !Info(TableId::kMemberRef).reached) {
    return std::nullopt;
  }
  const std::uint32_t parent_width = widths_.To(CodedIndex::kHasCustomAttribute);
  const std::uint32_t type_width = widths_.To(CodedIndex::kCustomAttributeType);
  const std::uint64_t rows = RowsInside(TableId::kCustomAttribute, table.row_size);
  std::optional<std::string_view> found;
  for (std::uint64_t i = 0; i < rows; ++i) {
    const std::int64_t row = table.offset + static_cast<std::int64_t>(i * table.row_size);
    const std::uint32_t type = Index(row + parent_width, type_width);
    if ((image().U16(row) & kParentTagMask) != kParentAssembly ||
        (type & kTypeTagMask) != kTypeMemberRef) {
      continue;
    }
    bool stop = false;
    const bool is_guid = IsGuidAttribute(type >> kTypeTagBits, &stop);
    if (stop) {
      break;
    }
    const std::optional<std::string_view> text =
        is_guid ? GuidAttributeText(Index(row + parent_width + type_width, widths_.blobs()))
                : std::nullopt;
    if (text) {
      found = text;
    }
  }
  return found;
}

// Sets *stop when a row that must be looked at is out of the file. The indexes count from 1, but 0
// means the first row too.
bool Tables::IsGuidAttribute(std::uint32_t member_ref_index, bool* stop) const {
  const TableInfo& members = Info(TableId::kMemberRef);
  const std::uint32_t member_row = member_ref_index > 0 ? member_ref_index - 1 : 0;
  const std::int64_t member = members.offset + std::int64_t{members.row_size} * member_row;
  if (!image().Fits(member, members.row_size)) {
    *stop = true;
    return false;
  }
  // libyara takes the width of an index into MemberRef here, not of the column.
  const std::uint32_t parent = Index(member, widths_.To(TableId::kMemberRef));
  if ((parent & kTypeTagMask) != kClassTypeRef) {
    return false;
  }
  const TableInfo& types = Info(TableId::kTypeRef);
  const std::uint32_t type_index = parent >> kTypeTagBits;
  const std::uint32_t type_row = type_index > 0 ? type_index - 1 : 0;
  const std::int64_t type = types.offset + std::int64_t{types.row_size} * type_row;
  if (!image().Fits(type, types.row_size)) {
    *stop = true;
    return false;
  }
  const std::int64_t name_column = widths_.To(CodedIndex::kResolutionScope);
  const std::optional<std::string_view> name = Name(Index(type + name_column, widths_.strings()));
  // A type without a readable name passes, as in libyara.
  return !name || name->starts_with("GuidAttribute");
}

std::optional<std::string_view> Tables::GuidAttributeText(std::uint32_t blob_index) const {
  constexpr std::uint8_t kNullText = 0xFF;
  const std::int64_t offset = blobs().offset + blob_index;
  if (blob_index == 0 || offset >= image().size()) {
    return std::nullopt;
  }
  const std::optional<Blob> blob = image().ReadBlob(offset);
  if (!blob) {
    return std::nullopt;
  }
  const std::int64_t start = offset + blob->prefix_size;
  if (blob->length < kAttributeBytesMin || start + blob->length >= image().size() ||
      image().U16(start) != kAttributeProlog) {
    return std::nullopt;
  }
  const std::uint8_t length = image().U8(start + 2);
  const std::int64_t text_offset = start + kAttributeBytesMin;
  if (text_offset + length > image().size()) {
    return std::nullopt;
  }
  if (image().U8(text_offset) == kNullText) {
    return std::string_view();
  }
  const std::string_view text = image().Text(text_offset, length);
  return text.substr(0, text.find('\0'));
}

Version Tables::ReadVersion(std::int64_t offset) const {
  return {.major = image().U16(offset),
          .minor = image().U16(offset + 2),
          .build_number = image().U16(offset + 4),
          .revision_number = image().U16(offset + 6)};
}

std::optional<Assembly> Tables::ReadAssembly() const {
  constexpr std::int64_t kVersionColumn = 4;
  constexpr std::int64_t kPublicKeyColumn = 16;
  const TableInfo& table = Info(TableId::kAssembly);
  if (!table.reached) {
    return std::nullopt;
  }
  const std::int64_t name = table.offset + kPublicKeyColumn + widths_.blobs();
  Assembly assembly{.version = ReadVersion(table.offset + kVersionColumn),
                    .name = Name(Index(name, widths_.strings())),
                    .culture = Name(Index(name + widths_.strings(), widths_.strings()))};
  if (assembly.culture && assembly.culture->empty()) {
    assembly.culture.reset();
  }
  return assembly;
}

std::optional<std::uint64_t> Tables::AssemblyRefCount() const {
  const TableInfo& table = Info(TableId::kAssemblyRef);
  return table.reached ? std::optional(RowsInside(TableId::kAssemblyRef, table.row_size))
                       : std::nullopt;
}

std::optional<AssemblyRef> Tables::ReadAssemblyRef(std::uint64_t index) const {
  constexpr std::int64_t kKeyColumn = 12;
  if (index >= AssemblyRefCount().value_or(0)) {
    return std::nullopt;
  }
  const TableInfo& table = Info(TableId::kAssemblyRef);
  const std::int64_t row = table.offset + static_cast<std::int64_t>(index * table.row_size);
  AssemblyRef ref;
  ref.version = ReadVersion(row);
  const std::int64_t key = blobs().offset + Index(row + kKeyColumn, widths_.blobs());
  const std::optional<Blob> blob = image().ReadBlob(key);
  // Without a readable key there is no name either.
  if (!blob) {
    return ref;
  }
  if (blob->length > 0) {
    ref.public_key_or_token = image().Text(key + blob->prefix_size, blob->length);
  }
  ref.name = Name(Index(row + kKeyColumn + widths_.blobs(), widths_.strings()));
  return ref;
}

std::optional<std::uint64_t> Tables::ResourceCount() const {
  const TableInfo& table = Info(TableId::kManifestResource);
  return table.reached ? std::optional(RowsInside(TableId::kManifestResource, table.row_size))
                       : std::nullopt;
}

std::optional<Resource> Tables::ReadResource(std::uint64_t index) const {
  constexpr std::int64_t kNameColumn = 8;
  if (index >= ResourceCount().value_or(0)) {
    return std::nullopt;
  }
  const TableInfo& table = Info(TableId::kManifestResource);
  const std::int64_t row = table.offset + static_cast<std::int64_t>(index * table.row_size);
  Resource resource;
  resource.name = Name(Index(row + kNameColumn, widths_.strings()));
  const std::uint32_t implementation =
      Index(row + kNameColumn + widths_.strings(), widths_.To(CodedIndex::kResourceImplementation));
  // Another file holds it.
  if (implementation != 0) {
    return resource;
  }
  // An address without bytes counts as offset -1, as in libyara.
  const std::optional<std::uint64_t> base = pe_->RvaToOffset(metadata_->resources_rva());
  const std::int64_t offset = (base ? static_cast<std::int64_t>(*base) : -1) + image().U32(row);
  if (image().Fits(offset, sizeof(std::uint32_t))) {
    resource.offset = offset + 4;
    resource.length = image().U32(offset);
  }
  return resource;
}

std::uint64_t Tables::ResourceListLength() const {
  std::uint64_t length = ResourceCount().value_or(0);
  while (length > 0 && ReadResource(length - 1)->empty()) {
    --length;
  }
  return length;
}

}  // namespace day::formats::dotnet
