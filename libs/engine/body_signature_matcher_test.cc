#include "libs/engine/body_signature_matcher.h"

#include <gtest/gtest.h>

#include <string>

#include "libs/engine/clam_type.h"
#include "libs/engine/engine.h"
#include "libs/engine/program_facts.h"
#include "libs/signatures/clamav/body_builder.h"
#include "libs/signatures/database.h"
#include "libs/signatures/database_builder.h"

namespace day::engine {
namespace {

namespace clamav = signatures::clamav;

// A table that carries body signatures, its bytes at a multiple of 64.
class Table {
 public:
  explicit Table(std::string_view ldb) {
    clamav::BodyBuilder bodies;
    EXPECT_TRUE(bodies.AddFile("a.ldb", ldb).ok());
    signatures::DatabaseBuilder builder;
    builder.SetBody(bodies.Build().value());
    const std::string file = builder.Build().value();
    memory_.resize(file.size() / sizeof(Line) + 1);
    std::memcpy(memory_.data(), file.data(), file.size());
    table =
        signatures::Database::Open(std::as_bytes(std::span(memory_)).first(file.size())).value();
    bodies_ = clamav::BodyDatabase::Open(table.body()).value();
  }

  Report Scan(std::string_view data, const base::BudgetLimits& limits = {}) {
    EngineOptions options;
    options.body = &bodies_;
    const auto engine = Engine::Create(nullptr, &table, std::move(options));
    return engine->ScanFile(base::AsBytes(data), "file", limits);
  }

  signatures::Database table;

 private:
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  std::vector<Line> memory_;
  clamav::BodyDatabase bodies_;
};

TEST(BodySignatureMatcherTest, FindingsSayWhereTheSignatureStands) {
  Table table("# first\nTest.A;Target:0;0;48656c6c6f576f726c64\n");
  const Report report = table.Scan(std::string("\0\1\2\xFF", 4) + "..HelloWorld..");
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].source, Finding::Source::kSignature);
  EXPECT_EQ(report.findings[0].name, "Test.A.UNOFFICIAL");
  EXPECT_EQ(report.findings[0].rule, "Test.A");
  EXPECT_EQ(report.findings[0].provenance, "a.ldb:2");
  EXPECT_EQ(report.verdict, Verdict::kFound);
  EXPECT_EQ(table.Scan("nothing").findings.size(), 0u);
}

TEST(BodySignatureMatcherTest, WhatWasNotMatchedIsAGap) {
  Table table("Test.A;Target:0;0>9999;00000000\n");
  base::BudgetLimits limits;
  limits.steps_max = 100'000;
  const Report report = table.Scan(std::string(1 << 20, '\0'), limits);
  EXPECT_EQ(report.completeness, Completeness::kPartial);
  ASSERT_FALSE(report.gaps.empty());
  EXPECT_EQ(report.gaps[0].reason, "limit steps_max");
}

TEST(ClamTypeTest, NamesWhatClamAvKnows) {
  EXPECT_EQ(clamav::TypeName(ClamTypeOf(FileType::kZip)), "CL_TYPE_ZIP");
  EXPECT_EQ(clamav::TypeName(ClamTypeOf(FileType::kWasm)), "CL_TYPE_BINARY_DATA");
  EXPECT_EQ(clamav::TargetOfType(ClamTypeOf(FileType::kElf)), 6);
}

TEST(ProgramFactsTest, OtherTypesHaveNone) {
  EXPECT_FALSE(ReadProgramFacts(base::AsBytes("MZ"), FileType::kPe).parsed);
  EXPECT_FALSE(ReadProgramFacts(base::AsBytes("text"), FileType::kText).parsed);
}

}  // namespace
}  // namespace day::engine
