#include "libs/unpack/sis/sis_reader.h"

#include <gtest/gtest.h>

#include "libs/unpack/parts/testing/installers.h"

namespace day::unpack::sis {
namespace {

using parts::testing::ExpectAllDamageEnds;
using parts::testing::ExpectFile;
using parts::testing::InstallerFixture;

TEST(SisReaderTest, ReadsPackedAndPlainFiles) {
  const std::string data = InstallerFixture("plain.sis", 0);
  ASSERT_TRUE(SisReader::IsSis(base::AsBytes(data)));
  std::string problem;
  const auto all = parts::testing::ReadAll<SisReader>(data, &problem);
  ASSERT_EQ(all.size(), 2u);
  ExpectFile(all[0], "a.txt", 900);
  ExpectFile(all[1], "b.txt", 21);
  EXPECT_EQ(problem, "");
}

TEST(SisReaderTest, TheThirdUidIsEnough) {
  std::string data = InstallerFixture("plain.sis", 0);
  // Neither a UID2 that nobody knows nor that of release 5 hides the second file.
  for (const std::string_view uid2 :
       {std::string_view("abcd"), std::string_view("\x6D\0\0\x10", 4)}) {
    data.replace(4, uid2.size(), uid2);
    ASSERT_TRUE(SisReader::IsSis(base::AsBytes(data)));
    const auto all = parts::testing::ReadAll<SisReader>(data);
    ASSERT_EQ(all.size(), 2u);
    ExpectFile(all[0], "a.txt", 900);
    ExpectFile(all[1], "b.txt", 21);
  }
}

TEST(SisReaderTest, UnknownRecordsAreSaid) {
  std::string data = InstallerFixture("plain.sis", 0);
  data[104] = 2;
  std::string problem;
  EXPECT_TRUE(parts::testing::ReadAll<SisReader>(data, &problem).empty());
  EXPECT_EQ(problem, "unsupported: record of kind 2");
}

TEST(SisReaderTest, AllDamageEnds) {
  ExpectAllDamageEnds<SisReader>(InstallerFixture("plain.sis", 0), 12, SisReader::IsSis);
}

}  // namespace
}  // namespace day::unpack::sis
