#include "libs/formats/dex/dex_reader.h"

#include <span>

namespace day::formats::dex {
namespace {

constexpr std::size_t kMagicVersionCount = 5;
constexpr std::array<std::string_view, kMagicVersionCount> kMagics = {
    std::string_view("dex\n035\0", 8), std::string_view("dex\n036\0", 8),
    std::string_view("dex\n037\0", 8), std::string_view("dex\n038\0", 8),
    std::string_view("dex\n039\0", 8)};
constexpr std::uint64_t kSignatureOffset = 12;
constexpr std::uint64_t kCodeItemSize = 16;
constexpr std::uint64_t kMapSizeBytes = 4;
// libyara asks for this many bytes before it decodes the ULEB128 numbers that start there.
constexpr std::uint64_t kStringBytesMin = 4;
constexpr std::uint64_t kFieldBytesMin = 8;
constexpr std::uint64_t kMethodBytesMin = 12;
constexpr std::uint64_t kClassDataBytesMin = 16;

// The sizes in bytes of a row's columns.
struct Layout {
  std::array<std::uint8_t, 8> columns;
  std::uint8_t row_size;
};

constexpr std::array<Layout, kTableCount> kLayouts = {{
    {{4}, 4},                        // string_ids
    {{4}, 4},                        // type_ids
    {{4, 4, 4}, 12},                 // proto_ids
    {{2, 2, 4}, 8},                  // field_ids
    {{2, 2, 4}, 8},                  // method_ids
    {{2, 2, 4, 4}, 12},              // map_list
    {{4, 4, 4, 4, 4, 4, 4, 4}, 32},  // class_defs
}};

const Layout& LayoutOf(Table table) { return kLayouts[static_cast<std::size_t>(table)]; }

}  // namespace

void DexReader::Bind(base::Bytes file) {
  file_ = file;
  located_ = false;
  walked_ = false;
  string_count_.reset();
}

bool DexReader::valid() const {
  if (file_.size() < kHeaderBytes) {
    return false;
  }
  const std::string_view start = base::AsText(file_.first(kMagicSize));
  for (const std::string_view magic : kMagics) {
    if (start == magic) {
      return true;
    }
  }
  return false;
}

std::string_view DexReader::magic() const {
  return valid() ? base::AsText(file_.first(kMagicSize)) : std::string_view();
}

std::string_view DexReader::signature() const {
  return valid() ? base::AsText(file_.subspan(kSignatureOffset, kSignatureSize))
                 : std::string_view();
}

std::uint32_t DexReader::Word(HeaderWord word) const {
  return base::ReadAt<std::uint32_t>(file_, static_cast<std::uint64_t>(word)).value_or(0);
}

bool DexReader::Fits(std::uint64_t offset, std::uint64_t size) const {
  return size <= file_.size() && offset <= file_.size() - size;
}

// Finds every table in constant time. libyara stops at the first table that does not fit.
void DexReader::LocateTables() {
  if (located_) {
    return;
  }
  located_ = true;
  all_located_ = false;
  tables_.fill({});
  map_size_.reset();
  if (!valid()) {
    return;
  }
  struct Place {
    Table table;
    HeaderWord rows;
    HeaderWord offset;
  };
  static constexpr std::array<Place, 6> kPlaces = {{
      {Table::kStrings, HeaderWord::kStringIdsSize, HeaderWord::kStringIdsOffset},
      {Table::kTypes, HeaderWord::kTypeIdsSize, HeaderWord::kTypeIdsOffset},
      {Table::kProtos, HeaderWord::kProtoIdsSize, HeaderWord::kProtoIdsOffset},
      {Table::kFields, HeaderWord::kFieldIdsSize, HeaderWord::kFieldIdsOffset},
      {Table::kMethods, HeaderWord::kMethodIdsSize, HeaderWord::kMethodIdsOffset},
      {Table::kClasses, HeaderWord::kClassDefsSize, HeaderWord::kClassDefsOffset},
  }};
  for (const Place& place : kPlaces) {
    // The map list is read between the methods and the classes.
    if (place.table == Table::kClasses && !LocateMap()) {
      return;
    }
    const Extent extent{.offset = Word(place.offset), .rows = Word(place.rows)};
    if (!Fits(extent.offset, extent.rows * LayoutOf(place.table).row_size)) {
      return;
    }
    tables_[static_cast<std::size_t>(place.table)] = extent;
  }
  all_located_ = true;
}

// Returns whether reading goes on to the classes.
bool DexReader::LocateMap() {
  const std::uint64_t offset = Word(HeaderWord::kMapOffset);
  if (offset == 0 || !Fits(offset, kMapSizeBytes)) {
    return true;
  }
  map_size_ = base::ReadAt<std::uint32_t>(file_, offset);
  const std::uint64_t row_size = LayoutOf(Table::kMap).row_size;
  const std::uint64_t rows = map_size_.value_or(0);
  // libyara compares only the list's size with that of the file, not where the list ends, and then
  // stops at the first row that is outside: rows before it count.
  if (kMapSizeBytes + rows * row_size > file_.size()) {
    return false;
  }
  const std::uint64_t rows_inside = (file_.size() - offset - kMapSizeBytes) / row_size;
  const bool all_inside = rows <= rows_inside;
  tables_[static_cast<std::size_t>(Table::kMap)] = {.offset = offset + kMapSizeBytes,
                                                    .rows = all_inside ? rows : rows_inside};
  return all_inside;
}

std::uint64_t DexReader::RowCount(Table table) {
  LocateTables();
  return tables_[static_cast<std::size_t>(table)].rows;
}

std::optional<std::uint32_t> DexReader::MapSize() {
  LocateTables();
  return map_size_;
}

std::optional<std::uint32_t> DexReader::Cell(Table table, std::uint64_t row, std::size_t column) {
  LocateTables();
  const Extent& extent = tables_[static_cast<std::size_t>(table)];
  if (row >= extent.rows) {
    return std::nullopt;
  }
  const Layout& layout = LayoutOf(table);
  std::uint64_t offset = extent.offset + row * layout.row_size;
  for (std::size_t i = 0; i < column; ++i) {
    offset += layout.columns[i];
  }
  if (layout.columns[column] == sizeof(std::uint16_t)) {
    return base::ReadAt<std::uint16_t>(file_, offset);
  }
  return base::ReadAt<std::uint32_t>(file_, offset);
}

// A ULEB128 number of at most five bytes, without checks of the fifth byte's high bits. libyara
// reads the fifth byte unchecked; past the end of a mapped file that is a zero.
std::optional<DexReader::Uleb> DexReader::ReadUleb(std::uint64_t offset) const {
  constexpr std::uint32_t kCheckedBytes = 4;
  constexpr std::uint32_t kFifthShift = 28;
  Uleb result;
  for (std::uint32_t i = 0; i < kCheckedBytes; ++i) {
    const std::optional<std::uint8_t> byte = base::ReadAt<std::uint8_t>(file_, offset + i);
    if (!byte) {
      return std::nullopt;
    }
    result.value |= static_cast<std::uint32_t>(*byte & 0x7F) << (7 * i);
    ++result.size;
    if (*byte <= 0x7F) {
      return result;
    }
  }
  const std::uint32_t last = base::ReadAt<std::uint8_t>(file_, offset + kCheckedBytes).value_or(0);
  result.value |= last << kFifthShift;
  ++result.size;
  return result;
}

std::optional<StringItem> DexReader::String(std::uint64_t row) {
  const std::optional<std::uint32_t> offset = Cell(Table::kStrings, row, 0);
  if (!offset || !Fits(*offset, kStringBytesMin)) {
    return std::nullopt;
  }
  const std::optional<Uleb> size = ReadUleb(*offset);
  if (!size) {
    return std::nullopt;
  }
  // The text is taken to start one byte after the length, however many bytes the length took.
  const std::optional<base::Bytes> value =
      base::Slice(file_, std::uint64_t{*offset} + 1, size->value);
  if (!value) {
    return std::nullopt;
  }
  return StringItem{.offset = *offset, .size = size->value, .value = base::AsText(*value)};
}

std::uint64_t DexReader::StringCount() {
  if (!string_count_) {
    std::uint64_t count = RowCount(Table::kStrings);
    while (count > 0 && !String(count - 1)) {
      --count;
    }
    string_count_ = count;
  }
  return *string_count_;
}

const Members& DexReader::members() {
  if (!walked_) {
    walked_ = true;
    WalkClasses();
  }
  return members_;
}

void DexReader::WalkClasses() {
  constexpr std::size_t kClassDataColumn = 6;
  members_.class_data.clear();
  members_.fields.clear();
  members_.methods.clear();
  members_.class_defs_seen = 0;
  members_.field_count.reset();
  members_.method_count.reset();
  field_count_ = 0;
  method_count_ = 0;
  LocateTables();
  if (!all_located_) {
    return;
  }
  const std::uint64_t rows = RowCount(Table::kClasses);
  for (std::uint64_t row = 0; row < rows; ++row) {
    members_.class_defs_seen = row + 1;
    const std::uint32_t class_data = Cell(Table::kClasses, row, kClassDataColumn).value_or(0);
    if (class_data != 0 && !WalkClass(class_data)) {
      return;
    }
  }
  members_.field_count = field_count_;
  members_.method_count = method_count_;
}

// Returns whether the walk goes on to the next class.
bool DexReader::WalkClass(std::uint64_t class_data_offset) {
  if (!Fits(class_data_offset, kClassDataBytesMin)) {
    return false;
  }
  ClassData data;
  std::uint64_t offset = class_data_offset;
  for (std::uint32_t* size : {&data.static_fields_size, &data.instance_fields_size,
                              &data.direct_methods_size, &data.virtual_methods_size}) {
    const std::optional<Uleb> number = ReadUleb(offset);
    if (!number) {
      return false;
    }
    *size = number->value;
    offset += number->size;
  }
  members_.class_data.push_back(data);
  return WalkMembers(MemberKind::kField, true, data.static_fields_size, &offset) &&
         WalkMembers(MemberKind::kField, false, data.instance_fields_size, &offset) &&
         WalkMembers(MemberKind::kMethod, true, data.direct_methods_size, &offset) &&
         WalkMembers(MemberKind::kMethod, false, data.virtual_methods_size, &offset);
}

// Reads up to `count` members from *offset on, and moves it past those that were read. A member
// that cannot be read ends its list only. Returns false when kMembersMax is reached.
bool DexReader::WalkMembers(MemberKind kind, bool first_kind, std::uint32_t count,
                            std::uint64_t* offset) {
  std::vector<Member>& list = kind == MemberKind::kField ? members_.fields : members_.methods;
  std::uint32_t& counted = kind == MemberKind::kField ? field_count_ : method_count_;
  const Table table = kind == MemberKind::kField ? Table::kFields : Table::kMethods;
  std::uint32_t index = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    Member member{.first_kind = first_kind};
    const std::optional<std::uint32_t> size = ReadMember(kind, *offset, &member);
    if (!size) {
      return true;
    }
    if (counted >= kMembersMax) {
      return false;
    }
    index += member.index_diff;  // wraps, as in libyara
    member.index = index;
    member.resolved = index <= kNameIndexMax && index < RowCount(table);
    if (counted < list.size()) {
      list[counted] = member;
    } else {
      list.push_back(member);
    }
    if (!member.resolved) {
      return true;
    }
    *offset += *size;
    ++counted;
  }
  return true;
}

// The size in bytes of the encoded member at `offset`, or nothing if it is not whole.
std::optional<std::uint32_t> DexReader::ReadMember(MemberKind kind, std::uint64_t offset,
                                                   Member* member) {
  const bool method = kind == MemberKind::kMethod;
  if (!Fits(offset, method ? kMethodBytesMin : kFieldBytesMin)) {
    return std::nullopt;
  }
  std::array<std::uint32_t*, 3> words = {&member->index_diff, &member->access_flags,
                                         &member->code_offset};
  std::uint32_t size = 0;
  for (std::uint32_t* word : std::span(words).first(method ? 3 : 2)) {
    const std::optional<Uleb> number = ReadUleb(offset + size);
    if (!number) {
      return std::nullopt;
    }
    *word = number->value;
    size += number->size;
  }
  return size;
}

std::optional<std::string_view> DexReader::NameAt(std::optional<std::uint32_t> string_row) {
  if (!string_row || *string_row > kNameIndexMax) {
    return std::nullopt;
  }
  const std::optional<StringItem> item = String(*string_row);
  return item ? std::optional(item->value) : std::nullopt;
}

std::optional<std::string_view> DexReader::FieldName(const Member& field) {
  return field.resolved ? NameAt(Cell(Table::kFields, field.index, 2)) : std::nullopt;
}

std::optional<std::string_view> DexReader::FieldClass(const Member& field) {
  if (!field.resolved) {
    return std::nullopt;
  }
  return NameAt(Cell(Table::kTypes, Cell(Table::kFields, field.index, 0).value_or(0), 0));
}

std::optional<std::string_view> DexReader::FieldProto(const Member& field) {
  if (!field.resolved) {
    return std::nullopt;
  }
  return NameAt(Cell(Table::kTypes, Cell(Table::kFields, field.index, 1).value_or(0), 0));
}

std::optional<std::string_view> DexReader::MethodName(const Member& method) {
  return method.resolved ? NameAt(Cell(Table::kMethods, method.index, 2)) : std::nullopt;
}

std::optional<std::string_view> DexReader::MethodClass(const Member& method) {
  if (!method.resolved) {
    return std::nullopt;
  }
  return NameAt(Cell(Table::kTypes, Cell(Table::kMethods, method.index, 0).value_or(0), 0));
}

std::optional<std::string_view> DexReader::MethodProto(const Member& method) {
  if (!method.resolved) {
    return std::nullopt;
  }
  return NameAt(Cell(Table::kProtos, Cell(Table::kMethods, method.index, 1).value_or(0), 0));
}

std::optional<CodeItem> DexReader::Code(const Member& method) {
  if (!method.resolved || method.code_offset == 0 || !Fits(method.code_offset, kCodeItemSize)) {
    return std::nullopt;
  }
  base::ByteReader reader(file_);
  reader.Seek(method.code_offset);
  CodeItem code;
  code.registers_size = reader.U16();
  code.ins_size = reader.U16();
  code.outs_size = reader.U16();
  code.tries_size = reader.U16();
  code.debug_info_offset = reader.U32();
  code.insns_size = reader.U32();
  const std::optional<base::Bytes> insns =
      base::Slice(file_, reader.offset(), std::uint64_t{code.insns_size} * 2);
  if (insns) {
    code.insns = base::AsText(*insns);
  }
  return code;
}

}  // namespace day::formats::dex
