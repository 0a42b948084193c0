#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "libs/os/fd.h"
#include "libs/os/file.h"
#include "libs/os/memory.h"
#include "libs/os/process.h"
#include "libs/os/socket.h"
#include "libs/os/system.h"
#include "libs/os/testing/folder_test.h"
#include "libs/os/walk.h"

namespace day::os {
namespace {

using OsTest = FolderTest;

// Of this process; the second number of /proc/self/statm.
std::uint64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t mapped = 0;
  std::uint64_t resident = 0;
  statm >> mapped >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

TEST_F(OsTest, ErrnoBecomesAKind) {
  EXPECT_EQ(ErrnoError("x", ENOENT).kind, base::ErrorKind::kNotFound);
  EXPECT_EQ(ErrnoError("x", EACCES).kind, base::ErrorKind::kPermission);
  EXPECT_EQ(ErrnoError("x", EMFILE).kind, base::ErrorKind::kLimit);
  EXPECT_EQ(ErrnoError("open /a", EIO).kind, base::ErrorKind::kIo);
  EXPECT_EQ(ErrnoError("open /a", EIO).message, "open /a: Input/output error");
}

TEST_F(OsTest, ReadBufferReadsWhateverTheHintSays) {
  std::string text(300'000, 'x');
  text += "end";
  const std::string path = Write("f", text);
  ReadBuffer buffer;
  for (const std::uint64_t hint : {std::uint64_t{0}, std::uint64_t{5}, std::uint64_t{text.size()},
                                   std::uint64_t{2 * text.size()}}) {
    const auto fd = OpenRead(path);
    ASSERT_TRUE(fd.ok());
    const auto bytes = buffer.Read(fd->get(), hint, 1u << 20);
    ASSERT_TRUE(bytes.ok());
    EXPECT_EQ(base::AsText(*bytes), text) << hint;
  }
  const auto fd = OpenRead(path);
  EXPECT_EQ(buffer.Read(fd->get(), 0, 1000).error().kind, base::ErrorKind::kLimit);
  EXPECT_EQ(buffer.Read(fd->get(), text.size(), text.size() - 1).error().kind,
            base::ErrorKind::kLimit);
  EXPECT_TRUE(buffer.Read(fd->get(), text.size(), text.size()).ok());
}

TEST_F(OsTest, ReadBufferReadsPipesAndEmptyFiles) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Fd reading(ends[0]);
  Fd writing(ends[1]);
  ASSERT_TRUE(WriteAll(writing.get(), base::AsBytes("hello")).ok());
  writing.Close();
  ReadBuffer buffer;
  const auto bytes = buffer.Read(reading.get(), 0, 100);
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(base::AsText(*bytes), "hello");
  const auto empty = OpenRead(Write("empty", ""));
  EXPECT_TRUE(buffer.Read(empty->get(), 0, 100)->empty());
}

TEST_F(OsTest, WhatAKilledWriterLeftIsKnownByItsName) {
  ASSERT_TRUE(MakeFolders(root_ + "/sub", 0700).ok());
  for (const char* name :
       {"/a", "/a.unfinished-aB3dE6", "/sub/b.sha256", "/sub/.unfinished-aB3dE6"}) {
    ASSERT_TRUE(
        WriteFileAtomic(root_ + name, base::AsBytes("x"), 0600, Durability::kCrashOfProcess).ok());
  }
  EXPECT_TRUE(IsUnfinished("a.unfinished-aB3dE6"));
  EXPECT_FALSE(IsUnfinished("a.unfinished-"));
  EXPECT_FALSE(IsUnfinished("b.sha256"));
  RemoveUnfinished(root_);
  EXPECT_TRUE(StatPath(root_ + "/a", Symlinks::kRefuse).ok());
  EXPECT_TRUE(StatPath(root_ + "/sub/b.sha256", Symlinks::kRefuse).ok());
  EXPECT_FALSE(StatPath(root_ + "/a.unfinished-aB3dE6", Symlinks::kRefuse).ok());
  EXPECT_FALSE(StatPath(root_ + "/sub/.unfinished-aB3dE6", Symlinks::kRefuse).ok());
  RemoveUnfinished(root_ + "/absent");
}

TEST_F(OsTest, AtomicWriteLeavesNothingBehindOnFailure) {
  const std::string path = Write("a", "old");
  EXPECT_TRUE(WriteFileAtomic(path, base::AsBytes("new"), 0600, Durability::kCrashOfMachine).ok());
  EXPECT_EQ(*ReadFile(path, 100), "new");
  EXPECT_EQ(StatPath(path, Symlinks::kFollow)->mode, 0600u);
  // A folder stands in the way: the rename fails, the temporary file is removed.
  Folder("dir/sub");
  EXPECT_FALSE(
      WriteFileAtomic(root_ + "/dir", base::AsBytes("x"), 0600, Durability::kCrashOfProcess).ok());
  Walker walker({});
  walker.Start(root_);
  WalkEntry entry;
  std::size_t files = 0;
  while (walker.Next(&entry)) {
    ++files;
  }
  EXPECT_EQ(files, 1u);
}

TEST_F(OsTest, RefusesSymbolicLinksWhenTold) {
  const std::string target = Write("target", "x");
  ASSERT_EQ(::symlink(target.c_str(), (root_ + "/link").c_str()), 0);
  EXPECT_TRUE(OpenRead(root_ + "/link").ok());
  EXPECT_EQ(OpenRead(root_ + "/link", Symlinks::kRefuse).error().kind,
            base::ErrorKind::kPermission);
  EXPECT_EQ(StatPath(root_ + "/link", Symlinks::kRefuse)->kind, FileKind::kSymlink);
}

TEST_F(OsTest, LocksExcludeEachOther) {
  const std::string path = root_ + "/lock";
  auto first = LockFile(path, 0);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(LockFile(path, 20).error().kind, base::ErrorKind::kTimeout);
  first->Close();
  EXPECT_TRUE(LockFile(path, 0).ok());
}

TEST_F(OsTest, SealedMemoryFilesChangeNoMore) {
  const auto fd = CreateMemfd("test", base::AsBytes("content"));
  ASSERT_TRUE(fd.ok());
  EXPECT_FALSE(IsSealedMemfd(*fd));
  ASSERT_TRUE(SealMemfd(*fd).ok());
  EXPECT_TRUE(IsSealedMemfd(*fd));
  EXPECT_FALSE(WriteAll(fd->get(), base::AsBytes("x")).ok());
  EXPECT_NE(::ftruncate(fd->get(), 0), 0);
  const auto mapping = Mapping::ReadOnly(*fd, 7);
  ASSERT_TRUE(mapping.ok());
  EXPECT_EQ(base::AsText(mapping->bytes()), "content");
}

TEST_F(OsTest, ReleasedPagesComeBack) {
  std::string content(8u << 20, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) {
    content[i] = static_cast<char>(i / 4096 + i);
  }
  const auto fd = CreateMemfd("test", base::AsBytes(content));
  ASSERT_TRUE(fd.ok());
  const auto mapping = Mapping::ReadOnly(*fd, content.size());
  ASSERT_TRUE(mapping.ok());
  EXPECT_EQ(base::AsText(mapping->bytes()), content);
  const std::uint64_t before = ResidentBytes();
  mapping->Release();
  EXPECT_LT(ResidentBytes() + content.size() / 2, before);
  EXPECT_EQ(base::AsText(mapping->bytes()), content);
  Mapping().Release();
}

TEST_F(OsTest, SocketsCarryBytesAndDescriptors) {
  auto ends = SocketPair();
  ASSERT_TRUE(ends.ok());
  const auto file = CreateMemfd("test", base::AsBytes("passed"));
  std::vector<int> fds(kSendFdsMax, file->get());
  const std::string big(1u << 20, 'b');  // more than the socket takes at once
  std::thread sender([&] {
    EXPECT_TRUE(SendAll(ends->first.get(), base::AsBytes(big), fds).ok());
    ends->first.Close();
  });
  std::string bytes;
  std::vector<Fd> received;
  for (;;) {
    const auto count = Receive(ends->second.get(), &bytes, &received, 10'000, Wait::kBlock);
    if (!count.ok()) {
      EXPECT_EQ(count.error().kind, base::ErrorKind::kCancelled);
      break;
    }
  }
  sender.join();
  EXPECT_EQ(bytes, big);
  ASSERT_EQ(received.size(), kSendFdsMax);
  EXPECT_EQ(*ReadFd(received[63].get(), 100), "passed");
}

TEST_F(OsTest, SendingNeverWaitsWhenToldNotTo) {
  auto ends = SocketPair();
  ASSERT_TRUE(ends.ok());
  const std::string big(1u << 24, 'b');
  const auto count = SendSome(ends->first.get(), base::AsBytes(big), {}, Wait::kNever);
  ASSERT_TRUE(count.ok());
  EXPECT_LT(*count, big.size());
  EXPECT_EQ(*SendSome(ends->first.get(), base::AsBytes(big), {}, Wait::kNever), 0u);
  ends->second.Close();
  EXPECT_EQ(SendSome(ends->first.get(), base::AsBytes(big), {}, Wait::kNever).error().kind,
            base::ErrorKind::kCancelled);
}

TEST_F(OsTest, ChildrenTellHowTheyEnded) {
  const auto null = OpenRead("/dev/null");
  auto ok = Child::Start({"/bin/sh", "-c", "exit 3"}, {}, *null, StandardError::kDiscard);
  ASSERT_TRUE(ok.ok());
  EXPECT_EQ(DescribeExit(ok->Wait()), "exit code 3");
  auto killed = Child::Start({"/bin/sleep", "100"}, {}, *null, StandardError::kDiscard);
  ASSERT_TRUE(killed.ok());
  killed->Kill();
  EXPECT_EQ(DescribeExit(killed->Wait()), "killed by signal 9 (Killed)");
  EXPECT_EQ(Child::Start({"/nonexistent"}, {}, *null, StandardError::kDiscard).error().kind,
            base::ErrorKind::kNotFound);
}

TEST_F(OsTest, ChildrenInheritTheirSocketAndNoEnvironment) {
  auto ends = SocketPair();
  auto child = Child::Start({"/bin/sh", "-c", "echo \"[$HOME]\" >&3"}, {"A=b"}, ends->second,
                            StandardError::kDiscard);
  ASSERT_TRUE(child.ok());
  ends->second.Close();
  std::string bytes;
  std::vector<Fd> fds;
  ASSERT_TRUE(Receive(ends->first.get(), &bytes, &fds, 100, Wait::kBlock).ok());
  EXPECT_EQ(bytes, "[]\n");
  (void)child->Wait();
}

TEST(System, RandomBytesDiffer) {
  std::array<std::byte, 16> a{};
  std::array<std::byte, 16> b{};
  ASSERT_TRUE(FillRandom(a).ok());
  ASSERT_TRUE(FillRandom(b).ok());
  EXPECT_NE(a, b);
}

TEST(System, KnowsItsOwnPath) {
  const auto path = ExecutablePath();
  ASSERT_TRUE(path.ok());
  EXPECT_NE(path->find("_test"), std::string::npos);
}

}  // namespace
}  // namespace day::os
