#include "libs/unpack/egg/alz_reader.h"

#include <gtest/gtest.h>

#include "libs/base/testing/fixture.h"
#include "libs/unpack/parts/testing/drain.h"
#include "libs/unpack/parts/testing/installers.h"

namespace day::unpack::egg {
namespace {

using parts::testing::ExpectAllDamageEnds;
using parts::testing::ExpectFile;
using parts::testing::ReadAll;

std::string Fixture(const std::string& name) { return base::ReadFixture("packages/" + name); }

TEST(AlzReaderTest, ReadsEveryMethod) {
  for (const char* name : {"stored.alz", "bzip2.alz", "deflate.alz", "encrypted.alz"}) {
    SCOPED_TRACE(name);
    const std::string file = Fixture(name);
    ASSERT_TRUE(AlzReader::IsAlz(base::AsBytes(file)));
    std::string problem;
    const auto all = ReadAll<AlzReader>(file, &problem);
    ASSERT_EQ(all.size(), 2u);
    ExpectFile(all[0], "dir/a.txt", 900);
    ExpectFile(all[1], "b.txt", 21);
    EXPECT_EQ(problem, "");
  }
}

TEST(AlzReaderTest, UnknownPasswordsAreGaps) {
  const std::string file = Fixture("encrypted_unknown.alz");
  EXPECT_EQ(ReadAll<AlzReader>(file).at(0).gap, "encrypted");
  const std::vector<std::string> passwords = {"correct horse battery"};
  AlzReader reader(base::AsBytes(file), passwords);
  base::Budget budget(parts::testing::SmallLimits());
  const auto all = parts::testing::Drain(reader, budget);
  ASSERT_EQ(all.size(), 2u);
  ExpectFile(all[0], "dir/a.txt", 900);
}

TEST(AlzReaderTest, DamageIsSaid) {
  std::string file = Fixture("stored.alz");
  file[file.find("quick")] = 'Q';
  EXPECT_EQ(ReadAll<AlzReader>(file).at(0).gap, "damaged: wrong checksum");
  file = Fixture("stored.alz");
  file.replace(8, 4, "oops");
  std::string problem;
  const auto all = ReadAll<AlzReader>(file, &problem);
  ASSERT_EQ(all.size(), 1u);
  ExpectFile(all[0], "b.txt", 21);
  EXPECT_EQ(problem, "damaged: no header where one should be");
  const auto cut = ReadAll<AlzReader>(file.substr(0, file.size() - 40), &problem);
  EXPECT_EQ(cut.at(0).gap, "damaged: the data ends too early");
  file = Fixture("bzip2.alz");
  file.resize(file.size() - 21);  // the directory, and the mark behind the second file's block
  EXPECT_EQ(ReadAll<AlzReader>(file).at(1).content, "a needle in the nest\n");
}

TEST(AlzReaderTest, AllDamageEnds) {
  for (const char* name : {"bzip2.alz", "encrypted.alz"}) {
    ExpectAllDamageEnds<AlzReader>(Fixture(name), 4, AlzReader::IsAlz);
  }
}

}  // namespace
}  // namespace day::unpack::egg
