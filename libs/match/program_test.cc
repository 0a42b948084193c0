#include "libs/match/program.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "libs/match/regex.h"
#include "libs/match/testing/naive_matcher.h"
#include "libs/match/testing/search_all.h"
#include "libs/match/yara_atoms.h"

namespace day::match {
namespace {

using testing::ChoiceCount;
using testing::MatchesByChoice;
using testing::MatchesByTrying;
using testing::NaiveMatches;

PatternSpec Text(std::string text) {
  PatternSpec spec;
  spec.text = std::move(text);
  return spec;
}

PatternSpec Expression(const std::string& source, RegexFlags flags = {}) {
  PatternSpec spec;
  spec.kind = PatternSpec::Kind::kRegex;
  spec.no_case = flags.no_case;
  auto tree = ParseRegex(source, flags, nullptr);
  EXPECT_TRUE(tree.ok()) << source;
  spec.tree = std::move(tree).value();
  return spec;
}

PatternSpec Hex(const std::string& source) {
  PatternSpec spec;
  spec.kind = PatternSpec::Kind::kHex;
  auto tree = ParseHex(source, nullptr);
  EXPECT_TRUE(tree.ok()) << source;
  spec.tree = std::move(tree).value();
  return spec;
}

std::string Show(const std::vector<Match>& matches) {
  std::string text;
  for (const Match& match : matches) {
    text += std::to_string(match.offset) + ":" + std::to_string(match.length);
    text += match.xor_key != 0 ? "^" + std::to_string(match.xor_key) + " " : " ";
  }
  return text;
}

// All ways of searching must agree; returns what they find.
std::string Find(const PatternSpec& spec, const std::string& data) {
  const auto compiled = Compile(spec);
  EXPECT_TRUE(compiled.ok());
  const std::string tried = Show(MatchesByTrying(*compiled, base::AsBytes(data)));
  for (std::size_t i = 0; i < ChoiceCount(*compiled); ++i) {
    EXPECT_EQ(Show(MatchesByChoice(*compiled, i, base::AsBytes(data))), tried) << "choice " << i;
  }
  return tried;
}

std::string Wide(const std::string& text) {
  std::string wide;
  for (const char c : text) {
    wide.push_back(c);
    wide.push_back('\0');
  }
  return wide;
}

// The expectations below were obtained from YARA 4.5.8.
TEST(ProgramTest, TextModifiers) {
  PatternSpec spec = Text("abc");
  EXPECT_EQ(Find(spec, "abcabc"), "0:3 3:3 ");
  spec.full_word = true;
  EXPECT_EQ(Find(spec, "_abc_ xabc abc"), "1:3 11:3 ");
  spec.wide = true;
  EXPECT_EQ(Find(spec, Wide("abc") + "abc"), "0:6 6:3 ");
  spec = Text("ab");
  spec.no_case = true;
  EXPECT_EQ(Find(spec, "aBAb"), "0:2 2:2 ");
  spec = Text("ab");
  spec.xor_range = XorRange{1, 0x20};
  EXPECT_EQ(Find(spec, "abAB`c"), "2:2^32 4:2^1 ");
  spec.xor_range = XorRange{0, 255};
  spec.wide = true;
  spec.ascii = false;
  EXPECT_EQ(Find(spec, Wide("ab")), "0:4 ");
}

TEST(ProgramTest, Base64FormsAreCutAtTheirNeighbours) {
  PatternSpec spec = Text("This program");
  spec.base64_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  EXPECT_EQ(Find(spec, "xVGhpcyBwcm9ncmFtx"), "1:16 ");
  EXPECT_EQ(Find(spec, "AFRoaXMgcHJvZ3JhbQ"), "2:15 ");
  spec.base64_alphabet.clear();
  spec.base64_wide_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  EXPECT_EQ(Find(spec, Wide("VGhpcyBwcm9ncmFt")), "0:32 ");
}

TEST(ProgramTest, OfBase64FormsTheOneWhoseAtomEndsFirstIsReported) {
  PatternSpec spec = Text("A");
  spec.wide = true;
  spec.base64_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  EXPECT_EQ(Find(spec, "xBAxQQ"), "1:1 4:1 5:1 ");  // "A" gives "Q" and "B", its wide form "QQ" and "BA"
}

TEST(ProgramTest, AtomsInAnotherCaseComeFirstAndInReverse) {
  RegexFlags flags;
  flags.no_case = true;
  const std::string source = "(B1*(.a|[01]+)|B0?)[^a-z]";
  EXPECT_EQ(Find(Expression(source, flags), "b0a1 B0a1"), "0:4 5:2 ");
  EXPECT_EQ(Find(Expression(source), "b0a1 B0a1"), "5:2 ");
}

TEST(ProgramTest, FrequentAtomsCompleteEachStartOnce) {
  // Every byte is an atom of the last class, and every byte before it a start.
  std::string data;
  for (int i = 0; i < 700; ++i) {
    data += "ab0 B1\n_"[i % 8];
  }
  EXPECT_FALSE(Find(Expression("(0B|B1Babb|[^ab]{,3}.*){1,3}\\w"), data).empty());
}

TEST(ProgramTest, GreedReportsTheLongestAndLazinessTheShortest) {
  EXPECT_EQ(Find(Expression("ab+"), "abbb"), "0:4 ");
  EXPECT_EQ(Find(Expression("ab+?"), "abbb"), "0:2 ");
  EXPECT_EQ(Find(Expression("a.*b"), "axbxb"), "0:5 ");
  EXPECT_EQ(Find(Hex("61 [0-4] 62"), "axbxb"), "0:3 ");
}

TEST(ProgramTest, AlternativesFollowYarasOrder) {
  EXPECT_EQ(Find(Expression("abc(d|)"), "abcd"), "0:4 ");
  EXPECT_EQ(Find(Expression("abc(d|de)"), "abcde"), "0:4 ");
  EXPECT_EQ(Find(Hex("61 62 63 64 ( 02 03 | 02 )"), "abcd\x02\x03"), "0:6 ");
  EXPECT_EQ(Find(Hex("61 62 63 64 ( 02 | 02 03 )"), "abcd\x02\x03"), "0:5 ");
}

TEST(ProgramTest, EmptyMatchesStandAtEveryByte) {
  EXPECT_EQ(Find(Expression("(abc|)"), "xabc"), "0:0 1:3 2:0 3:0 ");
  EXPECT_EQ(Find(Expression("\\b"), "ab c"), "0:0 2:0 3:0 ");
  EXPECT_EQ(Find(Expression("(abc|)"), ""), "");
}

TEST(ProgramTest, ChainsJoinTheNearestParts) {
  const std::string gap(300, '-');
  EXPECT_EQ(Find(Hex("61 62 63 64 [201-] 77 78 79 7A"), "abcd" + gap + "wxyz--wxyz"), "0:308 ");
  EXPECT_EQ(Find(Hex("61 62 63 64 [0-250] 77 78 79 7A"), "abcd" + gap + "wxyz"), "");
  EXPECT_EQ(Find(Expression("abcd.{0,300}?wxyz"), "abcdabcd--wxyz"), "0:14 4:10 ");
}

TEST(ProgramTest, CountersReachFarAndNoFurther) {
  const std::string run(3000, 'x');
  EXPECT_EQ(Find(Expression("abcd.{0,3000}end!"), "abcd" + run + "end!"), "0:3008 ");
  EXPECT_EQ(Find(Expression("abcd.{0,2999}end!"), "abcd" + run + "end!"), "");
  EXPECT_EQ(Find(Expression("abcd[a-z]{20,}"), "abcd" + run), "0:3004 ");
}

TEST(ProgramTest, ScanLimitCountsFromYarasAtom) {
  const std::string run(4091, 'x');
  EXPECT_EQ(Find(Expression("ab.*wxyz!"), "ab" + run + "wxyz!"), "0:4098 ");
  EXPECT_EQ(Find(Expression("ab.*wxyz!"), "ab" + run + "xxxxwxyz!"), "");
}

TEST(ProgramTest, WideExpressionsReadPairs) {
  PatternSpec spec = Expression("ab+c");
  spec.wide = true;
  spec.ascii = false;
  EXPECT_EQ(Find(spec, "x" + Wide("abbc")), "1:8 ");
  spec.ascii = true;
  EXPECT_EQ(Find(spec, Wide("abc") + "abc"), "0:6 6:3 ");
}

TEST(ProgramTest, FixedOffsetsHoldForTextsOnly) {
  PatternSpec spec = Text("abc");
  spec.fixed_offset = 3;
  EXPECT_EQ(Find(spec, "abcabcabc"), "3:3 ");
  spec = Expression("ab?c");
  spec.fixed_offset = 3;
  EXPECT_EQ(Find(spec, "abcabc"), "0:3 3:3 ");
}

TEST(ProgramTest, AtomsOfLongRunsAreLong) {
  const auto compiled = Compile(Hex("E8 ?? ?? ?? ?? 48 8B 05 11 22 33 44"));
  ASSERT_TRUE(compiled.ok());
  const PartAtoms& atoms = compiled->parts.at(0);
  ASSERT_FALSE(atoms.choices.empty());
  EXPECT_EQ(atoms.choices[0].atoms[0].size, 12);
  for (const AtomChoice& choice : atoms.choices) {
    EXPECT_NE(choice.atoms[0].mask[0], 0);
  }
}

TEST(ProgramTest, YaraAtomsFollowItsQuality) {
  const auto tree = ParseRegex("ab[0-9]hello.*x", {}, nullptr);
  const YaraChoice choice = ChooseYaraAtoms(*tree);
  ASSERT_EQ(choice.atoms.size(), 1u);
  EXPECT_EQ(choice.atoms[0].size, 4);
  EXPECT_EQ(choice.atoms[0].value[0], 'h');
}

TEST(ProgramTest, QualityTellsWhatYaraCallsSlow) {
  EXPECT_LT(WorstYaraAtomQuality(Text("a")), kYaraSlowQuality);
  EXPECT_GE(WorstYaraAtomQuality(Text("abcd")), kYaraSlowQuality);
  EXPECT_LT(WorstYaraAtomQuality(Hex("00 00 00 00")), kYaraSlowQuality);
  EXPECT_GE(WorstYaraAtomQuality(Hex("01 02 03 04 [300] 05 06 07")), kYaraSlowQuality);
  EXPECT_LT(WorstYaraAtomQuality(Expression("[0-9]+")), kYaraSlowQuality);
}

TEST(ProgramTest, HugeRepeatsAreALimitNotAHang) {
  const auto tree = ParseRegex("((ab){1,4000}c){1,4000}", {}, nullptr);
  ASSERT_TRUE(tree.ok());
  PatternSpec spec;
  spec.kind = PatternSpec::Kind::kRegex;
  spec.tree = *tree;
  const auto compiled = Compile(spec);
  ASSERT_FALSE(compiled.ok());
  EXPECT_EQ(compiled.error().kind, base::ErrorKind::kLimit);
}

TEST(RegexTest, SearchSaysWhetherAndHowLong) {
  const auto search = [](const std::string& source, const std::string& subject) {
    RegexFlags flags;
    flags.allow_mixed_greed = true;
    const auto code = Regex::Compile(*ParseRegex(source, flags, nullptr));
    return Regex(*code).Search(base::AsBytes(subject));
  };
  EXPECT_EQ(search("b+", "abbc"), 2);
  EXPECT_EQ(search("^b", "ab"), -1);
  EXPECT_EQ(search("b$", "ab"), 1);
  EXPECT_EQ(search("a|", ""), 0);
  EXPECT_EQ(search("x", ""), -1);
  EXPECT_EQ(search("x$", std::string(5000, '-') + "x"), -1);
}

// Random small expressions over a small alphabet against the naive matcher.
class RandomExpressions {
 public:
  explicit RandomExpressions(unsigned seed) : random_(seed) {}

  unsigned Below(unsigned n) { return static_cast<unsigned>(random_() % n); }
  std::string Item(int depth) {
    static const char* const kItems[] = {"a", "b", "a", "b", ".", "[ab]", "[^a]", "\\w", "\\x00"};
    if (depth > 0 && Below(5) == 0) {
      return "(" + Sequence(depth - 1) + (Below(2) == 0 ? "|" + Sequence(depth - 1) : "") + ")";
    }
    return kItems[Below(9)];
  }
  std::string Sequence(int depth) {
    static const char* const kRepeats[] = {"*", "+", "?", "{2}", "{1,3}", "{0,20}", "{2,}"};
    std::string out;
    for (unsigned i = 0, n = 1 + Below(4); i < n; ++i) {
      out += Below(14) == 0 ? (Below(2) == 0 ? "\\b" : "$") : Item(depth) + Repeat(kRepeats);
    }
    return out;
  }
  std::string Data() {
    static const char* const kAlphabets[] = {"ab", "ab\n", "a_b "};
    const char* alphabet = kAlphabets[Below(3)];
    std::string data;
    for (unsigned i = 0, n = Below(40); i < n; ++i) {
      data.push_back(
          alphabet[Below(static_cast<unsigned>(std::char_traits<char>::length(alphabet)))]);
    }
    return Below(3) == 0 ? Wide(data) : data;
  }
  void NewGreed() { lazy_ = Below(3) == 0; }

 private:
  std::string Repeat(const char* const* repeats) {
    return Below(3) != 0 ? "" : std::string(repeats[Below(7)]) + (lazy_ ? "?" : "");
  }

  std::mt19937 random_;
  bool lazy_ = false;
};

TEST(ProgramTest, RandomExpressionsAgreeWithTheNaiveMatcher) {
  RandomExpressions random(20260722);
  int compared = 0;
  for (int i = 0; i < 500; ++i) {
    random.NewGreed();
    const std::string source = random.Sequence(2);
    const auto tree = ParseRegex(source, {}, nullptr);
    ASSERT_TRUE(tree.ok()) << source;
    PatternSpec spec;
    spec.kind = PatternSpec::Kind::kRegex;
    spec.tree = *tree;
    spec.wide = random.Below(4) == 0;
    spec.ascii = !spec.wide;
    const auto compiled = Compile(spec);
    ASSERT_TRUE(compiled.ok()) << source;
    for (int j = 0; j < 3; ++j) {
      const std::string data = random.Data();
      const std::vector<Match> naive = NaiveMatches(spec, base::AsBytes(data));
      const std::vector<Match> tried = MatchesByTrying(*compiled, base::AsBytes(data));
      if (testing::DefinesLength(*tree)) {
        ASSERT_EQ(Show(tried), Show(naive)) << source << " on " << data;
        ++compared;
      }
      for (std::size_t c = 0; c < ChoiceCount(*compiled); ++c) {
        ASSERT_EQ(Show(MatchesByChoice(*compiled, c, base::AsBytes(data))), Show(tried))
            << source << " choice " << c << " on " << data;
      }
    }
  }
  EXPECT_GT(compared, 300);
}

}  // namespace
}  // namespace day::match
