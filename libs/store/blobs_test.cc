#include "libs/store/blobs.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "libs/store/testing/blobs_promises.h"

namespace day::store {
namespace {

using base::AsBytes;

class BlobsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string path = ::testing::TempDir() + "daylight-blobs.XXXXXX";
    ASSERT_NE(::mkdtemp(path.data()), nullptr);
    folder_ = path;
    blobs_ = OpenDirectoryBlobs(folder_ + "/store/").value();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  std::unique_ptr<Blobs> blobs_;
};

TEST(BlobKey, OnlyPlainRelativePaths) {
  for (const char* good : {"a", "tile/0/x001/234.p/5", "a-b_c.d", "0"}) {
    EXPECT_TRUE(IsBlobKey(good)) << good;
  }
  for (const char* bad : {"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/.b", "a b",
                          "a\n", "\xc3\xa9", "a\\b"}) {
    EXPECT_FALSE(IsBlobKey(bad)) << bad;
  }
  EXPECT_FALSE(IsBlobKey(std::string(kBlobKeyBytesMax + 1, 'a')));
}

TEST_F(BlobsTest, SingleBlobs) {
  testing::ExpectSingleBlobs(blobs_.get());
  struct stat status = {};
  ASSERT_EQ(::stat((folder_ + "/store/a/c").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0644u);
  // Folders without blobs go, and come again.
  ASSERT_TRUE(blobs_->Delete("a/c").ok());
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/store/a"));
  ASSERT_TRUE(blobs_->Put("a/c", AsBytes("again")).ok());
}

TEST_F(BlobsTest, ManyBlobs) {
  testing::ExpectManyBlobs(blobs_.get(), 50);
  EXPECT_TRUE(std::filesystem::is_empty(folder_ + "/store/.tmp"));
}

TEST_F(BlobsTest, ReadersSeeWholeBlobsOnly) {
  std::atomic<bool> stop{false};
  ASSERT_TRUE(blobs_->Put("x", AsBytes(std::string(100'000, 'a'))).ok());
  std::thread writer([&] {
    for (int i = 0; i < 200; ++i) {
      (void)blobs_->Put("x", AsBytes(std::string(100'000, i % 2 == 0 ? 'b' : 'a')));
    }
    stop = true;
  });
  while (!stop) {
    const auto bytes = blobs_->Get("x", 200'000);
    ASSERT_TRUE(bytes.ok());
    ASSERT_EQ(bytes->size(), 100'000u);
    ASSERT_EQ(bytes->find_first_not_of((*bytes)[0]), std::string::npos);
  }
  writer.join();
}

TEST_F(BlobsTest, TwoStoresOnOneFolderAgreeWhoWasFirst) {
  auto other = OpenDirectoryBlobs(folder_ + "/store").value();
  std::atomic<int> made{0};
  const auto race = [&made](Blobs* blobs) {
    for (int i = 0; i < 50; ++i) {
      const auto put = blobs->PutIfAbsent("race/" + std::to_string(i), AsBytes("x"));
      made += put.ok() && *put ? 1 : 0;
    }
  };
  std::thread first(race, blobs_.get());
  std::thread second(race, other.get());
  first.join();
  second.join();
  EXPECT_EQ(made, 50);
}

TEST_F(BlobsTest, OldTemporariesAreRemoved) {
  const std::string old = folder_ + "/store/.tmp/old";
  std::ofstream(old) << "x";
  std::ofstream(folder_ + "/store/.tmp/young") << "x";
  std::filesystem::last_write_time(
      old, std::filesystem::file_time_type::clock::now() - std::chrono::hours(2));
  (void)OpenDirectoryBlobs(folder_ + "/store").value();
  EXPECT_FALSE(std::filesystem::exists(old));
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/store/.tmp/young"));
}

}  // namespace
}  // namespace day::store
