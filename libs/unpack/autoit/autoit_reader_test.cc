#include "libs/unpack/autoit/autoit_reader.h"

#include <gtest/gtest.h>

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
    ExpectFile(all[0], "script.au3", 900);
    ExpectFile(all[1], "b.txt", 21);
  }
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
