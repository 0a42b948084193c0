#include "libs/unpack/sis/sis_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "libs/unpack/parts/testing/drain.h"

namespace day::unpack::sis {
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
  SisReader reader(base::AsBytes(data));
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
      if (SisReader::IsSis(base::AsBytes(input))) {
        Read(input);
      }
    }
  }
}

TEST(SisReaderTest, ReadsPackedAndPlainFiles) {
  const std::string data = Fixture("plain.sis", 0);
  ASSERT_TRUE(SisReader::IsSis(base::AsBytes(data)));
  std::string problem;
  const auto all = Read(data, &problem);
  ASSERT_EQ(all.size(), 2u);
  ExpectFile(all[0], "a.txt", 900);
  ExpectFile(all[1], "b.txt", 21);
  EXPECT_EQ(problem, "");
}

TEST(SisReaderTest, UnknownRecordsAreSaid) {
  std::string data = Fixture("plain.sis", 0);
  data[104] = 2;
  std::string problem;
  EXPECT_TRUE(Read(data, &problem).empty());
  EXPECT_EQ(problem, "unsupported: record of kind 2");
}

TEST(SisReaderTest, AllDamageEnds) { ExpectAllDamageEnds(Fixture("plain.sis", 0), 12); }

}  // namespace
}  // namespace day::unpack::sis
