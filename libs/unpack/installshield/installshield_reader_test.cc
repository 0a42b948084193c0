#include "libs/unpack/installshield/installshield_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "libs/unpack/parts/testing/drain.h"

namespace day::unpack::installshield {
namespace {

using parts::testing::Drained;

constexpr std::size_t kProgramBytes = 1024;  // in front of the data in the fixtures

std::string Fixture(const std::string& name, std::size_t begin = kProgramBytes) {
  std::ifstream file(std::string(DAYLIGHT_SOURCE_DIR) + "/tests/fixtures/packages/" + name,
                     std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  const std::string whole{std::istreambuf_iterator<char>(file), {}};
  return whole.substr(std::min(begin, whole.size()));
}

std::vector<Drained> Read(const std::string& data, std::string* problem = nullptr) {
  InstallshieldReader reader(base::AsBytes(data));
  base::Budget budget(parts::testing::SmallLimits());
  auto all = parts::testing::Drain(reader, budget);
  if (problem != nullptr) {
    *problem = std::string(reader.problem());
  }
  return all;
}

void ExpectFile(const Drained& file, std::string_view name, std::size_t size) {
  EXPECT_EQ(file.name, name);
  EXPECT_EQ(file.gap, "");
  EXPECT_EQ(file.content.size(), size);
  EXPECT_TRUE(size == 900 ? file.content.starts_with("The quick brown")
                          : file.content == "a needle in the nest\n");
}

// Whatever is cut off or wrong, it ends; nothing is given beyond the limits.
void ExpectAllDamageEnds(const std::string& data, std::size_t begin) {
  for (std::size_t i = begin; i < data.size(); ++i) {
    std::string bad = data;
    bad[i] = static_cast<char>(~bad[i]);
    for (const std::string& input : {data.substr(0, i), bad}) {
      if (InstallshieldReader::IsList(base::AsBytes(input)) ||
          InstallshieldReader::IsStream(base::AsBytes(input))) {
        Read(input);
      }
    }
  }
}

TEST(InstallshieldReaderTest, ReadsListsAndTheirCabinets) {
  const std::string data = Fixture("is_cabinet.exe");
  ASSERT_TRUE(InstallshieldReader::IsList(base::AsBytes(data)));
  const auto all = Read(data);
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(all[0].name, "Disk1\\data1.cab");
  ExpectFile(all[2], "Disk1\\plain.txt", 21);
  ExpectFile(all[3], "data1.hdr/a.txt", 900);
  ExpectFile(all[4], "data1.hdr/b.txt", 21);
}

TEST(InstallshieldReaderTest, AMissingVolumeIsAGap) {
  std::string data = Fixture("is_cabinet.exe");
  data[data.find("data1.cab")] = 'x';
  data[data.find("data1.cab")] = 'x';
  const auto all = Read(data);
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(all[3].gap, "unsupported: volume 1 is not there");
}

TEST(InstallshieldReaderTest, ReadsStreams) {
  const std::string data = Fixture("is_stream.exe", kProgramBytes + 18);
  ASSERT_TRUE(InstallshieldReader::IsStream(base::AsBytes(data)));
  std::string problem;
  auto all = Read(data, &problem);
  ASSERT_EQ(all.size(), 2u);
  ExpectFile(all[0], "a.txt", 900);
  ExpectFile(all[1], "b.txt", 21);
  EXPECT_EQ(problem, "");
  all = Read(data.substr(0, 600), &problem);
  EXPECT_EQ(problem, "damaged: a record ends too early");
}

TEST(InstallshieldReaderTest, AllDamageEnds) {
  ExpectAllDamageEnds(Fixture("is_cabinet.exe"), 0);
  ExpectAllDamageEnds(Fixture("is_stream.exe", kProgramBytes + 18), 14);
}

}  // namespace
}  // namespace day::unpack::installshield
