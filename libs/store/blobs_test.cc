#include "libs/store/blobs.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace day::store {
namespace {

using base::AsBytes;
using base::ErrorKind;

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

TEST_F(BlobsTest, PutGetReplaceDelete) {
  EXPECT_EQ(blobs_->Get("a/b", 10).error().kind, ErrorKind::kNotFound);
  ASSERT_TRUE(blobs_->Put("a/b", AsBytes("one")).ok());
  EXPECT_EQ(blobs_->Get("a/b", 10).value(), "one");
  ASSERT_TRUE(blobs_->Put("a/b", AsBytes("two")).ok());
  EXPECT_EQ(blobs_->Get("a/b", 3).value(), "two");
  EXPECT_EQ(blobs_->Get("a/b", 2).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(blobs_->Get("../b", 2).error().kind, ErrorKind::kInvalidUse);
  EXPECT_FALSE(blobs_->PutIfAbsent("a/b", AsBytes("three")).value());
  EXPECT_EQ(blobs_->Get("a/b", 10).value(), "two");
  EXPECT_TRUE(blobs_->PutIfAbsent("a/c", AsBytes("three")).value());
  EXPECT_EQ(blobs_->Get("a/c", 10).value(), "three");
  ASSERT_TRUE(blobs_->Delete("a/b").ok());
  ASSERT_TRUE(blobs_->Delete("a/b").ok());
  ASSERT_TRUE(blobs_->Delete("a/c").ok());
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/store/a"));
  ASSERT_TRUE(blobs_->Put("a/c", AsBytes("again")).ok());
  struct stat status = {};
  ASSERT_EQ(::stat((folder_ + "/store/a/c").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0644u);
}

TEST_F(BlobsTest, ManyAndList) {
  std::vector<Blob> many;
  for (int i = 0; i < 50; ++i) {
    many.push_back({"t/" + std::to_string(i % 5) + "/" + std::to_string(i), std::to_string(i)});
  }
  ASSERT_TRUE(blobs_->PutMany(many).ok());
  for (const Blob& blob : many) {
    EXPECT_EQ(blobs_->Get(blob.key, 10).value(), blob.bytes);
  }
  EXPECT_EQ(blobs_->List("", 100)->size(), 50u);
  EXPECT_EQ(blobs_->List("t/3/", 100).value(),
            (std::vector<std::string>{"t/3/13", "t/3/18", "t/3/23", "t/3/28", "t/3/3", "t/3/33",
                                      "t/3/38", "t/3/43", "t/3/48", "t/3/8"}));
  EXPECT_EQ(blobs_->List("nowhere/", 100)->size(), 0u);
  EXPECT_EQ(blobs_->List("", 49).error().kind, ErrorKind::kLimit);
  EXPECT_FALSE(blobs_->PutMany(std::vector<Blob>{{"a/../b", ""}}).ok());
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
