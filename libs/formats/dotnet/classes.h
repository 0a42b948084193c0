// Classes: the types that a .NET file defines, with their methods, as YARA 4.5.8 tells them.
//
// The list of classes is made on first use; the names, parents and methods of each when asked for,
// and kept. The order, what is left out and what is absent are libyara's (docs/formats/dotnet.md).
//
// Not thread-safe. Borrows the Tables; views and references live until the next Open().
// Limits: kTableRowsMax classes, kMethodsPerClassMax (libyara's), kMethodsMax and
// kParametersTotalMax for a file: classes that do not fit have no methods and no number of them.
// After kGenericNamesMax names, no further class or method has generic parameters.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "libs/formats/dotnet/tables.h"
#include "libs/formats/dotnet/type_names.h"

namespace day::formats::dotnet {

inline constexpr std::uint32_t kMethodsPerClassMax = 20000;
// A file has at most kTableRowsMax methods, but hostile classes can share them.
inline constexpr std::size_t kMethodsMax = std::size_t{1} << 18;
inline constexpr std::size_t kParametersTotalMax = std::size_t{1} << 19;
inline constexpr std::size_t kGenericNamesMax = std::size_t{1} << 19;

struct Parameter {
  OptionalName name;
  std::string_view type;
};

struct Method {
  std::string_view name;
  std::string_view visibility;
  bool is_static = false;
  bool is_virtual = false;
  bool is_final = false;
  bool is_abstract = false;
  OptionalName return_type;  // absent for constructors
  NameList generic_parameters;
  // Absent if the method has no list of parameters at all.
  std::optional<std::uint32_t> parameter_count;
  std::vector<Parameter> parameters;
};

struct Class {
  std::string_view name;
  std::string_view visibility;
  std::string_view type;
  bool is_abstract = false;
  bool is_sealed = false;
  OptionalName name_space;
  OptionalName full_name;
  NameList generic_parameters;
  NameList base_types;
};

class Classes {
 public:
  // Starts another file, in constant time but for what the last one left behind.
  void Open(const Tables& tables);

  // Nothing if the tables could not be read to their end.
  std::optional<std::uint64_t> Count();
  // REQUIRES for all below: class_index < *Count().
  const Class& Get(std::uint64_t class_index);
  // Nothing if the class has no valid list of methods.
  const std::vector<Method>* Methods(std::uint64_t class_index);

 private:
  enum class State : std::uint8_t { kUnread, kRead, kAbsent };
  struct Entry {
    std::uint32_t row = 0;  // of TypeDef, from 1
    bool described = false;
    Class description;
    State methods_state = State::kUnread;
    std::vector<Method> methods;
  };
  // A row of a table that names its owner, by owner.
  struct Owned {
    std::uint32_t owner = 0;
    std::int64_t row = 0;
  };

  void List();
  void Describe(Entry* entry);
  void ReadBaseTypes(const TypeDefRow& row, Entry* entry);
  bool ReadMethods(Entry* entry);
  bool ReadMethod(std::uint32_t index, const NameList& class_generics, Method* method);
  bool ReadParameters(std::uint32_t first, std::uint32_t count, SignatureCursor* cursor,
                      const GenericScope& scope, Method* method);
  std::optional<std::uint32_t> MethodCount(std::uint32_t type_row, const TypeDefRow& row) const;
  // The names of the generic parameters of a coded TypeOrMethodDef.
  NameList GenericParameters(std::uint32_t owner);
  std::span<const Owned> OwnedBy(const std::vector<Owned>& rows, std::uint32_t owner) const;
  void IndexOwners();

  const Tables* tables_ = nullptr;
  TypeNames names_;
  bool listed_ = false;
  std::vector<Entry> entries_;
  bool owners_indexed_ = false;
  std::vector<Owned> generics_;
  std::vector<Owned> interfaces_;
  std::size_t methods_total_ = 0;  // read or tried
  std::size_t parameters_total_ = 0;
  std::size_t generic_names_total_ = 0;
};

}  // namespace day::formats::dotnet
