#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include "endpoint/scan/artifact_cache.h"
#include "endpoint/scan/clean_cache.h"
#include "endpoint/scan/database.h"
#include "endpoint/scan/glob.h"
#include "endpoint/scan/report_cache.h"
#include "endpoint/scan/siphash.h"
#include "endpoint/scan/user_key.h"
#include "libs/os/memory.h"
#include "libs/os/system.h"

namespace day::endpoint::scan {
namespace {

class ScanTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/scan_test.XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::string Write(const std::string& name, std::string_view text) {
    const std::string path = root_ + "/" + name;
    EXPECT_TRUE(
        os::WriteFileAtomic(path, base::AsBytes(text), 0600, os::Durability::kCrashOfProcess).ok());
    return path;
  }
  std::string Read(const std::string& name) { return *os::ReadFile(root_ + "/" + name, 1u << 30); }

  std::string root_;
};

UserKey TestKey(int first) {
  UserKey key{};
  key[0] = static_cast<std::byte>(first);
  return key;
}

std::string OpensslSipHash(const std::array<unsigned char, 16>& key, const std::string& message) {
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, "SIPHASH", nullptr);
  EVP_MAC_CTX* context = EVP_MAC_CTX_new(mac);
  std::string out(16, '\0');
  std::size_t size = out.size();
  EXPECT_EQ(EVP_MAC_init(context, key.data(), key.size(), nullptr), 1);
  EXPECT_EQ(EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(message.data()),
                           message.size()),
            1);
  EXPECT_EQ(EVP_MAC_final(context, reinterpret_cast<unsigned char*>(out.data()), &size, size), 1);
  EVP_MAC_CTX_free(context);
  EVP_MAC_free(mac);
  return out;
}

TEST(SipHash, AgreesWithOpenssl) {
  std::array<unsigned char, 16> bytes;
  std::iota(bytes.begin(), bytes.end(), static_cast<unsigned char>(0));
  const SipKey key{0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
  std::string message;
  for (int size = 0; size < 100; ++size) {
    const auto mine = SipHash128(key, base::AsBytes(message));
    EXPECT_EQ(base::AsText(mine), OpensslSipHash(bytes, message)) << size;
    message.push_back(static_cast<char>(size));
  }
  // The first vector of the reference implementation.
  EXPECT_EQ(base::ToHex(SipHash128(key, {})), "a3817f04ba25a8e66df67214c7550293");
}

TEST(Glob, ComparesNamesOrWholePaths) {
  const GlobSet globs({"*.iso", "/srv/cache/", "*/node_modules/*"});
  EXPECT_TRUE(globs.Matches("/home/a/x.iso"));
  EXPECT_FALSE(globs.Matches("/home/x.iso/y"));
  EXPECT_TRUE(globs.Matches("/srv/cache"));
  EXPECT_FALSE(globs.Matches("/srv/cache2"));
  EXPECT_TRUE(globs.Matches("/a/node_modules/b/c"));
  EXPECT_FALSE(GlobSet().Matches("/a"));
}

TEST_F(ScanTest, UserKeyIsMadeOnceAndMustBePrivate) {
  const auto first = LoadUserKey(root_ + "/cache");
  ASSERT_TRUE(first.ok());
  const auto second = LoadUserKey(root_ + "/cache");
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(*first, *second);
  ASSERT_EQ(::chmod((root_ + "/cache/key").c_str(), 0644), 0);
  EXPECT_EQ(LoadUserKey(root_ + "/cache").error().kind, base::ErrorKind::kPermission);
  ASSERT_EQ(::chmod((root_ + "/cache/key").c_str(), 0600), 0);
  ASSERT_EQ(::truncate((root_ + "/cache/key").c_str(), 5), 0);
  EXPECT_EQ(LoadUserKey(root_ + "/cache").error().kind, base::ErrorKind::kMalformed);
}

constexpr std::int64_t kNow = 1'000'000'000'000;

os::FileStat File(std::uint64_t inode) {
  os::FileStat stat;
  stat.device = 1;
  stat.inode = inode;
  stat.size_bytes = 100;
  stat.mtime_ns = kNow - 10 * kRacyNs;
  stat.ctime_ns = kNow - 10 * kRacyNs;
  return stat;
}

TEST_F(ScanTest, CleanCacheRemembersStatesNotFiles) {
  const std::string path = root_ + "/clean";
  CleanCache writer(path, TestKey(1), {});
  EXPECT_FALSE(writer.Contains("f", File(1)));
  writer.Add("f", File(1), kNow);
  ASSERT_TRUE(writer.Save().ok());

  CleanCache reader(path, TestKey(1), {});
  EXPECT_TRUE(reader.Contains("f", File(1)));
  EXPECT_FALSE(reader.Contains("f", File(2)));
  for (int field = 0; field < 5; ++field) {
    os::FileStat changed = File(1);
    (field == 0   ? changed.device
     : field == 1 ? changed.inode
                  : changed.size_bytes) += field < 3 ? 1 : 0;
    changed.mtime_ns += field == 3 ? 1 : 0;
    changed.ctime_ns += field == 4 ? 1 : 0;
    EXPECT_FALSE(reader.Contains("f", changed)) << field;
  }
  EXPECT_FALSE(reader.Contains("g", File(1)));
  const std::string long_path(5000, 'd');
  EXPECT_FALSE(reader.Contains(long_path, File(1)));
  crypto::Sha256Digest other{};
  other[31] = std::byte{1};
  EXPECT_FALSE(CleanCache(path, TestKey(1), other).Contains("f", File(1)));
  EXPECT_FALSE(CleanCache(path, TestKey(2), {}).Contains("f", File(1)));
}

TEST_F(ScanTest, CleanCacheNeverRemembersFreshFiles) {
  CleanCache cache(root_ + "/clean", TestKey(1), {});
  os::FileStat fresh = File(1);
  fresh.mtime_ns = kNow - kRacyNs + 1;
  cache.Add("f", fresh, kNow);
  fresh = File(1);
  fresh.ctime_ns = kNow + 5;  // a clock that went back
  cache.Add("f", fresh, kNow);
  EXPECT_EQ(cache.added_count(), 0u);
}

TEST_F(ScanTest, CleanCacheSurvivesGrowthAndDamage) {
  const std::string path = root_ + "/clean";
  constexpr std::uint64_t kFiles = 20'000;
  {
    CleanCache cache(path, TestKey(1), {});
    for (std::uint64_t i = 0; i < kFiles; ++i) {
      cache.Add("f", File(i), kNow);
    }
    ASSERT_TRUE(cache.Save().ok());
  }
  CleanCache reader(path, TestKey(1), {});
  for (std::uint64_t i = 0; i < kFiles; ++i) {
    ASSERT_TRUE(reader.Contains("f", File(i))) << i;
  }
  std::size_t strangers = 0;
  for (std::uint64_t i = kFiles; i < 2 * kFiles; ++i) {
    strangers += reader.Contains("f", File(i)) ? 1 : 0;
  }
  EXPECT_EQ(strangers, 0u);
  // Whatever somebody writes there, nothing becomes known.
  std::string bytes = Read("clean");
  for (std::size_t i = 64; i < bytes.size(); i += 16) {
    bytes[i] = static_cast<char>(bytes[i] ^ 1);
  }
  Write("clean", bytes);
  CleanCache damaged(path, TestKey(1), {});
  for (std::uint64_t i = 0; i < kFiles; ++i) {
    ASSERT_FALSE(damaged.Contains("f", File(i)));
  }
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{10}, std::size_t{64}, bytes.size() - 1}) {
    Write("clean", bytes.substr(0, size));
    EXPECT_EQ(CleanCache(path, TestKey(1), {}).loaded_count(), 0u);
  }
  // A table that claims to be full ends the search all the same.
  std::string full = bytes;
  std::fill(full.begin() + 64, full.end(), '\x77');
  Write("clean", full);
  EXPECT_FALSE(CleanCache(path, TestKey(1), {}).Contains("f", File(1)));
}

TEST_F(ScanTest, ConcurrentScansKeepEachOthersEntries) {
  const std::string path = root_ + "/clean";
  CleanCache first(path, TestKey(1), {});
  CleanCache second(path, TestKey(1), {});
  first.Add("f", File(1), kNow);
  second.Add("f", File(2), kNow);
  ASSERT_TRUE(first.Save().ok());
  ASSERT_TRUE(second.Save().ok());
  CleanCache reader(path, TestKey(1), {});
  EXPECT_TRUE(reader.Contains("f", File(1)));
  EXPECT_TRUE(reader.Contains("f", File(2)));
}

workerproto::FileReport ReportOn(std::string name) {
  workerproto::FileReport report;
  report.verdict = workerproto::Verdict::kFound;
  report.completeness = workerproto::Completeness::kPartial;
  workerproto::Finding& finding = report.findings.emplace_back();
  finding.name = std::move(name);
  finding.matches.push_back({"$a", 7, 3, "abc", 0, false});
  report.gaps.push_back({"x.zip//y", "encrypted"});
  report.bytes_scanned = 99;
  return report;
}

TEST_F(ScanTest, ReportCacheTellsReportsAgain) {
  const std::string path = root_ + "/reports";
  ReportCache writer(path, TestKey(1), {});
  writer.Add("f", File(1), kNow, ReportOn("One"));
  writer.Add("g", File(2), kNow, ReportOn("Two"));
  os::FileStat fresh = File(3);
  fresh.mtime_ns = kNow - 1;
  writer.Add("h", fresh, kNow, ReportOn("Three"));
  EXPECT_EQ(writer.added_count(), 2u);
  ASSERT_TRUE(writer.Save().ok());

  ReportCache reader(path, TestKey(1), {});
  EXPECT_EQ(reader.Find("f", File(1)), ReportOn("One"));
  EXPECT_EQ(reader.Find("g", File(2)), ReportOn("Two"));
  EXPECT_FALSE(reader.Find("g", File(1)).has_value());
  EXPECT_FALSE(reader.Find("f", File(2)).has_value());
  EXPECT_FALSE(ReportCache(path, TestKey(2), {}).Find("f", File(1)).has_value());
  crypto::Sha256Digest other{};
  other[0] = std::byte{1};
  EXPECT_FALSE(ReportCache(path, TestKey(1), other).Find("f", File(1)).has_value());
}

TEST_F(ScanTest, ReportCacheKnowsNothingThatWasChanged) {
  const std::string path = root_ + "/reports";
  ReportCache writer(path, TestKey(1), {});
  writer.Add("f", File(1), kNow, ReportOn("One"));
  ASSERT_TRUE(writer.Save().ok());
  const std::string bytes = Read("reports");
  constexpr std::size_t kRecord = 24 + 64 * 24 + 15;
  for (std::size_t i = 0; i < bytes.size(); i += i < 1500 ? 7 : 1) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 0x20);
    Write("reports", changed);
    // The change lies in slots that are free, or nothing is known.
    const auto found = ReportCache(path, TestKey(1), {}).Find("f", File(1));
    ASSERT_TRUE(!found || (i < kRecord && *found == ReportOn("One"))) << i;
    Write("reports", bytes.substr(0, i));
    ASSERT_FALSE(ReportCache(path, TestKey(1), {}).Find("f", File(1)).has_value()) << i;
  }
}

TEST_F(ScanTest, ReportCacheForgetsWhatWasLongNotUsed) {
  const std::string path = root_ + "/reports";
  const auto large = [](std::uint64_t number) {
    return ReportOn(std::to_string(number) + std::string(60'000, 'x'));
  };
  constexpr std::uint64_t kReports = kReportCacheBytesMax / 60'000;
  {
    ReportCache writer(path, TestKey(1), {});
    for (std::uint64_t i = 0; i < kReports / 2; ++i) {
      writer.Add("f", File(i), kNow, large(i));
    }
    ASSERT_TRUE(writer.Save().ok());
  }
  ReportCache second(path, TestKey(1), {});
  ReportCache third(path, TestKey(1), {});
  EXPECT_TRUE(second.Find("f", File(0)).has_value());
  for (std::uint64_t i = kReports / 2; i < kReports + 100; ++i) {
    second.Add("f", File(i), kNow, large(i));
  }
  third.Add("f", File(1'000'000), kNow, large(1'000'000));
  ASSERT_TRUE(second.Save().ok());
  ASSERT_TRUE(third.Save().ok());
  EXPECT_LE(Read("reports").size(), kReportCacheBytesMax + (1u << 20));  // and the slots
  ReportCache reader(path, TestKey(1), {});
  EXPECT_TRUE(reader.Find("f", File(0)).has_value());
  EXPECT_TRUE(reader.Find("f", File(kReports + 99)).has_value());
  EXPECT_TRUE(reader.Find("f", File(1'000'000)).has_value());
  EXPECT_FALSE(reader.Find("f", File(kReports / 2 - 1)).has_value());
}

class ArtifactTest : public ScanTest {
 protected:
  void Store(const std::string& source) {
    const auto fd = os::OpenRead(source);
    const std::vector<ArtifactSource> sources = {
        {source, *os::StatFd(fd->get()), *HashFile(fd->get())}};
    const auto blob = os::CreateMemfd("blob", base::AsBytes("compiled"));
    const auto stored =
        ArtifactCache(root_ + "/c", TestKey(1)).Store("rules-1", {}, sources, *blob, 8, "note");
    ASSERT_TRUE(stored.ok()) << stored.error().message;
  }
  std::optional<Artifact> Lookup(int key = 1) {
    return ArtifactCache(root_ + "/c", TestKey(key)).Lookup("rules-1", {});
  }
};

TEST_F(ArtifactTest, GivesBackWhatWasStored) {
  const std::string source = Write("a.yar", "rule a {}");
  EXPECT_FALSE(Lookup().has_value());
  Store(source);
  const auto artifact = Lookup();
  ASSERT_TRUE(artifact.has_value());
  EXPECT_EQ(*os::ReadFd(artifact->blob.get(), 100), "compiled");
  EXPECT_EQ(artifact->note, "note");
  // The same content with another state is the same source.
  Write("a.yar", "rule a {}");
  EXPECT_TRUE(Lookup().has_value());
}

TEST_F(ArtifactTest, WhatIsNotUsedGoesWhenAnotherIsStored) {
  namespace fs = std::filesystem;
  const auto store = [&](const std::string& name) {
    const auto blob = os::CreateMemfd("blob", base::AsBytes("compiled"));
    ASSERT_TRUE(ArtifactCache(root_ + "/c", TestKey(1)).Store(name, {}, {}, *blob, 8, "").ok());
  };
  const auto age = [&](const std::string& name, int days) {
    fs::last_write_time(root_ + "/c/" + name + ".manifest",
                        fs::file_time_type::clock::now() - std::chrono::hours(24 * days));
  };
  const auto has = [&](const std::string& name) {
    return fs::exists(root_ + "/c/" + name + ".manifest") &&
           fs::exists(root_ + "/c/" + name + ".blob");
  };
  for (const char* name : {"old", "used", "young"}) {
    store(name);
  }
  age("old", kUnusedDaysMax + 1);
  age("used", kUnusedDaysMax + 1);
  age("young", kUnusedDaysMax - 1);
  EXPECT_TRUE(ArtifactCache(root_ + "/c", TestKey(1)).Lookup("used", {}).has_value());
  store("new");
  EXPECT_FALSE(has("old"));
  EXPECT_TRUE(has("used"));
  EXPECT_TRUE(has("young"));
  EXPECT_TRUE(has("new"));
  EXPECT_FALSE(fs::exists(root_ + "/c/old.blob"));
  // Sparse files count as large as they say.
  fs::resize_file(root_ + "/c/young.blob", kArtifactBytesMax);
  store("newer");
  EXPECT_FALSE(has("young"));
  EXPECT_TRUE(has("used"));
  EXPECT_TRUE(has("newer"));
}

TEST_F(ArtifactTest, RefusesChangedSourcesBuildersAndKeys) {
  const std::string source = Write("a.yar", "rule a {}");
  Store(source);
  EXPECT_FALSE(Lookup(2).has_value());
  crypto::Sha256Digest builder{};
  builder[0] = std::byte{1};
  EXPECT_FALSE(ArtifactCache(root_ + "/c", TestKey(1)).Lookup("rules-1", builder).has_value());
  Write("a.yar", "rule b {}");
  EXPECT_FALSE(Lookup().has_value());
  ::unlink(source.c_str());
  EXPECT_FALSE(Lookup().has_value());
}

TEST_F(ArtifactTest, RefusesTamperedFiles) {
  Store(Write("a.yar", "rule a {}"));
  const std::string manifest = Read("c/rules-1.manifest");
  for (std::size_t i = 0; i < manifest.size(); ++i) {
    std::string changed = manifest;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    Write("c/rules-1.manifest", changed);
    ASSERT_FALSE(Lookup().has_value()) << i;
  }
  Write("c/rules-1.manifest", manifest);
  ASSERT_TRUE(Lookup().has_value());
  // The same content in another file is the same blob.
  Write("c/rules-1.blob", "compiled");
  ASSERT_TRUE(Lookup().has_value());
  // Other content is not, whatever its size and times.
  const int fd = ::open((root_ + "/c/rules-1.blob").c_str(), O_WRONLY);
  ASSERT_EQ(::pwrite(fd, "C", 1, 0), 1);
  ::close(fd);
  EXPECT_FALSE(Lookup().has_value());
}

TEST_F(ScanTest, FindsRuleFilesSortedAndInNamespacesOfTheirOwn) {
  ASSERT_TRUE(os::MakeFolders(root_ + "/r/sub", 0755).ok());
  Write("r/b.yar", "");
  Write("r/sub/a.yara", "");
  Write("r/readme.txt", "");
  const auto files = FindRuleFiles({root_ + "/r", root_ + "/r/readme.txt"});
  ASSERT_TRUE(files.ok());
  ASSERT_EQ(files->size(), 3u);
  EXPECT_TRUE((*files)[0].path.ends_with("/b.yar"));
  EXPECT_TRUE((*files)[1].path.ends_with("/a.yara"));
  EXPECT_NE((*files)[0].name_space, (*files)[1].name_space);
  EXPECT_EQ(FindRuleFiles({root_ + "/none"}).error().kind, base::ErrorKind::kNotFound);
}

}  // namespace
}  // namespace day::endpoint::scan
