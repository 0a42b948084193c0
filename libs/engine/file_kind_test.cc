#include "libs/engine/file_kind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "libs/base/testing/fixture.h"
#include "libs/crypto/hash.h"
#include "libs/engine/clam_type.h"
#include "libs/engine/engine.h"
#include "libs/signatures/database.h"
#include "libs/signatures/database_builder.h"
#include "libs/signatures/lists.h"

namespace day::engine {
namespace {

using ::testing::ElementsAre;

FileKind KindWith(std::string_view lines, std::string_view data, bool is_partition = false) {
  std::string lists;
  signatures::AppendList("a.ftm", lines, &lists);
  signatures::filetypes::FileTypeTable table(lists);
  return KindOf(base::AsBytes(data), Origin::kOther, is_partition, &table);
}

TEST(FileKindTest, WithoutATableItIsOurOwn) {
  const FileKind kind = KindOf(base::AsBytes("%PDF-1.4"), Origin::kOther, false, nullptr);
  EXPECT_EQ(kind.type, FileType::kPdf);
  EXPECT_EQ(signatures::clamav::TypeName(kind.clam), "CL_TYPE_PDF");
  EXPECT_THAT(kind.opened_as, ElementsAre(FileType::kPdf));
  EXPECT_EQ(KindOf(base::AsBytes("x"), Origin::kMessage, false, nullptr).type, FileType::kMail);
}

TEST(FileKindTest, TheTableNamesWhatNobodyKnows) {
  const FileKind kind = KindWith("0:0:5157:q:CL_TYPE_ANY:CL_TYPE_CPIO_ODC\n", "QW\1\2\xFF");
  EXPECT_EQ(kind.type, FileType::kCpio);
  EXPECT_EQ(signatures::clamav::TypeName(kind.clam), "CL_TYPE_CPIO_ODC");
  EXPECT_THAT(kind.opened_as, ElementsAre(FileType::kCpio, FileType::kUnknown));
}

TEST(FileKindTest, TheTableTakesNothingAway) {
  const FileKind kind = KindWith("0:0:2550:q:CL_TYPE_ANY:CL_TYPE_GZ\n", "%PDF-1.4");
  EXPECT_EQ(kind.type, FileType::kPdf);
  EXPECT_EQ(signatures::clamav::TypeName(kind.clam), "CL_TYPE_GZ");
  EXPECT_EQ(signatures::clamav::TypeName(kind.also_clam), "CL_TYPE_PDF");
  EXPECT_THAT(kind.opened_as, ElementsAre(FileType::kGzip, FileType::kPdf));
}

TEST(FileKindTest, HandlersComeFirst) {
  FileKind kind = KindOf(base::AsBytes("%PDF-1.4"), Origin::kOther, false, nullptr);
  TakeFor(ClamTypeOf(FileType::kMail), kind);
  TakeFor(ClamTypeOf(FileType::kUnknown), kind);
  EXPECT_THAT(kind.opened_as, ElementsAre(FileType::kMail, FileType::kPdf));
}

// A database of a hash and a list.
class ListsTest : public ::testing::Test {
 protected:
  Report Scan(std::string_view list_name, std::string_view list, std::string_view file,
              std::string_view inner) {
    signatures::DatabaseBuilder builder;
    const std::string line =
        crypto::ToHexDigest(crypto::Sha256(base::AsBytes(inner))) + "  Test.Inner\n";
    EXPECT_TRUE(builder.AddFile("a.sums", line).ok());
    builder.AddList(list_name, list, 0);
    table_ = builder.Build().value();
    const auto database = signatures::Database::Open(base::AsBytes(table_)).value();
    const auto engine = Engine::Create(nullptr, &database, {});
    return engine->ScanFile(base::AsBytes(file), "file", {});
  }

  std::string table_;
};

TEST_F(ListsTest, MagicOpensWhatItNames) {
  const std::string mail = "QWER: and more\n\nbegin 644 a\n+:&5L;&\\@=V]R;&0`\n`\nend\n";
  EXPECT_TRUE(
      Scan("a.ftm", "0:9:51:q:CL_TYPE_ANY:CL_TYPE_MAIL\n", mail, "hello world").findings.empty());
  EXPECT_EQ(Scan("a.ftm", "0:0:51574552:q:CL_TYPE_ANY:CL_TYPE_MAIL\n", mail, "hello world")
                .findings.size(),
            1u);
}

TEST_F(ListsTest, PasswordsOpenZips) {
  const std::string zip = base::ReadFixture("archives/encrypted.zip");
  const std::string text = base::ArchivedText();
  // The archive holds the text twice, once encrypted.
  const auto scan = [&](std::string_view line) { return Scan("a.pwdb", line, zip, text); };
  EXPECT_EQ(scan("P;Target:0;0;open\n").gaps.size(), 1u);
  EXPECT_EQ(scan("P;Target:0;0;open\n").findings.size(), 1u);
  EXPECT_EQ(scan("P;Target:0;0;correct horse\n").gaps.size(), 0u);
  EXPECT_EQ(scan("P;Target:0;0;correct horse\n").findings.size(), 2u);
  EXPECT_EQ(scan("P;Engine:81-255,Container:CL_TYPE_RAR;0;correct horse\n").findings.size(), 1u);
}

}  // namespace
}  // namespace day::engine
