#include "libs/match/pattern_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "libs/match/regex.h"

namespace day::match {
namespace {

// A blob in memory with the alignment that Open() asks for.
class Aligned {
 public:
  explicit Aligned(const std::string& blob) : bytes_(blob.size() + 64) {
    const std::size_t shift = 64 - reinterpret_cast<std::uintptr_t>(bytes_.data()) % 64;
    const base::Bytes source = base::AsBytes(blob);
    std::copy(source.begin(), source.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(shift));
    view_ = base::Bytes(bytes_).subspan(shift, blob.size());
  }
  base::Bytes view() const { return view_; }

 private:
  std::vector<std::byte> bytes_;
  base::Bytes view_;
};

PatternSpec Text(std::string text) {
  PatternSpec spec;
  spec.text = std::move(text);
  return spec;
}

PatternSpec Hex(std::string_view source) {
  PatternSpec spec;
  spec.kind = PatternSpec::Kind::kHex;
  spec.tree = ParseHex(source, nullptr).value();
  return spec;
}

PatternSpec RegexSpec(std::string_view source) {
  PatternSpec spec;
  spec.kind = PatternSpec::Kind::kRegex;
  spec.tree = ParseRegex(source, {}, nullptr).value();
  return spec;
}

// What trying every part at every offset finds.
std::vector<Match> Expected(const PatternView& pattern, base::Bytes data) {
  VerifyScratch scratch;
  MatchCollector collector;
  collector.Reset();
  for (std::uint32_t part = 0; part < pattern.part_count(); ++part) {
    for (std::uint64_t offset = 0; offset <= data.size(); ++offset) {
      pattern.TryAt(part, data, offset, scratch, collector);
    }
  }
  collector.Finish(pattern);
  return {collector.matches().begin(), collector.matches().end()};
}

std::vector<PatternSpec> SomePatterns(std::mt19937& random) {
  std::vector<PatternSpec> specs;
  const auto word = [&](std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) {
      text.push_back(static_cast<char>("abAB"[random() % 4]));
    }
    return text;
  };
  for (std::size_t size = 1; size <= 12; ++size) {
    specs.push_back(Text(word(size)));
    specs.push_back(Text(word(size)));
    specs.back().no_case = true;
    specs.push_back(Text(word(size)));
    specs.back().wide = true;
    specs.push_back(Text(word(size)));
    specs.back().full_word = true;
  }
  for (const char* source : {"61 62", "61 ?? 62 41", "6? 61 62 ?1", "61 [2-4] 62 62",
                             "61 ( 62 | 41 41 ) 61", "~61 62 62", "61 62 [300-] 62 61"}) {
    specs.push_back(Hex(source));
  }
  for (const char* source :
       {"ab+a", "a[ab]{3}B", "(ab|AB)+?A", "a.{2,9}bb", "aab|bba", "^ab", "b$"}) {
    specs.push_back(RegexSpec(source));
  }
  specs.push_back(Text(word(3)));
  specs.back().fixed_offset = 5;
  return specs;
}

TEST(PatternSetTest, SearchAndTriggersAgreeWithTryingEverywhere) {
  std::mt19937 random(3);
  for (int round = 0; round < 5; ++round) {
    const std::vector<PatternSpec> specs = SomePatterns(random);
    PatternSetBuilder builder;
    std::vector<PatternId> ids;
    for (const PatternSpec& spec : specs) {
      ids.push_back(builder.Add(spec).value());
    }
    const Aligned set_blob(builder.Serialize());
    const PatternSet set = std::move(PatternSet::Open(set_blob.view())).value();
    const Aligned trigger_blob(builder.BuildTriggers(ids).value());
    const TriggerSet triggers = std::move(TriggerSet::Open(trigger_blob.view(), &set)).value();
    SearchScratch scratch;
    MatchTable table;
    for (const std::size_t size : {0u, 1u, 3u, 7u, 40u, 64u, 130u, 300u, 9000u}) {
      std::string text;
      for (std::size_t i = 0; i < size; ++i) {
        text.push_back(random() % 50 == 0 ? '\0' : static_cast<char>("abAB"[random() % 4]));
      }
      const base::Bytes data = base::AsBytes(text);
      table.Reset(set.size());
      set.Search(ids, data, scratch, table);
      std::vector<PatternId> matched;
      triggers.Scan(data, scratch, matched);
      for (const PatternId id : ids) {
        if (size > 1000 && specs[id].kind != PatternSpec::Kind::kText) {
          continue;  // trying an automaton everywhere takes long; blocks are tested by the texts
        }
        std::vector<Match> want;
        if (specs[id].fixed_offset) {
          for (const Match& match : Expected(set.pattern(id), data)) {
            if (match.offset == *specs[id].fixed_offset) {
              want.push_back(match);
            }
          }
        } else {
          want = Expected(set.pattern(id), data);
        }
        const auto got = table.matches(id);
        ASSERT_EQ(std::vector(got.begin(), got.end()), want)
            << "pattern " << id << " size " << size;
        const bool triggered = std::count(matched.begin(), matched.end(), id) != 0;
        if (set.pattern(id).chained()) {
          EXPECT_TRUE(triggered || want.empty());
        } else {
          EXPECT_EQ(triggered, !want.empty()) << "pattern " << id << " size " << size;
        }
        EXPECT_LE(std::count(matched.begin(), matched.end(), id), 1);
      }
    }
  }
}

TEST(PatternSetTest, DamagedBlobsAreRefused) {
  PatternSetBuilder builder;
  const PatternId id = builder.Add(Text("a pattern of some length")).value();
  const std::string blob = builder.Serialize();
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{8}, blob.size() / 2, blob.size() - 64}) {
    EXPECT_FALSE(PatternSet::Open(Aligned(blob.substr(0, size)).view()).ok());
  }
  const Aligned whole(blob);
  const PatternSet set = std::move(PatternSet::Open(whole.view())).value();
  const std::string triggers = builder.BuildTriggers(std::vector{id}).value();
  EXPECT_FALSE(
      TriggerSet::Open(Aligned(triggers.substr(0, triggers.size() / 2)).view(), &set).ok());
}

TEST(PatternSetTest, RareBytesMakeACheaperPattern) {
  PatternSetBuilder builder;
  const PatternId common = builder.Add(Text(std::string(8, '\0'))).value();
  const PatternId rare = builder.Add(Text("q7#Zx!9Wk@")).value();
  const PatternId tiny = builder.Add(Text("ab")).value();
  EXPECT_LT(builder.Cost(rare), builder.Cost(common));
  EXPECT_LT(builder.Cost(rare), builder.Cost(tiny));
}

}  // namespace
}  // namespace day::match
