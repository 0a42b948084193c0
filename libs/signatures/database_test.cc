#include "libs/signatures/database.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "libs/crypto/hash.h"
#include "libs/signatures/database_builder.h"
#include "libs/signatures/table_format.h"

namespace day::signatures {
namespace {

constexpr std::string_view kMd5A = "00112233445566778899aabbccddeeff";
constexpr std::string_view kMd5B = "ffeeddccbbaa99887766554433221100";
constexpr std::string_view kSha1 = "0123456789abcdef0123456789abcdef01234567";
constexpr std::string_view kSha256 =
    "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef";

std::string Bytes(std::string_view hex) { return base::FromHex(hex).value_or(""); }

struct Built {
  std::string file;
  Database database;

  std::optional<Description> Find(Table table, std::string_view hex,
                                  std::optional<std::uint64_t> size) const {
    const std::string digest = Bytes(hex);
    const auto id = database.Find(table, base::AsBytes(digest), size);
    return id ? std::optional(database.Describe(*id)) : std::nullopt;
  }
};

std::unique_ptr<Built> Build(const std::map<std::string, std::string>& files) {
  DatabaseBuilder builder;
  for (const auto& [name, text] : files) {
    EXPECT_TRUE(builder.AddFile(name, text).ok());
  }
  auto built = std::make_unique<Built>();
  built->file = builder.Build().value();
  auto database = Database::Open(base::AsBytes(built->file));
  EXPECT_TRUE(database.ok());
  built->database = *database;
  return built;
}

std::string Line(std::initializer_list<std::string_view> fields, char separator = ':') {
  std::string line;
  for (const std::string_view field : fields) {
    line += std::string(line.empty() ? "" : std::string(1, separator)) + std::string(field);
  }
  return line + "\n";
}

TEST(DatabaseTest, FindsByHashAndSize) {
  const auto built = Build({{"main.hdb", "# comment\n" + Line({kMd5A, "10", "Win.A"}) + "\r\n" +
                                             Line({kSha256, "20", "Win.B"})},
                            {"x.mdb", Line({"512", kMd5A, "Win.Section"})},
                            {"y.imp", Line({kMd5B, "*", "Win.Import"})},
                            {"z.fp", Line({kSha1, "7", "Allowed"})}});
  EXPECT_EQ(built->database.count(), 5u);
  const auto hit = built->Find(Table::kFileMd5, kMd5A, 10);
  ASSERT_TRUE(hit);
  EXPECT_EQ(hit->name, "Win.A");
  EXPECT_EQ(hit->file, "main.hdb");
  EXPECT_EQ(hit->line, 2u);
  EXPECT_FALSE(built->Find(Table::kFileMd5, kMd5A, 11));
  EXPECT_FALSE(built->Find(Table::kFileMd5, kMd5B, 10));
  EXPECT_EQ(built->Find(Table::kFileSha256, kSha256, 20)->line, 4u);
  EXPECT_EQ(built->Find(Table::kSectionMd5, kMd5A, 512)->name, "Win.Section");
  EXPECT_EQ(built->Find(Table::kImportMd5, kMd5B, 99)->name, "Win.Import");
  EXPECT_EQ(built->Find(Table::kImportMd5, kMd5B, std::nullopt)->file, "y.imp");
  EXPECT_EQ(built->Find(Table::kAllowSha1, kSha1, 7)->name, "Allowed");
  EXPECT_FALSE(built->Find(Table::kFileSha1, kSha1, 7));
}

TEST(DatabaseTest, SizesSayWhetherToHash) {
  const auto built = Build({{"a.hdb", Line({kMd5A, "10", "A"}) + Line({kMd5B, "5000000000", "B"})},
                            {"b.hsb", Line({kSha256, "*", "C", "73"})}});
  EXPECT_TRUE(built->database.MayMatchSize(Table::kFileMd5, 10));
  EXPECT_TRUE(built->database.MayMatchSize(Table::kFileMd5, 5000000000));
  for (std::uint64_t size = 11; size < 5000; ++size) {
    EXPECT_FALSE(built->database.MayMatchSize(Table::kFileMd5, size));
  }
  EXPECT_FALSE(built->database.MayMatchSize(Table::kFileMd5, 5000000000 & 0xFFFFFFFF));
  EXPECT_TRUE(built->database.MayMatchSize(Table::kFileSha256, 1));
  EXPECT_TRUE(built->database.HasSizeless(Table::kFileSha256));
  EXPECT_FALSE(built->database.HasSizeless(Table::kFileMd5));
  EXPECT_FALSE(built->database.MayMatchSize(Table::kSectionMd5, 10));
}

TEST(DatabaseTest, OneDigestMayHaveManySizes) {
  std::string text = Line({kMd5A, "*", "Any", "73"});
  for (int size = 100; size > 0; --size) {
    text += Line({kMd5A, std::to_string(size), "Size" + std::to_string(size)});
  }
  text += Line({kMd5A, "50", "Again"});
  const auto built = Build({{"a.hdb", text}});
  EXPECT_EQ(built->database.count(), 101u);
  EXPECT_EQ(built->Find(Table::kFileMd5, kMd5A, 50)->name, "Size50");
  EXPECT_EQ(built->Find(Table::kFileMd5, kMd5A, 100)->name, "Size100");
  EXPECT_EQ(built->Find(Table::kFileMd5, kMd5A, 101)->name, "Any");
}

TEST(DatabaseTest, ReportsLinesItSkips) {
  DatabaseBuilder builder;
  const std::string text = Line({kMd5A, "10", "Good"}) + Line({kMd5A, "10"}) +
                           Line({"xyz", "10", "Name"}) + Line({kMd5A, "ten", "Name"}) +
                           Line({kMd5A, "*", "Name"}) + Line({kMd5A, "1", "Name", "300"}) +
                           Line({kMd5A, "1", "Name", "1", "100"}) + Line({kMd5A, "1", ""});
  const auto report = builder.AddFile("a.hdb", text);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->signatures, 1u);
  EXPECT_EQ(report->lines_skipped, 7u);
  const std::vector<std::string> expected = {
      "not three to five fields between colons",
      "not a hash of 32, 40 or 64 hexadecimal digits",
      "the size is not a number",
      "a size of * needs a minimum functionality level of 73 or more",
      "needs a higher functionality level",
      "is for lower functionality levels",
      "no name"};
  ASSERT_EQ(report->diagnostics.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(report->diagnostics[i].reason, expected[i]);
    EXPECT_EQ(report->diagnostics[i].line, i + 2);
  }
}

TEST(DatabaseTest, ReadsSumListsAndCsv) {
  const std::string sums = std::string(kMd5A) + "  evil.exe\n" + std::string(kSha256) +
                           " *binary mode.bin\n" + std::string(kMd5B) +
                           "\nMD5 (a (b).txt) = " + "11111111111111111111111111111111\n";
  const std::string csv = "hash,name,size\n" + std::string(kSha1) + ",\"Name, with comma\",12\n" +
                          std::string(kMd5A) + ", Plain \nnonsense,here\n";
  DatabaseBuilder builder;
  EXPECT_EQ(builder.AddFile("SHA256SUMS", sums)->lines_skipped, 0u);
  EXPECT_EQ(builder.AddFile("feed.csv", csv)->lines_skipped, 1u);
  const std::string file = builder.Build().value();
  Built built;
  built.database = Database::Open(base::AsBytes(file)).value();
  EXPECT_EQ(built.Find(Table::kFileMd5, kMd5A, 1)->name, "evil.exe");
  EXPECT_EQ(built.Find(Table::kFileSha256, kSha256, 1)->name, "binary mode.bin");
  EXPECT_EQ(built.Find(Table::kFileMd5, kMd5B, 1)->name, "unnamed");
  EXPECT_EQ(built.Find(Table::kFileMd5, "11111111111111111111111111111111", 1)->name, "a (b).txt");
  EXPECT_EQ(built.Find(Table::kFileSha1, kSha1, 12)->name, "Name, with comma");
  EXPECT_FALSE(built.Find(Table::kFileSha1, kSha1, 13));
}

// The table against a plain map, over enough entries for many buckets and name blocks.
TEST(DatabaseTest, KeepsNearSignaturesAsLines) {
  const std::string tlsh =
      "T1301124198C869A5A4F0F9380A9AE92F2B9278F42089EA34272885F0FB2D34E6911444C";
  DatabaseBuilder builder;
  const auto report =
      builder.AddFile("x.ssdeep",
                      "ssdeep,1.1--blocksize:hash:hash,filename\n"
                      "3:abc:def,\"a name\"\n" +
                          tlsh + ",Other,12\n" + tlsh + "\ttabbed\n" +
                          "3:abc:def\n3:abc:def,Name,101\n" + tlsh + ",N,x\n" + "T1zz,Name\n");
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->signatures, 3u);
  EXPECT_EQ(report->lines_skipped, 4u);
  const std::string table = builder.Build().value();
  const Database database = Database::Open(base::AsBytes(table)).value();
  EXPECT_EQ(database.near_lines(), "0 80 3:abc:def\n1 12 " + tlsh + "\n2 30 " + tlsh + "\n");
  EXPECT_EQ(database.Describe({0}).name, "a name");
  EXPECT_EQ(database.Describe({2}).name, "tabbed");
  EXPECT_EQ(database.Describe({1}).line, 3u);
}

TEST(DatabaseTest, AgreesWithAMap) {
  std::mt19937_64 random(1);
  std::map<std::string, std::pair<std::uint64_t, std::string>> expected;
  std::string text;
  for (int i = 0; i < 20000; ++i) {
    std::string digest(16, '\0');
    for (char& c : digest) {
      c = static_cast<char>(random());
    }
    const std::uint64_t size = random() % 3000;
    const std::string name = "Win.Family" + std::to_string(random() % 50) + "-" + std::to_string(i);
    text += Line({base::ToHex(base::AsBytes(digest)), std::to_string(size), name});
    expected[digest] = {size, name};
  }
  const auto built = Build({{"a.hdb", text}});
  EXPECT_TRUE(built->database.VerifySections().ok());
  for (const auto& [digest, value] : expected) {
    const auto id = built->database.Find(Table::kFileMd5, base::AsBytes(digest), value.first);
    ASSERT_TRUE(id);
    const Description found = built->database.Describe(*id);
    ASSERT_EQ(found.name, value.second);
    ASSERT_EQ(value.second, "Win.Family" + value.second.substr(10, value.second.find('-') - 10) +
                                "-" + std::to_string(found.line - 1));
    std::string other = digest;
    other[15] = static_cast<char>(other[15] + 1);
    ASSERT_FALSE(built->database.Find(Table::kFileMd5, base::AsBytes(other), value.first));
  }
}

TEST(DatabaseTest, TellsLargeSizesApart) {
  const std::string limit = std::to_string(format::kLargeSize);
  const auto built =
      Build({{"a.hdb", Line({kMd5A, "3221225471", "Below"}) + Line({kMd5A, limit, "Limit"}) +
                           Line({kMd5A, "1099511627776", "Tebibyte"}) +
                           Line({kMd5B, "*", "Any", "73"})}});
  EXPECT_EQ(built->Find(Table::kFileMd5, kMd5A, 3'221'225'471)->name, "Below");
  EXPECT_EQ(built->Find(Table::kFileMd5, kMd5A, format::kLargeSize)->name, "Limit");
  EXPECT_EQ(built->Find(Table::kFileMd5, kMd5A, 1'099'511'627'776)->name, "Tebibyte");
  EXPECT_FALSE(built->Find(Table::kFileMd5, kMd5A, 1'099'511'627'775));
  EXPECT_FALSE(built->Find(Table::kFileMd5, kMd5A, 1'099'511'627'777));
  EXPECT_EQ(built->Find(Table::kFileMd5, kMd5B, 1'099'511'627'775)->name, "Any");
}

TEST(DatabaseTest, BuildsTheSameBytesAgain) {
  const std::map<std::string, std::string> files = {
      {"a.hdb", Line({kMd5A, "10", "A"}) + Line({kSha256, "20", "B"})},
      {"b.mdb", Line({"512", kMd5A, "C"})}};
  EXPECT_EQ(Build(files)->file, Build(files)->file);
}

TEST(DatabaseTest, EmptyDatabasesMatchNothing) {
  const Database none;
  EXPECT_FALSE(none.MayMatchSize(Table::kFileMd5, 0));
  EXPECT_FALSE(none.Find(Table::kFileMd5, base::AsBytes(Bytes(kMd5A)), 0));
  EXPECT_TRUE(none.VerifySections().ok());
  const auto built = Build({});
  EXPECT_FALSE(built->database.MayMatchSize(Table::kFileMd5, 0));
  EXPECT_FALSE(built->Find(Table::kFileMd5, kMd5A, 0));
}

TEST(DatabaseTest, RefusesDamagedHeadersAndNoticesDamagedSections) {
  const auto built = Build({{"a.hdb", Line({kMd5A, "10", "A"})}, {"b.near", "3:abc:def,B\n"}});
  for (std::size_t i = 0; i < built->file.size(); ++i) {
    std::string bad = built->file;
    bad[i] = static_cast<char>(bad[i] ^ 0x40);
    const auto database = Database::Open(base::AsBytes(bad));
    if (i < format::kHeaderBytes) {
      ASSERT_FALSE(database.ok()) << i;
    } else {
      ASSERT_TRUE(database.ok()) << i;
      const auto found = database->Find(Table::kFileMd5, base::AsBytes(Bytes(kMd5A)), 10);
      if (found) {
        (void)database->Describe(*found);
      }
    }
  }
  std::string bad = built->file;
  bad[bad.find("3:abc:def")] ^= 1;
  EXPECT_FALSE(Database::Open(base::AsBytes(bad))->VerifySections().ok());
  EXPECT_FALSE(Database::Open(base::AsBytes(bad).first(bad.size() - 1)).ok());
  EXPECT_FALSE(Database::Open({}).ok());
}

}  // namespace
}  // namespace day::signatures
