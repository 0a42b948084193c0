#include "libs/unpack/autoit/autoit_reader.h"

#include <gtest/gtest.h>

#include "libs/unpack/autoit/script_text.h"
#include "libs/unpack/parts/sink.h"
#include "libs/unpack/parts/testing/installers.h"

namespace day::unpack::autoit {
namespace {

using parts::testing::ExpectAllDamageEnds;
using parts::testing::ExpectFile;
using parts::testing::InstallerFixture;

TEST(AutoitReaderTest, ReadsBothFormats) {
  for (const char* name : {"autoit5.exe", "autoit6.exe"}) {
    const std::string data = InstallerFixture(name);
    ASSERT_TRUE(AutoitReader::IsAutoit(base::AsBytes(data))) << name;
    const auto all = parts::testing::ReadAll<AutoitReader>(data);
    ASSERT_EQ(all.size(), 2u) << name;
    EXPECT_EQ(all[0].name, "script.au3") << name;
    EXPECT_EQ(all[0].gap, "") << name;
    ExpectFile(all[1], "b.txt", 21);
  }
}

TEST(AutoitReaderTest, ScriptsAreTextInBoth) {
  const auto old = parts::testing::ReadAll<AutoitReader>(InstallerFixture("autoit5.exe"));
  ExpectFile(old.at(0), "script.au3", 900);
  const auto all = parts::testing::ReadAll<AutoitReader>(InstallerFixture("autoit6.exe"));
  const std::string& script = all.at(0).content;
  EXPECT_TRUE(script.starts_with(
      "The quick brown fox jumps over the lazy dog. \nLOCAL $a = \"The quick brown fox"))
      << script;
  EXPECT_TRUE(
      script.ends_with("#NoTrayIcon \n"
                       "IF 0x0000004d <> 0xfffffffffffffffe : 1.5 THEN \n"
                       "MSGBOX ( @SCRIPTDIR , MYOWN.prop ) ADLIBUNREGISTER \n"
                       "\"\xE9\xD0\x96\xE2\x82\xAC\" \n"))
      << script;
}

TEST(AutoitReaderTest, BrokenTokensAreSaid) {
  base::Budget budget{base::BudgetLimits{}};
  inflate::OutputBuffer buffer;
  const auto write = [&](std::string_view tokens) {
    const ScriptText script = WriteScript(base::AsBytes(tokens), budget, buffer);
    return std::string(base::AsText(script.text)) + "|" + script.gap;
  };
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(write("\1\0\0\0\x41\x7F"sv), "= \n|");
  EXPECT_EQ(write("\1\0\0\0\x41\xFF\x41"sv), "= |damaged: a token of the script");
  EXPECT_EQ(write("\1\0\0\0\x41\x05\1"sv).substr(0, 2), "= ");
  EXPECT_NE(write("\1\0\0\0\x36\xFF\xFF\xFF\xFF\1"sv).find(parts::kEndsTooEarly),
            std::string::npos);
  EXPECT_EQ(write("\1"sv), "|");
}

TEST(AutoitReaderTest, TruncationIsSaid) {
  const std::string data = InstallerFixture("autoit6.exe");
  const auto all = parts::testing::ReadAll<AutoitReader>(data.substr(0, data.size() - 20));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].gap, "damaged: the data ends too early");
  std::string problem;
  parts::testing::ReadAll<AutoitReader>(data.substr(0, 70), &problem);
  EXPECT_EQ(problem, "damaged: a record ends too early");
}

TEST(AutoitReaderTest, FindsItsMark) {
  const std::string data = "in front" + InstallerFixture("autoit5.exe");
  EXPECT_EQ(AutoitReader::Find(base::AsBytes(data), 0), 8u);
}

TEST(AutoitReaderTest, AllDamageEnds) {
  ExpectAllDamageEnds<AutoitReader>(InstallerFixture("autoit6.exe"), 24, AutoitReader::IsAutoit);
}

}  // namespace
}  // namespace day::unpack::autoit
