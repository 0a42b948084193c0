// The fields and functions of the `dex` module, and the numbers by which they are addressed.
#pragma once

#include <cstdint>

#include "libs/formats/dex/dex_reader.h"
#include "libs/rules/module/module.h"

namespace day::rules::modules::dex {

// Ids are made of a group and what is asked for within it: a header word's offset, a table and a
// column, a property of a member.
enum class Group : std::uint8_t {
  kMagicConstant,  // low byte: the version's place, 0 for 035
  kHeaderWord,     // low byte: formats::dex::HeaderWord
  kHeaderText,     // low byte: HeaderText
  kCell,           // low byte: table * 16 + column
  kString,         // low byte: StringProperty
  kArray,          // low byte: ArrayName
  kClassData,      // low byte: the count's place
  kField,          // low byte: MemberProperty
  kMethod,
  kNumber,    // low byte: Number
  kFunction,  // low byte: FunctionName
};

enum class HeaderText : std::uint8_t { kMagic, kSignature };
enum class StringProperty : std::uint8_t { kOffset, kSize, kValue };
enum class ArrayName : std::uint8_t {
  kStringIds,
  kTypeIds,
  kProtoIds,
  kFieldIds,
  kMethodIds,
  kMapItems,
  kClassDefs,
  kClassData,
  kField,
  kMethod,
};
enum class MemberProperty : std::uint8_t {
  kClassName,
  kName,
  kProto,
  kFirstKind,   // static, direct
  kSecondKind,  // instance, virtual
  kIndexDiff,
  kAccessFlags,
  kCodeOffset,
  kRegistersSize,
  kInsSize,
  kOutsSize,
  kTriesSize,
  kDebugInfoOffset,
  kInsnsSize,
  kInsns,
};
enum class Number : std::uint8_t { kFields, kMethods, kMapSize };
enum class FunctionName : std::uint8_t {
  kHasMethodText,
  kHasMethodAndClassText,
  kHasMethodRegex,
  kHasMethodAndClassRegex,
  kHasClassText,
  kHasClassRegex,
};

constexpr std::uint16_t MakeId(Group group, std::uint8_t what) {
  return static_cast<std::uint16_t>(static_cast<unsigned>(group) << 8 | what);
}
template <typename Enum>
constexpr std::uint16_t MakeId(Group group, Enum what) {
  return MakeId(group, static_cast<std::uint8_t>(what));
}
constexpr std::uint8_t CellPlace(formats::dex::Table table, unsigned column) {
  return static_cast<std::uint8_t>(static_cast<unsigned>(table) << 4 | column);
}

extern const module::Field kDexRoot;

}  // namespace day::rules::modules::dex
