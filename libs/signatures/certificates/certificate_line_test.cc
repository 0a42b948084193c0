#include "libs/signatures/certificates/certificate_line.h"

#include <gtest/gtest.h>

#include "libs/base/bytes.h"
#include "libs/signatures/lists.h"

namespace day::signatures::certificates {
namespace {

const std::string kSha1(40, 'a');

CertificateLine::Kind KindOf(const std::string& line) { return ParseCertificateLine(line).kind; }

TEST(CertificateLineTest, ReadsAllFields) {
  const CertificateLine line = ParseCertificateLine("N;1;" + kSha1 + ";" + std::string(40, '0') +
                                                    ";00abc;010001;1;0;1;77;text;1;255\r");
  ASSERT_EQ(line.kind, CertificateLine::Kind::kRule) << line.problem;
  EXPECT_EQ(line.rule.name, "N");
  EXPECT_TRUE(line.rule.is_trusted);
  EXPECT_EQ(base::ToHex(line.rule.subject), kSha1);
  EXPECT_EQ(base::ToHex(line.rule.serial.value()), std::string(40, '0'));
  EXPECT_EQ(line.rule.modulus, "\x0A\xBC");
  EXPECT_TRUE(line.rule.uses.code && !line.rule.uses.time && line.rule.uses.certificates);
  EXPECT_EQ(line.rule.not_before, 77);
}

TEST(CertificateLineTest, SaysWhatIsWrong) {
  EXPECT_EQ(KindOf("# text"), CertificateLine::Kind::kNothing);
  EXPECT_EQ(KindOf(""), CertificateLine::Kind::kNothing);
  EXPECT_EQ(KindOf("N;0;" + kSha1 + ";;ab;;0;0;0;;"), CertificateLine::Kind::kRule);
  for (const std::string& line :
       {std::string("N;0;") + kSha1 + ";;ab;;0;0;0;", "N;0;" + kSha1 + ";;ab;;0;0;0;;;1;2;3",
        "N;2;" + kSha1 + ";;ab;;0;0;0;;", std::string("N;0;aa;;ab;;0;0;0;;"),
        "N;0;" + kSha1 + ";aa;ab;;0;0;0;;", "N;0;" + kSha1 + ";;;;0;0;0;;",
        "N;0;" + kSha1 + ";;xy;;0;0;0;;", "N;0;" + kSha1 + ";;ab;;2;0;0;;",
        "N;0;" + kSha1 + ";;ab;;0;;0;;", "N;0;" + kSha1 + ";;ab;;0;0;x;;",
        "N;0;" + kSha1 + ";;ab;;0;0;0;x;", "N;0;" + kSha1 + ";;ab;;0;0;0;;;217",
        "N;0;" + kSha1 + ";;ab;;0;0;0;;;1;215", "N;0;" + kSha1 + ";;ab;;0;0;0;;;x"}) {
    EXPECT_EQ(KindOf(line), CertificateLine::Kind::kBad) << line;
  }
}

TEST(CertificateRulesTest, KnowWhereTheyStand) {
  std::string lists;
  AppendList("a.crb", "# text\nN;0;" + kSha1 + ";;ab;;0;0;0;;\nbad\nM;0;" + kSha1 + ";;ab;;0;0;0;;",
             &lists);
  AppendList("a.pwdb", "N;0;" + kSha1 + ";;ab;;0;0;0;;\n", &lists);
  const CertificateRules rules = RulesIn(lists);
  ASSERT_EQ(rules.rules.size(), 2u);
  EXPECT_EQ(rules.provenances[0], "a.crb:2");
  EXPECT_EQ(rules.provenances[1], "a.crb:4");
}

}  // namespace
}  // namespace day::signatures::certificates
