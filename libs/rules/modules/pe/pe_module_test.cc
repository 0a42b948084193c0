#include "libs/rules/modules/pe/pe_module.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

#include "libs/rules/module/dump.h"
#include "libs/rules/module/testing/module_probe.h"

namespace day::rules::modules::pe {
namespace {

using module::Arg;
using module::Field;
using module::Kind;
using module::ModuleProbe;
using module::StdRegexArgument;

const std::string kFixtures = std::string(DAYLIGHT_SOURCE_DIR) + "/tests/fixtures/pe/";

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string Dump(ModuleProbe& probe) {
  std::string text;
  module::AppendDump(probe.module(), probe.instance(), text);
  return text.substr(0, text.find("\tIMPORT_ANY = "));
}

ModuleProbe Probe(const std::string& fixture) {
  ModuleProbe probe(CreatePeModule());
  probe.Bind(ReadText(kFixtures + fixture));
  return probe;
}

// What YARA 4.5.8 prints, for every fixture, one instance after another and each asked twice.
TEST(PeModule, SaysWhatYaraSays) {
  ModuleProbe probe(CreatePeModule());
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFixtures + "expected")) {
    const std::string name = entry.path().stem().string();
    probe.Bind(ReadText(kFixtures + name));
    EXPECT_EQ(Dump(probe), ReadText(entry.path().string())) << name;
    EXPECT_EQ(Dump(probe), ReadText(entry.path().string())) << name;
    ++count;
  }
  EXPECT_EQ(count, 15u);
}

std::size_t CountDeclarations(const Field& field) {
  std::size_t count = 0;
  for (const Field& child : field.children) {
    count += child.name.empty() ? 0u : 1u;
    count += CountDeclarations(child);
  }
  return count;
}

TEST(PeModule, HasEveryDeclaration) {
  const auto module = CreatePeModule();
  EXPECT_EQ(module->name(), "pe");
  std::size_t functions = 0;
  for (const Field& field : module->root().children) {
    functions += field.kind == Kind::kFunction ? 1u : 0u;
  }
  EXPECT_EQ(functions, 28u);  // and four in rich_signature, one in signatures
  // 273 integers, 50 strings, 33 functions, a dictionary; 22 structures and arrays of structures.
  EXPECT_EQ(CountDeclarations(module->root()), 357u + 22u);
}

TEST(PeModule, OtherFilesHaveIsPeOnly) {
  ModuleProbe probe(CreatePeModule());
  probe.Bind("#!/bin/sh\n");
  EXPECT_EQ(probe.Integer("is_pe"), 0);
  EXPECT_EQ(probe.Integer("MACHINE_AMD64"), 0x8664);
  EXPECT_EQ(probe.Integer("number_of_signatures"), std::nullopt);
  EXPECT_EQ(probe.Integer("entry_point"), std::nullopt);
  EXPECT_EQ(probe.CallInteger("is_dll", {}), std::nullopt);
  EXPECT_EQ(probe.CallText("imphash", {}), std::nullopt);
  EXPECT_EQ(probe.CallInteger("imports", {Arg("a"), Arg("b")}), std::nullopt);
  EXPECT_EQ(probe.CallInteger("calculate_checksum", {}), std::nullopt);
  EXPECT_EQ(probe.Length("sections"), 0u);  // a loop over it is false, not undefined
  EXPECT_EQ(probe.Length("signatures[0].certificates"), std::nullopt);
}

TEST(PeModule, OnlyFieldsWithAValueEverywhereAreMarked) {
  const auto module = CreatePeModule();
  for (const Field& field : module->root().children) {
    const bool always = field.constant || field.name == "is_pe" || field.kind == Kind::kArray ||
                        field.kind == Kind::kDictionary;
    EXPECT_EQ(field.defined_without_format, always) << field.name;
  }
}

TEST(PeModule, Imports) {
  ModuleProbe probe = Probe("plain32.exe");
  const auto imports = [&](const std::vector<module::Argument>& arguments) {
    return probe.CallInteger("imports", arguments);
  };
  EXPECT_EQ(imports({Arg("kernel32.dll"), Arg("exitprocess")}), 1);
  EXPECT_EQ(imports({Arg("kernel32.dll"), Arg("accept")}), 0);
  EXPECT_EQ(imports({Arg("ws2_32.dll"), Arg(115)}), 1);
  EXPECT_EQ(imports({Arg("ws2_32.dll")}), 3);
  EXPECT_EQ(imports({Arg("user32.dll"), Arg("MessageBoxA")}), 0);
  EXPECT_EQ(imports({Arg(2), Arg("user32.dll"), Arg("MessageBoxA")}), 1);
  EXPECT_EQ(imports({Arg(1), Arg("user32.dll"), Arg("MessageBoxA")}), 0);
  EXPECT_EQ(imports({Arg(-1), Arg("user32.dll")}), 1);
  EXPECT_EQ(imports({Arg(0), Arg("kernel32.dll")}), 0);
  const StdRegexArgument kernel("KERNEL");
  const StdRegexArgument any(".+");
  const StdRegexArgument nothing("x*");
  const StdRegexArgument none("nowhere");
  EXPECT_EQ(imports({Arg(kernel), Arg(any)}), 2);
  EXPECT_EQ(imports({Arg(-1), Arg(any), Arg(any)}), 6);
  EXPECT_EQ(imports({Arg(kernel), Arg(nothing)}), 2);  // matches nothing, but not only at the start
  EXPECT_EQ(imports({Arg(none), Arg(any)}), 0);
  EXPECT_EQ(probe.CallInteger("import_rva", {Arg("KERNEL32.DLL"), Arg("getlasterror")}),
            probe.Integer("import_details[0].functions[1].rva"));
  EXPECT_EQ(probe.CallInteger("import_rva", {Arg("ws2_32.dll"), Arg(999)}),
            probe.Integer("import_details[1].functions[2].rva"));
  EXPECT_EQ(probe.CallInteger("import_rva", {Arg("ws2_32.dll"), Arg(998)}), std::nullopt);
  EXPECT_EQ(probe.CallInteger("delayed_import_rva", {Arg("user32.dll"), Arg("messageboxa")}),
            probe.Integer("delayed_import_details[0].functions[0].rva"));
  EXPECT_EQ(probe.CallText("imphash", {})->size(), 32u);
}

TEST(PeModule, Exports) {
  ModuleProbe probe = Probe("plain64.dll");
  EXPECT_EQ(probe.CallInteger("exports", {Arg("runme")}), 1);
  EXPECT_EQ(probe.CallInteger("exports", {Arg("nobody")}), 0);
  EXPECT_EQ(probe.CallInteger("exports_index", {Arg("Forwarded")}), 2);
  EXPECT_EQ(probe.CallInteger("exports_index", {Arg("nobody")}), std::nullopt);
  const StdRegexArgument regex("^Run");
  EXPECT_EQ(probe.CallInteger("exports", {Arg(regex)}), 1);
  EXPECT_EQ(probe.CallInteger("exports_index", {Arg(regex)}), 0);
  // Ordinals above the number of functions are not looked for: YARA's way. Here all are.
  EXPECT_EQ(probe.CallInteger("exports", {Arg(5)}), 0);
  EXPECT_EQ(probe.CallInteger("exports_index", {Arg(0)}), std::nullopt);
  EXPECT_EQ(probe.CallInteger("exports", {Arg(-5)}), 0);
}

TEST(PeModule, OtherFunctions) {
  ModuleProbe probe = Probe("plain64.dll");
  EXPECT_EQ(probe.CallInteger("is_dll", {}), 0x2000);
  EXPECT_EQ(probe.CallInteger("is_64bit", {}), 1);
  EXPECT_EQ(probe.CallInteger("is_32bit", {}), 0);
  EXPECT_EQ(probe.CallInteger("section_index", {Arg(".text")}), 0);
  EXPECT_EQ(probe.CallInteger("section_index", {Arg(".data")}), std::nullopt);
  EXPECT_EQ(probe.CallInteger("section_index", {Arg(0x400)}), 0);
  EXPECT_EQ(probe.CallInteger("section_index", {Arg(0x3FF)}), std::nullopt);
  EXPECT_EQ(probe.CallInteger("locale", {Arg(0x0409)}), 1);
  EXPECT_EQ(probe.CallInteger("language", {Arg(0x09)}), 1);
  EXPECT_EQ(probe.CallInteger("language", {Arg(0x0A)}), 0);
  EXPECT_EQ(probe.CallInteger("language", {Arg(0xFF)}), 1);  // a resource without one
  EXPECT_EQ(probe.CallInteger("rva_to_offset", {Arg(0x1001)}), 0x401);
  EXPECT_EQ(probe.CallInteger("rva_to_offset", {Arg(-1)}), std::nullopt);
  EXPECT_EQ(probe.CallInteger("rich_signature.version", {Arg(30319)}), 3);
  EXPECT_EQ(probe.CallInteger("rich_signature.toolid", {Arg(1)}), 12);
  EXPECT_EQ(probe.CallInteger("rich_signature.version", {Arg(30319), Arg(170)}), 3);
  EXPECT_EQ(probe.CallInteger("rich_signature.toolid", {Arg(170), Arg(30319)}), 3);
  EXPECT_EQ(probe.CallInteger("rich_signature.toolid", {Arg(30319), Arg(170)}), 0);
  EXPECT_EQ(probe.Text("version_info[\"CompanyName\"]"), "Again");
  EXPECT_EQ(probe.Text("version_info[\"Nobody\"]"), std::nullopt);
  EXPECT_EQ(probe.Length("version_info"), 2u);
  EXPECT_EQ(probe.Integer("sections[1].virtual_size"), std::nullopt);
  EXPECT_EQ(probe.Integer("sections[-1].virtual_size"), std::nullopt);
}

TEST(PeModule, ValidOn) {
  ModuleProbe probe = Probe("signed.exe");
  const std::int64_t begin = *probe.Integer("signatures[0].not_before");
  const std::int64_t end = *probe.Integer("signatures[0].not_after");
  const auto valid_on = [&](std::int64_t time) {
    return probe.CallInteger("signatures[0].valid_on", {Arg(time)});
  };
  EXPECT_EQ(valid_on(begin), 1);
  EXPECT_EQ(valid_on(end), 1);
  EXPECT_EQ(valid_on(begin - 1), 0);
  EXPECT_EQ(valid_on(end + 1), 0);
  EXPECT_EQ(probe.CallInteger("signatures[1].valid_on", {Arg(begin)}), std::nullopt);
}

TEST(PeModule, NothingOfTheLastFileStays) {
  ModuleProbe probe = Probe("nested.exe");
  const std::string first = Dump(probe);
  probe.Bind("not a PE file");
  EXPECT_EQ(probe.Integer("number_of_signatures"), std::nullopt);
  EXPECT_EQ(probe.Length("signatures"), 0u);
  probe.Bind(ReadText(kFixtures + "plain32.exe"));
  EXPECT_EQ(probe.Integer("number_of_signatures"), 0);
  probe.Bind(ReadText(kFixtures + "nested.exe"));
  EXPECT_EQ(Dump(probe), first);
}

}  // namespace
}  // namespace day::rules::modules::pe
