#include "libs/engine/heuristics.h"

#include <gtest/gtest.h>

#include <string>

namespace day::engine {
namespace {

HeuristicOptions All() {
  HeuristicOptions options;
  options.encrypted_archives = true;
  options.encrypted_documents = true;
  options.macros = true;
  options.broken = true;
  options.exceeded_limits = true;
  options.structured = true;
  return options;
}

std::string Alerts(std::string_view data, FileType type, Origin origin,
                   const HeuristicOptions& options, FileType parent = FileType::kUnknown) {
  std::vector<Finding> findings;
  AlertsOfObject(base::AsBytes(data), type, parent, origin, options, findings);
  std::string names;
  for (const Finding& finding : findings) {
    EXPECT_EQ(finding.source, Finding::Source::kHeuristic);
    names += finding.name + " ";
  }
  return names;
}

TEST(HeuristicsTest, GapsHaveClamavsNames) {
  const HeuristicOptions all = All();
  EXPECT_EQ(AlertOfGap("encrypted", FileType::kZip, all), "Heuristics.Encrypted.Zip");
  EXPECT_EQ(AlertOfGap("encrypted", FileType::kRar, all), "Heuristics.Encrypted.RAR");
  EXPECT_EQ(AlertOfGap("encrypted", FileType::k7z, all), "Heuristics.Encrypted.7Zip");
  EXPECT_EQ(AlertOfGap("encrypted", FileType::kEgg, all), "Heuristics.Encrypted.EGG");
  EXPECT_EQ(AlertOfGap("encrypted", FileType::kPdf, all), "Heuristics.Encrypted.PDF");
  EXPECT_EQ(AlertOfGap("encrypted", FileType::kOle2, all), "Heuristics.Encrypted.OLE2");
  EXPECT_EQ(AlertOfGap("encrypted", FileType::kCab, all), "Heuristics.Encrypted.Archive");
  EXPECT_EQ(AlertOfGap("limit depth_max", FileType::kZip, all),
            "Heuristics.Limits.Exceeded.MaxRecursion");
  EXPECT_EQ(AlertOfGap("timeout", FileType::kUnknown, all),
            "Heuristics.Limits.Exceeded.MaxScanTime");
  EXPECT_EQ(AlertOfGap("damaged: x", FileType::kZip, all), "");
}

TEST(HeuristicsTest, NothingUnlessAskedFor) {
  const HeuristicOptions none;
  EXPECT_EQ(AlertOfGap("encrypted", FileType::kZip, none), "");
  EXPECT_EQ(AlertOfGap("encrypted", FileType::kPdf, none), "");
  EXPECT_EQ(AlertOfGap("limit files_max", FileType::kZip, none), "");
  EXPECT_EQ(Alerts("\x7F"
                   "ELF",
                   FileType::kElf, Origin::kVbaMacro, none),
            "");
  HeuristicOptions documents;
  documents.encrypted_documents = true;
  EXPECT_EQ(AlertOfGap("encrypted", FileType::kZip, documents), "");
  EXPECT_EQ(AlertOfGap("encrypted", FileType::kOle2, documents), "Heuristics.Encrypted.OLE2");
}

TEST(HeuristicsTest, ObjectsHaveAlertsOfTheirOwn) {
  const HeuristicOptions all = All();
  EXPECT_EQ(Alerts("Sub A()", FileType::kText, Origin::kVbaMacro, all),
            "Heuristics.OLE2.ContainsMacros.VBA ");
  EXPECT_EQ(Alerts("=EXEC()", FileType::kText, Origin::kXlmMacro, all),
            "Heuristics.OLE2.ContainsMacros.XLM ");
  EXPECT_EQ(Alerts("MZ, and no more", FileType::kDos, Origin::kOther, all),
            "Heuristics.Broken.Executable ");
  EXPECT_EQ(Alerts("MZ, by chance", FileType::kDos, Origin::kOther, all, FileType::kText), "");
  HeuristicOptions media;
  media.broken_media = true;
  EXPECT_EQ(Alerts("GIF89a", FileType::kGif, Origin::kOther, media),
            "Heuristics.Broken.Media.GIF.TruncatedScreenDescriptor ");
  constexpr std::string_view kCards = "4111111111111111, 5555555555554444, 378282246310005";
  EXPECT_EQ(Alerts(kCards, FileType::kText, Origin::kOther, all),
            "Heuristics.Structured.CreditCardNumber ");
  EXPECT_EQ(Alerts(kCards, FileType::kZip, Origin::kOther, all), "");
  EXPECT_EQ(Alerts(kCards, FileType::kText, Origin::kOther, all, FileType::kPdf), "");
}

TEST(HeuristicsTest, UnwantedIsWhatClamavsFilesSay) {
  HeuristicOptions options;
  options.unwanted = false;
  Finding finding;
  finding.source = Finding::Source::kHash;
  finding.name = "PUA.Win.Packer.X-1";
  finding.provenance = "db/daily.cvd//daily.hdu:12";
  EXPECT_TRUE(IsLeftOut(finding, options));
  options.unwanted = true;
  EXPECT_FALSE(IsLeftOut(finding, options));
  options.unwanted_only = {"Tool"};
  EXPECT_TRUE(IsLeftOut(finding, options));
  options.unwanted_only = {"Tool", "Win.Packer"};
  EXPECT_FALSE(IsLeftOut(finding, options));
  options.unwanted_only.clear();
  options.unwanted_but = {"Win"};
  EXPECT_TRUE(IsLeftOut(finding, options));
  finding.provenance = "db/daily.cvd//daily.hdb:12";
  EXPECT_FALSE(IsLeftOut(finding, options));
  finding.source = Finding::Source::kRule;
  finding.provenance = "db/x.ndu:1";
  EXPECT_FALSE(IsLeftOut(finding, options));
}

TEST(HeuristicsTest, AlertsComeLast) {
  std::vector<Finding> findings(2);
  findings[0] = MakeAlert("Heuristics.X");
  findings[1].name = "Y";
  OrderFindings({}, findings);
  EXPECT_EQ(findings.front().name, "Y");
  HeuristicOptions options;
  options.precedence = true;
  OrderFindings(options, findings);
  EXPECT_EQ(findings.front().name, "Heuristics.X");
}

}  // namespace
}  // namespace day::engine
