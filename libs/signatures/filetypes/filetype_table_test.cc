#include "libs/signatures/filetypes/filetype_table.h"

#include <gtest/gtest.h>

#include "libs/signatures/lists.h"

namespace day::signatures::filetypes {
namespace {

std::string TypeOf(std::string_view lines, std::string_view data,
                   std::string_view now = "CL_TYPE_BINARY_DATA", bool is_partition = false) {
  std::string lists;
  AppendList("daily.ftm", lines, &lists);
  AppendList("other.cdb", "0:0:41:x:CL_TYPE_ANY:CL_TYPE_RAR", &lists);
  FileTypeTable table(lists);
  const auto type =
      table.TypeOf(base::AsBytes(data), clamav::TypeOfName(now).value(), is_partition);
  return type ? std::string(clamav::TypeName(*type)) : "";
}

std::string ProblemOf(std::string_view line) { return ParseFileTypeLine(line).problem; }

TEST(FileTypeTableTest, BytesStandAtTheirOffset) {
  const std::string_view line = "0:2:4142:two:CL_TYPE_ANY:CL_TYPE_ZIP\r\n";
  EXPECT_EQ(TypeOf(line, "xxAB"), "CL_TYPE_ZIP");
  EXPECT_EQ(TypeOf(line, "xxA"), "");
  EXPECT_EQ(TypeOf(line, "ABxx"), "");
  EXPECT_EQ(TypeOf(line, "xxAB", "CL_TYPE_PDF"), "CL_TYPE_ZIP");
}

TEST(FileTypeTableTest, TheLastLineWins) {
  EXPECT_EQ(TypeOf("0:0:41:a:CL_TYPE_ANY:CL_TYPE_ZIP\n0:0:4142:b:CL_TYPE_ANY:CL_TYPE_GZ\n", "AB"),
            "CL_TYPE_GZ");
  EXPECT_EQ(TypeOf("0:0:4142:b:CL_TYPE_ANY:CL_TYPE_GZ\n0:0:41:a:CL_TYPE_ANY:CL_TYPE_ZIP\n", "AB"),
            "CL_TYPE_ZIP");
}

TEST(FileTypeTableTest, PatternsAreAskedOfTextsAndUnknownBytes) {
  const std::string_view line = "1:*:4041(42|43)??{2-3}46474?*4548:p:CL_TYPE_ANY:CL_TYPE_MAIL\n";
  EXPECT_EQ(TypeOf(line, "..@ACx12FGMzzzz\nEH"), "CL_TYPE_MAIL");
  EXPECT_EQ(TypeOf(line, "..@ADx12FGMzzzzEH"), "");
  EXPECT_EQ(TypeOf(line, "..@ACx12FGMzzzz\nEH", "CL_TYPE_TEXT_ASCII"), "CL_TYPE_MAIL");
  EXPECT_EQ(TypeOf(line, "..@ACx12FGMzzzz\nEH", "CL_TYPE_ZIP"), "");
  EXPECT_EQ(TypeOf(line, std::string(2000, '.') + "@ACx12FGMEH"), "");
  EXPECT_EQ(TypeOf("1:0:4145!(42|43)44:p:CL_TYPE_ANY:CL_TYPE_PDF\n", "AEED"), "CL_TYPE_PDF");
  EXPECT_EQ(TypeOf("1:0:4145!(42|43)44:p:CL_TYPE_ANY:CL_TYPE_PDF\n", "AEBD"), "");
}

TEST(FileTypeTableTest, PatternsHavePlacesAndTypes) {
  EXPECT_EQ(TypeOf("1:0,2:4142:p:CL_TYPE_ANY:CL_TYPE_PDF\n", "..AB"), "CL_TYPE_PDF");
  EXPECT_EQ(TypeOf("1:0,2:4142:p:CL_TYPE_ANY:CL_TYPE_PDF\n", "...AB"), "");
  EXPECT_EQ(TypeOf("1:EOF-4:6b6f6c79:p:CL_TYPE_ANY:CL_TYPE_DMG\n", std::string(5000, '.') + "koly"),
            "CL_TYPE_DMG");
  EXPECT_EQ(TypeOf("1:EOF-5:6b6f6c79:p:CL_TYPE_ANY:CL_TYPE_DMG\n", std::string(5000, '.') + "koly"),
            "");
  const std::string_view wanted = "1:0:4142:p:CL_TYPE_TEXT_ASCII:CL_TYPE_PDF\n";
  EXPECT_EQ(TypeOf(wanted, "AB"), "");
  EXPECT_EQ(TypeOf(wanted, "AB", "CL_TYPE_TEXT_ASCII"), "CL_TYPE_PDF");
  EXPECT_EQ(
      TypeOf("1:0:4142:p:CL_TYPE_ANY:CL_TYPE_HTML\n1:0:414243:p:CL_TYPE_ANY:CL_TYPE_GIF\n", "ABC"),
      "CL_TYPE_HTML");
}

TEST(FileTypeTableTest, SomeTypesSayNothing) {
  EXPECT_EQ(TypeOf("0:0:41:p:CL_TYPE_ANY:CL_TYPE_IGNORED\n", "AB"), "");
  EXPECT_EQ(TypeOf("1:*:4142:p:CL_TYPE_ANY:CL_TYPE_ZIPSFX\n", "AB"), "");
}

TEST(FileTypeTableTest, PartitionsHaveMagicOfTheirOwn) {
  const std::string_view line = "4:1:4142:p:CL_TYPE_PART_ANY:CL_TYPE_PART_HFSPLUS\n";
  EXPECT_EQ(TypeOf(line, ".AB", "CL_TYPE_BINARY_DATA", true), "CL_TYPE_PART_HFSPLUS");
  EXPECT_EQ(TypeOf(line, ".AB"), "");
}

TEST(FileTypeLineTest, SaysWhatIsWrong) {
  EXPECT_EQ(ProblemOf("# text"), "");
  EXPECT_EQ(ProblemOf("0:0:41:n:CL_TYPE_ANY:CL_TYPE_ZIP:216:216"), "");
  for (const char* line :
       {"0:0:41:n:CL_TYPE_ANY", "0:0:41:n:CL_TYPE_ANY:CL_TYPE_ZIP:1:2:3",
        "0:0:41:n:CL_TYPE_ANY:CL_TYPE_ZIP:217", "0:0:41:n:CL_TYPE_ANY:CL_TYPE_ZIP:1:215",
        "0:0:41:n:CL_TYPE_ANY:CL_TYPE_ZIP:x", "0:x:41:n:CL_TYPE_ANY:CL_TYPE_ZIP",
        "0:0:4:n:CL_TYPE_ANY:CL_TYPE_ZIP", "0:0::n:CL_TYPE_ANY:CL_TYPE_ZIP",
        "2:0:41:n:CL_TYPE_ANY:CL_TYPE_ZIP", "x:0:41:n:CL_TYPE_ANY:CL_TYPE_ZIP",
        "0:0:41:n:ZIP:CL_TYPE_ZIP", "0:0:41:n:CL_TYPE_ANY:ZIP",
        "0:0:41:n:CL_TYPE_ANY:CL_TYPE_ERROR", "1:EP+0:4142:n:CL_TYPE_ANY:CL_TYPE_ZIP",
        "1:*:41{:n:CL_TYPE_ANY:CL_TYPE_ZIP", "1:*:(B)4142:n:CL_TYPE_ANY:CL_TYPE_ZIP"}) {
    EXPECT_NE(ProblemOf(line), "") << line;
  }
}

}  // namespace
}  // namespace day::signatures::filetypes
