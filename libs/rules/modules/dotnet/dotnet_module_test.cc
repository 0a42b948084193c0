#include "libs/rules/modules/dotnet/dotnet_module.h"

#include <gtest/gtest.h>

#include "libs/formats/dotnet/testing/dotnet_builder.h"
#include "libs/rules/module/testing/module_probe.h"

namespace day::rules::modules::dotnet {
namespace {

using formats::dotnet::TableId;
using formats::dotnet::testing::AddDemo;
using formats::dotnet::testing::DemoFile;
using formats::dotnet::testing::DotnetBuilder;
using module::ModuleProbe;

TEST(DotnetModuleTest, AnswersEveryKindOfField) {
  ModuleProbe net(CreateDotnetModule());
  net.Bind(DemoFile());
  EXPECT_EQ(net.Integer("is_dotnet"), 1);
  EXPECT_EQ(net.Text("version"), "v4.0.30319");
  EXPECT_EQ(net.Text("module_name"), "demo.dll");
  EXPECT_EQ(net.Integer("number_of_streams"), 5);
  EXPECT_EQ(net.Text("streams[3].name"), "#GUID");
  EXPECT_EQ(net.Integer("streams[3].size"), 16);
  EXPECT_EQ(net.Integer("streams[0].offset"), 704);
  EXPECT_EQ(net.Integer("number_of_guids"), 1);
  EXPECT_EQ(net.Text("guids[0]"), "33323130-3534-3736-3839-616263646566");
  EXPECT_EQ(net.Integer("number_of_resources"), 1);
  EXPECT_EQ(net.Text("resources[0].name"), "demo.res");
  EXPECT_EQ(net.Integer("resources[0].offset"), 588);
  EXPECT_EQ(net.Integer("resources[0].length"), 5);
  EXPECT_EQ(net.Integer("number_of_assembly_refs"), 1);
  EXPECT_EQ(net.Text("assembly_refs[0].name"), "mscorlib");
  EXPECT_EQ(net.Integer("assembly_refs[0].version.major"), 4);
  EXPECT_EQ(net.Text("assembly_refs[0].public_key_or_token"), "\xB7\x7A\x5C\x56\x19\x34\xE0\x89");
  EXPECT_EQ(net.Text("assembly.name"), "demo");
  EXPECT_EQ(net.Text("assembly.culture"), "de");
  EXPECT_EQ(net.Integer("assembly.version.build_number"), 3);
  EXPECT_EQ(net.Text("modulerefs[0]"), "native.dll");
  EXPECT_EQ(net.Integer("number_of_modulerefs"), 1);
  EXPECT_EQ(net.Text("user_strings[0]"), std::string("h\0i\0", 4));
  EXPECT_EQ(net.Integer("number_of_user_strings"), 2);
  EXPECT_EQ(net.Text("typelib"), "guid");
  EXPECT_EQ(net.Integer("number_of_constants"), 1);
  EXPECT_EQ(net.Text("constants[0]"), std::string("c\0o\0", 4));
  EXPECT_EQ(net.Integer("field_offsets[0]"), 520);
  EXPECT_EQ(net.Integer("number_of_field_offsets"), 1);
}

TEST(DotnetModuleTest, AnswersClassesAndMethods) {
  ModuleProbe net(CreateDotnetModule());
  net.Bind(DemoFile());
  EXPECT_EQ(net.Integer("number_of_classes"), 3);
  EXPECT_EQ(net.Length("classes"), 3u);
  EXPECT_EQ(net.Text("classes[0].fullname"), "Demo.Space.Box");
  EXPECT_EQ(net.Text("classes[0].name"), "Box");
  EXPECT_EQ(net.Text("classes[0].namespace"), "Demo.Space");
  EXPECT_EQ(net.Text("classes[0].visibility"), "public");
  EXPECT_EQ(net.Text("classes[2].visibility"), "internal");
  EXPECT_EQ(net.Text("classes[2].type"), "interface");
  EXPECT_EQ(net.Integer("classes[0].abstract"), 1);
  EXPECT_EQ(net.Integer("classes[0].sealed"), 1);
  EXPECT_EQ(net.Integer("classes[0].number_of_generic_parameters"), 1);
  EXPECT_EQ(net.Text("classes[0].generic_parameters[0]"), "T");
  EXPECT_EQ(net.Integer("classes[0].number_of_base_types"), 2);
  EXPECT_EQ(net.Text("classes[0].base_types[1]"), "System.IList<T>");
  EXPECT_EQ(net.Integer("classes[0].number_of_methods"), 3);
  EXPECT_EQ(net.Length("classes[0].methods"), 3u);
  EXPECT_EQ(net.Text("classes[0].methods[0].name"), "Map");
  EXPECT_EQ(net.Integer("classes[0].methods[0].virtual"), 1);
  EXPECT_EQ(net.Integer("classes[0].methods[0].abstract"), 1);
  EXPECT_EQ(net.Integer("classes[0].methods[2].static"), 1);
  EXPECT_EQ(net.Integer("classes[0].methods[2].final"), 0);
  EXPECT_EQ(net.Text("classes[0].methods[0].visibility"), "public");
  EXPECT_EQ(net.Text("classes[0].methods[0].return_type"), "T");
  EXPECT_EQ(net.Text("classes[0].methods[1].return_type"), std::nullopt);
  EXPECT_EQ(net.Integer("classes[0].methods[0].number_of_generic_parameters"), 1);
  EXPECT_EQ(net.Text("classes[0].methods[0].generic_parameters[0]"), "U");
  EXPECT_EQ(net.Length("classes[0].methods[0].generic_parameters"), 1u);
  EXPECT_EQ(net.Integer("classes[0].methods[0].number_of_parameters"), 2);
  EXPECT_EQ(net.Length("classes[0].methods[0].parameters"), 2u);
  EXPECT_EQ(net.Text("classes[0].methods[0].parameters[0].name"), "items");
  EXPECT_EQ(net.Text("classes[0].methods[0].parameters[0].type"), "T[]");
}

TEST(DotnetModuleTest, WhatIsOutOfRangeIsUndefined) {
  ModuleProbe net(CreateDotnetModule());
  net.Bind(DemoFile());
  EXPECT_EQ(net.Text("classes[3].name"), std::nullopt);
  EXPECT_EQ(net.Text("classes[-1].name"), std::nullopt);
  EXPECT_EQ(net.Length("classes[3].methods"), std::nullopt);
  EXPECT_EQ(net.Text("classes[0].methods[3].name"), std::nullopt);
  EXPECT_EQ(net.Text("classes[0].methods[0].parameters[2].name"), std::nullopt);
  EXPECT_EQ(net.Text("classes[0].methods[0].generic_parameters[-1]"), std::nullopt);
  EXPECT_EQ(net.Length("classes[0].methods[9].parameters"), std::nullopt);
  EXPECT_EQ(net.Text("guids[1]"), std::nullopt);
  EXPECT_EQ(net.Text("streams[5].name"), std::nullopt);
  EXPECT_EQ(net.Text("user_strings[2]"), std::nullopt);
  EXPECT_EQ(net.Text("resources[1].name"), std::nullopt);
  EXPECT_EQ(net.Integer("assembly_refs[1].version.major"), std::nullopt);
  EXPECT_EQ(net.Integer("field_offsets[-1]"), std::nullopt);
}

TEST(DotnetModuleTest, IsDotnetIsKnownForPeFilesOnly) {
  ModuleProbe net(CreateDotnetModule());
  std::string file = DemoFile();
  file[0x200] = 0;
  net.Bind(file);
  EXPECT_EQ(net.Integer("is_dotnet"), 0);
  EXPECT_EQ(net.Integer("number_of_streams"), std::nullopt);
  EXPECT_EQ(net.Length("classes"), 0u);
  net.Bind("just text");
  EXPECT_EQ(net.Integer("is_dotnet"), std::nullopt);
  EXPECT_EQ(net.Text("assembly.name"), std::nullopt);
  EXPECT_EQ(net.Length("user_strings"), 0u);
}

TEST(DotnetModuleTest, NumbersOfMissingTablesAreUndefined) {
  DotnetBuilder builder;
  builder.AddRow(TableId::kModule, {{0, 2}, {builder.Name("m"), 2}, {0, 2}, {0, 2}, {0, 2}});
  ModuleProbe net(CreateDotnetModule());
  net.Bind(builder.Build());
  EXPECT_EQ(net.Text("module_name"), "m");
  EXPECT_EQ(net.Integer("number_of_classes"), 0);
  for (const char* path : {"number_of_constants", "number_of_modulerefs", "number_of_resources",
                           "number_of_field_offsets", "number_of_assembly_refs"}) {
    EXPECT_EQ(net.Integer(path), std::nullopt) << path;
  }
  EXPECT_EQ(net.Text("typelib"), std::nullopt);
  EXPECT_EQ(net.Integer("assembly.version.major"), std::nullopt);
}

}  // namespace
}  // namespace day::rules::modules::dotnet
