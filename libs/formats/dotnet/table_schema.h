// The tables of the #~ stream and the widths of their rows: ECMA-335 II.22 and II.24.2.6, with the
// undocumented pointer tables.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace day::formats::dotnet {

enum class TableId : std::uint8_t {
  kModule = 0x00,
  kTypeRef = 0x01,
  kTypeDef = 0x02,
  kFieldPtr = 0x03,
  kField = 0x04,
  kMethodDefPtr = 0x05,
  kMethodDef = 0x06,
  kParamPtr = 0x07,
  kParam = 0x08,
  kInterfaceImpl = 0x09,
  kMemberRef = 0x0A,
  kConstant = 0x0B,
  kCustomAttribute = 0x0C,
  kFieldMarshal = 0x0D,
  kDeclSecurity = 0x0E,
  kClassLayout = 0x0F,
  kFieldLayout = 0x10,
  kStandAloneSig = 0x11,
  kEventMap = 0x12,
  kEventPtr = 0x13,
  kEvent = 0x14,
  kPropertyMap = 0x15,
  kPropertyPtr = 0x16,
  kProperty = 0x17,
  kMethodSemantics = 0x18,
  kMethodImpl = 0x19,
  kModuleRef = 0x1A,
  kTypeSpec = 0x1B,
  kImplMap = 0x1C,
  kFieldRva = 0x1D,
  kEncLog = 0x1E,
  kEncMap = 0x1F,
  kAssembly = 0x20,
  kAssemblyProcessor = 0x21,
  kAssemblyOs = 0x22,
  kAssemblyRef = 0x23,
  kAssemblyRefProcessor = 0x24,
  kAssemblyRefOs = 0x25,
  kFile = 0x26,
  kExportedType = 0x27,
  kManifestResource = 0x28,
  kNestedClass = 0x29,
  kGenericParam = 0x2A,
  kMethodSpec = 0x2B,
  kGenericParamConstraint = 0x2C,
};
inline constexpr std::size_t kTableIdCount = 64;  // bits of the header's Valid

// Indexes that can point into one of several tables (ECMA-335 II.24.2.6).
enum class CodedIndex : std::uint8_t {
  kTypeDefOrRef,
  kResolutionScope,
  kMemberRefParent,
  kHasConstant,
  kHasCustomAttribute,
  kCustomAttributeType,
  kHasFieldMarshal,
  kHasDeclSecurity,
  kHasSemantics,
  kMethodDefOrRef,
  kMemberForwarded,
  kImplementation,
  kResourceImplementation,  // as kImplementation, but libyara leaves the third table out
  kTypeOrMethodDef,
};

// The widths of everything whose width depends on the file: 2 or 4 bytes.
class IndexWidths {
 public:
  using RowCounts = std::array<std::uint32_t, kTableIdCount>;

  IndexWidths() = default;
  // `heap_sizes` is the header's HeapSizes; `rows` as announced, 0 for absent tables.
  IndexWidths(std::uint8_t heap_sizes, const RowCounts& rows);

  std::uint32_t strings() const { return strings_; }
  std::uint32_t guids() const { return guids_; }
  std::uint32_t blobs() const { return blobs_; }
  std::uint32_t To(TableId table) const;
  std::uint32_t To(CodedIndex coded) const;

  // The size of a row; nothing for tables that libyara does not know (where it stops).
  std::optional<std::uint32_t> RowSize(TableId table) const;

 private:
  RowCounts rows_{};
  std::uint32_t strings_ = 2;
  std::uint32_t guids_ = 2;
  std::uint32_t blobs_ = 2;
};

}  // namespace day::formats::dotnet
