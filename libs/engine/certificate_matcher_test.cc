#include "libs/engine/certificate_matcher.h"

#include <gtest/gtest.h>

#include "libs/base/testing/fixture.h"
#include "libs/signatures/lists.h"

namespace day::engine {
namespace {

TEST(CertificateMatcherTest, OtherFilesAreNotAsked) {
  std::string lists;
  signatures::AppendList("a.crb", "N;0;" + std::string(40, 'a') + ";;ab;;0;0;0;;\n", &lists);
  const CertificateMatcher matcher(lists);
  EXPECT_FALSE(matcher.empty());
  std::vector<Finding> findings;
  const std::string file = base::ReadFixture("pe/signed.exe");
  EXPECT_FALSE(matcher.Match(base::AsBytes(file), 0, findings));
  EXPECT_FALSE(matcher.Match(base::AsBytes("MZ"), 0, findings));
  EXPECT_TRUE(findings.empty());
}

TEST(CertificateMatcherTest, WithoutRulesItIsEmpty) { EXPECT_TRUE(CertificateMatcher("").empty()); }

}  // namespace
}  // namespace day::engine
