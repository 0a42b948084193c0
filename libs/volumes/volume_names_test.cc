#include "libs/volumes/volume_names.h"

#include <gtest/gtest.h>

namespace day::volumes {
namespace {

TEST(VolumeNames, AreKnownByTheirEndings) {
  struct Case {
    const char* name;
    const char* lead;
    const char* first;
    const char* later;  // number 100
    bool lead_is_last = false;
  };
  const Case cases[] = {
      {"a.zip", "a.zip", "a.z01", "a.z101", true},
      {"a.z07", "a.zip", "a.z01", "a.z101", true},
      {"a.z100", "a.zip", "a.z01", "a.z101", true},
      {"A.Z01", "A.ZIP", "A.Z01", "A.Z101", true},
      {"a.7z.001", "a.7z.001", "a.7z.002", "a.7z.102"},
      {"a.999", "a.001", "a.002", "a.102"},
      {"a.part1.rar", "a.part1.rar", "a.part2.rar", "a.part102.rar"},
      {"a.part002.rar", "a.part001.rar", "a.part002.rar", "a.part102.rar"},
      {"a.rar", "a.rar", "a.r00", "a.s00"},
      {"a.S05", "a.RAR", "a.R00", "a.S00"},
      {"data1.hdr", "data1.hdr", "data1.cab", "data101.cab"},
      {"data12.cab", "data1.hdr", "data1.cab", "data101.cab"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    const auto found = VolumeNames::Of(one.name);
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].Lead(), one.lead);
    EXPECT_EQ(found[0].Follower(0), one.first);
    EXPECT_EQ(found[0].Follower(100), one.later);
    EXPECT_EQ(found[0].lead_is_last(), one.lead_is_last);
  }
  // Written without zeros, or with one.
  const auto tenth = VolumeNames::Of("a.part10.rar");
  ASSERT_EQ(tenth.size(), 3u);
  EXPECT_EQ(tenth[0].Lead(), "a.part01.rar");
  EXPECT_EQ(tenth[1].Lead(), "a.part1.rar");
  EXPECT_EQ(tenth[2].Lead(), "a.part10.rar");
  for (const char* name :
       {"",      "a",     "zip",         ".zip",     ".z01", "a.z00",     "a.z1",
        "a.000", "a.01",  ".001",        "a.0001",   "az01", "a.q01",     "setup.cab",
        "a.hdr", "a.txt", "a.123456789", "a.tar.gz", "001",  "libc.so.6", "r00"}) {
    EXPECT_TRUE(VolumeNames::Of(name).empty()) << name;
  }
  EXPECT_EQ(VolumeNames::Of("a.001")[0].Follower(998), "");
  EXPECT_EQ(VolumeNames::Of("a.rar")[0].Follower(800), "");
}

}  // namespace
}  // namespace day::volumes
