#include "libs/formats/dotnet/classes.h"

#include <fmt/format.h>

#include <algorithm>

namespace day::formats::dotnet {
namespace {

constexpr std::uint32_t kTypeInterface = 0x20;
constexpr std::uint32_t kTypeAbstract = 0x80;
constexpr std::uint32_t kTypeSealed = 0x100;
constexpr std::uint32_t kMethodStatic = 0x10;
constexpr std::uint32_t kMethodFinal = 0x20;
constexpr std::uint32_t kMethodVirtual = 0x40;
constexpr std::uint32_t kMethodAbstract = 0x400;
constexpr std::uint8_t kSignatureGeneric = 0x10;
constexpr std::size_t kMethodSignatureMin = 3;  // flags, parameter count, return type

// The visibility of types, ECMA-335 II.23.1.15, and of methods, II.23.1.10, by the low three bits
// of the flags, in C#'s words.
constexpr std::string_view kTypeVisibility[] = {"internal",
                                                "public",
                                                "public",
                                                "private",
                                                "protected",
                                                "internal",
                                                "private protected",
                                                "protected internal"};
constexpr std::string_view kMethodVisibility[] = {"private",  "private",   "private protected",
                                                  "internal", "protected", "protected internal",
                                                  "public",   "private"};

}  // namespace

void Classes::Open(const Tables& tables) {
  tables_ = &tables;
  names_.Open(tables);
  listed_ = false;
  entries_.clear();
  owners_indexed_ = false;
  methods_total_ = 0;
  parameters_total_ = 0;
  generic_names_total_ = 0;
}

std::optional<std::uint64_t> Classes::Count() {
  if (!tables_->complete()) {
    return std::nullopt;
  }
  List();
  return entries_.size();
}

// Types without a name, and the pseudo class that holds global members, are no classes.
void Classes::List() {
  if (listed_) {
    return;
  }
  listed_ = true;
  for (std::uint32_t row = 1; row <= tables_->Info(TableId::kTypeDef).rows; ++row) {
    const std::optional<TypeDefRow> type = names_.ReadTypeDef(row);
    const OptionalName name = type ? tables_->Name(type->name) : std::nullopt;
    if (name && !name->empty() && name->front() != '`' && *name != "<Module>") {
      entries_.emplace_back().row = row;
    }
  }
}

const Class& Classes::Get(std::uint64_t class_index) {
  List();
  Entry& entry = entries_[class_index];
  if (!entry.described) {
    entry.described = true;
    Describe(&entry);
  }
  return entry.description;
}

void Classes::Describe(Entry* entry) {
  const std::optional<TypeDefRow> row = names_.ReadTypeDef(entry->row);
  const OptionalName name = row ? tables_->Name(row->name) : std::nullopt;
  if (!name) {
    return;
  }
  Class& out = entry->description;
  out.name = name->substr(0, name->find('`'));
  out.visibility = kTypeVisibility[row->flags & kVisibilityMask];
  out.type = (row->flags & kTypeInterface) != 0 ? "interface" : "class";
  out.is_abstract = (row->flags & kTypeAbstract) != 0;
  out.is_sealed = (row->flags & kTypeSealed) != 0;
  out.name_space = names_.Namespace(entry->row, *row);
  out.full_name = names_.FullName(name, out.name_space);
  constexpr std::uint32_t kOwnerIsType = 0;
  out.generic_parameters = GenericParameters(entry->row << 1 | kOwnerIsType);
  ReadBaseTypes(*row, entry);
}

void Classes::ReadBaseTypes(const TypeDefRow& row, Entry* entry) {
  Class& out = entry->description;
  const GenericScope scope{.of_class = &out.generic_parameters};
  if (const OptionalName parent = names_.Named(row.extends, scope)) {
    out.base_types.push_back(*parent);
  }
  IndexOwners();
  const std::int64_t interface_column = tables_->widths().To(TableId::kTypeDef);
  const std::uint32_t width = tables_->widths().To(CodedIndex::kTypeDefOrRef);
  for (const Owned& owned : OwnedBy(interfaces_, entry->row)) {
    const OptionalName name =
        names_.Named(tables_->Index(owned.row + interface_column, width), scope);
    if (name) {
      out.base_types.push_back(*name);
    }
  }
}

// Puts the rows of GenericParam and InterfaceImpl in order of their owners, so that a class finds
// its own without reading all.
void Classes::IndexOwners() {
  if (owners_indexed_) {
    return;
  }
  owners_indexed_ = true;
  struct Source {
    TableId table;
    std::int64_t owner_column;
    std::uint32_t owner_width;
    std::vector<Owned>* rows;
  };
  const IndexWidths& widths = tables_->widths();
  const Source sources[] = {
      {TableId::kGenericParam, 4, widths.To(CodedIndex::kTypeOrMethodDef), &generics_},
      {TableId::kInterfaceImpl, 0, widths.To(TableId::kTypeDef), &interfaces_}};
  for (const Source& source : sources) {
    source.rows->clear();
    for (std::uint32_t i = 1; i <= tables_->Info(source.table).rows; ++i) {
      const std::optional<std::int64_t> row = tables_->Row(source.table, i);
      if (!row) {
        break;
      }
      source.rows->push_back(
          {.owner = tables_->Index(*row + source.owner_column, source.owner_width), .row = *row});
    }
    std::stable_sort(source.rows->begin(), source.rows->end(),
                     [](const Owned& a, const Owned& b) { return a.owner < b.owner; });
  }
}

std::span<const Classes::Owned> Classes::OwnedBy(const std::vector<Owned>& rows,
                                                 std::uint32_t owner) const {
  const auto first =
      std::lower_bound(rows.begin(), rows.end(), owner,
                       [](const Owned& row, std::uint32_t wanted) { return row.owner < wanted; });
  const auto last =
      std::upper_bound(first, rows.end(), owner,
                       [](std::uint32_t wanted, const Owned& row) { return wanted < row.owner; });
  return {first, last};
}

// One parameter without a readable name makes libyara forget them all.
NameList Classes::GenericParameters(std::uint32_t owner) {
  IndexOwners();
  const IndexWidths& widths = tables_->widths();
  const std::int64_t name_column = 4 + widths.To(CodedIndex::kTypeOrMethodDef);
  NameList names;
  for (const Owned& owned : OwnedBy(generics_, owner)) {
    if (++generic_names_total_ > kGenericNamesMax) {
      return {};
    }
    const OptionalName name =
        tables_->Name(tables_->Index(owned.row + name_column, widths.strings()));
    if (!name || name->empty()) {
      return {};
    }
    names.push_back(*name);
  }
  return names;
}

const std::vector<Method>* Classes::Methods(std::uint64_t class_index) {
  (void)Get(class_index);
  Entry& entry = entries_[class_index];
  if (entry.methods_state == State::kUnread) {
    entry.methods_state = ReadMethods(&entry) ? State::kRead : State::kAbsent;
    if (entry.methods_state == State::kAbsent) {
      entry.methods.clear();
    }
  }
  return entry.methods_state == State::kRead ? &entry.methods : nullptr;
}

// A class's methods end where those of the next class begin.
std::optional<std::uint32_t> Classes::MethodCount(std::uint32_t type_row,
                                                  const TypeDefRow& row) const {
  std::uint32_t count = 0;
  if (type_row < tables_->Info(TableId::kTypeDef).rows) {
    const std::optional<TypeDefRow> next = names_.ReadTypeDef(type_row + 1);
    count = next && next->methods >= row.methods ? next->methods - row.methods : 0;
  } else if (tables_->Info(TableId::kMethodDef).rows >= row.methods) {
    count = tables_->Info(TableId::kMethodDef).rows + 1 - row.methods;
  }
  return count <= kMethodsPerClassMax && row.methods != 0 ? std::optional(count) : std::nullopt;
}

// Returns whether there is a list of methods.
bool Classes::ReadMethods(Entry* entry) {
  const std::optional<TypeDefRow> row = names_.ReadTypeDef(entry->row);
  const std::optional<std::uint32_t> count = row ? MethodCount(entry->row, *row) : std::nullopt;
  if (!count) {
    return false;
  }
  for (std::uint32_t i = 0; i < *count; ++i) {
    const std::uint64_t index = std::uint64_t{row->methods} + i;
    if (index > tables_->Info(TableId::kMethodDef).rows) {
      break;
    }
    if (methods_total_ >= kMethodsMax || parameters_total_ >= kParametersTotalMax) {
      return false;
    }
    ++methods_total_;
    Method method;
    if (ReadMethod(static_cast<std::uint32_t>(index), entry->description.generic_parameters,
                   &method)) {
      parameters_total_ += method.parameters.size();
      entry->methods.push_back(std::move(method));
    }
  }
  return true;
}

// Returns whether libyara would list the method: it has a name and a signature that can be read.
bool Classes::ReadMethod(std::uint32_t index, const NameList& class_generics, Method* method) {
  const std::optional<std::int64_t> row = tables_->Row(TableId::kMethodDef, index);
  if (!row) {
    return false;
  }
  const IndexWidths& widths = tables_->widths();
  const std::int64_t name_column = *row + 8;
  const std::int64_t signature_column = name_column + widths.strings();
  const std::int64_t parameters_column = signature_column + widths.blobs();
  const std::optional<std::string_view> signature =
      names_.Signature(tables_->Index(signature_column, widths.blobs()));
  const OptionalName name = tables_->Name(tables_->Index(name_column, widths.strings()));
  if (!name || name->empty() || !signature || signature->size() < kMethodSignatureMin) {
    return false;
  }
  constexpr std::uint32_t kOwnerIsMethod = 1;
  method->generic_parameters = GenericParameters(index << 1 | kOwnerIsMethod);
  const GenericScope scope{.of_class = &class_generics, .of_method = &method->generic_parameters};
  SignatureCursor cursor(*signature);
  if ((cursor.TakeByte() & kSignatureGeneric) != 0) {
    (void)cursor.TakeUnsigned();  // the number of generic parameters, known from their table
  }
  const std::uint32_t parameter_count = cursor.TakeUnsigned();
  method->return_type = names_.Read(&cursor, scope);
  if (!method->return_type || parameter_count > kParametersMax ||
      !ReadParameters(tables_->Index(parameters_column, widths.To(TableId::kParam)),
                      parameter_count, &cursor, scope, method)) {
    return false;
  }
  const std::uint32_t flags = tables_->image().U16(*row + 6);
  method->name = *name;
  method->visibility = kMethodVisibility[flags & kVisibilityMask];
  method->is_static = (flags & kMethodStatic) != 0;
  method->is_final = (flags & kMethodFinal) != 0;
  method->is_virtual = (flags & kMethodVirtual) != 0;
  method->is_abstract = (flags & kMethodAbstract) != 0;
  if (*name == ".ctor" || *name == ".cctor") {
    method->return_type.reset();
  }
  return true;
}

// Returns whether all parameters could be read. `first` is a row of Param, 0 for no list.
bool Classes::ReadParameters(std::uint32_t first, std::uint32_t count, SignatureCursor* cursor,
                             const GenericScope& scope, Method* method) {
  if (first == 0) {
    return true;
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t index = first + i;
    Parameter parameter;
    if (index <= tables_->Info(TableId::kParam).rows) {
      const std::optional<std::int64_t> row = tables_->Row(TableId::kParam, index);
      if (!row) {
        return false;
      }
      parameter.name = tables_->Name(tables_->Index(*row + 4, tables_->widths().strings()));
    } else {
      parameter.name = names_.arena().Store(fmt::format("P_{}", i));
    }
    const OptionalName type = names_.Read(cursor, scope);
    if (!type) {
      return false;
    }
    parameter.type = *type;
    method->parameters.push_back(parameter);
  }
  method->parameter_count = count;
  return true;
}

}  // namespace day::formats::dotnet
