#include "libs/unpack/xar/xar_reader.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>

#include "libs/base/testing/fixture.h"
#include "libs/unpack/parts/testing/installers.h"

namespace day::unpack::xar {
namespace {

using parts::testing::Drained;

constexpr std::string_view kNeedle = "a needle in the nest\n";
constexpr std::size_t kTextBytes = 900;
constexpr std::string_view kToc = "(table of contents)";
constexpr std::string_view kWrongSize = "damaged: not of the size that the archive says";

struct Outcome {
  std::multimap<std::string, Drained> members;
  std::string problem;

  const Drained& operator[](const std::string& name) const {
    static const Drained kMissing;
    const auto at = members.find(name);
    EXPECT_NE(at, members.end()) << name;
    return at != members.end() ? at->second : kMissing;
  }
};

Outcome Read(const std::string& file, const base::BudgetLimits& limits = {}) {
  XarReader reader(base::AsBytes(file));
  base::Budget budget(limits);
  Outcome outcome;
  for (Drained& member : parts::testing::Drain(reader, budget)) {
    outcome.members.emplace(member.name, std::move(member));
  }
  outcome.problem = std::string(reader.problem());
  return outcome;
}

Outcome ReadFixture(const std::string& name) { return Read(base::ReadFixture("packages/" + name)); }

std::string BigEndian(std::uint64_t number) {
  std::string out;
  for (int shift = 56; shift >= 0; shift -= 8) {
    out += static_cast<char>(number >> shift);
  }
  return out;
}

// With a table that is deflated into stored blocks.
std::string ArchiveOf(std::string_view toc, std::string_view heap) {
  constexpr std::size_t kBlockBytesMax = 0xFFFF;
  std::string packed = "\x78\x01";
  for (std::size_t at = 0; at == 0 || at < toc.size(); at += kBlockBytesMax) {
    const std::string_view block = toc.substr(at, kBlockBytesMax);
    packed += at + block.size() == toc.size() ? '\1' : '\0';
    for (const std::size_t count : {block.size(), ~block.size()}) {
      packed += static_cast<char>(count);
      packed += static_cast<char>(count >> 8);
    }
    packed += block;
  }
  packed += "adle";
  return "xar!" + std::string("\0\x1C\0\1", 4) + BigEndian(packed.size()) + BigEndian(toc.size()) +
         std::string(4, '\0') + packed + std::string(heap);
}

TEST(XarReaderTest, ReadsWhatToolsWrite) {
  const Outcome outcome = ReadFixture("plain.xar");
  EXPECT_EQ(outcome.problem, "");
  EXPECT_EQ(outcome.members.size(), 3u);
  EXPECT_EQ(outcome["b.txt"].content, kNeedle);
  EXPECT_EQ(outcome["dir/a.txt"].content.size(), kTextBytes);
  EXPECT_TRUE(outcome[std::string(kToc)].content.starts_with("<?xml"));
  for (const auto& [name, member] : outcome.members) {
    EXPECT_EQ(member.gap, "") << name;
  }
}

TEST(XarReaderTest, ReadsEveryEncoding) {
  const Outcome outcome = ReadFixture("codings.xar");
  EXPECT_EQ(outcome.problem, "");
  for (const char* name : {"x-gzip.txt", "x-lzma.txt", "octet-stream.txt"}) {
    EXPECT_EQ(outcome[name].content.size(), kTextBytes) << name;
    EXPECT_EQ(outcome[name].gap, "") << name;
  }
  for (const char* name : {"x-bzip2.txt", "x-xz.txt"}) {
    EXPECT_EQ(outcome[name].content, kNeedle) << name;
    EXPECT_EQ(outcome[name].gap, "") << name;
  }
}

TEST(XarReaderTest, ReadsAttributesNamesAndDocuments) {
  const Outcome attributes = ReadFixture("attributes.xar");
  EXPECT_EQ(attributes["(file)/a&b.txt"].content.size(), kTextBytes);
  EXPECT_EQ(attributes["(file)/a&b.txt/(attribute com.example.note)"].content, kNeedle);
  const Outcome names = ReadFixture("names.xar");
  EXPECT_EQ(names["b\u00e4r.txt"].content, kNeedle);
  EXPECT_EQ(names["dir/(file)"].content.size(), kTextBytes);
  EXPECT_EQ(names["(subdocument)"].content, "<text>a needle in the nest</text>");
}

TEST(XarReaderTest, LinksHaveNoData) {
  const Outcome outcome = ReadFixture("links.xar");
  EXPECT_EQ(outcome.members.size(), 3u);
  EXPECT_EQ(outcome["a.txt"].content, kNeedle);
  EXPECT_EQ(outcome["c.txt"].content, kNeedle);
}

TEST(XarReaderTest, MangledXmlLosesNothing) {
  const Outcome outcome = ReadFixture("mangled.xar");
  EXPECT_EQ(outcome.problem, "");
  for (const char* name : {"a.txt/unknown", "a.txt/none", "a.txt/open", "a.txt/swapped"}) {
    EXPECT_EQ(outcome[name].content, kNeedle) << name;
    EXPECT_EQ(outcome[name].gap, "") << name;
  }
  EXPECT_EQ(outcome["a.txt/other"].content, kNeedle);
  EXPECT_EQ(outcome["a.txt/other"].gap, "unsupported: encoding application/x-snappy");
  EXPECT_EQ(outcome["a.txt/wrong"].content, kNeedle);
  EXPECT_EQ(outcome["a.txt/wrong"].gap, "damaged: invalid block type");
  EXPECT_EQ(outcome.members.count("a.txt"), 3u);
}

TEST(XarReaderTest, LiesAreGaps) {
  const Outcome outcome = ReadFixture("lies.xar");
  EXPECT_EQ(outcome["size.txt"].content, kNeedle);
  EXPECT_EQ(outcome["size.txt"].gap, kWrongSize);
  EXPECT_EQ(outcome["length.txt"].content, kNeedle);  // without its checksum
  EXPECT_EQ(outcome["offset.txt"].gap, "damaged: the data ends too early");
  EXPECT_EQ(outcome["no_offset.txt"].gap, "damaged: data without an offset");
  EXPECT_FALSE(outcome["no_offset.txt"].has_content);
  EXPECT_EQ(outcome["no_length.txt"].content, kNeedle);
  EXPECT_EQ(outcome["no_length.txt"].gap, "damaged: data without a length");
  EXPECT_EQ(outcome.members.count("twice.txt"), 2u);
  EXPECT_EQ(outcome["long.txt"].content, kNeedle);
  EXPECT_EQ(outcome["long.txt"].gap, "damaged: the data ends too early");
}

TEST(XarReaderTest, AWrongSizeOfTheTableLosesNothing) {
  for (const char* name : {"table_packed.xar", "table_size.xar"}) {
    const Outcome outcome = ReadFixture(name);
    EXPECT_EQ(outcome.problem,
              "damaged: the table of contents is not of the size that the header says")
        << name;
    EXPECT_EQ(outcome["a.txt"].content.size(), kTextBytes) << name;
    EXPECT_EQ(outcome["b.txt"].content, kNeedle) << name;
  }
  // A size of the header that is none.
  std::string wrong = base::ReadFixture("packages/plain.xar");
  wrong[4] = '\x99';
  EXPECT_EQ(Read(wrong)["b.txt"].content, kNeedle);
}

TEST(XarReaderTest, DamageOfOneFileIsItsOwn) {
  const Outcome outcome = ReadFixture("damaged.xar");
  EXPECT_TRUE(outcome["a.txt"].gap.starts_with("damaged: ")) << outcome["a.txt"].gap;
  EXPECT_TRUE(outcome["a.txt"].content.starts_with("The quick"));
  EXPECT_EQ(outcome["b.txt"].content, kNeedle);
  EXPECT_EQ(outcome["b.txt"].gap, "");
}

TEST(XarReaderTest, WithoutATableItSaysSo) {
  EXPECT_EQ(Read("xar!").problem, "damaged: the stream ends too early");
  EXPECT_EQ(Read(ArchiveOf("", "heap")).problem, "damaged: no table of contents");
  EXPECT_TRUE(Read(ArchiveOf("", "heap")).members.empty());
  EXPECT_EQ(Read(ArchiveOf("no XML", "heap")).problem, "damaged: the table of contents breaks off");
}

TEST(XarReaderTest, ATableThatBreaksOffGivesItsBeginning) {
  const std::string toc = "<data><length>2</length><offset>0</offset><size>2</size></data>";
  const std::string file = ArchiveOf(toc + std::string(10, ' '), "");
  const Outcome outcome = Read(file.substr(0, file.size() - 10));
  EXPECT_TRUE(outcome[std::string(kToc)].gap.starts_with("damaged: "));
  EXPECT_EQ(outcome[std::string(kToc)].content.substr(0, toc.size()), toc);
  EXPECT_EQ(outcome["(file)"].gap, "damaged: the data ends too early");
}

TEST(XarReaderTest, TheTableMayBeUtf16) {
  const std::string_view toc =
      "<xar><data><length>4</length><offset>0</offset><size>4</size></data></xar>";
  std::string little;
  std::string big;
  for (const char c : toc) {
    little += {c, '\0'};
    big += {'\0', c};
  }
  for (const std::string& text : {little, big, "\xFF\xFE" + little, "\xFE\xFF" + big}) {
    const Outcome outcome = Read(ArchiveOf(text, "data"));
    EXPECT_EQ(outcome.problem, "");
    EXPECT_EQ(outcome["(file)"].content, "data");
    EXPECT_EQ(outcome[std::string(kToc)].content, text);
  }
}

TEST(XarReaderTest, LzmaOfAnyProperties) {
  // Its size is 3 and there is nothing behind the start of the range coder.
  const std::string toc =
      "<data><length>18</length><offset>0</offset><size>0</size><encoding style='x-lzma'/></data>";
  std::string lzma("\x01\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 18);
  EXPECT_EQ(Read(ArchiveOf(toc, lzma))["(file)"].gap, "");
  lzma[0] = '\xFF';  // no properties at all
  lzma[5] = 3;
  const Outcome outcome = Read(ArchiveOf(toc, lzma));
  EXPECT_TRUE(outcome["(file)"].gap.starts_with("damaged: ")) << outcome["(file)"].gap;
  EXPECT_EQ(outcome["(file)"].content, lzma);
}

TEST(XarReaderTest, SharedDataArePaidEachTime) {
  std::string toc;
  for (int i = 0; i < 100; ++i) {
    toc += "<data><length>100000</length><offset>0</offset></data>";
  }
  base::BudgetLimits limits;
  limits.bytes_out_max = 1'000'000;
  const Outcome outcome = Read(ArchiveOf(toc, std::string(100'000, 'x')), limits);
  std::size_t given = 0;
  std::size_t gaps = 0;
  for (const auto& [name, member] : outcome.members) {
    given += member.content.size();
    gaps += member.gap == "limit bytes_out_max" ? 1 : 0;
  }
  EXPECT_EQ(given, limits.bytes_out_max);
  EXPECT_EQ(gaps, 91u);
}

TEST(XarReaderTest, AMillionEntriesAreFastAndEndAtTheStepsAllowed) {
  constexpr std::size_t kEntries = 1'000'000;
  std::string toc;
  for (std::size_t i = 0; i < kEntries; ++i) {
    toc += "<data><length>1</length><offset>0</offset></data>";
  }
  const std::string file = ArchiveOf(toc, "x");
  base::BudgetLimits limits;
  limits.files_max = kEntries + 1;
  XarReader reader(base::AsBytes(file));
  base::Budget budget(limits);
  inflate::OutputBuffer buffer;
  const auto start = std::chrono::steady_clock::now();
  std::size_t count = 0;
  while (reader.Next(budget, buffer)) {
    ++count;
  }
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(count, kEntries + 1);
  EXPECT_LT(took, std::chrono::seconds(10));  // a tenth of it, if nothing else runs
  limits.steps_max = 100'000;
  limits.files_max = 10'000;
  EXPECT_EQ(Read(file, limits).problem, "limit steps_max");
}

TEST(XarReaderTest, ATableBeyondTheLimitIsAGap) {
  base::BudgetLimits limits;
  limits.file_bytes_max = 100;
  const Outcome outcome = Read(base::ReadFixture("packages/plain.xar"), limits);
  EXPECT_EQ(outcome[std::string(kToc)].gap, "limit file_bytes_max");
}

TEST(XarReaderTest, EveryTruncationAndFlippedByteEnds) {
  for (const char* name : {"plain.xar", "codings.xar", "mangled.xar"}) {
    parts::testing::ExpectAllDamageEnds<XarReader>(
        base::ReadFixture(std::string("packages/") + name), 4, &XarReader::IsXar);
  }
}

}  // namespace
}  // namespace day::unpack::xar
