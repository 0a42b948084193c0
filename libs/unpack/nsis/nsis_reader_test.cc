#include "libs/unpack/nsis/nsis_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "libs/unpack/parts/testing/drain.h"

namespace day::unpack::nsis {
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
  NsisReader reader(base::AsBytes(data));
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
      if (NsisReader::IsNsis(base::AsBytes(input))) {
        Read(input);
      }
    }
  }
}

TEST(NsisReaderTest, ReadsEveryMethod) {
  for (const char* name : {"nsis_zlib.exe", "nsis_bzip2.exe", "nsis_lzma.exe",
                           "nsis_zlib_solid.exe", "nsis_bzip2_solid.exe", "nsis_lzma_solid.exe"}) {
    const std::string data = Fixture(name);
    ASSERT_TRUE(NsisReader::IsNsis(base::AsBytes(data))) << name;
    std::string problem;
    const auto all = Read(data, &problem);
    ASSERT_EQ(all.size(), 3u) << name;
    EXPECT_EQ(all[0].name, "(header)");
    ExpectFile(all[1], "1", 900);
    ExpectFile(all[2], "2", 21);
    EXPECT_EQ(problem, "");
  }
}

TEST(NsisReaderTest, TruncationIsSaid) {
  const std::string data = Fixture("nsis_zlib.exe");
  const auto all = Read(data.substr(0, data.size() - 20));
  EXPECT_EQ(all.back().gap, "damaged: the data ends too early");
  std::string problem;
  Read(Fixture("nsis_bzip2_solid.exe").substr(0, 300), &problem);
  EXPECT_EQ(problem, "damaged: the data ends too early");
}

TEST(NsisReaderTest, FindsItsMark) {
  const std::string data = "in front" + Fixture("nsis_zlib.exe");
  EXPECT_EQ(NsisReader::Find(base::AsBytes(data), 0), 8u);
  EXPECT_EQ(NsisReader::Find(base::AsBytes(data), 9), std::nullopt);
}

TEST(NsisReaderTest, AllDamageEnds) {
  ExpectAllDamageEnds(Fixture("nsis_bzip2.exe"), 28);
  ExpectAllDamageEnds(Fixture("nsis_zlib_solid.exe"), 28);
}

}  // namespace
}  // namespace day::unpack::nsis
