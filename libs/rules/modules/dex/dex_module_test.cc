#include "libs/rules/modules/dex/dex_module.h"

#include <gtest/gtest.h>

#include "libs/formats/dex/testing/dex_builder.h"
#include "libs/rules/module/testing/module_probe.h"

namespace day::rules::modules::dex {
namespace {

using formats::dex::testing::DexBuilder;
using formats::dex::testing::PatchLe32;
using module::Arg;
using module::ModuleProbe;
using module::StdRegexArgument;

class DexModuleTest : public ::testing::Test {
 protected:
  DexModuleTest() : probe_(CreateDexModule()) { file_ = builder_.Build(); }
  ModuleProbe& Bind() {
    probe_.Bind(file_);
    return probe_;
  }
  DexBuilder builder_;
  std::string file_;
  ModuleProbe probe_;
};

TEST_F(DexModuleTest, AnswersEveryKindOfField) {
  ModuleProbe& dex = Bind();
  EXPECT_EQ(dex.Text("header.magic"), std::string("dex\n035\0", 8));
  EXPECT_EQ(dex.Integer("header.header_size"), 112);
  EXPECT_EQ(dex.Text("header.signature"), std::string(20, '\0'));
  EXPECT_EQ(dex.Integer("header.string_ids_size"), 8);
  EXPECT_EQ(dex.Text("string_ids[2].value"), "LDemo;");
  EXPECT_EQ(dex.Integer("string_ids[2].size"), 6);
  EXPECT_EQ(dex.Integer("type_ids[1].descriptor_idx"), 2);
  EXPECT_EQ(dex.Integer("proto_ids[0].shorty_idx"), 3);
  EXPECT_EQ(dex.Integer("field_ids[1].name_idx"), 5);
  EXPECT_EQ(dex.Integer("method_ids[1].name_idx"), 6);
  EXPECT_EQ(dex.Integer("class_defs[0].super_class_idx"), 2);
  EXPECT_EQ(dex.Integer("class_data_item[0].virtual_methods_size"), 1);
  EXPECT_EQ(dex.Integer("map_list.size"), 2);
  EXPECT_EQ(dex.Integer("map_list.map_item[1].type"), 0x1000);
  EXPECT_EQ(dex.Integer("number_of_fields"), 2);
  EXPECT_EQ(dex.Text("field[1].proto"), "LDemo;");
  EXPECT_EQ(dex.Integer("field[1].instance"), 1);
  EXPECT_EQ(dex.Integer("field[0].static"), 1);
  EXPECT_EQ(dex.Integer("number_of_methods"), 2);
  EXPECT_EQ(dex.Text("method[0].name"), "<init>");
  EXPECT_EQ(dex.Integer("method[0].direct"), 1);
  EXPECT_EQ(dex.Integer("method[0].access_flags"), 0x10001);
  EXPECT_EQ(dex.Integer("method[0].code_off"), builder_.code);
  EXPECT_EQ(dex.Integer("method[0].code_item.insns_size"), 1);
  EXPECT_EQ(dex.Text("method[0].code_item.insns"), std::string("\x0e\0", 2));
  EXPECT_EQ(dex.Integer("method[1].code_item.insns_size"), std::nullopt);
}

TEST_F(DexModuleTest, ArraysEndWhereTheFileEnds) {
  ModuleProbe& dex = Bind();
  EXPECT_EQ(dex.Length("string_ids"), 8u);
  EXPECT_EQ(dex.Length("type_ids"), 3u);
  EXPECT_EQ(dex.Length("method"), 2u);
  EXPECT_EQ(dex.Length("map_list.map_item"), 2u);
  EXPECT_EQ(dex.Integer("type_ids[3].descriptor_idx"), std::nullopt);
  EXPECT_EQ(dex.Text("method[-1].name"), std::nullopt);
  EXPECT_EQ(dex.Text("field[2].name"), std::nullopt);
}

TEST_F(DexModuleTest, FindsMethodsAndClasses) {
  ModuleProbe& dex = Bind();
  EXPECT_EQ(dex.CallInteger("has_method", {Arg("run")}), 1);
  EXPECT_EQ(dex.CallInteger("has_method", {Arg("ru")}), 0);
  EXPECT_EQ(dex.CallInteger("has_method", {Arg("LDemo;"), Arg("run")}), 1);
  EXPECT_EQ(dex.CallInteger("has_method", {Arg("LOther;"), Arg("run")}), 0);
  EXPECT_EQ(dex.CallInteger("has_class", {Arg("LDemo;")}), 1);
  EXPECT_EQ(dex.CallInteger("has_class", {Arg("run")}), 0);
  const StdRegexArgument init("init");
  const StdRegexArgument demo("De.o");
  const StdRegexArgument none("zzz");
  EXPECT_EQ(dex.CallInteger("has_method", {Arg(init)}), 1);
  EXPECT_EQ(dex.CallInteger("has_method", {Arg(none)}), 0);
  EXPECT_EQ(dex.CallInteger("has_method", {Arg(demo), Arg(init)}), 1);
  EXPECT_EQ(dex.CallInteger("has_method", {Arg(none), Arg(init)}), 0);
  EXPECT_EQ(dex.CallInteger("has_class", {Arg(demo)}), 1);
}

TEST_F(DexModuleTest, OtherFilesHaveConstantsOnly) {
  probe_.Bind("just text");
  EXPECT_EQ(probe_.Integer("ACC_CONSTRUCTOR"), 0x10000);
  EXPECT_EQ(probe_.Text("DEX_FILE_MAGIC_039"), std::string("dex\n039\0", 8));
  EXPECT_EQ(probe_.Integer("number_of_methods"), std::nullopt);
  EXPECT_EQ(probe_.Text("header.magic"), std::nullopt);
  EXPECT_EQ(probe_.Length("method"), 0u);
  EXPECT_EQ(probe_.CallInteger("has_method", {Arg("run")}), std::nullopt);
  EXPECT_EQ(probe_.CallInteger("has_class", {Arg("run")}), std::nullopt);
}

TEST_F(DexModuleTest, AClassOutOfTheFileEndsTheWalk) {
  PatchLe32(&file_, builder_.class_defs + 24, 0x7FFFFFFF);
  ModuleProbe& dex = Bind();
  EXPECT_EQ(dex.Length("class_defs"), 1u);
  EXPECT_EQ(dex.Length("class_data_item"), 0u);
  EXPECT_EQ(dex.Integer("number_of_methods"), std::nullopt);
  EXPECT_EQ(dex.CallInteger("has_method", {Arg("run")}), std::nullopt);
}

}  // namespace
}  // namespace day::rules::modules::dex
