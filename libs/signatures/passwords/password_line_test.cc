#include "libs/signatures/passwords/password_line.h"

#include <gtest/gtest.h>

#include "libs/signatures/lists.h"

namespace day::signatures::passwords {
namespace {

TEST(PasswordLineTest, ReadsBothStorages) {
  const PasswordLine plain = ParsePasswordLine("N;Target:0;0;two words;x\r");
  ASSERT_EQ(plain.kind, PasswordLine::Kind::kPassword) << plain.problem;
  EXPECT_EQ(plain.password.bytes, "two words");
  EXPECT_EQ(ParsePasswordLine("N;Target:0;;a").password.bytes, "a");
  EXPECT_EQ(ParsePasswordLine("N;Target:0;1;736573616d65").password.bytes, "sesame");
  EXPECT_EQ(ParsePasswordLine("N;Target:0;0;").password.bytes, "");
}

TEST(PasswordLineTest, SaysWhatIsWrong) {
  EXPECT_EQ(ParsePasswordLine("# text").kind, PasswordLine::Kind::kNothing);
  for (const char* line :
       {"N;Target:0;0", "N;;0;a", "N;Target:0;2;a", "N;Target:0;x;a", "N;Target:0;1;abc",
        "N;Container:CL_TYPE_ZIP;0;a", "N;Engine:81-255,Container:CL_TYPE_PDF;0;a",
        "N;Engine:217-255;0;a", "N"}) {
    EXPECT_EQ(ParsePasswordLine(line).kind, PasswordLine::Kind::kBad) << line;
  }
}

TEST(PasswordsTest, ThoseOfOneArchiveTypeComeLast) {
  std::string lists;
  AppendList("a.pwdb",
             "A;Engine:81-255,Container:CL_TYPE_ZIP;0;zip\nB;Target:0;0;any\nC;;0;bad\n"
             "D;Engine:81-255,Container:CL_TYPE_RAR;0;rar\nE;Engine:81-255,Container:CL_TYPE_ANY;0;"
             "last\n",
             &lists);
  AppendList("a.ftm", "A;Target:0;0;other\n", &lists);
  std::string order;
  for (const Password& password : PasswordsIn(lists)) {
    order += password.bytes + " ";
  }
  EXPECT_EQ(order, "last any rar zip ");
}

}  // namespace
}  // namespace day::signatures::passwords
