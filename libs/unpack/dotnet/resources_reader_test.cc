#include "libs/unpack/dotnet/resources_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "libs/base/testing/fixture.h"
#include "libs/unpack/parts/testing/installers.h"

namespace day::unpack::dotnet {
namespace {

// Compiled by mono's compiler, its set written by mono's own writer.
std::string Program() { return base::ReadFixture("programs/resources.exe"); }

TEST(ResourcesReaderTest, GivesFilesAndEntriesOfSets) {
  const std::string program = Program();
  ASSERT_TRUE(ResourcesReader::HasResources(base::AsBytes(program)));
  std::string problem;
  const auto all = parts::testing::ReadAll<ResourcesReader>(program, &problem);
  EXPECT_EQ(problem, "");
  std::vector<std::string> names;
  for (const auto& member : all) {
    EXPECT_EQ(member.gap, "");
    names.push_back(member.name + " " + std::to_string(member.content.size()));
  }
  EXPECT_EQ(names, (std::vector<std::string>{"set.resources/bytes 900", "set.resources/long 106",
                                             "set.resources/stream 900", "needle.txt 21"}));
  EXPECT_EQ(all.back().content, "a needle in the nest\n");
  EXPECT_TRUE(all.front().content.starts_with("The quick brown fox"));
}

TEST(ResourcesReaderTest, OtherProgramsHaveNone) {
  EXPECT_FALSE(ResourcesReader::HasResources({}));
  std::string program = Program();
  program.resize(600);
  EXPECT_FALSE(ResourcesReader::HasResources(base::AsBytes(program)));
}

TEST(ResourcesReaderTest, ADamagedSetIsGivenAsItIs) {
  std::string program = Program();
  const std::size_t set = program.find("\xCE\xCA\xEF\xBE");
  ASSERT_NE(set, std::string::npos);
  program[set + 4 + 4] = '\xFF';  // how long the header is
  program[set + 4 + 6] = '\xFF';
  const auto all = parts::testing::ReadAll<ResourcesReader>(program);
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.front().name, "set.resources");
  EXPECT_NE(all.front().content.find("The quick brown fox"), std::string::npos);
}

TEST(ResourcesReaderTest, AllDamageEnds) {
  const std::string program = Program();
  const std::size_t set = program.find("\xCE\xCA\xEF\xBE");
  for (std::size_t at = set; at < set + 600; ++at) {
    std::string damaged = program;
    damaged[at] = static_cast<char>(damaged[at] ^ 0xFF);
    (void)parts::testing::ReadAll<ResourcesReader>(damaged);
    std::vector<SetEntry> entries;
    (void)ReadResourceSet(base::AsBytes(damaged).subspan(set), entries);
    for (const SetEntry& entry : entries) {
      EXPECT_LE(entry.content.size(), damaged.size());
    }
  }
}

}  // namespace
}  // namespace day::unpack::dotnet
