#include "libs/os/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "libs/os/fd.h"
#include "libs/os/file.h"
#include "libs/os/testing/folder_test.h"

namespace day::os {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

std::vector<std::string> Paths(const WalkOptions& options, const std::string& start,
                               std::size_t* errors = nullptr) {
  Walker walker(options);
  walker.Start(start);
  WalkEntry entry;
  std::vector<std::string> paths;
  while (walker.Next(&entry)) {
    if (entry.kind == WalkEntry::Kind::kFile) {
      paths.push_back(std::string(entry.path.substr(start.size())));
    } else if (entry.kind == WalkEntry::Kind::kError && errors != nullptr) {
      ++*errors;
    }
  }
  return paths;
}

TEST_F(FolderTest, WalkTellsTheStatesOfFiles) {
  // More than are read ahead at once, in two folders.
  constexpr std::size_t kFiles = 2500;
  Folder("sub");
  for (std::size_t i = 0; i < kFiles; ++i) {
    Write((i % 3 == 0 ? "sub/" : "") + std::to_string(i), std::string(i % 7, 'x'));
  }
  ASSERT_EQ(::symlink("0", (root_ + "/link").c_str()), 0);
  for (const bool stat_files : {false, true}) {
    WalkOptions options;
    options.stat_files = stat_files;
    Walker walker(options);
    walker.Start(root_);
    WalkEntry entry;
    std::size_t files = 0;
    while (walker.Next(&entry)) {
      ++files;
      ASSERT_EQ(entry.stat.has_value(), stat_files);
      ASSERT_FALSE(entry.followed);
      if (stat_files) {
        const FileStat stat = *StatPath(std::string(entry.path), Symlinks::kRefuse);
        ASSERT_EQ(entry.stat->inode, stat.inode);
        ASSERT_EQ(entry.stat->size_bytes, std::stoul(entry.name) % 7);
      }
    }
    EXPECT_EQ(files, kFiles);
  }
}

TEST_F(FolderTest, WalkFindsFilesAndLeavesLinksAlone) {
  Folder("d/e");
  Write("a", "");
  Write("d/b", "");
  Write("d/e/c", "");
  ASSERT_EQ(::symlink("a", (root_ + "/link").c_str()), 0);
  ASSERT_EQ(::symlink(".", (root_ + "/d/loop").c_str()), 0);
  ASSERT_EQ(::mkfifo((root_ + "/fifo").c_str(), 0600), 0);
  EXPECT_THAT(Paths({}, root_), UnorderedElementsAre("/a", "/d/b", "/d/e/c"));
  EXPECT_THAT(Paths({.recursive = false}, root_), UnorderedElementsAre("/a"));
  EXPECT_THAT(Paths({.links = WalkOptions::Links::kFollow}, root_),
              UnorderedElementsAre("/a", "/link", "/d/b", "/d/e/c"));
  EXPECT_THAT(Paths({}, root_ + "/a"), ElementsAre(""));
}

TEST_F(FolderTest, WalkReportsWhatItCannotList) {
  std::size_t errors = 0;
  EXPECT_TRUE(Paths({}, root_ + "/missing", &errors).empty());
  EXPECT_EQ(errors, 1u);
  std::string deep;
  for (int i = 0; i < 10; ++i) {
    deep += "d/";
  }
  Folder(deep + "e");
  Write(deep + "f", "");
  errors = 0;
  EXPECT_TRUE(Paths({.depth_max = 5}, root_, &errors).empty());
  EXPECT_EQ(errors, 1u);
}

TEST_F(FolderTest, WalkFilterPrunesFoldersAndFiles) {
  Folder("keep");
  Folder("drop");
  Write("keep/a", "");
  Write("keep/b.iso", "");
  Write("drop/c", "");
  Walker walker({});
  walker.set_filter([](void*, std::string_view path,
                       bool) { return !path.ends_with("/drop") && !path.ends_with(".iso"); },
                    nullptr);
  walker.Start(root_);
  WalkEntry entry;
  std::vector<std::string> paths;
  while (walker.Next(&entry)) {
    paths.emplace_back(entry.name);
  }
  EXPECT_THAT(paths, ElementsAre("a"));
}

// What a walk has to tell, in its order: read with nothing but readdir.
void ListPlainly(const std::string& folder, std::vector<std::string>* paths) {
  DIR* dir = ::opendir(folder.c_str());
  ASSERT_NE(dir, nullptr) << folder;
  while (const struct ::dirent* item = ::readdir(dir)) {
    const std::string name = item->d_name;
    if (name == "." || name == "..") {
      continue;
    }
    if (item->d_type == DT_DIR) {
      ListPlainly(folder + "/" + name, paths);
    } else if (item->d_type == DT_REG) {
      paths->push_back(folder + "/" + name);
    }
  }
  ::closedir(dir);
}

class WalkTree : public FolderTest {
 protected:
  // Cheaper than Write().
  void Touch(const std::string& path) {
    const Fd fd(::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
    ASSERT_TRUE(fd.valid()) << path;
  }
  // Folders in random places, with few files or none, and links that lead nowhere new.
  void Grow(std::size_t folders) {
    std::mt19937 random(7);
    std::vector<std::string> all = {root_};
    for (std::size_t i = 0; i < folders; ++i) {
      // Some stand side by side, some one in the other.
      const std::size_t among = i % 3 == 0 ? std::min<std::size_t>(all.size(), 5) : all.size();
      all.push_back(all[all.size() - 1 - random() % among] + "/f" + std::to_string(i));
      ASSERT_EQ(::mkdir(all.back().c_str(), 0755), 0) << all.back();
      for (std::size_t file = random() % 5; file > 0; --file) {
        Touch(all.back() + "/" + std::to_string(file));
      }
    }
    ASSERT_EQ(::symlink(root_.c_str(), (all[folders / 2] + "/up").c_str()), 0);
    ASSERT_EQ(::symlink(".", (all[folders / 3] + "/here").c_str()), 0);
  }
  std::vector<std::string> Expected() const {
    std::vector<std::string> paths;
    ListPlainly(root_, &paths);
    return paths;
  }
  static WalkOptions With(std::uint32_t helpers) {
    WalkOptions options;
    options.helpers = helpers;
    options.stat_files = true;
    return options;
  }
};

TEST_F(WalkTree, OrderIsThatOfTheFoldersWhoeverListsThem) {
  Grow(1200);
  const std::vector<std::string> expected = Expected();
  ASSERT_GT(expected.size(), 1200u);
  for (const std::uint32_t helpers : {0u, 1u, 2u, 8u, 8u, 8u}) {
    Walker walker(With(helpers));
    for (int again = 0; again < 2; ++again) {
      walker.Start(root_);
      WalkEntry entry;
      std::size_t at = 0;
      while (walker.Next(&entry)) {
        ASSERT_EQ(entry.kind, WalkEntry::Kind::kFile) << entry.path;
        ASSERT_LT(at, expected.size());
        ASSERT_EQ(entry.path, expected[at]);
        ASSERT_TRUE(entry.stat.has_value());
        struct ::stat raw = {};
        ASSERT_EQ(::fstatat(entry.folder_fd, entry.name, &raw, AT_SYMLINK_NOFOLLOW), 0);
        ASSERT_EQ(entry.stat->inode, raw.st_ino);
        ++at;
      }
      EXPECT_EQ(at, expected.size());
    }
  }
}

TEST_F(WalkTree, HugeFoldersComeInTheirOrder) {
  constexpr std::size_t kFiles = 4'000;
  const std::string folder = Folder("flat");
  for (std::size_t i = 0; i < kFiles; ++i) {
    const std::string path = folder + "/" + std::string(i % 200, 'n') + std::to_string(i);
    if (i % 40 == 0) {
      ASSERT_EQ(::mkdir(path.c_str(), 0755), 0);
      Touch(path + "/inside");
    } else {
      Touch(path);
    }
  }
  const std::vector<std::string> expected = Expected();
  ASSERT_EQ(expected.size(), kFiles);
  for (const std::uint32_t helpers : {0u, 1u, 8u}) {
    std::vector<std::string> paths = Paths(With(helpers), root_);
    for (std::string& path : paths) {
      path.insert(0, root_);
    }
    EXPECT_EQ(paths, expected);
  }
}

TEST_F(WalkTree, FollowedLinksEndWhereTheyHoldThemselves) {
  // Every link leads up, so everything below it is seen once more from there, and no further.
  for (int i = 0; i < 40; ++i) {
    const std::string folder = Folder("d" + std::to_string(i) + "/e");
    Touch(folder + "/file");
    ASSERT_EQ(::symlink("../..", (folder + "/up").c_str()), 0);
    ASSERT_EQ(::symlink(".", (folder + "/here").c_str()), 0);
    ASSERT_EQ(::symlink("../../d0", (folder + "/first").c_str()), 0);
  }
  for (const std::uint32_t helpers : {0u, 8u}) {
    WalkOptions options = With(helpers);
    options.links = WalkOptions::Links::kFollow;
    std::size_t errors = 0;
    // Once directly, and from each but d0 once more by its link to d0.
    EXPECT_EQ(Paths(options, root_, &errors).size(), 40u + 39u);
    EXPECT_EQ(errors, 0u);
  }
}

TEST_F(WalkTree, TellsEachFolderThatNestsTooDeep) {
  for (int i = 0; i < 100; ++i) {
    Touch(Folder("a" + std::to_string(i) + "/b/c/d") + "/file");
    Touch(root_ + "/a" + std::to_string(i) + "/b/file");
  }
  for (const std::uint32_t helpers : {0u, 8u}) {
    WalkOptions options = With(helpers);
    options.depth_max = 3;
    std::size_t errors = 0;
    EXPECT_EQ(Paths(options, root_, &errors).size(), 100u);
    EXPECT_EQ(errors, 100u);
  }
}

TEST_F(WalkTree, TellsEachFolderThatMayNotBeRead) {
  const bool is_root = ::geteuid() == 0;
  ASSERT_EQ(::chmod(root_.c_str(), 0755), 0);
  for (int i = 0; i < 200; ++i) {
    const std::string folder = Folder("d" + std::to_string(i));
    Touch(folder + "/file");
    ASSERT_EQ(::chmod(folder.c_str(), i % 2 == 0 ? 0755 : 0), 0);
  }
  // Nothing is forbidden to root.
  ASSERT_TRUE(!is_root || ::seteuid(65534) == 0);
  std::size_t errors = 0;
  const std::vector<std::string> paths = Paths(With(8), root_, &errors);
  ASSERT_TRUE(!is_root || ::seteuid(0) == 0);
  EXPECT_EQ(paths.size(), 100u);
  EXPECT_EQ(errors, 100u);
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(::chmod((root_ + "/d" + std::to_string(i)).c_str(), 0755), 0);
  }
}

TEST_F(WalkTree, FoldersThatChangeMeanwhileLeadNowhereElse) {
  Folder("out");
  Touch(root_ + "/out/secret");
  for (int i = 0; i < 400; ++i) {
    Touch(Folder("in/d" + std::to_string(i)) + "/file");
  }
  std::vector<std::string> expected;
  ListPlainly(root_ + "/in", &expected);
  Walker walker(With(8));
  walker.Start(root_ + "/in");
  WalkEntry entry;
  ASSERT_TRUE(walker.Next(&entry));
  // Too far away to have been listed.
  const auto folder_of = [&](std::size_t from_end) {
    return std::filesystem::path(expected[expected.size() - from_end]).parent_path();
  };
  std::filesystem::remove_all(folder_of(2));
  std::filesystem::remove_all(folder_of(1));
  ASSERT_EQ(::symlink((root_ + "/out").c_str(), folder_of(1).c_str()), 0);
  std::size_t files = 1;
  std::vector<base::ErrorKind> errors;
  while (walker.Next(&entry)) {
    if (entry.kind == WalkEntry::Kind::kError) {
      errors.push_back(entry.error.kind);
    } else {
      EXPECT_STREQ(entry.name, "file");
      ++files;
    }
  }
  EXPECT_EQ(files, 398u);
  EXPECT_THAT(errors, ElementsAre(base::ErrorKind::kNotFound, base::ErrorKind::kNotFound));
}

TEST_F(WalkTree, FoldersMayVanishAtAnyTime) {
  Grow(500);
  std::thread remover([&] {
    for (const auto& item : std::filesystem::directory_iterator(root_)) {
      std::error_code ignored;
      std::filesystem::remove_all(item.path(), ignored);
    }
  });
  Walker walker(With(8));
  walker.Start(root_);
  WalkEntry entry;
  while (walker.Next(&entry)) {
    ASSERT_TRUE(entry.path.starts_with(root_));
  }
  remover.join();
}

TEST_F(WalkTree, FilterIsAskedOnceForEachFolder) {
  for (int i = 0; i < 300; ++i) {
    const std::string name = (i % 2 == 0 ? "keep" : "drop") + std::to_string(i);
    Touch(Folder(name + "/sub") + "/file");
  }
  for (const std::uint32_t helpers : {0u, 8u}) {
    std::atomic<std::size_t> folders{0};
    Walker walker(With(helpers));
    walker.set_filter(
        [](void* context, std::string_view path, bool is_folder) {
          if (is_folder) {
            static_cast<std::atomic<std::size_t>*>(context)->fetch_add(1);
          }
          return path.find("/drop") == std::string_view::npos;
        },
        &folders);
    walker.Start(root_);
    WalkEntry entry;
    std::size_t files = 0;
    while (walker.Next(&entry)) {
      EXPECT_TRUE(entry.path.find("/keep") != std::string_view::npos) << entry.path;
      ++files;
    }
    EXPECT_EQ(files, 150u);
    EXPECT_EQ(folders.load(), 450u);
  }
}

TEST_F(WalkTree, EndsEarlyWhileFoldersAreListed) {
  Grow(300);
  const std::size_t files = Expected().size();
  for (std::size_t round = 0; round < 100; ++round) {
    Walker walker(With(round % 4 + 1));
    WalkEntry entry;
    for (std::size_t start = 0; start < 3; ++start) {
      walker.Start(root_);
      for (std::size_t i = 0; i < round && walker.Next(&entry); ++i) {
      }
    }
    if (round % 10 == 0) {
      walker.Start(root_);
      std::size_t met = 0;
      while (walker.Next(&entry)) {
        ++met;
      }
      EXPECT_EQ(met, files);
    }
  }
}

TEST_F(WalkTree, HoldsFewDescriptors) {
  // Empty folders, too: each is open until the walk has been there.
  for (int i = 0; i < 300; ++i) {
    Folder("d" + std::to_string(i) + "/e");
  }
  Touch(root_ + "/file");
  const auto open_now = [] {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& item : std::filesystem::directory_iterator("/proc/self/fd")) {
      ++count;
    }
    return count;
  };
  const std::size_t before = open_now();
  Walker walker(With(4));
  walker.Start(root_);
  WalkEntry entry;
  ASSERT_TRUE(walker.Next(&entry));
  ::usleep(50'000);  // helpers do what they may
  EXPECT_LE(open_now(), before + 64 + 4);
  EXPECT_FALSE(walker.Next(&entry));
  EXPECT_EQ(open_now(), before);
}

TEST_F(FolderTest, WalkEntersNoKernelFileSystem) {
  // /proc is a mount of its own below /; given as the start it is listed.
  Walker walker({.recursive = false});
  walker.Start("/proc");
  WalkEntry entry;
  EXPECT_TRUE(walker.Next(&entry));
}

}  // namespace
}  // namespace day::os
