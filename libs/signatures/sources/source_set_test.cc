#include "libs/signatures/sources/source_set.h"

#include <gtest/gtest.h>

#include <string>

#include "libs/crypto/hash.h"
#include "libs/signatures/cvd/testing/cvd_builder.h"
#include "libs/signatures/database.h"

namespace day::signatures::sources {
namespace {

constexpr std::string_view kEicar = "44d88612fea8a8f36de82e1278abb02f";
constexpr std::string_view kOther = "00d88612fea8a8f36de82e1278abb02f";

std::string Line(std::string_view hash, std::string_view name) {
  return std::string(hash) + ":68:" + std::string(name);
}

struct Built {
  base::Status status;
  std::string table;
};

Built Build(SourceSet* sources) {
  Built built;
  built.status = sources->WriteTo([&](base::Bytes piece) {
    built.table += base::AsText(piece);
    return base::OkStatus();
  });
  return built;
}

std::uint64_t CountOf(const Built& built) {
  const auto database = Database::Open(base::AsBytes(built.table));
  return database.ok() ? database->count() : 0;
}

TEST(SourceSetTest, KnowsAllEndingsOfClamav) {
  for (const char* name :
       {"a.hdb", "a.hsb", "a.mdb", "a.msb", "a.imp", "a.fp",  "a.sfp",  "a.ign", "a.ign2",
        "a.ndb", "a.ldb", "a.cdb", "a.zmd", "a.rmd", "a.ftm", "a.crb",  "a.pdb", "a.wdb",
        "a.gdb", "a.idb", "a.cbc", "a.cat", "a.ioc", "a.cfg", "a.info", "a.yar", "a.yara",
        "a.cvd", "a.cld", "a.cud", "a.db",  "a.sdb", "a.pwdb"}) {
    EXPECT_NE(SourceKindOf(name).use, Use::kOther) << name;
  }
  EXPECT_EQ(SourceKindOf("a.txt").use, Use::kOther);
  EXPECT_EQ(SourceKindOf("hdb").use, Use::kOther);
}

TEST(SourceSetTest, FindsNames) {
  EXPECT_EQ(SignatureNameOf(SourceKindOf("a.hdb"), "aa:1:Name:73"), "Name");
  EXPECT_EQ(SignatureNameOf(SourceKindOf("a.hdb"), "aa:1:Name\r"), "Name");
  EXPECT_EQ(SignatureNameOf(SourceKindOf("a.ldb"), "Name;Target:0;0;aa"), "Name");
  EXPECT_EQ(SignatureNameOf(SourceKindOf("a.db"), "Name=aabb"), "Name");
  EXPECT_EQ(SignatureNameOf(SourceKindOf("a.hdb"), "aa"), "");
}

TEST(SourceSetTest, LeavesOutIgnoredNames) {
  SourceSet sources;
  const std::string corrected = Line(kOther, "B");
  sources.AddFile("l.ign2", "A\nB:" + crypto::ToHexDigest(crypto::Md5(base::AsBytes(corrected))) +
                                "\n# no\n:x\nC:12\n");
  const std::string text =
      "# comment\n" + Line(kEicar, "A") + "\n" + Line(kEicar, "B") + "\nbad\n" + corrected + "\n";
  sources.AddFile("db/a.hdb", text);
  const Built built = Build(&sources);
  ASSERT_TRUE(built.status.ok());
  EXPECT_EQ(CountOf(built), 1u);
  ASSERT_EQ(sources.reports().size(), 2u);
  EXPECT_EQ(sources.reports()[0].lines.signatures, 2u);
  EXPECT_EQ(sources.reports()[0].lines.lines_skipped, 2u);
  const SourceReport& report = sources.reports()[1];
  EXPECT_EQ(report.ignored, 2u);
  EXPECT_EQ(report.lines.signatures, 1u);
  ASSERT_EQ(report.lines.diagnostics.size(), 1u);
  EXPECT_EQ(report.lines.diagnostics[0].line, 4u);  // as in the file
}

TEST(SourceSetTest, OldIgnoreListsHaveThreeFields) {
  SourceSet sources;
  sources.AddFile("l.ign", "main.hdb:12:A\nbad\n");
  sources.AddFile("a.hdb", Line(kEicar, "A"));
  EXPECT_EQ(CountOf(Build(&sources)), 0u);
  EXPECT_EQ(sources.reports()[0].lines.lines_skipped, 1u);
}

TEST(SourceSetTest, OpensContainersAndTheirLists) {
  cvd::testing::CvdSpec spec;
  spec.files = {{"t.hdb", Line(kEicar, "In") + "\n" + Line(kOther, "Out") + "\n"},
                {"t.ign2", "Out\nLoose\n"},
                {"t.cbc", "program"},
                {"COPYING", "free"}};
  SourceSet sources;
  sources.AddFile("db/t.cud", cvd::testing::MakeCvd(spec));
  sources.AddFile("db/l.hdb", Line(kOther, "Loose"));
  const Built built = Build(&sources);
  ASSERT_TRUE(built.status.ok()) << built.status.error().message;
  EXPECT_EQ(CountOf(built), 1u);
  std::string seen;
  for (const SourceReport& report : sources.reports()) {
    seen += report.name + " " + (report.is_used ? "used" : "unused") + " " +
            std::to_string(report.lines.signatures) + " " + std::to_string(report.ignored) + "\n";
  }
  EXPECT_EQ(seen,
            "db/t.cud used 0 0\n"
            "db/t.cud//t.ign2 used 2 0\n"
            "db/l.hdb used 0 1\n"
            "db/t.cud//t.hdb used 1 1\n"
            "db/t.cud//t.cbc unused 0 0\n");
  EXPECT_EQ(sources.reports()[0].note,
            "version 7 of 16 Apr 2020 07-58 -0400, unsigned; its digests are right");
}

TEST(SourceSetTest, RefusedContainerRefusesTheSet) {
  cvd::testing::CvdSpec spec;
  SourceSet sources;
  sources.AddFile("db/t.cvd", cvd::testing::MakeCvd(spec));
  sources.AddFile("db/l.hdb", Line(kOther, "Loose"));
  const Built built = Build(&sources);
  ASSERT_FALSE(built.status.ok());
  EXPECT_EQ(built.status.error().message, "db/t.cvd: the signature in its header is wrong");
  EXPECT_FALSE(sources.reports()[0].is_used);
}

TEST(SourceSetTest, SaysWhatIsNotUsed) {
  SourceSet sources;
  sources.AddFile("a.cbc", "x\ny\n");
  sources.AddFile("a.idb", "# c\nx\n\ny\n");
  sources.AddFile("list.txt", std::string(kEicar) + "  file\n");
  const Built built = Build(&sources);
  ASSERT_TRUE(built.status.ok());
  EXPECT_EQ(CountOf(built), 1u);
  EXPECT_EQ(sources.reports()[0].note, "bytecode programs are not run");
  EXPECT_EQ(sources.reports()[1].lines.lines_skipped, 2u);
}

}  // namespace
}  // namespace day::signatures::sources
