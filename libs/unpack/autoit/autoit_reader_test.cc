#include "libs/unpack/autoit/autoit_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "libs/unpack/parts/testing/drain.h"

namespace day::unpack::autoit {
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
  AutoitReader reader(base::AsBytes(data));
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
      if (AutoitReader::IsAutoit(base::AsBytes(input))) {
        Read(input);
      }
    }
  }
}

TEST(AutoitReaderTest, ReadsBothFormats) {
  for (const char* name : {"autoit5.exe", "autoit6.exe"}) {
    const std::string data = Fixture(name);
    ASSERT_TRUE(AutoitReader::IsAutoit(base::AsBytes(data))) << name;
    const auto all = Read(data);
    ASSERT_EQ(all.size(), 2u) << name;
    ExpectFile(all[0], "script.au3", 900);
    ExpectFile(all[1], "b.txt", 21);
  }
}

TEST(AutoitReaderTest, TruncationIsSaid) {
  const std::string data = Fixture("autoit6.exe");
  const auto all = Read(data.substr(0, data.size() - 20));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].gap, "damaged: the data ends too early");
  std::string problem;
  Read(data.substr(0, 70), &problem);
  EXPECT_EQ(problem, "damaged: a record ends too early");
}

TEST(AutoitReaderTest, FindsItsMark) {
  const std::string data = "in front" + Fixture("autoit5.exe");
  EXPECT_EQ(AutoitReader::Find(base::AsBytes(data), 0), 8u);
}

TEST(AutoitReaderTest, AllDamageEnds) { ExpectAllDamageEnds(Fixture("autoit6.exe"), 24); }

}  // namespace
}  // namespace day::unpack::autoit
