#include "libs/unpack/installshield/installshield_reader.h"

#include <gtest/gtest.h>

#include "libs/unpack/parts/testing/installers.h"

namespace day::unpack::installshield {
namespace {

using parts::testing::ExpectAllDamageEnds;
using parts::testing::ExpectFile;
using parts::testing::InstallerFixture;
using parts::testing::kProgramBytes;

bool IsInstallshield(base::Bytes data) {
  return InstallshieldReader::IsList(data) || InstallshieldReader::IsStream(data);
}

TEST(InstallshieldReaderTest, ReadsListsAndTheirCabinets) {
  const std::string data = InstallerFixture("is_cabinet.exe");
  ASSERT_TRUE(InstallshieldReader::IsList(base::AsBytes(data)));
  const auto all = parts::testing::ReadAll<InstallshieldReader>(data);
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(all[0].name, "Disk1\\data1.cab");
  ExpectFile(all[2], "Disk1\\plain.txt", 21);
  ExpectFile(all[3], "data1.hdr/a.txt", 900);
  ExpectFile(all[4], "data1.hdr/b.txt", 21);
}

TEST(InstallshieldReaderTest, AMissingVolumeIsAGap) {
  std::string data = InstallerFixture("is_cabinet.exe");
  data[data.find("data1.cab")] = 'x';
  data[data.find("data1.cab")] = 'x';
  const auto all = parts::testing::ReadAll<InstallshieldReader>(data);
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(all[3].gap, "unsupported: volume 1 is not there");
}

TEST(InstallshieldReaderTest, ReadsCabinetsThatLieBesideTheirHeader) {
  const std::string data = InstallerFixture("is_cabinet.exe");
  const std::size_t volume = data.find("ISc(");
  const std::size_t header = data.find("ISc(", volume + 1);
  ASSERT_NE(header, std::string::npos);
  const base::Bytes bytes = base::AsBytes(data);
  ASSERT_TRUE(InstallshieldReader::IsCabinetHeader(bytes.subspan(header)));
  InstallshieldReader reader(
      {{"data1.hdr", bytes.subspan(header)}, {"data1.cab", bytes.subspan(volume)}});
  base::Budget budget(parts::testing::SmallLimits());
  const auto all = parts::testing::Drain(reader, budget);
  ASSERT_EQ(all.size(), 2u);
  ExpectFile(all[0], "data1.hdr/a.txt", 900);
  ExpectFile(all[1], "data1.hdr/b.txt", 21);
}

TEST(InstallshieldReaderTest, FilesMayLieInSeveralVolumes) {
  for (const char* name : {"is_split.exe", "is_split5.exe"}) {
    SCOPED_TRACE(name);
    std::string data = InstallerFixture(name);
    auto all = parts::testing::ReadAll<InstallshieldReader>(data);
    ASSERT_EQ(all.size(), 8u) << "a header, four volumes, three files";
    ExpectFile(all[5], "data1.hdr/a.txt", 900);
    ExpectFile(all[6], "data1.hdr/b.txt", 21);
    ExpectFile(all[7], "data1.hdr/c.txt", 900);
    data[data.find("data4.cab")] = 'x';
    data[data.find("data4.cab")] = 'x';
    all = parts::testing::ReadAll<InstallshieldReader>(data);
    ASSERT_EQ(all.size(), 8u);
    ExpectFile(all[6], "data1.hdr/b.txt", 21);
    EXPECT_EQ(all[7].gap, "damaged: the data ends too early");
    EXPECT_TRUE(all[7].content.starts_with("The quick brown"));
  }
}

TEST(InstallshieldReaderTest, ReadsStreams) {
  const std::string data = InstallerFixture("is_stream.exe", kProgramBytes + 18);
  ASSERT_TRUE(InstallshieldReader::IsStream(base::AsBytes(data)));
  std::string problem;
  auto all = parts::testing::ReadAll<InstallshieldReader>(data, &problem);
  ASSERT_EQ(all.size(), 2u);
  ExpectFile(all[0], "a.txt", 900);
  ExpectFile(all[1], "b.txt", 21);
  EXPECT_EQ(problem, "");
  all = parts::testing::ReadAll<InstallshieldReader>(data.substr(0, 600), &problem);
  EXPECT_EQ(problem, "damaged: a record ends too early");
}

TEST(InstallshieldReaderTest, AllDamageEnds) {
  ExpectAllDamageEnds<InstallshieldReader>(InstallerFixture("is_cabinet.exe"), 0, IsInstallshield);
  ExpectAllDamageEnds<InstallshieldReader>(InstallerFixture("is_stream.exe", kProgramBytes + 18),
                                           14, IsInstallshield);
}

}  // namespace
}  // namespace day::unpack::installshield
