#include "libs/engine/volume_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace day::engine {
namespace {

using ::testing::ElementsAre;

TEST(VolumeKeeperTest, PutsTogetherWhatBelongsTogether) {
  VolumeKeeper keeper;
  for (const char* name :
       {"2:a.zip", "b/a.z01", "1:a.z01", "b/a.z02", "c.001", "d\\c.002", "3:c.002"}) {
    ASSERT_TRUE(VolumeKeeper::MayBeVolume(name));
    keeper.Keep(name, base::AsBytes(std::string_view(name)));
  }
  keeper.Keep("4:c.002", base::AsBytes("another"));
  EXPECT_EQ(keeper.bytes(), 47u);
  const auto first = keeper.Next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->lead, "2:a.zip");
  EXPECT_EQ(base::AsText(first->joined), "1:a.z012:a.zip");
  EXPECT_THAT(first->starts, ElementsAre(0u, 7u));
  const auto second = keeper.Next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->lead, "c.001");
  EXPECT_EQ(base::AsText(second->joined), "c.0013:c.002");
  EXPECT_FALSE(keeper.Next()) << "b/a.zip is missing";
  EXPECT_EQ(keeper.bytes(), 0u);
  for (const char* name : {"", "a", "1:", "2:a.txt", "a.zip/b", ":a", "a.z01/"}) {
    EXPECT_FALSE(VolumeKeeper::MayBeVolume(name)) << name;
  }
}

}  // namespace
}  // namespace day::engine
