#include "libs/formats/dotnet/type_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace day::formats::dotnet {
namespace {

// Element types, ECMA-335 II.23.1.16.
enum Element : std::uint8_t {
  kVoid = 0x01,
  kString = 0x0E,
  kPointer = 0x0F,
  kByRef = 0x10,
  kValueType = 0x11,
  kClass = 0x12,
  kClassVariable = 0x13,
  kArray = 0x14,
  kGenericInstance = 0x15,
  kTypedReference = 0x16,
  kNativeInt = 0x18,
  kNativeUnsigned = 0x19,
  kFunctionPointer = 0x1B,
  kObject = 0x1C,
  kVector = 0x1D,
  kMethodVariable = 0x1E,
  kRequiredModifier = 0x1F,
  kOptionalModifier = 0x20,
};

// Copying this much text counts as one step of work.
constexpr std::size_t kBytesPerStep = 64;

// C#'s names of the element types from kVoid to kString.
constexpr std::array<std::string_view, 15> kPrimitives = {
    "",    "void", "bool", "char",  "sbyte", "byte",   "short", "ushort",
    "int", "uint", "long", "ulong", "float", "double", "string"};

std::optional<std::string_view> SimpleName(std::uint8_t element) {
  if (element >= kVoid && element <= kString) {
    return kPrimitives[element];
  }
  switch (element) {
    case kTypedReference:
      return "TypedReference";
    case kNativeInt:
      return "IntPtr";
    case kNativeUnsigned:
      return "UIntPtr";
    case kObject:
      return "object";
    default:
      return std::nullopt;
  }
}

std::string_view CutGenericSuffix(std::string_view name) { return name.substr(0, name.find('`')); }

// libyara's rules for joining: an absent or empty name leaves the namespace as it is, an absent or
// empty namespace leaves the name, and what holds a name is cut at its first '`'.
template <typename Text>
std::optional<std::string> Join(const std::optional<Text>& name,
                                const std::optional<std::string>& name_space) {
  if (!name || name->empty()) {
    return name_space;
  }
  if (!name_space || name_space->empty()) {
    return std::string(CutGenericSuffix(*name));
  }
  const std::string joined = fmt::format("{}.{}", *name_space, *name);
  return std::string(CutGenericSuffix(joined));
}

std::optional<std::string> Copy(OptionalName name) {
  return name ? std::optional(std::string(*name)) : std::nullopt;
}

}  // namespace

std::uint8_t SignatureCursor::TakeByte() {
  const std::uint8_t byte = At(0);
  rest_.remove_prefix(1);
  return byte;
}

std::pair<std::uint32_t, std::uint32_t> SignatureCursor::Peek() const {
  if (rest_.empty()) {
    return {0, 0};
  }
  if ((At(0) & 0x80) == 0) {
    return {At(0), 1};
  }
  if (rest_.size() >= 2 && (At(0) & 0xC0) == 0x80) {
    return {(At(0) & 0x3Fu) << 8 | At(1), 2};
  }
  if (rest_.size() >= 4 && (At(0) & 0xE0) == 0xC0) {
    return {(At(0) & 0x1Fu) << 24 | std::uint32_t{At(1)} << 16 | std::uint32_t{At(2)} << 8 | At(3),
            4};
  }
  return {0, 0};
}

std::uint32_t SignatureCursor::TakeUnsigned() {
  const auto [value, size] = Peek();
  rest_.remove_prefix(size);
  return value;
}

// The lowest bit is the sign, rotated there from the top.
std::int32_t SignatureCursor::TakeSigned() {
  const auto [value, size] = Peek();
  rest_.remove_prefix(size);
  const auto magnitude = static_cast<std::int32_t>(value >> 1);
  if ((value & 1) == 0) {
    return magnitude;
  }
  constexpr std::int32_t kOneByteRange = 1 << 6;
  constexpr std::int32_t kTwoByteRange = 1 << 13;
  constexpr std::int32_t kFourByteRange = 1 << 28;
  return magnitude - (size == 1 ? kOneByteRange : size == 2 ? kTwoByteRange : kFourByteRange);
}

void TypeNames::Open(const Tables& tables) {
  tables_ = &tables;
  arena_.Clear();
  steps_ = 0;
  enclosing_loaded_ = false;
  defined_.clear();
  referenced_.clear();
}

std::optional<TypeDefRow> TypeNames::ReadTypeDef(std::uint32_t index) const {
  const std::optional<std::int64_t> row = tables_->Row(TableId::kTypeDef, index);
  if (!row) {
    return std::nullopt;
  }
  const IndexWidths& widths = tables_->widths();
  const std::int64_t name = *row + 4;
  const std::int64_t name_space = name + widths.strings();
  const std::int64_t extends = name_space + widths.strings();
  const std::int64_t methods =
      extends + widths.To(CodedIndex::kTypeDefOrRef) + widths.To(TableId::kField);
  return TypeDefRow{.flags = tables_->image().U32(*row),
                    .name = tables_->Index(name, widths.strings()),
                    .name_space = tables_->Index(name_space, widths.strings()),
                    .extends = tables_->Index(extends, widths.To(CodedIndex::kTypeDefOrRef)),
                    .methods = tables_->Index(methods, widths.To(TableId::kMethodDef))};
}

void TypeNames::LoadEnclosing() {
  enclosing_loaded_ = true;
  enclosing_.clear();
  const std::uint32_t width = tables_->widths().To(TableId::kTypeDef);
  for (std::uint32_t i = 1; i <= tables_->Info(TableId::kNestedClass).rows; ++i) {
    const std::optional<std::int64_t> row = tables_->Row(TableId::kNestedClass, i);
    if (!row) {
      break;  // rows follow each other: no later one is inside the file
    }
    enclosing_.push_back(
        {.nested = tables_->Index(*row, width), .enclosing = tables_->Index(*row + width, width)});
  }
  std::stable_sort(enclosing_.begin(), enclosing_.end(),
                   [](const Enclosing& a, const Enclosing& b) { return a.nested < b.nested; });
}

const TypeNames::Enclosing* TypeNames::FindEnclosing(std::uint32_t nested) {
  if (!enclosing_loaded_) {
    LoadEnclosing();
  }
  const auto found = std::lower_bound(
      enclosing_.begin(), enclosing_.end(), nested,
      [](const Enclosing& entry, std::uint32_t wanted) { return entry.nested < wanted; });
  return found != enclosing_.end() && found->nested == nested ? &*found : nullptr;
}

// The full name of the type around type `nested`. Walks outwards, then joins inwards.
std::optional<std::string> TypeNames::EnclosingName(std::uint32_t nested) {
  struct Level {
    OptionalName name;
    OptionalName name_space;
  };
  std::array<Level, kNamespaceDepthMax> levels;
  std::size_t depth = 0;
  bool outermost = false;
  std::uint32_t type = nested;
  while (depth < levels.size() && !outermost) {
    const Enclosing* const found = FindEnclosing(type);
    const std::optional<TypeDefRow> row =
        found != nullptr ? ReadTypeDef(found->enclosing) : std::nullopt;
    const OptionalName name = row ? tables_->Name(row->name) : std::nullopt;
    if (!row || name == "<Module>") {
      break;
    }
    levels[depth++] = {.name = name, .name_space = tables_->Name(row->name_space)};
    outermost = !row->is_nested() || found->enclosing == type;
    type = found->enclosing;
  }
  std::optional<std::string> result;
  for (std::size_t i = depth; i-- > 0;) {
    const bool is_outermost = outermost && i + 1 == depth;
    const std::optional<std::string> around =
        is_outermost ? Copy(levels[i].name_space) : Join(levels[i].name_space, result);
    result = Join(levels[i].name, around);
  }
  return result;
}

OptionalName TypeNames::Namespace(std::uint32_t type_index, const TypeDefRow& row) {
  const OptionalName own = tables_->Name(row.name_space);
  if (!row.is_nested()) {
    return own;
  }
  const std::optional<std::string> joined = Join(own, EnclosingName(type_index));
  return joined ? arena_.Store(*joined) : std::nullopt;
}

OptionalName TypeNames::FullName(OptionalName name, OptionalName name_space) {
  if (!name || name->empty()) {
    return name_space;
  }
  if (!name_space || name_space->empty()) {
    return CutGenericSuffix(*name);
  }
  return arena_.Store(*Join(name, Copy(name_space)));
}

OptionalName TypeNames::DefinedName(std::uint32_t index) {
  if (index > tables_->Info(TableId::kTypeDef).rows) {
    return std::nullopt;
  }
  if (defined_.empty()) {
    defined_.resize(std::size_t{tables_->Info(TableId::kTypeDef).rows} + 1);
  }
  if (!defined_[index].known) {
    const std::optional<TypeDefRow> row = ReadTypeDef(index);
    defined_[index] = {
        .known = true,
        .name = row ? FullName(tables_->Name(row->name), Namespace(index, *row)) : std::nullopt};
  }
  return defined_[index].name;
}

OptionalName TypeNames::ReferencedName(std::uint32_t index) {
  if (index > tables_->Info(TableId::kTypeRef).rows) {
    return std::nullopt;
  }
  if (referenced_.empty()) {
    referenced_.resize(std::size_t{tables_->Info(TableId::kTypeRef).rows} + 1);
  }
  if (!referenced_[index].known) {
    const std::optional<std::int64_t> row = tables_->Row(TableId::kTypeRef, index);
    OptionalName name;
    if (row) {
      const std::uint32_t width = tables_->widths().strings();
      const std::int64_t name_column = *row + tables_->widths().To(CodedIndex::kResolutionScope);
      name = FullName(tables_->Name(tables_->Index(name_column, width)),
                      tables_->Name(tables_->Index(name_column + width, width)));
    }
    referenced_[index] = {.known = true, .name = name};
  }
  return referenced_[index].name;
}

std::optional<std::string_view> TypeNames::Signature(std::uint32_t blob_index) const {
  const Heap& blobs = tables_->blobs();
  if (blob_index >= blobs.size) {
    return std::nullopt;
  }
  const std::int64_t offset = blobs.offset + blob_index;
  const std::optional<Blob> blob = tables_->image().ReadBlob(offset);
  return blob ? std::optional(tables_->image().Text(offset + blob->prefix_size, blob->length))
              : std::nullopt;
}

OptionalName TypeNames::Named(std::uint32_t coded_index, const GenericScope& scope) {
  out_.clear();
  return AppendNamed(coded_index, scope, 0) ? arena_.Store(out_) : std::nullopt;
}

OptionalName TypeNames::Read(SignatureCursor* cursor, const GenericScope& scope) {
  out_.clear();
  return AppendType(cursor, scope, 0) ? arena_.Store(out_) : std::nullopt;
}

bool TypeNames::Append(std::string_view text) {
  if (out_.size() + text.size() > kTypeNameMax) {
    return false;
  }
  out_ += text;
  steps_ += text.size() / kBytesPerStep;
  return true;
}

bool TypeNames::AppendNamed(std::uint32_t coded_index, const GenericScope& scope,
                            std::uint32_t depth) {
  constexpr std::uint32_t kTagBits = 2;
  const std::uint32_t index = coded_index >> kTagBits;
  if (index == 0) {
    return false;
  }
  switch (coded_index & 0x3) {
    case 0: {
      const OptionalName name = DefinedName(index);
      return name && Append(*name);
    }
    case 1: {
      const OptionalName name = ReferencedName(index);
      return name && Append(*name);
    }
    case 2: {
      const std::optional<std::int64_t> row = tables_->Row(TableId::kTypeSpec, index);
      const std::optional<std::string_view> signature =
          row ? Signature(tables_->Index(*row, tables_->widths().blobs())) : std::nullopt;
      if (!signature) {
        return false;
      }
      SignatureCursor cursor(*signature);
      return AppendType(&cursor, {.of_class = scope.of_class}, depth);
    }
    default:
      return false;
  }
}

bool TypeNames::AppendType(SignatureCursor* cursor, const GenericScope& scope,
                           std::uint32_t depth) {
  if (++steps_ > kSignatureStepsMax || cursor->remaining() < 1 || depth > kTypeDepthMax) {
    return false;
  }
  const std::uint8_t element = cursor->TakeByte();
  if (const std::optional<std::string_view> simple = SimpleName(element)) {
    return Append(*simple);
  }
  switch (element) {
    case kPointer:
      return AppendWrapped("Ptr<", ">", cursor, scope, depth);
    case kByRef:
      return AppendWrapped("ref ", "", cursor, scope, depth);
    case kVector:
      return AppendWrapped("", "[]", cursor, scope, depth);
    case kValueType:
    case kClass:
      return AppendNamed(cursor->TakeUnsigned(), scope, depth + 1);
    case kClassVariable:
    case kMethodVariable:
      return AppendVariable(element, cursor, scope);
    case kArray:
      return AppendArray(cursor, scope, depth);
    case kGenericInstance:
      return AppendGeneric(cursor, scope, depth);
    case kFunctionPointer:
      return AppendFunction(cursor, scope, depth);
    case kRequiredModifier:
    case kOptionalModifier:
      (void)cursor->TakeUnsigned();
      return AppendType(cursor, scope, depth + 1);
    default:
      return false;
  }
}

bool TypeNames::AppendWrapped(std::string_view before, std::string_view after,
                              SignatureCursor* cursor, const GenericScope& scope,
                              std::uint32_t depth) {
  const std::size_t start = out_.size();
  if (Append(before) && AppendType(cursor, scope, depth + 1) && Append(after)) {
    return true;
  }
  out_.resize(start);
  return false;
}

bool TypeNames::AppendVariable(std::uint8_t kind, SignatureCursor* cursor,
                               const GenericScope& scope) {
  const std::uint32_t index = cursor->TakeUnsigned();
  const NameList* const names = kind == kClassVariable ? scope.of_class : scope.of_method;
  return names != nullptr && index < names->size() && Append((*names)[index]);
}

bool TypeNames::AppendArray(SignatureCursor* cursor, const GenericScope& scope,
                            std::uint32_t depth) {
  const std::size_t start = out_.size();
  if (AppendType(cursor, scope, depth + 1) && AppendArrayShape(cursor)) {
    return true;
  }
  out_.resize(start);
  return false;
}

// Rank, sizes, lower bounds: "[,]", "[3,1...4]". ECMA-335 II.23.2.13.
bool TypeNames::AppendArrayShape(SignatureCursor* cursor) {
  const std::uint32_t rank = cursor->TakeUnsigned();
  if (rank == 0 || rank > kArrayRankMax) {
    return false;
  }
  std::array<std::int32_t, kArrayRankMax> sizes{};
  const std::uint32_t size_count = cursor->TakeUnsigned();
  if (size_count > rank) {
    return false;
  }
  for (std::uint32_t i = 0; i < size_count; ++i) {
    sizes[i] = static_cast<std::int32_t>(cursor->TakeUnsigned());
  }
  std::array<std::int32_t, kArrayRankMax> bounds{};
  const std::uint32_t bound_count = cursor->TakeUnsigned();
  if (bound_count > rank) {
    return false;
  }
  for (std::uint32_t i = 0; i < bound_count; ++i) {
    bounds[i] = cursor->TakeSigned();
    // Both are below 2^29 in magnitude: no overflow. The size becomes the upper bound.
    if (i < size_count && bounds[i] != 0) {
      sizes[i] += bounds[i] - 1;
    }
  }
  bool fits = Append("[");
  for (std::uint32_t i = 0; i < rank; ++i) {
    if (i < bound_count && bounds[i] != 0) {
      fits = fits && Append(fmt::format("{}...", bounds[i]));
    }
    if (i < size_count) {
      fits = fits && Append(fmt::format("{}", sizes[i]));
    }
    if (i + 1 != rank) {
      fits = fits && Append(",");
    }
  }
  return fits && Append("]");
}

// Appends up to `count` types. Those without a name are left out, but for their separator's sake
// the first one counts as there, as in libyara: "Pair<,int>".
void TypeNames::AppendList(std::uint32_t count, std::string_view separator, SignatureCursor* cursor,
                           const GenericScope& scope, std::uint32_t depth) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t start = out_.size();
    const bool separated = i == 0 || Append(separator);
    if (!separated || !AppendType(cursor, scope, depth + 1)) {
      out_.resize(start);
    }
  }
}

bool TypeNames::AppendGeneric(SignatureCursor* cursor, const GenericScope& scope,
                              std::uint32_t depth) {
  const std::size_t start = out_.size();
  if (AppendType(cursor, scope, depth + 1)) {
    const std::uint32_t count = cursor->TakeUnsigned();
    if (count <= kGenericArgumentsMax && Append("<")) {
      AppendList(count, ",", cursor, scope, depth);
      if (Append(">")) {
        return true;
      }
    }
  }
  out_.resize(start);
  return false;
}

bool TypeNames::AppendFunction(SignatureCursor* cursor, const GenericScope& scope,
                               std::uint32_t depth) {
  if (cursor->remaining() == 0) {
    return false;
  }
  (void)cursor->TakeByte();  // the calling convention
  const std::uint32_t count = cursor->TakeUnsigned();
  const std::size_t start = out_.size();
  if (count <= kParametersMax && Append("FnPtr<") && AppendType(cursor, scope, depth + 1) &&
      Append("(")) {
    AppendList(count, ", ", cursor, scope, depth);
    if (Append(")>")) {
      return true;
    }
  }
  out_.resize(start);
  return false;
}

}  // namespace day::formats::dotnet
