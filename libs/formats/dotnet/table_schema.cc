#include "libs/formats/dotnet/table_schema.h"

#include <algorithm>
#include <span>

namespace day::formats::dotnet {
namespace {

using T = TableId;

constexpr std::uint8_t kHeapLargeStrings = 0x01;
constexpr std::uint8_t kHeapLargeGuids = 0x02;
constexpr std::uint8_t kHeapLargeBlobs = 0x04;
constexpr std::uint32_t kShortIndexMax = 0xFFFF;

struct Coding {
  std::uint32_t tag_bits;
  std::span<const TableId> tables;
};

constexpr T kTypeDefOrRef[] = {T::kTypeDef, T::kTypeRef, T::kTypeSpec};
constexpr T kResolutionScope[] = {T::kModule, T::kModuleRef, T::kAssemblyRef, T::kTypeRef};
constexpr T kMemberRefParent[] = {T::kMethodDef, T::kModuleRef, T::kTypeRef, T::kTypeSpec};
constexpr T kHasConstant[] = {T::kParam, T::kField, T::kProperty};
constexpr T kHasCustomAttribute[] = {T::kMethodDef,     T::kField,
                                     T::kTypeRef,       T::kTypeDef,
                                     T::kParam,         T::kInterfaceImpl,
                                     T::kMemberRef,     T::kModule,
                                     T::kProperty,      T::kEvent,
                                     T::kStandAloneSig, T::kModuleRef,
                                     T::kTypeSpec,      T::kAssembly,
                                     T::kAssemblyRef,   T::kFile,
                                     T::kExportedType,  T::kManifestResource,
                                     T::kGenericParam,  T::kGenericParamConstraint,
                                     T::kMethodSpec};
constexpr T kMethodDefOrRef[] = {T::kMethodDef, T::kMemberRef};
constexpr T kHasFieldMarshal[] = {T::kField, T::kParam};
constexpr T kHasDeclSecurity[] = {T::kTypeDef, T::kMethodDef, T::kAssembly};
constexpr T kHasSemantics[] = {T::kEvent, T::kProperty};
constexpr T kMemberForwarded[] = {T::kField, T::kMethodDef};
constexpr T kImplementation[] = {T::kFile, T::kAssemblyRef, T::kExportedType};
constexpr T kTypeOrMethodDef[] = {T::kTypeDef, T::kMethodDef};

Coding CodingOf(CodedIndex coded) {
  switch (coded) {
    case CodedIndex::kTypeDefOrRef:
      return {2, kTypeDefOrRef};
    case CodedIndex::kResolutionScope:
      return {2, kResolutionScope};
    case CodedIndex::kMemberRefParent:
      return {3, kMemberRefParent};
    case CodedIndex::kHasConstant:
      return {2, kHasConstant};
    case CodedIndex::kHasCustomAttribute:
      return {5, kHasCustomAttribute};
    case CodedIndex::kCustomAttributeType:
      return {3, kMethodDefOrRef};
    case CodedIndex::kHasFieldMarshal:
      return {1, kHasFieldMarshal};
    case CodedIndex::kHasDeclSecurity:
      return {2, kHasDeclSecurity};
    case CodedIndex::kHasSemantics:
      return {1, kHasSemantics};
    case CodedIndex::kMethodDefOrRef:
      return {1, kMethodDefOrRef};
    case CodedIndex::kMemberForwarded:
      return {1, kMemberForwarded};
    case CodedIndex::kImplementation:
      return {2, kImplementation};
    case CodedIndex::kResourceImplementation:
      return {2, std::span(kImplementation).first(2)};
    case CodedIndex::kTypeOrMethodDef:
      return {1, kTypeOrMethodDef};
  }
  return {1, {}};
}

}  // namespace

IndexWidths::IndexWidths(std::uint8_t heap_sizes, const RowCounts& rows)
    : rows_(rows),
      strings_((heap_sizes & kHeapLargeStrings) != 0 ? 4 : 2),
      guids_((heap_sizes & kHeapLargeGuids) != 0 ? 4 : 2),
      blobs_((heap_sizes & kHeapLargeBlobs) != 0 ? 4 : 2) {}

std::uint32_t IndexWidths::To(TableId table) const {
  return rows_[static_cast<std::size_t>(table)] > kShortIndexMax ? 4 : 2;
}

std::uint32_t IndexWidths::To(CodedIndex coded) const {
  const Coding coding = CodingOf(coded);
  std::uint32_t rows = 0;
  for (const TableId table : coding.tables) {
    rows = std::max(rows, rows_[static_cast<std::size_t>(table)]);
  }
  return rows > (kShortIndexMax >> coding.tag_bits) ? 4 : 2;
}

// A dispatch table: one line for each kind of row.
std::optional<std::uint32_t> IndexWidths::RowSize(TableId table) const {
  switch (table) {
    case T::kModule:
      return 2 + strings_ + 3 * guids_;
    case T::kTypeRef:
      return To(CodedIndex::kResolutionScope) + 2 * strings_;
    case T::kTypeDef:
      return 4 + 2 * strings_ + To(CodedIndex::kTypeDefOrRef) + To(T::kField) + To(T::kMethodDef);
    case T::kFieldPtr:
      return To(T::kField);
    case T::kField:
      return 2 + strings_ + blobs_;
    case T::kMethodDefPtr:
      return To(T::kMethodDef);
    case T::kMethodDef:
      return 8 + strings_ + blobs_ + To(T::kParam);
    case T::kParam:
      return 4 + strings_;
    case T::kInterfaceImpl:
      return To(T::kTypeDef) + To(CodedIndex::kTypeDefOrRef);
    case T::kMemberRef:
      return To(CodedIndex::kMemberRefParent) + strings_ + blobs_;
    case T::kConstant:
      return 2 + To(CodedIndex::kHasConstant) + blobs_;
    case T::kCustomAttribute:
      return To(CodedIndex::kHasCustomAttribute) + To(CodedIndex::kCustomAttributeType) + blobs_;
    case T::kFieldMarshal:
      return To(CodedIndex::kHasFieldMarshal) + blobs_;
    case T::kDeclSecurity:
      return 2 + To(CodedIndex::kHasDeclSecurity) + blobs_;
    case T::kClassLayout:
      return 6 + To(T::kTypeDef);
    case T::kFieldLayout:
      return 4 + To(T::kField);
    case T::kStandAloneSig:
      return blobs_;
    case T::kEventMap:
      return To(T::kTypeDef) + To(T::kEvent);
    case T::kEventPtr:
      return To(T::kEvent);
    case T::kEvent:
      return 2 + strings_ + To(CodedIndex::kTypeDefOrRef);
    case T::kPropertyMap:
      return To(T::kTypeDef) + To(T::kProperty);
    case T::kPropertyPtr:
      return To(T::kProperty);
    case T::kProperty:
      return 2 + strings_ + blobs_;
    case T::kMethodSemantics:
      return 2 + To(T::kMethodDef) + To(CodedIndex::kHasSemantics);
    case T::kMethodImpl:
      return To(T::kTypeDef) + 2 * To(CodedIndex::kMethodDefOrRef);
    case T::kModuleRef:
      return strings_;
    case T::kTypeSpec:
      return blobs_;
    case T::kImplMap:
      return 2 + To(CodedIndex::kMemberForwarded) + strings_ + To(T::kModuleRef);
    case T::kFieldRva:
      return 4 + To(T::kField);
    case T::kEncLog:
      return 8;
    case T::kEncMap:
    case T::kAssemblyProcessor:
      return 4;
    case T::kAssembly:
      return 16 + blobs_ + 2 * strings_;
    case T::kAssemblyOs:
      return 12;
    case T::kAssemblyRef:
      return 12 + 2 * blobs_ + 2 * strings_;
    case T::kAssemblyRefProcessor:
      return 4 + To(T::kAssemblyRefProcessor);
    case T::kAssemblyRefOs:
      return 12 + To(T::kAssemblyRef);
    case T::kFile:
      return 4 + strings_ + blobs_;
    case T::kExportedType:
      return 8 + 2 * strings_ + To(CodedIndex::kImplementation);
    case T::kManifestResource:
      return 8 + strings_ + To(CodedIndex::kResourceImplementation);
    case T::kNestedClass:
      return 2 * To(T::kTypeDef);
    case T::kGenericParam:
      return 4 + To(CodedIndex::kTypeOrMethodDef) + strings_;
    case T::kMethodSpec:
      return To(CodedIndex::kMethodDefOrRef) + blobs_;
    case T::kGenericParamConstraint:
      return To(T::kGenericParam) + To(CodedIndex::kTypeDefOrRef);
    case T::kParamPtr:
      break;  // libyara has forgotten this one
  }
  return std::nullopt;
}

}  // namespace day::formats::dotnet
