#include "libs/signatures/clamav/matcher.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

#include "libs/signatures/clamav/signature_line.h"
#include "libs/signatures/clamav/testing/naive_match.h"
#include "libs/signatures/clamav/testing/open_copy.h"

namespace day::signatures::clamav {
namespace {

class Set {
 public:
  explicit Set(std::string_view ldb, std::string_view ndb = {}) {
    BodyBuilder builder;
    report_ = builder.AddFile("a.ldb", ldb).value();
    (void)builder.AddFile("b.ndb", ndb).value();
    copy_.emplace(base::AsBytes(builder.Build().value()));
    database_ = BodyDatabase::Open(copy_->bytes()).value();
    matcher_.emplace(database_);
  }

  // The names of what matches.
  std::set<std::string> Names(std::string_view data, const ObjectFacts& facts = {}) {
    base::Budget budget({});
    std::vector<BodyHit> hits;
    outcome = matcher_->Match(base::AsBytes(data), facts, std::nullopt, budget, hits);
    std::set<std::string> names;
    for (const BodyHit& hit : hits) {
      EXPECT_TRUE(names.emplace(database_.signature(hit.signature).name).second);
    }
    return names;
  }

  const BodyFileReport& report() const { return report_; }
  const BodyDatabase& database() const { return database_; }
  BodyOutcome outcome;

 private:
  BodyFileReport report_;
  std::optional<testing::AlignedCopy> copy_;
  BodyDatabase database_;
  std::optional<BodyMatcher> matcher_;
};

using Names = std::set<std::string>;

TEST(BodyMatcherTest, FindsPatternsOfEveryKindOfLookup) {
  Set set("", "long:0:*:4142434445464748\nfour:0:*:31323334\nthree:0:*:787a79\n");
  EXPECT_EQ(set.Names("..ABCDEFGH.."), Names{"long"});
  EXPECT_EQ(set.Names("1234"), Names{"four"});
  EXPECT_EQ(set.Names("xzy"), Names{"three"});
  EXPECT_EQ(set.Names(""), Names{});
  for (std::size_t before = 0; before < 70; ++before) {
    EXPECT_EQ(set.Names(std::string(before, '.') + "ABCDEFGH1234xzy"),
              (Names{"four", "long", "three"}));
  }
  EXPECT_TRUE(set.database().VerifySections().ok());
}

TEST(BodyMatcherTest, EvaluatesLogicAndConditions) {
  Set set(
      "and;Target:0;0&1;616161626262;636363646464\n"
      "none;Target:0;0=0;616161626262\n"
      "size;Engine:51-255,Target:0,FileSize:10-20;0;616161626262\n"
      "pe;Target:1;0;616161626262\n"
      "zip;Engine:51-255,Target:0,Container:CL_TYPE_ZIP;0;616161626262\n");
  EXPECT_EQ(set.report().signatures, 5u);
  EXPECT_EQ(set.Names("aaabbb"), Names{});
  EXPECT_EQ(set.Names("aaabbb.....cccddd"), (Names{"and", "size"}));
  EXPECT_EQ(set.Names("x"), Names{"none"});
  ObjectFacts facts;
  facts.targets = 3;
  const std::vector<ClamType> containers = {TypeOfName("CL_TYPE_GZ").value(),
                                            TypeOfName("CL_TYPE_ZIP").value()};
  facts.containers = containers;
  EXPECT_EQ(set.Names("aaabbb", facts), (Names{"pe", "zip"}));
}

TEST(BodyMatcherTest, AsksForProgramsOnlyWhenNeeded) {
  Set set("", "ep:1:EP+4:616161626262\nse:1:SE1:616161626262\nvi:1:VI:616161626262\n");
  ObjectFacts facts;
  facts.targets = 3;
  int asked = 0;
  facts.program = [&] {
    ++asked;
    ProgramFacts program;
    program.parsed = true;
    program.entry_point = 6;
    program.sections = {{0, 5}, {10, 5}};
    program.version_strings = {20};
    return program;
  };
  EXPECT_EQ(set.Names("nothing", facts), Names{});
  EXPECT_EQ(asked, 0);
  EXPECT_EQ(set.Names("..........aaabbb", facts), (Names{"ep", "se"}));
  EXPECT_EQ(set.Names("....................aaabbb", facts), Names{"vi"});
  EXPECT_EQ(asked, 2);
  facts.program = {};
  EXPECT_EQ(set.Names("..........aaabbb", facts), Names{});
}

TEST(BodyMatcherTest, ComparesBytesAndRunsExpressions) {
  Set set(
      "cmp;Target:0;0&1;616161626262;0(>>6#d2#>9,<12)\n"
      "re;Target:0;0&1;616161626262;0/x[0-9]{3}/\n"
      "many;Target:0;0&1=2;616161626262;0/x[0-9]{3}/g\n"
      "macro;Target:0;0&1;616161626262;${6-8}5$\n",
      "m:0:$5$:7a7a7a7a\n");
  EXPECT_EQ(set.Names("aaabbb11"), Names{"cmp"});
  EXPECT_EQ(set.Names("aaabbb13"), Names{});
  EXPECT_EQ(set.Names("x123aaabbb"), Names{"re"});
  EXPECT_EQ(set.Names("x123aaabbbx456"), (Names{"many", "re"}));
  EXPECT_EQ(set.Names("aaabbb..zzzz"), Names{"macro"});
  EXPECT_EQ(set.Names("aaabbb...zzzz"), Names{});
}

TEST(BodyMatcherTest, HandlersAreAskedForAndThenFound) {
  Set set("h;Engine:51-255,Target:0,HandlerType:CL_TYPE_PDF;0;616161626262\n");
  EXPECT_EQ(set.Names("aaabbb"), Names{});
  ASSERT_EQ(set.outcome.handlers.size(), 1u);
  ObjectFacts facts;
  facts.handled = set.outcome.handlers.front();
  EXPECT_EQ(set.Names("aaabbb", facts), Names{"h"});
}

TEST(BodyMatcherTest, IconsAreAskedForLast) {
  Set set("i;Engine:81-255,Target:1,IconGroup2:b;0;616161626262\n");
  ObjectFacts facts;
  facts.targets = 3;
  EXPECT_EQ(set.Names("aaabbb", facts), Names{});
  std::string asked;
  facts.icon = [&](std::string_view group1, std::string_view group2) {
    asked += std::string(group1) + "," + std::string(group2) + ";";
    return true;
  };
  EXPECT_EQ(set.Names("aaabbb", facts), Names{"i"});
  EXPECT_EQ(set.Names("aaaccc", facts), Names{});
  EXPECT_EQ(asked, "*,b;");
}

TEST(BodyMatcherTest, StopsAtItsLimits) {
  Set set("", "x:0:*:616161(61|62)*7a7a7a7a\n");
  base::BudgetLimits limits;
  limits.steps_max = 1000;
  base::Budget budget(limits);
  std::vector<BodyHit> hits;
  BodyMatcher matcher(set.database());
  const std::string data(1 << 22, 'a');
  const BodyOutcome outcome = matcher.Match(base::AsBytes(data), {}, std::nullopt, budget, hits);
  EXPECT_TRUE(outcome.exhausted);
  base::Budget rich({});
  const BodyOutcome late = matcher.Match(base::AsBytes(data), {},
                                         Work::Clock::now() - std::chrono::seconds(1), rich, hits);
  EXPECT_TRUE(late.timed_out);
  EXPECT_TRUE(hits.empty());
}

TEST(BodyDatabaseTest, RefusesOtherBytes) {
  BodyBuilder builder;
  ASSERT_TRUE(builder.AddFile("a.ndb", "x:0:*:6161616262\n").ok());
  const std::string file = builder.Build().value();
  EXPECT_FALSE(BodyDatabase::Open({}).ok());
  for (std::size_t at : {std::size_t{0}, std::size_t{8}, std::size_t{16}, std::size_t{40}}) {
    std::string damaged = file;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    const testing::AlignedCopy copy(base::AsBytes(damaged));
    EXPECT_FALSE(BodyDatabase::Open(copy.bytes()).ok()) << at;
  }
  std::string damaged = file;
  char& name = damaged[damaged.find("a.ndb")];
  name = static_cast<char>(name ^ 1);
  const testing::AlignedCopy copy(base::AsBytes(damaged));
  const auto database = BodyDatabase::Open(copy.bytes());
  ASSERT_TRUE(database.ok());
  EXPECT_FALSE(database->VerifySections().ok());
}

// Random signatures over a small alphabet, against the slow twin.
std::string RandomHex(std::mt19937& random) {
  static constexpr const char* kBytes[] = {"61", "62", "41", "20", "0a", "00"};
  const auto byte = [&] { return std::string(kBytes[random() % 6]); };
  std::string out;
  if (random() % 5 == 0) {
    out += std::string(random() % 2 ? "!" : "") + "(" + "BLW"[random() % 3] + ")";
  }
  out += byte() + byte();
  for (std::size_t left = random() % 6; left > 0; --left) {
    switch (random() % 9) {
      case 0:
        out += "??";
        break;
      case 1:
        out += "(" + byte() + "|" + byte() + byte() + ")";
        break;
      case 2:
        out += "!(" + byte() + "|" + byte() + ")";
        break;
      case 3:
        out += "{" + std::to_string(random() % 3) + "-" + std::to_string(2 + random() % 3) + "}" +
               byte() + byte();
        break;
      case 4:
        out += "*" + byte() + byte();
        break;
      case 5:
        out += "(" + std::string(1, "BLW"[random() % 3]) + ")" + byte() + byte();
        break;
      default:
        out += byte();
    }
  }
  return out;
}

TEST(BodyMatcherTest, AgreesWithTheSlowTwin) {
  static constexpr const char* kLogics[] = {"0", "0&1", "0|1", "0>1", "0=0&1", "(0|1)>2,2", "0<2"};
  static constexpr const char* kOptions[] = {"", "", "::i", "::w", "::wa", "::f", "::iwaf"};
  static constexpr const char* kOffsets[] = {"", "", "", "0,3:", "2:", "EOF-9,6:"};
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string line = "x;Target:0;";
    const std::string logic = kLogics[random() % 7];
    line += logic;
    for (int i = 0; i < (logic.find('1') == std::string::npos || logic == "0>1" ? 1 : 2); ++i) {
      line +=
          ";" + std::string(kOffsets[random() % 6]) + RandomHex(random) + kOptions[random() % 7];
    }
    const BodyLine read = ParseBodyLine(BodyFormat::kLdb, line);
    if (read.kind != BodyLine::Kind::kSignature) {
      continue;
    }
    Set set(line);
    for (int i = 0; i < 8; ++i) {
      std::string data;
      for (std::size_t left = random() % 24; left > 0; --left) {
        data += std::string("aabbA \n\0\0", 9)[random() % 9];
      }
      const bool expected = testing::NaiveIsTrue(read.signature, base::AsBytes(data));
      EXPECT_EQ(set.Names(data).size(), expected ? 1u : 0u) << line << "\n" << data;
    }
  }
}

}  // namespace
}  // namespace day::signatures::clamav
