#include "libs/unpack/nsis/nsis_reader.h"

#include <gtest/gtest.h>

#include "libs/unpack/parts/testing/installers.h"

namespace day::unpack::nsis {
namespace {

using parts::testing::ExpectAllDamageEnds;
using parts::testing::ExpectFile;
using parts::testing::InstallerFixture;

TEST(NsisReaderTest, ReadsEveryMethod) {
  for (const char* name : {"nsis_zlib.exe", "nsis_bzip2.exe", "nsis_lzma.exe",
                           "nsis_zlib_solid.exe", "nsis_bzip2_solid.exe", "nsis_lzma_solid.exe"}) {
    const std::string data = InstallerFixture(name);
    ASSERT_TRUE(NsisReader::IsNsis(base::AsBytes(data))) << name;
    std::string problem;
    const auto all = parts::testing::ReadAll<NsisReader>(data, &problem);
    ASSERT_EQ(all.size(), 3u) << name;
    EXPECT_EQ(all[0].name, "(header)");
    ExpectFile(all[1], "1", 900);
    ExpectFile(all[2], "2", 21);
    EXPECT_EQ(problem, "");
  }
}

TEST(NsisReaderTest, TruncationIsSaid) {
  const std::string data = InstallerFixture("nsis_zlib.exe");
  const auto all = parts::testing::ReadAll<NsisReader>(data.substr(0, data.size() - 20));
  EXPECT_EQ(all.back().gap, "damaged: the data ends too early");
  std::string problem;
  parts::testing::ReadAll<NsisReader>(InstallerFixture("nsis_bzip2_solid.exe").substr(0, 300),
                                      &problem);
  EXPECT_EQ(problem, "damaged: the data ends too early");
}

TEST(NsisReaderTest, FindsItsMark) {
  const std::string data = "in front" + InstallerFixture("nsis_zlib.exe");
  EXPECT_EQ(NsisReader::Find(base::AsBytes(data), 0), 8u);
  EXPECT_EQ(NsisReader::Find(base::AsBytes(data), 9), std::nullopt);
}

TEST(NsisReaderTest, AllDamageEnds) {
  ExpectAllDamageEnds<NsisReader>(InstallerFixture("nsis_bzip2.exe"), 28, NsisReader::IsNsis);
  ExpectAllDamageEnds<NsisReader>(InstallerFixture("nsis_zlib_solid.exe"), 28, NsisReader::IsNsis);
}

}  // namespace
}  // namespace day::unpack::nsis
