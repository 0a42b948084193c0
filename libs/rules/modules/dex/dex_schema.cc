#include "libs/rules/modules/dex/dex_schema.h"

#include "libs/rules/module/schema.h"

namespace day::rules::modules::dex {
namespace {

using formats::dex::HeaderWord;
using formats::dex::Table;
using module::Always;
using module::Constant;
using module::Field;
using module::Function;
using module::Integer;
using module::Kind;
using module::String;
using module::Struct;

constexpr Field Word(std::string_view name, HeaderWord word) {
  return Integer(name, MakeId(Group::kHeaderWord, word));
}
constexpr Field Cell(std::string_view name, Table table, unsigned column) {
  return Integer(name, MakeId(Group::kCell, CellPlace(table, column)));
}
constexpr Field Magic(std::string_view name, std::uint8_t version) {
  return Always(String(name, MakeId(Group::kMagicConstant, version)));
}
constexpr Field Array(std::string_view name, ArrayName array, std::span<const Field> element) {
  return module::Array(name, MakeId(Group::kArray, array), element);
}
constexpr Field Overload(std::string_view name, std::string_view arguments, FunctionName function) {
  return Function(name, MakeId(Group::kFunction, function), arguments, Kind::kInteger);
}

constexpr Field kHeader[] = {
    String("magic", MakeId(Group::kHeaderText, HeaderText::kMagic)),
    Word("checksum", HeaderWord::kChecksum),
    String("signature", MakeId(Group::kHeaderText, HeaderText::kSignature)),
    Word("file_size", HeaderWord::kFileSize),
    Word("header_size", HeaderWord::kHeaderSize),
    Word("endian_tag", HeaderWord::kEndianTag),
    Word("link_size", HeaderWord::kLinkSize),
    Word("link_offset", HeaderWord::kLinkOffset),
    Word("map_offset", HeaderWord::kMapOffset),
    Word("string_ids_size", HeaderWord::kStringIdsSize),
    Word("string_ids_offset", HeaderWord::kStringIdsOffset),
    Word("type_ids_size", HeaderWord::kTypeIdsSize),
    Word("type_ids_offset", HeaderWord::kTypeIdsOffset),
    Word("proto_ids_size", HeaderWord::kProtoIdsSize),
    Word("proto_ids_offset", HeaderWord::kProtoIdsOffset),
    Word("field_ids_size", HeaderWord::kFieldIdsSize),
    Word("field_ids_offset", HeaderWord::kFieldIdsOffset),
    Word("method_ids_size", HeaderWord::kMethodIdsSize),
    Word("method_ids_offset", HeaderWord::kMethodIdsOffset),
    Word("class_defs_size", HeaderWord::kClassDefsSize),
    Word("class_defs_offset", HeaderWord::kClassDefsOffset),
    Word("data_size", HeaderWord::kDataSize),
    Word("data_offset", HeaderWord::kDataOffset),
};

constexpr Field kStringIdMembers[] = {
    Integer("offset", MakeId(Group::kString, StringProperty::kOffset)),
    Integer("size", MakeId(Group::kString, StringProperty::kSize)),
    String("value", MakeId(Group::kString, StringProperty::kValue)),
};
constexpr Field kTypeIdMembers[] = {Cell("descriptor_idx", Table::kTypes, 0)};
constexpr Field kProtoIdMembers[] = {
    Cell("shorty_idx", Table::kProtos, 0),
    Cell("return_type_idx", Table::kProtos, 1),
    Cell("parameters_offset", Table::kProtos, 2),
};
constexpr Field kFieldIdMembers[] = {
    Cell("class_idx", Table::kFields, 0),
    Cell("type_idx", Table::kFields, 1),
    Cell("name_idx", Table::kFields, 2),
};
constexpr Field kMethodIdMembers[] = {
    Cell("class_idx", Table::kMethods, 0),
    Cell("proto_idx", Table::kMethods, 1),
    Cell("name_idx", Table::kMethods, 2),
};
constexpr Field kClassDefMembers[] = {
    Cell("class_idx", Table::kClasses, 0),         Cell("access_flags", Table::kClasses, 1),
    Cell("super_class_idx", Table::kClasses, 2),   Cell("interfaces_offset", Table::kClasses, 3),
    Cell("source_file_idx", Table::kClasses, 4),   Cell("annotations_offset", Table::kClasses, 5),
    Cell("class_data_offset", Table::kClasses, 6), Cell("static_values_offset", Table::kClasses, 7),
};
constexpr Field kClassDataMembers[] = {
    Integer("static_fields_size", MakeId(Group::kClassData, 0)),
    Integer("instance_fields_size", MakeId(Group::kClassData, 1)),
    Integer("direct_methods_size", MakeId(Group::kClassData, 2)),
    Integer("virtual_methods_size", MakeId(Group::kClassData, 3)),
};
constexpr Field kMapItemMembers[] = {
    Cell("type", Table::kMap, 0),
    Cell("unused", Table::kMap, 1),
    Cell("size", Table::kMap, 2),
    Cell("offset", Table::kMap, 3),
};
constexpr Field kMapItem[] = {Struct("", kMapItemMembers)};
constexpr Field kMapList[] = {
    Integer("size", MakeId(Group::kNumber, Number::kMapSize)),
    Array("map_item", ArrayName::kMapItems, kMapItem),
};

constexpr Field Property(std::string_view name, Group group, MemberProperty property) {
  const bool text = property <= MemberProperty::kProto || property == MemberProperty::kInsns;
  return text ? String(name, MakeId(group, property)) : Integer(name, MakeId(group, property));
}
constexpr Field kFieldMembers[] = {
    Property("class_name", Group::kField, MemberProperty::kClassName),
    Property("name", Group::kField, MemberProperty::kName),
    Property("proto", Group::kField, MemberProperty::kProto),
    Property("static", Group::kField, MemberProperty::kFirstKind),
    Property("instance", Group::kField, MemberProperty::kSecondKind),
    Property("field_idx_diff", Group::kField, MemberProperty::kIndexDiff),
    Property("access_flags", Group::kField, MemberProperty::kAccessFlags),
};
constexpr Field kCodeItemMembers[] = {
    Property("registers_size", Group::kMethod, MemberProperty::kRegistersSize),
    Property("ins_size", Group::kMethod, MemberProperty::kInsSize),
    Property("outs_size", Group::kMethod, MemberProperty::kOutsSize),
    Property("tries_size", Group::kMethod, MemberProperty::kTriesSize),
    Property("debug_info_off", Group::kMethod, MemberProperty::kDebugInfoOffset),
    Property("insns_size", Group::kMethod, MemberProperty::kInsnsSize),
    Property("insns", Group::kMethod, MemberProperty::kInsns),
};
constexpr Field kMethodMembers[] = {
    Property("class_name", Group::kMethod, MemberProperty::kClassName),
    Property("name", Group::kMethod, MemberProperty::kName),
    Property("proto", Group::kMethod, MemberProperty::kProto),
    Property("direct", Group::kMethod, MemberProperty::kFirstKind),
    Property("virtual", Group::kMethod, MemberProperty::kSecondKind),
    Property("method_idx_diff", Group::kMethod, MemberProperty::kIndexDiff),
    Property("access_flags", Group::kMethod, MemberProperty::kAccessFlags),
    Property("code_off", Group::kMethod, MemberProperty::kCodeOffset),
    Struct("code_item", kCodeItemMembers),
};

constexpr Field kStringId[] = {Struct("", kStringIdMembers)};
constexpr Field kTypeId[] = {Struct("", kTypeIdMembers)};
constexpr Field kProtoId[] = {Struct("", kProtoIdMembers)};
constexpr Field kFieldId[] = {Struct("", kFieldIdMembers)};
constexpr Field kMethodId[] = {Struct("", kMethodIdMembers)};
constexpr Field kClassDef[] = {Struct("", kClassDefMembers)};
constexpr Field kClassDataItem[] = {Struct("", kClassDataMembers)};
constexpr Field kField[] = {Struct("", kFieldMembers)};
constexpr Field kMethod[] = {Struct("", kMethodMembers)};

constexpr Field kMembers[] = {
    Magic("DEX_FILE_MAGIC_035", 0),
    Magic("DEX_FILE_MAGIC_036", 1),
    Magic("DEX_FILE_MAGIC_037", 2),
    Magic("DEX_FILE_MAGIC_038", 3),
    Magic("DEX_FILE_MAGIC_039", 4),
    Constant("ENDIAN_CONSTANT", 0x12345678),
    Constant("REVERSE_ENDIAN_CONSTANT", 0x78563412),
    Constant("NO_INDEX", 0xFFFFFFFF),
    Constant("ACC_PUBLIC", 0x1),
    Constant("ACC_PRIVATE", 0x2),
    Constant("ACC_PROTECTED", 0x4),
    Constant("ACC_STATIC", 0x8),
    Constant("ACC_FINAL", 0x10),
    Constant("ACC_SYNCHRONIZED", 0x20),
    Constant("ACC_VOLATILE", 0x40),
    Constant("ACC_BRIDGE", 0x40),
    Constant("ACC_TRANSIENT", 0x80),
    Constant("ACC_VARARGS", 0x80),
    Constant("ACC_NATIVE", 0x100),
    Constant("ACC_INTERFACE", 0x200),
    Constant("ACC_ABSTRACT", 0x400),
    Constant("ACC_STRICT", 0x800),
    Constant("ACC_SYNTHETIC", 0x1000),
    Constant("ACC_ANNOTATION", 0x2000),
    Constant("ACC_ENUM", 0x4000),
    Constant("ACC_CONSTRUCTOR", 0x10000),
    Constant("ACC_DECLARED_SYNCHRONIZED", 0x20000),
    Constant("TYPE_HEADER_ITEM", 0x0000),
    Constant("TYPE_STRING_ID_ITEM", 0x0001),
    Constant("TYPE_TYPE_ID_ITEM", 0x0002),
    Constant("TYPE_PROTO_ID_ITEM", 0x0003),
    Constant("TYPE_FIELD_ID_ITEM", 0x0004),
    Constant("TYPE_METHOD_ID_ITEM", 0x0005),
    Constant("TYPE_CLASS_DEF_ITEM", 0x0006),
    Constant("TYPE_CALL_SITE_ID_ITEM", 0x0007),
    Constant("TYPE_METHOD_HANDLE_ITEM", 0x0008),
    Constant("TYPE_MAP_LIST", 0x1000),
    Constant("TYPE_TYPE_LIST", 0x1001),
    Constant("TYPE_ANNOTATION_SET_REF_LIST", 0x1002),
    Constant("TYPE_ANNOTATION_SET_ITEM", 0x1003),
    Constant("TYPE_CLASS_DATA_ITEM", 0x2000),
    Constant("TYPE_CODE_ITEM", 0x2001),
    Constant("TYPE_STRING_DATA_ITEM", 0x2002),
    Constant("TYPE_DEBUG_INFO_ITEM", 0x2003),
    Constant("TYPE_ANNOTATION_ITEM", 0x2004),
    Constant("TYPE_ENCODED_ARRAY_ITEM", 0x2005),
    Constant("TYPE_ANNOTATIONS_DIRECTORY_ITEM", 0x2006),
    Struct("header", kHeader),
    Array("string_ids", ArrayName::kStringIds, kStringId),
    Array("type_ids", ArrayName::kTypeIds, kTypeId),
    Array("proto_ids", ArrayName::kProtoIds, kProtoId),
    Array("field_ids", ArrayName::kFieldIds, kFieldId),
    Array("method_ids", ArrayName::kMethodIds, kMethodId),
    Array("class_defs", ArrayName::kClassDefs, kClassDef),
    Array("class_data_item", ArrayName::kClassData, kClassDataItem),
    Struct("map_list", kMapList),
    Integer("number_of_fields", MakeId(Group::kNumber, Number::kFields)),
    Array("field", ArrayName::kField, kField),
    Overload("has_method", "s", FunctionName::kHasMethodText),
    Overload("has_method", "ss", FunctionName::kHasMethodAndClassText),
    Overload("has_method", "r", FunctionName::kHasMethodRegex),
    Overload("has_method", "rr", FunctionName::kHasMethodAndClassRegex),
    Overload("has_class", "s", FunctionName::kHasClassText),
    Overload("has_class", "r", FunctionName::kHasClassRegex),
    Integer("number_of_methods", MakeId(Group::kNumber, Number::kMethods)),
    Array("method", ArrayName::kMethod, kMethod),
};

}  // namespace

constinit const Field kDexRoot = Struct("dex", kMembers);

}  // namespace day::rules::modules::dex
