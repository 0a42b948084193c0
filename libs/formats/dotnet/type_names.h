// TypeNames: the names of types as YARA writes them: "System.String[]", "A.B<int,T>", "ref long".
//
// Names of defined and referenced types (ECMA-335 II.22.37, II.22.38), their enclosing types, and
// signatures (II.23.2.12), with the spelling and the limits of libyara 4.5.8.
// Signatures nest: the depth of that recursion is kTypeDepthMax at most, whatever the input, and
// all work on signatures of one file together is at most kSignatureStepsMax.
//
// Not thread-safe. Borrows the Tables; views live until the next Open().
// Failure: std::nullopt where libyara has no name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/formats/dotnet/tables.h"
#include "libs/formats/dotnet/text_arena.h"

namespace day::formats::dotnet {

// libyara's limits.
inline constexpr std::uint32_t kTypeDepthMax = 0x10;
inline constexpr std::uint32_t kNamespaceDepthMax = 0x0A;
inline constexpr std::uint32_t kArrayRankMax = 50;
inline constexpr std::uint32_t kParametersMax = 2000;
inline constexpr std::uint32_t kGenericArgumentsMax = 1000;
// Ours: types that name each other can grow exponentially, where libyara does not end.
inline constexpr std::uint64_t kSignatureStepsMax = 4'000'000;
inline constexpr std::size_t kTypeNameMax = 200'000;

inline constexpr std::uint32_t kVisibilityMask = 0x7;

using NameList = std::vector<std::string_view>;
using OptionalName = std::optional<std::string_view>;

// A row of TypeDef.
struct TypeDefRow {
  std::uint32_t flags = 0;
  std::uint32_t name = 0;
  std::uint32_t name_space = 0;
  std::uint32_t extends = 0;
  std::uint32_t methods = 0;

  bool is_nested() const { return (flags & kVisibilityMask) >= 2; }
};

// The rest of a signature. Numbers that are cut short or malformed read as 0 and stay where they
// are.
class SignatureCursor {
 public:
  explicit SignatureCursor(std::string_view bytes) : rest_(bytes) {}

  std::size_t remaining() const { return rest_.size(); }
  // REQUIRES: remaining() > 0.
  std::uint8_t TakeByte();
  // Compressed integers, ECMA-335 II.23.2.
  std::uint32_t TakeUnsigned();
  std::int32_t TakeSigned();

 private:
  std::uint8_t At(std::size_t index) const { return static_cast<std::uint8_t>(rest_[index]); }
  // The encoded integer and its size; size 0 if there is none.
  std::pair<std::uint32_t, std::uint32_t> Peek() const;

  std::string_view rest_;
};

// The names of the generic parameters that a signature may refer to.
struct GenericScope {
  const NameList* of_class = nullptr;
  const NameList* of_method = nullptr;
};

class TypeNames {
 public:
  // Starts another file, in constant time.
  void Open(const Tables& tables);

  // Rows are counted from 1.
  std::optional<TypeDefRow> ReadTypeDef(std::uint32_t index) const;
  // The namespace of a type: its own, and for nested types that of the types around it.
  OptionalName Namespace(std::uint32_t type_index, const TypeDefRow& row);
  // "namespace.name", either of which may be absent or empty, cut at the first '`'.
  OptionalName FullName(OptionalName name, OptionalName name_space);
  // The name of what a coded TypeDefOrRef index means.
  OptionalName Named(std::uint32_t coded_index, const GenericScope& scope);
  // Reads one type.
  OptionalName Read(SignatureCursor* cursor, const GenericScope& scope);
  // The bytes of a signature blob.
  std::optional<std::string_view> Signature(std::uint32_t blob_index) const;

  TextArena& arena() { return arena_; }

 private:
  struct Enclosing {
    std::uint32_t nested = 0;
    std::uint32_t enclosing = 0;
  };
  // A name already made for a row of TypeDef or TypeRef.
  struct Known {
    bool known = false;
    OptionalName name;
  };

  OptionalName DefinedName(std::uint32_t index);
  OptionalName ReferencedName(std::uint32_t index);
  std::optional<std::string> EnclosingName(std::uint32_t nested);
  const Enclosing* FindEnclosing(std::uint32_t nested);
  void LoadEnclosing();

  // Each appends to out_ and says whether there is a name; if not, out_ is as it was.
  bool AppendNamed(std::uint32_t coded_index, const GenericScope& scope, std::uint32_t depth);
  bool AppendType(SignatureCursor* cursor, const GenericScope& scope, std::uint32_t depth);
  bool AppendWrapped(std::string_view before, std::string_view after, SignatureCursor* cursor,
                     const GenericScope& scope, std::uint32_t depth);
  bool AppendVariable(std::uint8_t kind, SignatureCursor* cursor, const GenericScope& scope);
  bool AppendArray(SignatureCursor* cursor, const GenericScope& scope, std::uint32_t depth);
  bool AppendArrayShape(SignatureCursor* cursor);
  bool AppendGeneric(SignatureCursor* cursor, const GenericScope& scope, std::uint32_t depth);
  bool AppendFunction(SignatureCursor* cursor, const GenericScope& scope, std::uint32_t depth);
  void AppendList(std::uint32_t count, std::string_view separator, SignatureCursor* cursor,
                  const GenericScope& scope, std::uint32_t depth);
  bool Append(std::string_view text);

  const Tables* tables_ = nullptr;
  TextArena arena_;
  std::string out_;
  std::uint64_t steps_ = 0;
  bool enclosing_loaded_ = false;
  std::vector<Enclosing> enclosing_;  // by nested type, the first row of each
  std::vector<Known> defined_;
  std::vector<Known> referenced_;
};

}  // namespace day::formats::dotnet
