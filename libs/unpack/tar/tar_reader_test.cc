#include "libs/unpack/tar/tar_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "libs/base/testing/fixture.h"

namespace day::unpack::tar {
namespace {

using ::testing::ElementsAre;

std::string Fixture(const std::string& name) { return base::ReadFixture("archives/" + name); }

struct Walk {
  std::vector<Entry> entries;
  std::vector<std::string> names;
  std::string problem;
};

Walk WalkAll(const std::string& file) {
  Walk walk;
  auto reader = TarReader::Create(base::AsBytes(file));
  EXPECT_TRUE(reader.ok());
  while (reader.ok()) {
    auto entry = reader->Next();
    if (!entry) {
      break;
    }
    walk.names.push_back(entry->name);
    walk.entries.push_back(std::move(*entry));
  }
  walk.problem = std::string(reader->problem());
  return walk;
}

TEST(TarReaderTest, ReadsOldAndNewHeaders) {
  for (const char* name : {"ustar.tar", "v7.tar", "bad_sum.tar"}) {
    const std::string file = Fixture(name);
    const Walk walk = WalkAll(file);
    EXPECT_EQ(walk.problem, "") << name;
    ASSERT_THAT(walk.names, ElementsAre("dir/a.txt", "b.txt")) << name;
    EXPECT_EQ(base::AsText(walk.entries[0].data), base::ArchivedText());
    EXPECT_EQ(base::AsText(walk.entries[1].data), "second");
    EXPECT_EQ(walk.entries[0].gap, "");
  }
}

TEST(TarReaderTest, ReadsLongNames) {
  std::string name;
  for (int i = 0; i < 4; ++i) {
    name += "directorydirectorydirectorydirectorydirectorydirectorydirectorydirectory/";
  }
  name += "file.txt";
  EXPECT_THAT(WalkAll(Fixture("gnu_long.tar")).names, ElementsAre(name));
  EXPECT_THAT(WalkAll(Fixture("pax_long.tar")).names, ElementsAre(name + "\xC3\xA9"));
}

TEST(TarReaderTest, ReadsEverySparseFormat) {
  std::string expected(200000, '\0');
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t k = 0; k < 10; ++k) {
      expected.replace(i * 65536 + k * 8, 8, "piece " + std::to_string(i) + " ");
    }
  }
  for (const char* name : {"sparse_gnu.tar", "sparse_00.tar", "sparse_01.tar", "sparse_10.tar"}) {
    const std::string file = Fixture(name);
    const Walk walk = WalkAll(file);
    EXPECT_EQ(walk.problem, "") << name;
    ASSERT_THAT(walk.names, ElementsAre("sparse.bin")) << name;
    const Entry& entry = walk.entries[0];
    ASSERT_TRUE(entry.is_sparse()) << name;
    ASSERT_EQ(entry.real_size, expected.size()) << name;
    std::string whole(expected.size(), 'x');
    ExpandSparse(entry, std::as_writable_bytes(std::span(whole)));
    EXPECT_TRUE(whole == expected) << name;
  }
}

TEST(TarReaderTest, ReadsAnArchiveBehindAnArchive) {
  const std::string file = Fixture("tar_after_tar.tar");
  const Walk walk = WalkAll(file);
  EXPECT_THAT(walk.names, ElementsAre("dir/a.txt", "b.txt", "later.txt"));
  EXPECT_EQ(walk.problem, "");
}

TEST(TarReaderTest, KnowsWhatLiesBehind) {
  const std::string file = Fixture("ustar.tar") + "something else";
  auto reader = TarReader::Create(base::AsBytes(file));
  while (reader->Next()) {
  }
  EXPECT_TRUE(base::AsText(reader->trailing()).ends_with("something else"));
  EXPECT_LT(reader->trailing().size(), 2048u);
}

TEST(TarReaderTest, FindsItsWayBehindDamage) {
  const std::string file = Fixture("damaged.tar");
  const Walk walk = WalkAll(file);
  EXPECT_THAT(walk.names, ElementsAre("dir/a.txt", "b.txt"));
  EXPECT_EQ(walk.problem, "damaged: no header where one should be");
}

TEST(TarReaderTest, TruncatedDataIsAGap) {
  const std::string file = Fixture("truncated.tar");
  const Walk walk = WalkAll(file);
  ASSERT_EQ(walk.entries.size(), 1u);
  EXPECT_EQ(walk.entries[0].gap, "damaged: the data ends too early");
  EXPECT_EQ(base::AsText(walk.entries[0].data), base::ArchivedText().substr(0, 900 - 512));
}

TEST(TarReaderTest, ReadsBase256Sizes) {
  std::string file = Fixture("bad_sum.tar");
  const std::string size{"\x80\0\0\0\0\0\0\0\0\0\x03\x84", 12};
  file.replace(124, 12, size);
  const Walk walk = WalkAll(file);
  ASSERT_THAT(walk.names, ElementsAre("dir/a.txt", "b.txt"));
  EXPECT_EQ(walk.entries[0].size, 900u);
}

TEST(TarReaderTest, ASizeBeyondTheFileEndsIt) {
  std::string file = Fixture("bad_sum.tar");
  file.replace(124, 12, std::string("\x80\0\0\0\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12));
  const Walk walk = WalkAll(file);
  ASSERT_EQ(walk.entries.size(), 1u);
  EXPECT_EQ(walk.entries[0].data.size(), file.size() - 512);
  EXPECT_EQ(walk.entries[0].gap, "damaged: the data ends too early");
}

TEST(TarReaderTest, LinksHaveNoContent) {
  std::string file = Fixture("bad_sum.tar");
  file[156] = '2';
  const Walk walk = WalkAll(file);
  ASSERT_FALSE(walk.entries.empty());
  EXPECT_EQ(walk.entries[0].kind, Entry::Kind::kOther);
  EXPECT_TRUE(walk.entries[0].data.empty());
  EXPECT_EQ(walk.names.back(), "b.txt") << "bytes behind a lying link are searched for headers";
}

TEST(TarReaderTest, EveryTruncationAndFlippedByteEnds) {
  for (const char* name : {"ustar.tar", "pax_long.tar", "sparse_gnu.tar", "sparse_10.tar"}) {
    const std::string file = Fixture(name);
    for (std::size_t i = 0; i < std::min<std::size_t>(file.size(), 3000); ++i) {
      std::string bad = file;
      bad[i] = static_cast<char>(~bad[i]);
      for (const std::string& input : {file.substr(0, i), bad}) {
        if (TarReader::IsTar(base::AsBytes(input))) {
          WalkAll(input);
        }
      }
    }
  }
}

TEST(TarReaderTest, RefusesOtherFiles) {
  EXPECT_FALSE(TarReader::Create({}).ok());
  EXPECT_FALSE(TarReader::Create(base::AsBytes(std::string(512, '\0'))).ok());
  EXPECT_FALSE(TarReader::Create(base::AsBytes(std::string(512, 'a'))).ok());
}

}  // namespace
}  // namespace day::unpack::tar
