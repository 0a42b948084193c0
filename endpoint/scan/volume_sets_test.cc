#include "endpoint/scan/volume_sets.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "libs/os/file.h"

namespace day::endpoint::scan {
namespace {

using ::testing::ElementsAre;

class VolumeSetsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/volume_sets_test.XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& name, std::string_view text) {
    std::ofstream(root_ + "/" + name, std::ios::binary) << text;
  }

  // As the walk gives a file named by its whole path.
  std::optional<VolumeSets::Place> Find(VolumeSets& sets, const std::string& name,
                                        bool comes_to_lead = false) {
    path_ = root_ + "/" + name;
    os::WalkEntry entry;
    entry.folder_fd = AT_FDCWD;
    entry.name = path_.c_str();
    entry.path = path_;
    return sets.Find(entry, [&](std::string_view lead) {
      asked_.emplace_back(lead);
      return comes_to_lead;
    });
  }

  std::string root_;
  std::string path_;
  std::vector<std::string> asked_;
};

TEST_F(VolumeSetsTest, OneFileSpeaksForAll) {
  for (const char* name : {"a.z01", "a.z02", "a.zip", "a.z04"}) {
    Write(name, name);
  }
  VolumeSets walked(100);
  EXPECT_FALSE(Find(walked, "a.z02", true)->speaks_for_all);
  EXPECT_THAT(asked_, ElementsAre(root_ + "/a.zip"));
  const auto lead = Find(walked, "a.zip", true);
  EXPECT_TRUE(lead->speaks_for_all);
  EXPECT_EQ(lead->volume, 2u);
  EXPECT_THAT(lead->names, ElementsAre(root_ + "/a.z01", root_ + "/a.z02", root_ + "/a.zip"));
  EXPECT_FALSE(Find(walked, "a.z04", true)) << "the third one is missing";

  VolumeSets named(100);
  EXPECT_TRUE(Find(named, "a.z02")->speaks_for_all);
  EXPECT_FALSE(Find(named, "a.z01")->speaks_for_all);
  EXPECT_TRUE(Find(named, "a.zip")->speaks_for_all) << "the lead always does";

  VolumeSets small(14);
  EXPECT_FALSE(Find(small, "a.zip")) << "15 bytes";
}

TEST_F(VolumeSetsTest, FilesAreJoinedInOrder) {
  Write("a.001", "one");
  Write("a.002", "");
  Write("a.003", "three");
  VolumeSets sets(100);
  const auto place = Find(sets, "a.003");
  ASSERT_TRUE(place);
  const auto joined = JoinVolumes(AT_FDCWD, place->names, 8);
  ASSERT_TRUE(joined.ok());
  EXPECT_THAT(joined->volume_bytes, ElementsAre(3u, 0u, 5u));
  ASSERT_EQ(::lseek(joined->fd.get(), 0, SEEK_SET), 0);
  EXPECT_EQ(*os::ReadFd(joined->fd.get(), 100), "onethree");
  EXPECT_EQ(JoinVolumes(AT_FDCWD, place->names, 7).error().kind, base::ErrorKind::kLimit);
  std::filesystem::remove(root_ + "/a.002");
  EXPECT_FALSE(JoinVolumes(AT_FDCWD, place->names, 100).ok());
}

TEST_F(VolumeSetsTest, OnlyRegularFilesAreVolumes) {
  Write("a.rar", "one");
  std::filesystem::create_symlink(root_ + "/a.rar", root_ + "/a.r00");
  Write("b.rar", "one");
  std::filesystem::create_directory(root_ + "/b.r00");
  VolumeSets sets(100);
  EXPECT_FALSE(Find(sets, "a.rar"));
  EXPECT_FALSE(Find(sets, "b.rar"));
}

}  // namespace
}  // namespace day::endpoint::scan
