#include "libs/rules/syntax/testing/fake_modules.h"

#include <array>

namespace day::rules::syntax::testing {
namespace {

using module::Field;
using module::Format;
using module::Kind;

constexpr Field IntegerField(std::string_view name, std::uint16_t id) {
  return {.name = name, .kind = Kind::kInteger, .id = id};
}
constexpr Field StringField(std::string_view name, std::uint16_t id) {
  return {.name = name, .kind = Kind::kString, .id = id};
}
constexpr Field FloatField(std::string_view name, std::uint16_t id) {
  return {.name = name, .kind = Kind::kFloat, .id = id};
}
constexpr Field FunctionField(std::string_view name, std::uint16_t id, std::string_view arguments,
                              Kind result) {
  return {
      .name = name, .kind = Kind::kFunction, .id = id, .arguments = arguments, .result = result};
}
constexpr Field ConstantField(std::string_view name, std::int64_t value) {
  return {.name = name, .kind = Kind::kInteger, .constant = value};
}

// tests
constexpr Field kConstants[] = {IntegerField("one", 1), IntegerField("two", 2),
                                StringField("foo", 3), StringField("empty", 4)};
constexpr Field kUndefined[] = {IntegerField("i", 5), FloatField("f", 6)};
constexpr Field kIntegerElement[] = {IntegerField("", 11)};
constexpr Field kStringElement[] = {StringField("", 13)};
constexpr Field kIntegerValue[] = {IntegerField("", 15)};
constexpr Field kStringValue[] = {StringField("", 17)};
constexpr Field kArrayItem[] = {IntegerField("i", 20), StringField("s", 21)};
constexpr Field kArrayStruct[] = {{.kind = Kind::kStruct, .children = kArrayItem}};
constexpr Field kDictItem[] = {IntegerField("i", 23), StringField("s", 24)};
constexpr Field kDictStruct[] = {{.kind = Kind::kStruct, .children = kDictItem}};
constexpr Field kUnused[] = {IntegerField("unused", 26)};
constexpr Field kUnusedStruct[] = {{.kind = Kind::kStruct, .children = kUnused}};
constexpr Field kInnerArrayItem[] = {StringField("unused", 30)};
constexpr Field kInnerArrayStruct[] = {{.kind = Kind::kStruct, .children = kInnerArrayItem}};
constexpr Field kInnerDictItem[] = {StringField("unused", 32)};
constexpr Field kInnerDictStruct[] = {{.kind = Kind::kStruct, .children = kInnerDictItem}};
constexpr Field kNested[] = {
    {.name = "struct_array", .kind = Kind::kArray, .id = 29, .children = kInnerArrayStruct},
    {.name = "struct_dict", .kind = Kind::kDictionary, .id = 31, .children = kInnerDictStruct}};
constexpr Field kNestedStruct[] = {{.kind = Kind::kStruct, .children = kNested}};

constexpr Field kTestsFields[] = {
    {.name = "constants", .kind = Kind::kStruct, .children = kConstants},
    {.name = "undefined", .kind = Kind::kStruct, .children = kUndefined},
    StringField("module_data", 7),
    {.name = "integer_array", .kind = Kind::kArray, .id = 10, .children = kIntegerElement},
    {.name = "string_array", .kind = Kind::kArray, .id = 12, .children = kStringElement},
    {.name = "integer_dict", .kind = Kind::kDictionary, .id = 14, .children = kIntegerValue},
    {.name = "string_dict", .kind = Kind::kDictionary, .id = 16, .children = kStringValue},
    {.name = "struct_array", .kind = Kind::kArray, .id = 19, .children = kArrayStruct},
    {.name = "struct_dict", .kind = Kind::kDictionary, .id = 22, .children = kDictStruct},
    {.name = "empty_struct_dict", .kind = Kind::kDictionary, .id = 25, .children = kUnusedStruct},
    {.name = "empty_struct_array", .kind = Kind::kArray, .id = 28, .children = kNestedStruct},
    FunctionField("match", 40, "rs", Kind::kInteger),
    FunctionField("isum", 41, "ii", Kind::kInteger),
    FunctionField("isum", 42, "iii", Kind::kInteger),
    FunctionField("fsum", 43, "ff", Kind::kFloat),
    FunctionField("fsum", 44, "fff", Kind::kFloat),
    FunctionField("length", 45, "s", Kind::kInteger),
    FunctionField("empty", 46, "", Kind::kString),
    FunctionField("foobar", 47, "i", Kind::kString),
};
constexpr Field kTestsRoot = {.name = "tests", .kind = Kind::kStruct, .children = kTestsFields};

// pe
constexpr Field kSection[] = {
    StringField("name", 101),           IntegerField("raw_data_offset", 102),
    IntegerField("raw_data_size", 103), IntegerField("virtual_address", 104),
    IntegerField("virtual_size", 105),  IntegerField("characteristics", 106),
    StringField("full_name", 107)};
constexpr Field kSectionStruct[] = {{.kind = Kind::kStruct, .children = kSection}};
constexpr Field kSignature[] = {StringField("serial", 111),      StringField("subject", 112),
                                StringField("issuer", 113),      IntegerField("not_after", 114),
                                IntegerField("not_before", 115), StringField("thumbprint", 116)};
constexpr Field kSignatureStruct[] = {{.kind = Kind::kStruct, .children = kSignature}};
constexpr Field kResource[] = {IntegerField("type", 121),       IntegerField("id", 122),
                               IntegerField("language", 123),   IntegerField("offset", 124),
                               IntegerField("length", 125),     StringField("type_string", 126),
                               StringField("name_string", 127), StringField("language_string", 128),
                               IntegerField("rva", 129)};
constexpr Field kResourceStruct[] = {{.kind = Kind::kStruct, .children = kResource}};
constexpr Field kVersionValue[] = {StringField("", 131)};
constexpr Field kOverlay[] = {IntegerField("offset", 141), IntegerField("size", 142)};
constexpr Field kExport[] = {StringField("name", 151), IntegerField("ordinal", 152),
                             IntegerField("offset", 153), StringField("forward_name", 154)};
constexpr Field kExportStruct[] = {{.kind = Kind::kStruct, .children = kExport}};
constexpr Field kImportFunction[] = {StringField("name", 161), IntegerField("ordinal", 162),
                                     IntegerField("rva", 163)};
constexpr Field kImportFunctionStruct[] = {{.kind = Kind::kStruct, .children = kImportFunction}};
constexpr Field kImport[] = {
    StringField("library_name", 164),
    IntegerField("number_of_functions", 165),
    {.name = "functions", .kind = Kind::kArray, .id = 160, .children = kImportFunctionStruct}};
constexpr Field kImportStruct[] = {{.kind = Kind::kStruct, .children = kImport}};
constexpr Field kVersionPair[] = {IntegerField("major", 171), IntegerField("minor", 172)};
constexpr Field kRich[] = {IntegerField("offset", 181),
                           IntegerField("length", 182),
                           IntegerField("key", 183),
                           StringField("raw_data", 184),
                           StringField("clear_data", 185),
                           FunctionField("toolid", 186, "i", Kind::kInteger),
                           FunctionField("toolid", 187, "ii", Kind::kInteger),
                           FunctionField("version", 188, "i", Kind::kInteger)};
constexpr Field kPeFields[] = {
    {.name = "is_pe", .kind = Kind::kInteger, .id = 200, .defined_without_format = true},
    ConstantField("MACHINE_I386", 0x14C),
    ConstantField("MACHINE_AMD64", 0x8664),
    ConstantField("DLL", 0x2000),
    ConstantField("EXECUTABLE_IMAGE", 0x2),
    ConstantField("SUBSYSTEM_WINDOWS_GUI", 2),
    ConstantField("SUBSYSTEM_NATIVE", 1),
    ConstantField("SECTION_MEM_WRITE", 0x80000000),
    ConstantField("SECTION_MEM_EXECUTE", 0x20000000),
    ConstantField("SECTION_CNT_CODE", 0x20),
    ConstantField("RESOURCE_TYPE_RCDATA", 10),
    ConstantField("RESOURCE_TYPE_ICON", 3),
    ConstantField("RESOURCE_TYPE_VERSION", 16),
    ConstantField("RESOURCE_TYPE_STRING", 6),
    ConstantField("RESOURCE_TYPE_MANIFEST", 24),
    ConstantField("RESOURCE_TYPE_DIALOG", 5),
    ConstantField("RESOURCE_TYPE_BITMAP", 2),
    ConstantField("RESOURCE_TYPE_HTML", 23),
    ConstantField("IMPORT_DELAYED", 2),
    IntegerField("machine", 201),
    IntegerField("number_of_sections", 202),
    IntegerField("timestamp", 203),
    IntegerField("characteristics", 204),
    IntegerField("entry_point", 205),
    IntegerField("image_base", 206),
    IntegerField("subsystem", 207),
    IntegerField("number_of_exports", 208),
    IntegerField("number_of_imports", 209),
    IntegerField("number_of_resources", 210),
    IntegerField("number_of_signatures", 211),
    IntegerField("size_of_image", 212),
    IntegerField("checksum", 213),
    IntegerField("resource_timestamp", 214),
    IntegerField("base_of_code", 215),
    IntegerField("entry_point_raw", 216),
    IntegerField("export_timestamp", 217),
    StringField("dll_name", 218),
    StringField("pdb_path", 219),
    IntegerField("size_of_code", 224),
    {.name = "linker_version", .kind = Kind::kStruct, .children = kVersionPair},
    {.name = "os_version", .kind = Kind::kStruct, .children = kVersionPair},
    {.name = "image_version", .kind = Kind::kStruct, .children = kVersionPair},
    {.name = "rich_signature", .kind = Kind::kStruct, .children = kRich},
    {.name = "sections", .kind = Kind::kArray, .id = 100, .children = kSectionStruct},
    {.name = "signatures", .kind = Kind::kArray, .id = 110, .children = kSignatureStruct},
    {.name = "resources", .kind = Kind::kArray, .id = 120, .children = kResourceStruct},
    {.name = "version_info", .kind = Kind::kDictionary, .id = 130, .children = kVersionValue},
    {.name = "overlay", .kind = Kind::kStruct, .children = kOverlay},
    {.name = "export_details", .kind = Kind::kArray, .id = 150, .children = kExportStruct},
    {.name = "import_details", .kind = Kind::kArray, .id = 159, .children = kImportStruct},
    FunctionField("imphash", 220, "", Kind::kString),
    FunctionField("section_index", 221, "s", Kind::kInteger),
    FunctionField("section_index", 222, "i", Kind::kInteger),
    FunctionField("exports", 230, "s", Kind::kInteger),
    FunctionField("exports", 231, "r", Kind::kInteger),
    FunctionField("exports", 232, "i", Kind::kInteger),
    FunctionField("imports", 233, "ss", Kind::kInteger),
    FunctionField("imports", 234, "s", Kind::kInteger),
    FunctionField("imports", 235, "rr", Kind::kInteger),
    FunctionField("imports", 236, "si", Kind::kInteger),
    FunctionField("imports", 237, "iss", Kind::kInteger),
    FunctionField("imports", 244, "is", Kind::kInteger),
    FunctionField("imports", 245, "irr", Kind::kInteger),
    FunctionField("locale", 238, "i", Kind::kInteger),
    FunctionField("language", 239, "i", Kind::kInteger),
    FunctionField("is_dll", 240, "", Kind::kInteger),
    FunctionField("is_32bit", 241, "", Kind::kInteger),
    FunctionField("is_64bit", 242, "", Kind::kInteger),
    FunctionField("rva_to_offset", 243, "i", Kind::kInteger),
    FunctionField("calculate_checksum", 246, "", Kind::kInteger),
    FunctionField("exports_index", 247, "s", Kind::kInteger),
};
constexpr Field kPeRoot = {.name = "pe", .kind = Kind::kStruct, .children = kPeFields};

constexpr Field kMathFields[] = {FunctionField("entropy", 1, "ii", Kind::kFloat),
                                 FunctionField("entropy", 2, "s", Kind::kFloat),
                                 FunctionField("mean", 3, "ii", Kind::kFloat),
                                 FunctionField("mean", 4, "s", Kind::kFloat),
                                 FunctionField("deviation", 5, "iif", Kind::kFloat),
                                 FunctionField("deviation", 6, "sf", Kind::kFloat),
                                 FunctionField("in_range", 7, "fff", Kind::kInteger),
                                 FunctionField("abs", 8, "i", Kind::kInteger),
                                 FunctionField("min", 9, "ii", Kind::kInteger),
                                 FunctionField("max", 10, "ii", Kind::kInteger),
                                 FunctionField("to_string", 12, "i", Kind::kString),
                                 FunctionField("to_string", 13, "ii", Kind::kString),
                                 FunctionField("to_number", 14, "b", Kind::kInteger),
                                 FunctionField("serial_correlation", 15, "ii", Kind::kFloat),
                                 FunctionField("monte_carlo_pi", 16, "ii", Kind::kFloat),
                                 FunctionField("percentage", 17, "iii", Kind::kFloat),
                                 FunctionField("count", 18, "iii", Kind::kInteger),
                                 {.name = "MEAN_BYTES", .kind = Kind::kFloat, .id = 11}};
constexpr Field kMathRoot = {.name = "math", .kind = Kind::kStruct, .children = kMathFields};

constexpr Field kHashFields[] = {FunctionField("md5", 1, "ii", Kind::kString),
                                 FunctionField("md5", 2, "s", Kind::kString),
                                 FunctionField("sha1", 3, "ii", Kind::kString),
                                 FunctionField("sha1", 4, "s", Kind::kString),
                                 FunctionField("sha256", 5, "ii", Kind::kString),
                                 FunctionField("sha256", 6, "s", Kind::kString)};
constexpr Field kHashRoot = {.name = "hash", .kind = Kind::kStruct, .children = kHashFields};

constexpr Field kElfSection[] = {StringField("name", 11), IntegerField("type", 12),
                                 IntegerField("size", 13), IntegerField("offset", 14),
                                 IntegerField("address", 15)};
constexpr Field kElfSectionStruct[] = {{.kind = Kind::kStruct, .children = kElfSection}};
constexpr Field kElfFields[] = {
    ConstantField("ET_EXEC", 2),
    ConstantField("ET_DYN", 3),
    ConstantField("EM_ARM", 40),
    ConstantField("EM_X86_64", 62),
    ConstantField("EM_386", 3),
    IntegerField("type", 1),
    IntegerField("machine", 2),
    IntegerField("entry_point", 3),
    IntegerField("number_of_sections", 4),
    {.name = "sections", .kind = Kind::kArray, .id = 10, .children = kElfSectionStruct},
    FunctionField("telfhash", 5, "", Kind::kString)};
constexpr Field kElfRoot = {.name = "elf", .kind = Kind::kStruct, .children = kElfFields};

constexpr Field kStringFields[] = {FunctionField("length", 1, "s", Kind::kInteger),
                                   FunctionField("to_int", 2, "s", Kind::kInteger),
                                   FunctionField("to_int", 3, "si", Kind::kInteger)};
constexpr Field kStringRoot = {.name = "string", .kind = Kind::kStruct, .children = kStringFields};

class FakeModule final : public module::Module {
 public:
  FakeModule(const Field& root, Format format) : root_(root), format_(format) {}
  std::string_view name() const override { return root_.name; }
  const Field& root() const override { return root_; }
  Format format() const override { return format_; }
  std::unique_ptr<module::Instance> CreateInstance() const override { return nullptr; }

 private:
  const Field& root_;
  Format format_;
};

class FixedRegistry final : public module::Registry {
 public:
  std::span<const module::Module* const> modules() const override { return modules_; }

 private:
  FakeModule tests_{kTestsRoot, Format::kAny};
  FakeModule pe_{kPeRoot, Format::kPe};
  FakeModule math_{kMathRoot, Format::kAny};
  FakeModule hash_{kHashRoot, Format::kAny};
  FakeModule elf_{kElfRoot, Format::kElf};
  FakeModule string_{kStringRoot, Format::kAny};
  std::array<const module::Module*, 6> modules_ = {&tests_, &pe_, &math_, &hash_, &elf_, &string_};
};

}  // namespace

const module::Registry& FakeRegistry() {
  static const FixedRegistry registry;
  return registry;
}

}  // namespace day::rules::syntax::testing
