#include "libs/engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/crypto/hash.h"
#include "libs/signatures/database.h"
#include "libs/signatures/database_builder.h"
#include "libs/similarity/ctph.h"
#include "libs/similarity/tlsh.h"

namespace day::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string Fixture(const std::string& name) {
  std::ifstream file(std::string(DAYLIGHT_SOURCE_DIR) + "/tests/fixtures/archives/" + name,
                     std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

// Finds "needle" and writes down what it was asked.
class FakeMatcher : public ObjectMatcher {
 public:
  struct Asked {
    std::string path;
    std::string name;
    std::string extension;
    std::string type;
    std::string owner;
    std::uint64_t timeout_ms;
  };

  explicit FakeMatcher(std::vector<Asked>* asked) : asked_(asked) {}

  MatchOutcome Match(base::Bytes data, const ObjectFacts& facts, const MatchLimits& limits,
                     std::vector<Finding>& findings) override {
    asked_->push_back({std::string(facts.filepath), std::string(facts.filename),
                       std::string(facts.extension), std::string(facts.filetype),
                       std::string(facts.owner), limits.timeout_ms});
    MatchOutcome outcome;
    if (base::AsText(data).find("needle") != std::string_view::npos) {
      if (limits.findings_max == 0) {
        outcome.findings_dropped = true;
      } else {
        Finding finding;
        finding.name = "Test.Needle";
        findings.push_back(finding);
      }
    }
    outcome.timed_out = base::AsText(data).find("slow") != std::string_view::npos;
    return outcome;
  }

 private:
  std::vector<Asked>* asked_;
};

struct Scan {
  Report report;
  std::vector<FakeMatcher::Asked> asked;

  std::vector<std::string> found() const {
    std::vector<std::string> paths;
    for (const Finding& finding : report.findings) {
      paths.push_back(finding.inner_path);
    }
    return paths;
  }
  std::vector<std::string> gaps() const {
    std::vector<std::string> all;
    for (const Gap& gap : report.gaps) {
      all.push_back(gap.inner_path + ": " + gap.reason);
    }
    return all;
  }
};

Scan ScanBytes(const std::string& file, const std::string& name = "/in/file",
               const base::BudgetLimits& limits = {}, EngineOptions options = {},
               const signatures::Database* database = nullptr) {
  Scan scan;
  auto engine = Engine::CreateWithMatcher(std::make_unique<FakeMatcher>(&scan.asked), database,
                                          std::move(options));
  scan.report = engine->ScanFile(base::AsBytes(file), name, limits, "alice");
  return scan;
}

// "Local header, data" of one stored entry, and a directory over all of them.
std::string StoredZip(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string out;
  std::string directory;
  const auto u16 = [](std::string& to, std::uint64_t v) {
    to += static_cast<char>(v & 0xFF);
    to += static_cast<char>((v >> 8) & 0xFF);
  };
  const auto u32 = [&](std::string& to, std::uint64_t v) {
    u16(to, v & 0xFFFF);
    u16(to, v >> 16);
  };
  for (const auto& [name, data] : entries) {
    std::string fields;
    u16(fields, 0);
    u16(fields, 0);
    u32(fields, 0);
    u32(fields, crypto::Crc32(base::AsBytes(data)));
    u32(fields, data.size());
    u32(fields, data.size());
    u16(fields, name.size());
    u16(fields, 0);
    directory += std::string("PK\x01\x02\x14\0\x14\0", 8) + fields;
    for (int i = 0; i < 10; ++i) {
      directory += '\0';
    }
    u32(directory, out.size());
    directory += name;
    out += std::string("PK\x03\x04\x14\0", 6) + fields + name + data;
  }
  const std::size_t start = out.size();
  out += directory + std::string("PK\x05\x06\0\0\0\0", 8);
  u16(out, entries.size());
  u16(out, entries.size());
  u32(out, directory.size());
  u32(out, start);
  u16(out, 0);
  return out;
}

TEST(EngineTest, NestedPathsLeadToWhatWasFound) {
  const Scan scan = ScanBytes(Fixture("nest.tar.gz"), "/in/nest.tar.gz");
  EXPECT_EQ(scan.report.verdict, Verdict::kFound);
  EXPECT_EQ(scan.report.completeness, Completeness::kComplete);
  EXPECT_THAT(scan.gaps(), IsEmpty());
  // The zip stores its small text, so the needle shows in the layers around it as well.
  const std::set<std::string> found_in = [&] {
    const auto paths = scan.found();
    return std::set<std::string>(paths.begin(), paths.end());
  }();
  EXPECT_TRUE(found_in.count("nest.tar//inner.zip//deep/b.txt"));
  EXPECT_TRUE(found_in.count("nest.tar//plain.txt"));
  EXPECT_FALSE(found_in.count("nest.tar//inner.zip//a.txt"));
  EXPECT_EQ(scan.report.objects_scanned, 6u);
  EXPECT_EQ(scan.asked[0].path, "/in/nest.tar.gz");
  EXPECT_EQ(scan.asked[0].type, "GZIP");
  EXPECT_EQ(scan.asked[0].extension, ".gz");
  EXPECT_EQ(scan.asked[1].path, "/in/nest.tar.gz//nest.tar");
  EXPECT_EQ(scan.asked[1].type, "TAR");
  const FakeMatcher::Asked& deep = scan.asked[4];
  EXPECT_EQ(deep.path, "/in/nest.tar.gz//nest.tar//inner.zip//deep/b.txt");
  EXPECT_EQ(deep.name, "b.txt");
  EXPECT_EQ(deep.extension, ".txt");
  EXPECT_EQ(deep.owner, "alice");
}

TEST(EngineTest, VolumesAreOpenedAloneAndTogether) {
  std::string joined;
  std::vector<std::uint64_t> starts;
  for (const char* name : {"split.z01", "split.z02", "split.zip"}) {
    starts.push_back(joined.size());
    joined += Fixture(std::string("../volumes/") + name);
  }
  std::vector<FakeMatcher::Asked> asked;
  auto engine =
      Engine::CreateWithMatcher(std::make_unique<FakeMatcher>(&asked), nullptr, EngineOptions{});
  Volumes volumes;
  volumes.joined = base::AsBytes(joined);
  volumes.starts = starts;
  const base::Bytes last = volumes.joined.subspan(starts[2]);
  const Report report = engine->ScanFile(last, "/in/split.zip", {}, {}, volumes);
  EXPECT_EQ(report.completeness, Completeness::kComplete);
  EXPECT_EQ(report.objects_scanned, 5u) << "the volume, the archive, three files";
  ASSERT_EQ(report.findings.size(), 2u) << "b.txt is stored: it is seen in the archive as well";
  EXPECT_EQ(report.findings[0].inner_path, "");
  EXPECT_EQ(report.findings[1].inner_path, "b.txt");
  EXPECT_EQ(asked.back().path, "/in/split.zip//c.txt");
  EXPECT_EQ(engine->ScanFile(last, "/in/split.zip", {}).completeness, Completeness::kPartial);

  Volumes left;
  left.is_left_to_another = true;
  const base::Bytes middle = volumes.joined.subspan(starts[1], starts[2] - starts[1]);
  const Report other = engine->ScanFile(middle, "/in/split.z02", {}, {}, left);
  EXPECT_EQ(other.completeness, Completeness::kComplete);
  const base::Bytes first = volumes.joined.first(starts[1]);
  EXPECT_EQ(engine->ScanFile(first, "/in/split.z01", {}, {}, left).completeness,
            Completeness::kPartial)
      << "it is damaged by itself, whatever its name";
}

TEST(EngineTest, PlainFilesAreOneObject) {
  const Scan scan = ScanBytes("just text");
  EXPECT_EQ(scan.report.verdict, Verdict::kNothingFound);
  EXPECT_EQ(scan.report.completeness, Completeness::kComplete);
  EXPECT_EQ(scan.report.objects_scanned, 1u);
  EXPECT_EQ(scan.report.bytes_scanned, 9u);
  EXPECT_EQ(ScanBytes("").report.objects_scanned, 1u);
}

TEST(EngineTest, WhatCannotBeReadIsAGapNeverSilence) {
  const std::vector<std::pair<const char*, std::string>> expected = {
      {"encrypted.zip", "secret.txt: encrypted"},
      {"wavpack.zip", "a.txt: unsupported: method 97 (WavPack)"},
      {"truncated.zip", "a.txt: damaged: the stream ends too early"},
      {"no_directory.zip", ": damaged: no central directory"},
      {"truncated.gz", "truncated: damaged: the stream ends too early"},
      {"bad_sum.gz", "bad_sum: damaged: wrong checksum"},
      {"truncated.tar", "dir/a.txt: damaged: the data ends too early"},
      {"damaged.tar", ": damaged: no header where one should be"},
  };
  for (const auto& [name, gap] : expected) {
    const Scan scan = ScanBytes(Fixture(name), name);
    EXPECT_EQ(scan.report.completeness, Completeness::kPartial) << name;
    EXPECT_THAT(scan.gaps(), ::testing::Contains(gap)) << name;
  }
}

TEST(EngineTest, TheBeginningOfADamagedStreamIsScanned) {
  const std::string good = Fixture("nest.tar.gz");
  const Scan scan = ScanBytes(good.substr(0, good.size() - 20), "nest.tar.gz");
  EXPECT_EQ(scan.report.completeness, Completeness::kPartial);
  EXPECT_EQ(scan.report.verdict, Verdict::kFound);
}

TEST(EngineTest, UnlistedAndPrefixedEntriesAreScanned) {
  EXPECT_EQ(ScanBytes(Fixture("unlisted.zip")).report.objects_scanned, 5u);
  EXPECT_EQ(ScanBytes(Fixture("zip_after_zip.zip")).report.objects_scanned, 3u);
  const Scan prefixed = ScanBytes(Fixture("prefixed.zip"));
  EXPECT_EQ(prefixed.report.objects_scanned, 2u);
  EXPECT_EQ(prefixed.asked[0].type, "UNIX SCRIPT");
  EXPECT_EQ(prefixed.asked[1].name, "second.txt");
}

TEST(EngineTest, FilesInsideOthersAreOpened) {
  const std::string zip = StoredZip({{"a.txt", "a needle"}});
  const std::string other = StoredZip({{"b.txt", "a needle"}});
  for (const std::string& before :
       {std::string("\xFF\0\1\2", 4), std::string("text"), std::string("\xFF\xD8\xFF\xE0", 4)}) {
    const std::string far(70'000, 'x');  // farther from the end than a zip's directory may be
    const Scan scan = ScanBytes(before + zip + far + other + far);
    EXPECT_THAT(scan.found(), ElementsAre("", "(embedded at 0x4)", "(embedded at 0x4)//a.txt",
                                          "(embedded at 0x111e8)", "(embedded at 0x111e8)//b.txt"));
  }
  // One that was cut gives what it has.
  const Scan cut =
      ScanBytes("text" + zip.substr(0, zip.find("PK\x01\x02") + 10) + std::string(70'000, 'x'));
  EXPECT_EQ(cut.found().back(), "(embedded at 0x4)//a.txt");
  EXPECT_THAT(cut.gaps(), IsEmpty());
}

// A reader that cannot go on leaves the rest to the search for files in files.
TEST(EngineTest, DamagedContainersAreSearched) {
  const std::string zip = StoredZip({{"a.txt", "a needle"}});
  const std::string far(70'000, 'x');
  for (const char* name : {"bad_sum.bz2", "damaged.xz", "truncated.gz", "truncated.tar"}) {
    const Scan scan = ScanBytes(Fixture(name) + zip + far);
    EXPECT_THAT(scan.found(), ::testing::Contains(::testing::EndsWith("//a.txt"))) << name;
    EXPECT_EQ(scan.report.completeness, Completeness::kPartial) << name;
  }
  // What is whole is not: it has been given.
  const Scan whole = ScanBytes(Fixture("plain.bz2"));
  EXPECT_EQ(whole.report.completeness, Completeness::kComplete);
}

// The second zip's directory says nothing of the first one.
TEST(EngineTest, ZipsInFrontOfTheListedOnesAreOpened) {
  const std::string hidden = StoredZip({{"a.txt", "a needle"}});
  const std::string listed = StoredZip({{"b.txt", std::string(70'000, 'x')}});
  for (const std::string& before : {std::string("\xFF\0\1\2", 4), std::string("text")}) {
    const Scan scan = ScanBytes(before + hidden + listed);
    EXPECT_THAT(scan.found(), ::testing::Contains("(embedded at 0x4)//a.txt"));
  }
}

// An image's trailer behind it changes nothing of what a file is.
TEST(EngineTest, ATrailerHidesNothing) {
  std::string trailer("koly\0\0\0\4\0\0\2\0", 12);
  trailer.resize(512);
  const Scan scan = ScanBytes(Fixture("../packages/lh6.lzh") + trailer);
  EXPECT_EQ(scan.report.verdict, Verdict::kFound);
}

TEST(EngineTest, WhatADecoderGivesIsNotFoundAgainInTheSameBytes) {
  for (const char* name : {"sfx_7z.exe", "sfx_rar.exe", "sfx_cab.exe", "sfx_arj.exe"}) {
    const Scan scan = ScanBytes(Fixture(std::string("../packages/") + name));
    std::size_t overlays = 0;
    for (const auto& asked : scan.asked) {
      EXPECT_EQ(asked.path.find("(embedded"), std::string::npos) << name << ": " << asked.path;
      overlays += static_cast<std::size_t>(asked.path.ends_with(")"));
    }
    EXPECT_EQ(overlays, 1u) << name;
  }
}

TEST(EngineTest, AHundredLayersEndAtTheDepthLimit) {
  const Scan scan = ScanBytes(Fixture("hundred_layers.zip"));
  ASSERT_EQ(scan.report.gaps.size(), 1u);
  EXPECT_EQ(scan.report.gaps[0].reason, "limit depth_max");
  EXPECT_EQ(scan.report.objects_scanned, 17u);
  base::BudgetLimits deep;
  deep.depth_max = 200;
  const Scan all = ScanBytes(Fixture("hundred_layers.zip"), "x", deep);
  EXPECT_EQ(all.report.completeness, Completeness::kComplete);
  EXPECT_THAT(all.found().back(), ::testing::EndsWith("0.zip//core.txt"));
}

TEST(EngineTest, BombsEndFastWithALimit) {
  // A quine-like bomb: each layer ten times the one before, sharing one budget.
  std::string layer(1'000'000, 'x');
  for (int depth = 0; depth < 4; ++depth) {
    std::vector<std::pair<std::string, std::string>> entries;
    for (int i = 0; i < 5; ++i) {
      entries.emplace_back(std::to_string(i), layer);
    }
    layer = depth < 2 ? StoredZip(entries) : StoredZip({{"all", layer}});
  }
  base::BudgetLimits limits;
  limits.bytes_out_max = 60'000'000;
  const auto start = std::chrono::steady_clock::now();
  const Scan scan = ScanBytes(layer, "bomb.zip", limits);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  EXPECT_EQ(scan.report.completeness, Completeness::kPartial);
  EXPECT_LE(scan.report.bytes_scanned, layer.size() + limits.bytes_out_max);
  EXPECT_THAT(scan.report.gaps.back().reason, "limit bytes_out_max");
}

TEST(EngineTest, TheSameContainersInEachOtherDoNotDoubleTheWork) {
  std::string layer = StoredZip({{"x", "text"}});
  for (int i = 0; i < 12; ++i) {
    layer = StoredZip({{"a", layer}, {"b", layer}});
  }
  const Scan scan = ScanBytes(layer);
  EXPECT_GT(scan.report.objects_scanned, 1000u);
  EXPECT_LT(scan.report.objects_scanned, 3000u);  // of 12,288
  EXPECT_EQ(scan.report.gaps.size(), 0u);
}

TEST(EngineTest, ManyEntriesEndAtTheFileLimit) {
  std::vector<std::pair<std::string, std::string>> entries(3000, {"x", "y"});
  base::BudgetLimits limits;
  limits.files_max = 1000;
  const Scan scan = ScanBytes(StoredZip(entries), "many.zip", limits);
  EXPECT_EQ(scan.report.objects_scanned, 1001u);
  EXPECT_THAT(scan.gaps(), ElementsAre(": limit files_max"));
}

TEST(EngineTest, GapsAndFindingsAreBoundedAndSaySo) {
  std::vector<std::pair<std::string, std::string>> entries(50, {"needle", "needle"});
  EngineOptions options;
  options.findings_max = 10;
  options.gaps_max = 5;
  const Scan scan = ScanBytes(StoredZip(entries), "many.zip", {}, options);
  EXPECT_EQ(scan.report.findings.size(), 10u);
  EXPECT_EQ(scan.report.gaps.size(), 5u);
  EXPECT_EQ(scan.report.gaps[0].reason, "limit findings_max");
  EXPECT_EQ(scan.report.gaps[4].reason, "limit gaps_max");
}

TEST(EngineTest, TimeoutsAreGaps) {
  std::uint64_t now = 0;
  EngineOptions options;
  options.timeout_ms = 100;
  options.now_ms = [&now] { return now += 10; };
  std::vector<std::pair<std::string, std::string>> entries(100, {"x", "y"});
  const Scan scan = ScanBytes(StoredZip(entries), "slow.zip", {}, options);
  EXPECT_THAT(scan.gaps(), ElementsAre(": timeout"));
  EXPECT_LT(scan.report.objects_scanned, 20u);
  EXPECT_GT(scan.asked[0].timeout_ms, 0u);
  EXPECT_LE(scan.asked[0].timeout_ms, 100u);
  EXPECT_THAT(ScanBytes("slow").gaps(), ElementsAre(": timeout"));
}

// Hash signatures, with a database made of the given files.
class EngineHashTest : public ::testing::Test {
 protected:
  void AddFile(const std::string& name, const std::string& text) {
    ASSERT_EQ(builder_.AddFile(name, text)->lines_skipped, 0u);
  }
  const signatures::Database* Build() {
    table_ = builder_.Build().value();
    database_ = signatures::Database::Open(base::AsBytes(table_)).value();
    return &database_;
  }
  static std::string Md5(const std::string& data) {
    return crypto::ToHexDigest(crypto::Md5(base::AsBytes(data)));
  }
  static std::string Line(const std::string& data, const std::string& name) {
    return Md5(data) + ":" + std::to_string(data.size()) + ":" + name + "\n";
  }

 private:
  signatures::DatabaseBuilder builder_;
  std::string table_;
  signatures::Database database_;
};

TEST_F(EngineHashTest, FindsHashesInsideContainers) {
  AddFile("main.hdb", Line("bad file", "Win.Bad-1") + Line("other", "PUA.Other"));
  const std::string zip = StoredZip({{"a", "good"}, {"b", "bad file"}, {"c", "other"}});
  const Scan scan = ScanBytes(zip, "x.zip", {}, {}, Build());
  ASSERT_THAT(scan.found(), ElementsAre("b", "c"));
  const Finding& finding = scan.report.findings[0];
  EXPECT_EQ(finding.source, Finding::Source::kHash);
  EXPECT_EQ(finding.name, "Win.Bad-1.UNOFFICIAL");
  EXPECT_EQ(finding.provenance, "main.hdb:1");
  EXPECT_EQ(finding.severity, Severity::kHigh);
  EXPECT_EQ(scan.report.findings[1].severity, Severity::kLow);
}

TEST_F(EngineHashTest, AllowedFilesAndAllInsideAreSilent) {
  const std::string inner = StoredZip({{"b", "bad file"}});
  const std::string zip = StoredZip({{"inner.zip", inner}, {"bad", "bad file"}, {"n", "needle"}});
  AddFile("main.hdb", Line("bad file", "Win.Bad"));
  AddFile("ok.fp", Line(inner, "Inner") + Line("needle", "Needle"));
  const Scan scan = ScanBytes(zip, "x.zip", {}, {}, Build());
  // The outer file itself holds the word "needle" and is not allowed.
  EXPECT_THAT(scan.found(), ElementsAre("", "bad"));
}

// Text of random letters, a few of which are more frequent than the others.
std::string Letters(std::uint32_t seed) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) {
    seed = seed * 1664525 + 1013904223;
    const std::uint32_t random = seed >> 24;
    text.push_back(static_cast<char>(random < 100 ? 'a' + seed % 3 : random));
  }
  return text;
}

TEST_F(EngineHashTest, FindsWhatIsNearlyTheSame) {
  std::string other;
  for (int i = 0; i < 20'000; ++i) {
    other += std::to_string(i);
  }
  const std::string known = Letters(1);
  AddFile("families.near",
          similarity::TlshText(*similarity::TlshOf(base::AsBytes(known))) + ",Near.Tlsh\n" +
              similarity::CtphText(similarity::CtphOf(base::AsBytes(known))) + ",Near.Ssdeep,90\n");
  const signatures::Database* database = Build();
  const std::string variant = known.substr(0, 9000) + "something new" + known.substr(9000);
  const Scan scan = ScanBytes(StoredZip({{"v", variant}, {"o", other}}), "x.zip", {}, {}, database);
  ASSERT_THAT(scan.found(), ElementsAre("v", "v"));
  const Finding& finding = scan.report.findings[0];
  EXPECT_EQ(finding.source, Finding::Source::kNear);
  EXPECT_EQ(finding.name, "Near.Tlsh");
  EXPECT_EQ(finding.provenance, "families.near:1");
  EXPECT_TRUE(finding.matches.at(0).identifier.starts_with("TLSH distance "));
  EXPECT_EQ(scan.report.findings[1].name, "Near.Ssdeep");
  EXPECT_TRUE(scan.report.findings[1].matches.at(0).identifier.starts_with("ssdeep score 9"));
}

TEST_F(EngineHashTest, KnownFilesAreNotComparedAndAllowedOnesAreSilent) {
  const std::string known = Letters(1);
  const std::string variant = known + "more";
  const std::string digest = similarity::TlshText(*similarity::TlshOf(base::AsBytes(known)));
  AddFile("families.tlsh", digest + "\tNear.Tlsh\n");
  AddFile("main.hdb", Line(known, "Known"));
  AddFile("ok.fp", Line(variant, "Allowed"));
  const signatures::Database* database = Build();
  EXPECT_EQ(ScanBytes(known, "a", {}, {}, database).report.findings.at(0).rule, "Known");
  EXPECT_EQ(ScanBytes(known, "a", {}, {}, database).report.findings.size(), 1u);
  EXPECT_TRUE(ScanBytes(variant, "a", {}, {}, database).found().empty());
}

TEST_F(EngineHashTest, FindsPeSections) {
  std::string pe(1536, '\0');
  const auto put = [&](std::size_t at, std::uint32_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      pe[at + i] = static_cast<char>(value >> (8 * i));
    }
  };
  pe.replace(0, 2, "MZ");
  put(0x3C, 0x80, 4);
  pe.replace(0x80, 2, "PE");
  put(0x84, 0x14C, 2);     // machine
  put(0x86, 2, 2);         // sections
  put(0x94, 0xE0, 2);      // size of the optional header
  put(0x98, 0x10B, 2);     // magic
  put(0x98 + 36, 512, 4);  // file alignment
  put(0x98 + 92, 16, 4);   // directories
  for (std::size_t i = 0; i < 2; ++i) {
    const std::size_t at = 0x98 + 0xE0 + 40 * i;
    put(at + 8, 512, 4);
    put(at + 12, static_cast<std::uint32_t>(0x1000 * (i + 1)), 4);
    put(at + 16, 500, 4);                                            // raw size: rounded up to 512
    put(at + 20, static_cast<std::uint32_t>(512 * (i + 1) + 3), 4);  // rounded down
  }
  pe.replace(1024, 7, "section");
  const std::string section = pe.substr(1024, 512);
  AddFile("a.mdb", "512:" + Md5(section) + ":Win.Section\n");
  const Scan scan = ScanBytes(pe, "a.exe", {}, {}, Build());
  ASSERT_EQ(scan.report.findings.size(), 1u);
  EXPECT_EQ(scan.report.findings[0].name, "Win.Section.UNOFFICIAL");
  EXPECT_EQ(scan.asked[0].type, "EXE");
}

TEST(EngineTest, OneEngineScansManyFiles) {
  std::vector<FakeMatcher::Asked> asked;
  EngineOptions options;
  options.arena_keep_bytes_max = 100'000;
  auto engine = Engine::CreateWithMatcher(std::make_unique<FakeMatcher>(&asked), nullptr, options);
  for (int round = 0; round < 3; ++round) {
    for (const char* name : {"nest.tar.gz", "hundred_layers.zip", "encrypted.zip", "nest.zip"}) {
      const std::string file = Fixture(name);
      const Report first = engine->ScanFile(base::AsBytes(file), name, {});
      const Report second = engine->ScanFile(base::AsBytes(file), name, {});
      EXPECT_EQ(first.objects_scanned, second.objects_scanned);
      EXPECT_EQ(first.findings.size(), second.findings.size());
      EXPECT_EQ(first.gaps.size(), second.gaps.size());
    }
  }
}

}  // namespace
}  // namespace day::engine
