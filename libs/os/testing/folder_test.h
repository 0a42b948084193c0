// A folder of its own for each test. Only for tests.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "libs/base/bytes.h"
#include "libs/os/file.h"

namespace day::os {

// In memory where that is possible: tests make thousands of files, and no test is about the disk.
class FolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string above = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : ::testing::TempDir();
    std::string pattern = above + "/os_test.XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::string Write(const std::string& name, std::string_view text) {
    const std::string path = root_ + "/" + name;
    EXPECT_TRUE(WriteFileAtomic(path, base::AsBytes(text), 0644, Durability::kCrashOfProcess).ok());
    return path;
  }
  std::string Folder(const std::string& name) {
    EXPECT_TRUE(MakeFolders(root_ + "/" + name, 0755).ok());
    return root_ + "/" + name;
  }

  std::string root_;
};

}  // namespace day::os
