#include "libs/formats/dex/dex_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "libs/formats/dex/testing/dex_builder.h"

namespace day::formats::dex {
namespace {

using testing::DexBuilder;
using testing::PatchLe32;
using testing::PutLe;
using testing::PutUleb;

class DexReaderTest : public ::testing::Test {
 protected:
  void SetUp() override { file_ = builder_.Build(); }
  DexReader& Bind() {
    reader_.Bind(base::AsBytes(file_));
    return reader_;
  }
  DexBuilder builder_;
  std::string file_;
  DexReader reader_;
};

TEST_F(DexReaderTest, ReadsTablesStringsAndMembers) {
  DexReader& dex = Bind();
  ASSERT_TRUE(dex.valid());
  EXPECT_EQ(dex.magic(), std::string_view("dex\n035\0", 8));
  EXPECT_EQ(dex.Word(HeaderWord::kEndianTag), 0x12345678u);
  EXPECT_EQ(dex.RowCount(Table::kStrings), 8u);
  EXPECT_EQ(dex.StringCount(), 8u);
  EXPECT_EQ(dex.String(2)->value, "LDemo;");
  EXPECT_EQ(dex.Cell(Table::kTypes, 2, 0), 3u);
  EXPECT_EQ(dex.Cell(Table::kTypes, 3, 0), std::nullopt);
  EXPECT_EQ(dex.MapSize(), 2u);
  EXPECT_EQ(dex.Cell(Table::kMap, 1, 0), 0x1000u);
  const Members& members = dex.members();
  ASSERT_EQ(members.fields.size(), 2u);
  ASSERT_EQ(members.methods.size(), 2u);
  EXPECT_EQ(members.field_count, 2u);
  EXPECT_EQ(members.method_count, 2u);
  EXPECT_TRUE(members.fields[0].first_kind);
  EXPECT_FALSE(members.fields[1].first_kind);
  EXPECT_EQ(dex.FieldName(members.fields[0]), "count");
  EXPECT_EQ(dex.FieldProto(members.fields[0]), "I");
  EXPECT_EQ(dex.FieldProto(members.fields[1]), "LDemo;");
  EXPECT_EQ(dex.MethodName(members.methods[1]), "run");
  EXPECT_EQ(dex.MethodClass(members.methods[1]), "LDemo;");
  EXPECT_EQ(dex.MethodProto(members.methods[1]), "V");
  const std::optional<CodeItem> code = dex.Code(members.methods[0]);
  ASSERT_TRUE(code);
  EXPECT_EQ(code->insns, std::string_view("\x0e\0", 2));
  EXPECT_FALSE(dex.Code(members.methods[1]));
}

TEST_F(DexReaderTest, RefusesOtherFilesAndShortHeaders) {
  file_[6] = '1';
  EXPECT_FALSE(Bind().valid());
  file_[6] = '9';
  EXPECT_TRUE(Bind().valid());
  file_.resize(kHeaderBytes - 1);
  EXPECT_FALSE(Bind().valid());
  EXPECT_EQ(reader_.StringCount(), 0u);
  EXPECT_EQ(reader_.members().method_count, std::nullopt);
}

TEST_F(DexReaderTest, StopsAtTheFirstTableThatDoesNotFit) {
  PatchLe32(&file_, 72, 0x10000000);  // proto_ids_size
  DexReader& dex = Bind();
  EXPECT_EQ(dex.RowCount(Table::kTypes), 3u);
  EXPECT_EQ(dex.RowCount(Table::kProtos), 0u);
  EXPECT_EQ(dex.RowCount(Table::kFields), 0u);
  EXPECT_EQ(dex.MapSize(), std::nullopt);
  EXPECT_EQ(dex.members().method_count, std::nullopt);
}

TEST_F(DexReaderTest, KeepsMapRowsInsideTheFile) {
  PatchLe32(&file_, builder_.map, 12);
  file_.resize(builder_.map + 4 + 12 * 3 + 5);
  DexReader& dex = Bind();
  EXPECT_EQ(dex.MapSize(), 12u);
  EXPECT_EQ(dex.RowCount(Table::kMap), 3u);
  EXPECT_EQ(dex.members().method_count, std::nullopt);
}

TEST_F(DexReaderTest, MemberOutOfItsTableIsVisibleButNotCounted) {
  file_[builder_.class_data + 4] = 0x7F;  // the static field's index
  DexReader& dex = Bind();
  const Members& members = dex.members();
  // The list of static fields ends without moving on, so that the same bytes are read as the
  // instance field, which fails in the same way and overwrites it.
  EXPECT_EQ(members.field_count, 0u);
  ASSERT_EQ(members.fields.size(), 1u);
  EXPECT_EQ(members.fields[0].index_diff, 0x7Fu);
  EXPECT_FALSE(members.fields[0].first_kind);
  EXPECT_EQ(dex.FieldName(members.fields[0]), std::nullopt);
}

TEST_F(DexReaderTest, StringsOutsideTheFileLeaveGaps) {
  const std::uint32_t strings = static_cast<std::uint32_t>(kHeaderBytes);
  PatchLe32(&file_, strings + 4 * 1, 0xFFFFFFF0);
  PatchLe32(&file_, strings + 4 * 7, static_cast<std::uint32_t>(file_.size()) - 3);
  DexReader& dex = Bind();
  EXPECT_FALSE(dex.String(1));
  EXPECT_TRUE(dex.String(2));
  EXPECT_EQ(dex.StringCount(), 7u);
  EXPECT_EQ(dex.FieldProto(dex.members().fields[0]), std::nullopt);
}

TEST_F(DexReaderTest, ClassesThatShareTheirDataAreBounded) {
  // Every class row points to one list of 4,000 methods: 16 million members in a 300 KB file.
  constexpr std::uint32_t kClasses = 4000;
  constexpr std::uint32_t kMethods = 4000;
  std::string data;
  for (const std::uint32_t count : {0u, 0u, kMethods, 0u}) {
    PutUleb(&data, count);
  }
  for (std::uint32_t i = 0; i < kMethods; ++i) {
    data.append(3, '\0');
  }
  data.append(16, '\0');
  PatchLe32(&file_, 100, static_cast<std::uint32_t>(file_.size()));
  PatchLe32(&file_, 96, kClasses);
  const std::size_t class_data = file_.size() + 32 * kClasses;
  for (std::uint32_t i = 0; i < kClasses; ++i) {
    file_.append(24, '\0');
    PutLe(&file_, class_data, 4);
    PutLe(&file_, 0, 4);
  }
  file_ += data;
  const Members& members = Bind().members();
  EXPECT_EQ(members.methods.size(), kMembersMax);
  EXPECT_EQ(members.method_count, std::nullopt);
}

TEST_F(DexReaderTest, RebindingForgetsTheLastFile) {
  EXPECT_EQ(Bind().members().methods.size(), 2u);
  file_ = "short";
  EXPECT_EQ(Bind().members().methods.size(), 0u);
  file_ = builder_.Build();
  EXPECT_EQ(Bind().members().methods.size(), 2u);
}

}  // namespace
}  // namespace day::formats::dex
