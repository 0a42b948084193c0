#include "libs/unpack/zip/zip_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "libs/base/testing/fixture.h"

namespace day::unpack::zip {
namespace {

using ::testing::ElementsAre;
using Origin = Entry::Origin;

std::string Fixture(const std::string& name) { return base::ReadFixture("archives/" + name); }

struct Content {
  std::string name;
  std::string text;
  std::string gap;
  Origin origin = Origin::kDirectory;
};

struct Walk {
  std::vector<Content> entries;
  std::string problem;

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const Content& entry : entries) {
      all.push_back(entry.name);
    }
    return all;
  }
};

Walk WalkAll(const std::string& file, const base::BudgetLimits& limits = {},
             std::span<const std::uint64_t> volume_starts = {}) {
  Walk walk;
  auto reader = ZipReader::Create(base::AsBytes(file), volume_starts);
  EXPECT_TRUE(reader.ok());
  base::Budget budget(limits);
  inflate::Inflater inflater;
  inflate::OutputBuffer buffer;
  while (reader.ok()) {
    const auto entry = reader->Next();
    if (!entry) {
      break;
    }
    buffer.Clear();
    const Extraction extraction = reader->Extract(*entry, budget, inflater, buffer);
    walk.entries.push_back({std::string(entry->name), std::string(base::AsText(extraction.content)),
                            extraction.gap, entry->origin});
  }
  walk.problem = std::string(reader->problem());
  return walk;
}

// Every entry whole, no complaint.
void ExpectWhole(const Walk& walk) {
  EXPECT_EQ(walk.problem, "");
  for (const Content& entry : walk.entries) {
    EXPECT_EQ(entry.gap, "") << entry.name;
  }
}

TEST(ZipReaderTest, ReadsStoredAndDeflated) {
  const Walk walk = WalkAll(Fixture("plain.zip"));
  ExpectWhole(walk);
  ASSERT_THAT(walk.names(), ElementsAre("dir/", "dir/a.txt", "b.txt"));
  EXPECT_EQ(walk.entries[1].text, base::ArchivedText());
  EXPECT_EQ(walk.entries[2].text, "stored?");
  EXPECT_THAT(WalkAll(Fixture("stored.zip")).names(), ElementsAre("a.txt", "b.txt"));
}

TEST(ZipReaderTest, ReadsDescriptorsAndZip64) {
  for (const char* name : {"descriptor.zip", "descriptor_stored.zip"}) {
    const Walk walk = WalkAll(Fixture(name));
    ExpectWhole(walk);
    ASSERT_THAT(walk.names(), ElementsAre("a.txt", "b.txt")) << name;
    EXPECT_EQ(walk.entries[1].text, base::ArchivedText());
  }
  const Walk walk = WalkAll(Fixture("zip64.zip"));
  ExpectWhole(walk);
  ASSERT_THAT(walk.names(), ElementsAre("a.txt"));
  EXPECT_EQ(walk.entries[0].text, base::ArchivedText());
}

TEST(ZipReaderTest, ReadsDescriptorsWithoutADirectory) {
  for (const char* name : {"descriptor.zip", "descriptor_stored.zip"}) {
    std::string file = Fixture(name);
    file.resize(file.find("PK\x01\x02"));
    const Walk walk = WalkAll(file);
    EXPECT_EQ(walk.problem, "damaged: no central directory");
    ASSERT_THAT(walk.names(), ElementsAre("a.txt", "b.txt")) << name;
    for (const Content& entry : walk.entries) {
      EXPECT_EQ(entry.origin, Origin::kUnlisted);
      EXPECT_EQ(entry.text, base::ArchivedText());
      EXPECT_EQ(entry.gap, "");
    }
  }
}

TEST(ZipReaderTest, EncryptedEntriesAreGaps) {
  const Walk walk = WalkAll(Fixture("encrypted.zip"));
  ASSERT_THAT(walk.names(), ElementsAre("secret.txt", "open.txt"));
  EXPECT_EQ(walk.entries[0].gap, "encrypted");
  EXPECT_EQ(walk.entries[0].text, "");
  EXPECT_EQ(walk.entries[1].text, base::ArchivedText());
}

TEST(ZipReaderTest, FalseFlagsAndMethodsDoNotHide) {
  const Walk walk = WalkAll(Fixture("false_flags.zip"));
  ExpectWhole(walk);
  ASSERT_THAT(walk.names(), ElementsAre("a.txt", "b.txt"));
  EXPECT_EQ(walk.entries[0].text, base::ArchivedText());
  EXPECT_EQ(walk.entries[1].text, base::ArchivedText());
}

TEST(ZipReaderTest, UnknownMethodsAreGaps) {
  const Walk walk = WalkAll(Fixture("wavpack.zip"));
  ASSERT_EQ(walk.entries.size(), 1u);
  EXPECT_EQ(walk.entries[0].gap, "unsupported: method 97 (WavPack)");
}

TEST(ZipReaderTest, ReadsOldMethodsAndKnownPasswords) {
  for (const char* name : {"shrink.zip", "reduce1.zip", "reduce2.zip", "reduce3.zip", "reduce4.zip",
                           "implode2.zip", "implode3.zip", "deflate64.zip", "ppmd.zip",
                           "old_cipher.zip", "aes128.zip", "aes256.zip", "aes_stored.zip"}) {
    const Walk walk = WalkAll(Fixture(std::string("../packages/") + name));
    ASSERT_EQ(walk.entries.size(), 2u) << name;
    for (const auto& entry : walk.entries) {
      EXPECT_EQ(entry.gap, "") << name;
      EXPECT_TRUE(entry.text == base::ArchivedText() || entry.text == "a needle in the nest\n")
          << name;
    }
  }
  for (const auto& entry : WalkAll(Fixture("../packages/aes_unknown.zip")).entries) {
    EXPECT_EQ(entry.gap, "encrypted");
  }
  EXPECT_EQ(WalkAll(Fixture("../packages/volume.zip")).problem,
            "unsupported: one volume of a split archive");
}

TEST(ZipReaderTest, VolumesAreOneArchive) {
  const std::string first = Fixture("../volumes/split.z01");
  const std::string second = Fixture("../volumes/split.z02");
  const std::string last = Fixture("../volumes/split.zip");
  const std::string whole = first + second + last;
  const std::vector<std::uint64_t> starts = {0, first.size(), first.size() + second.size()};
  const Walk walk = WalkAll(whole, {}, starts);
  ExpectWhole(walk);
  ASSERT_THAT(walk.names(), ElementsAre("a.txt", "b.txt", "c.txt"));
  EXPECT_EQ(walk.entries[1].text, "a needle in the nest\n");
  EXPECT_EQ(walk.entries[2].text, base::ArchivedText());
  for (const Content& entry : walk.entries) {
    EXPECT_EQ(entry.origin, Origin::kDirectory) << "offsets count from the start of a volume";
  }
  const std::vector<std::uint64_t> fewer = {0, first.size()};
  EXPECT_EQ(WalkAll(first + last, {}, fewer).problem,
            "damaged: volumes of the archive are missing");
}

TEST(ZipReaderTest, PpmdThatIsCutGivesWhatWasDecoded) {
  std::string file = Fixture("../packages/ppmd.zip");
  const std::size_t name = file.find("dir/a.txt");
  ASSERT_NE(name, std::string::npos);
  file.erase(name + 60);  // no directory either
  const Walk walk = WalkAll(file);
  ASSERT_EQ(walk.entries.size(), 2u);
  EXPECT_EQ(walk.entries[1].gap, "damaged: the data ends too early");
  EXPECT_THAT(walk.entries[1].text, ::testing::StartsWith("The quick brown fox jumps over"));
}

TEST(ZipReaderTest, ReadsOtherMethods) {
  for (const char* name : {"bzip2.zip", "lzma.zip", "lzma_unmarked.zip", "xz.zip", "zstd.zip"}) {
    const Walk walk = WalkAll(Fixture(name));
    ExpectWhole(walk);
    ASSERT_GE(walk.entries.size(), 1u) << name;
    EXPECT_EQ(walk.entries[0].text, base::ArchivedText()) << name;
    base::BudgetLimits limits;
    limits.file_bytes_max = 100;
    const Walk limited = WalkAll(Fixture(name), limits);
    EXPECT_EQ(limited.entries[0].gap, "limit file_bytes_max") << name;
    EXPECT_EQ(limited.entries[0].text, base::ArchivedText().substr(0, 100)) << name;
  }
  const Walk cut = WalkAll(Fixture("xz_cut.zip"));
  ASSERT_EQ(cut.entries.size(), 1u);
  EXPECT_EQ(cut.entries[0].gap, "damaged: the stream ends too early");
}

TEST(ZipReaderTest, AFalseFlagDoesNotHideAnLzmaEntry) {
  const Walk walk = WalkAll(Fixture("false_methods.zip"));
  ASSERT_THAT(walk.names(), ElementsAre("a.txt", "b.txt"));
  EXPECT_EQ(walk.entries[0].text, base::ArchivedText());
  EXPECT_EQ(walk.entries[0].gap, "");
  EXPECT_EQ(walk.entries[1].gap, "damaged: no header");
}

TEST(ZipReaderTest, FindsUnlistedEntries) {
  const Walk walk = WalkAll(Fixture("unlisted.zip"));
  ExpectWhole(walk);
  ASSERT_THAT(walk.names(),
              ElementsAre("listed.txt", "last.txt", "unlisted.txt", "unlisted_stored.txt"));
  EXPECT_EQ(walk.entries[1].origin, Origin::kDirectory);
  EXPECT_EQ(walk.entries[2].origin, Origin::kUnlisted);
  EXPECT_EQ(walk.entries[2].text, base::ArchivedText());
  EXPECT_EQ(walk.entries[3].text, base::ArchivedText());
}

TEST(ZipReaderTest, FindsAZipInFrontOfAZip) {
  const Walk walk = WalkAll(Fixture("zip_after_zip.zip"));
  ExpectWhole(walk);
  ASSERT_THAT(walk.names(), ::testing::UnorderedElementsAre("second.txt", "first.txt"));
}

TEST(ZipReaderTest, DataAroundTheArchiveDoesNotHideIt) {
  const std::string prefixed = Fixture("prefixed.zip");
  EXPECT_TRUE(ZipReader::HasDirectory(base::AsBytes(prefixed)));
  for (const std::string& file : {prefixed, Fixture("trailing.zip")}) {
    const Walk walk = WalkAll(file);
    ExpectWhole(walk);
    ASSERT_EQ(walk.entries.size(), 1u);
    EXPECT_EQ(walk.entries[0].text, base::ArchivedText());
  }
}

TEST(ZipReaderTest, ReadsWhatATruncatedArchiveStillHas) {
  Walk walk = WalkAll(Fixture("no_directory.zip"));
  EXPECT_EQ(walk.problem, "damaged: no central directory");
  ASSERT_EQ(walk.entries.size(), 1u);
  EXPECT_EQ(walk.entries[0].text, base::ArchivedText());
  EXPECT_EQ(walk.entries[0].gap, "");
  walk = WalkAll(Fixture("truncated.zip"));
  ASSERT_EQ(walk.entries.size(), 1u);
  EXPECT_EQ(walk.entries[0].gap, "damaged: the stream ends too early");
}

TEST(ZipReaderTest, EmptyArchiveHasNothing) {
  const Walk walk = WalkAll(Fixture("empty.zip"));
  EXPECT_TRUE(walk.entries.empty());
  EXPECT_EQ(walk.problem, "");
}

TEST(ZipReaderTest, LiesInEitherHeaderHideNothing) {
  const Walk walk = WalkAll(Fixture("liar.zip"));
  ASSERT_THAT(walk.names(), ElementsAre("conflict.txt", "conflict.txt", "small.txt", "crc.txt",
                                        "gone.txt", "gone.txt"));
  EXPECT_EQ(walk.entries[0].text, base::ArchivedText());
  EXPECT_EQ(walk.entries[1].origin, Origin::kConflict);
  EXPECT_NE(walk.entries[1].text, "");
  EXPECT_EQ(walk.entries[2].gap, "damaged: the stream ends too early");
  EXPECT_EQ(walk.entries[3].gap, "damaged: wrong checksum");
  EXPECT_EQ(walk.entries[3].text, base::ArchivedText());
  EXPECT_EQ(walk.entries[4].gap, "damaged: no local header");
  EXPECT_EQ(walk.entries[5].origin, Origin::kUnlisted);
  EXPECT_EQ(walk.entries[5].text, base::ArchivedText());
}

TEST(ZipReaderTest, OverlappingEntriesArePaidFor) {
  const std::string file = Fixture("overlap.zip");
  EXPECT_EQ(WalkAll(file).entries.size(), 50u);
  base::BudgetLimits limits;
  limits.bytes_out_max = 10 * base::ArchivedText().size();
  const Walk walk = WalkAll(file, limits);
  EXPECT_EQ(walk.entries[9].gap, "");
  for (std::size_t i = 10; i < walk.entries.size(); ++i) {
    EXPECT_EQ(walk.entries[i].gap, "limit bytes_out_max");
    EXPECT_EQ(walk.entries[i].text, "");
  }
}

TEST(ZipReaderTest, StoredEntriesArePaidForToo) {
  base::BudgetLimits limits;
  limits.file_bytes_max = 100;
  const Walk walk = WalkAll(Fixture("stored.zip"), limits);
  EXPECT_EQ(walk.entries[0].text, base::ArchivedText().substr(0, 100));
  EXPECT_EQ(walk.entries[0].gap, "limit file_bytes_max");
  EXPECT_EQ(walk.entries[1].gap, "");
}

TEST(ZipReaderTest, AZipInAZipIsNotListedTwice) {
  // The inner archive is stored at the end, so its own end record lies in the tail as well.
  const Walk walk = WalkAll(Fixture("hundred_layers.zip"));
  ASSERT_THAT(walk.names(), ElementsAre("all.zip"));
  EXPECT_THAT(WalkAll(walk.entries[0].text).names(), ElementsAre("99.zip"));
}

TEST(ZipReaderTest, EveryTruncationAndEveryFlippedByteEnds) {
  for (const char* name : {"plain.zip", "descriptor.zip", "zip64.zip", "liar.zip", "lzma.zip",
                           "bzip2.zip", "xz.zip", "zstd.zip"}) {
    const std::string file = Fixture(name);
    for (std::size_t i = 0; i < file.size(); ++i) {
      (void)ZipReader::HasDirectory(base::AsBytes(file).first(i));
      std::string bad = file;
      bad[i] = static_cast<char>(~bad[i]);
      for (const std::string& input : {file.substr(0, i), bad}) {
        if (ZipReader::Create(base::AsBytes(input)).ok()) {
          WalkAll(input);
        }
      }
    }
  }
}

TEST(ZipReaderTest, RefusesOtherFiles) {
  for (const std::string file : {"", "PK", "MZ and more", "PK\x05\x06 too short"}) {
    EXPECT_FALSE(ZipReader::Create(base::AsBytes(file)).ok());
  }
}

}  // namespace
}  // namespace day::unpack::zip
