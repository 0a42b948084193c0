#include "libs/engine/naming.h"

#include <gtest/gtest.h>

#include <vector>

namespace day::engine {
namespace {

using std::string_view_literals::operator""sv;
using Metas = std::vector<RuleMeta>;

TEST(NamingTest, MetadataNamesTheThreat) {
  EXPECT_EQ(ThreatName("any_rule", Metas{{"threat_name", "Windows.Trojan.Emotet"sv}}),
            "Windows.Trojan.Emotet");
  EXPECT_EQ(ThreatName("MAL_Thing", Metas{{"family", "Emotet"sv}}), "Emotet");
  EXPECT_EQ(ThreatName("Win32_Trojan_Thing", Metas{{"malware", "Emotet"sv}}),
            "Win32.Trojan.Emotet");
  EXPECT_EQ(ThreatName("x", Metas{{"family", std::int64_t{3}}}), "x");
}

TEST(NamingTest, IdentifiersNameTheRest) {
  EXPECT_EQ(ThreatName("Win32_Ransomware_Wannacry", {}), "Win32.Ransomware.Wannacry");
  EXPECT_EQ(ThreatName("SUSP_Script_Thing", {}), "SUSP_Script_Thing");
  EXPECT_EQ(ThreatName("Windows", {}), "Windows");
}

TEST(NamingTest, NamesAreFitToPrint) {
  EXPECT_EQ(ThreatName("x", Metas{{"threat_name", "a\nb\x1B["sv}}), "a?b?[");
  const std::string name(1000, 'n');
  EXPECT_EQ(ThreatName("x", Metas{{"threat_name", std::string_view(name)}}).size(), 128u);
}

TEST(NamingTest, ListsOutsideOfSignedContainersAreUnofficial) {
  EXPECT_TRUE(IsUnofficialList("a.hdb:1"));
  EXPECT_TRUE(IsUnofficialList("db/x.cud//x.ldb:17"));
  EXPECT_FALSE(IsUnofficialList("db/daily.cvd//daily.hdb:17"));
  EXPECT_FALSE(IsUnofficialList("daily.cld//daily.ndb:2"));
  EXPECT_FALSE(IsUnofficialList("list.sha256:3"));
  EXPECT_FALSE(IsUnofficialList("hdb:3"));
}

TEST(NamingTest, SeverityComesFromWordsOrNumbers) {
  EXPECT_EQ(RuleSeverity({}), Severity::kHigh);
  EXPECT_EQ(RuleSeverity(Metas{{"severity", "Low"sv}}), Severity::kLow);
  EXPECT_EQ(RuleSeverity(Metas{{"score", std::int64_t{100}}}), Severity::kCritical);
  EXPECT_EQ(RuleSeverity(Metas{{"score", std::int64_t{60}}}), Severity::kHigh);
  EXPECT_EQ(RuleSeverity(Metas{{"score", std::int64_t{40}}, {"severity", std::int64_t{10}}}),
            Severity::kInfo);
  EXPECT_EQ(RuleSeverity(Metas{{"severity", "nonsense"sv}}), Severity::kHigh);
  EXPECT_EQ(SignatureSeverity("PUA.Win.Tool"), Severity::kLow);
}

}  // namespace
}  // namespace day::engine
