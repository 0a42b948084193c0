// What the front end accepts and the rule sets it makes.
#include "libs/rules/syntax/frontend.h"

#include <gtest/gtest.h>

#include "libs/rules/syntax/testing/check.h"

namespace day::rules::syntax {
namespace {

using testing::Check;
using testing::Checked;
using testing::ShapeOf;

std::string Shape(std::string_view condition, std::string_view strings = {}) {
  std::string text = "import \"tests\" import \"pe\" rule r { ";
  if (!strings.empty()) {
    text += "strings: " + std::string(strings);
  }
  text += " condition: " + std::string(condition) + "\n}";
  const Checked checked = Check(text);
  return checked.ok ? ShapeOf(checked.rules, checked.rules.rules.back().condition) : checked.lines;
}

constexpr std::string_view kTwo = "$a = \"abcdef\" $b = \"ghijkl\"";

TEST(Frontend, BindsOperatorsAsYaraDoes) {
  EXPECT_EQ(Shape("$a or $b and not $a", kTwo), "or(matched$a and(matched$b not(matched$a)))");
  EXPECT_EQ(Shape("filesize & 0x11 == 0x10"), "==(&(filesize 17) 16)");
  EXPECT_EQ(Shape("filesize + 2 * uint8(0) - 1 > 5"), ">(-(+(filesize *(2 read1(0))) 1) 5)");
  EXPECT_EQ(Shape("not filesize < 5"), "not(<(filesize 5))");
  EXPECT_EQ(Shape("-filesize < -5"), "<(neg(filesize) -5)");
}

TEST(Frontend, FlattensChains) {
  EXPECT_EQ(Shape("$a and ($b and ($a and $b))", kTwo),
            "and(matched$a matched$b matched$a matched$b)");
  std::string chain = "filesize == 0";
  for (int i = 1; i < 20000; ++i) {
    chain += " or filesize == " + std::to_string(i);
  }
  const Checked checked = Check("rule r { condition: " + chain + " }");
  ASSERT_TRUE(checked.ok) << checked.lines;
  EXPECT_EQ(checked.rules.nodes[checked.rules.rules[0].condition].children_count, 20000u);
}

TEST(Frontend, FoldsConstants) {
  EXPECT_EQ(Shape("filesize > 2 * 3 + 10 \\ 3"), ">(filesize 9)");
  EXPECT_EQ(Shape("1 << 70 == 0 and -1 >> 1 == -1"), "and(true true)");
  EXPECT_EQ(Shape("pe.characteristics & (pe.DLL | 1) == 1"), "==(&(field204 8193) 1)");
  EXPECT_EQ(Shape("~0 == -1"), "true");
  EXPECT_EQ(Shape("filesize < 2KB"), "<(filesize 2048)");
}

TEST(Frontend, ResolvesModules) {
  EXPECT_EQ(Shape("pe.sections[1].name == \".text\""), "==(field101(1) '.text')");
  EXPECT_EQ(Shape("pe.version_info[\"A\"] contains \"b\""), "contains(field131('A') 'b')");
  EXPECT_EQ(Shape("tests.isum(1, 2, 3) == 6"), "==(call42(1 2 3) 6)");
  EXPECT_EQ(Shape("tests.match(/a?/i, \"x\") == 0"), "==(call40(/a?/ 'x') 0)");
  EXPECT_EQ(Shape("ext_int == 7 and ext_str matches /x/"),
            "and(==(ext_int 7) matches(ext_str /x/))");
}

TEST(Frontend, ResolvesLoops) {
  EXPECT_EQ(Shape("for any i in (1..#a) : (@a[i] > 5)", "$a = \"abcdef\""),
            "for_range(1 count$a >(offset$a(v0) 5))");
  EXPECT_EQ(Shape("for 2 i in (1, 5, 7) : (i > filesize)"), "for_list(2 >(v0 filesize) 1 5 7)");
  EXPECT_EQ(Shape("for all s in tests.string_array : (s == \"x\")"), "for_array12(==(v0 'x'))");
  EXPECT_EQ(Shape("for any s in pe.sections : (s.name == \".x\" and s.raw_data_size > 1)"),
            "for_array100(and(==(field101(v0) '.x') >(field103(v0) 1)))");
  EXPECT_EQ(Shape("for any k, v in tests.struct_dict : (k == \"a\" and v.i == 1)"),
            "for_dict22(and(==(v0 'a') ==(field23(v0) 1)))");
  EXPECT_EQ(Shape("for any k, v in tests.string_dict : (k == v)"), "for_dict16(==(v0 v1))");
  EXPECT_EQ(Shape("for any l in pe.import_details : (for any f in l.functions : "
                  "(f.name == l.library_name))"),
            "for_array159(for_array160(==(field161(v0 v1) field164(v0)) v0))");
  EXPECT_EQ(Shape("for all of them : (# > 1 and $ at 0 and @[2] < 9)", kTwo),
            "for_strings(and(>(count$ 1) at$(0) <(offset$(2) 9)))");
}

TEST(Frontend, AcceptsWithAndBooleansOfYaraX) {
  EXPECT_EQ(Shape("with a = filesize, s = pe.sections[0] : (a > s.virtual_size)"),
            "with(>(v0 field105(0)) filesize)");
  // A list that begins like a set of strings is one, as in YARA.
  EXPECT_EQ(Shape("2 of ($a, $b at 0)", kTwo),
            "error: rule \"r\" in f(1): syntax error, unexpected <at>, expecting ')' or ','\n");
  EXPECT_EQ(Shape("2 of ($a at 0, $b, filesize > 1)", kTwo),
            "of_booleans(2 at$a(0) matched$b >(filesize 1))");
  FrontendOptions strict;
  strict.yara_x_extensions = false;
  EXPECT_FALSE(Check("rule r { condition: any of (true, false) }", strict).ok);
}

TEST(Frontend, RefusesWhatIsTooComplexOnlyAsYara) {
  const auto rule = [](int alternatives) {
    std::string text = "rule r { strings: $a = /x(b";
    for (int i = 1; i < alternatives; ++i) {
      text += "|b";
    }
    return text + ")/ condition: $a }";
  };
  FrontendOptions strict;
  strict.yara_x_extensions = false;
  EXPECT_TRUE(Check(rule(129), strict).ok);
  EXPECT_EQ(Check(rule(130), strict).lines,
            "error: rule \"r\" in f(1): regular expression is too complex\n");
  EXPECT_TRUE(Check(rule(130)).ok);
  EXPECT_FALSE(Check("rule r { condition: \"b\" matches " + rule(130).substr(23, 264) + " }", strict).ok);
}

TEST(Frontend, MakesSets) {
  const Checked checked = Check(
      "rule a1 { condition: true } rule a2 { condition: true }\n"
      "rule b { strings: $x1 = \"abcdef\" $x2 = \"ghijkl\" $y = \"mnopqr\" condition:\n"
      "1 of ($x*, $y) and all of (a*) and 50% of them and none of them in (0..100) }");
  ASSERT_TRUE(checked.ok) << checked.lines;
  const Rule& rule = checked.rules.rules[2];
  EXPECT_EQ(ShapeOf(checked.rules, rule.condition), "and(of(1) of_rules of(50) of_in(0 100))");
  ASSERT_EQ(checked.rules.string_sets.size(), 2u);
  EXPECT_EQ(checked.rules.string_sets[0], (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_EQ(checked.rules.rule_sets[0], (std::vector<std::uint32_t>{0, 1}));
}

TEST(Frontend, PinsStringsUsedAtOneConstantOnly) {
  const auto pinned = [](std::string_view condition) {
    const Checked checked = Check("rule r { strings: $a = \"abcdef\" $_b = { 01 [300-400] 02 } " +
                                  std::string("condition: ") + std::string(condition) + " }");
    EXPECT_TRUE(checked.ok) << checked.lines;
    return checked.ok ? checked.rules.strings[0].pattern.fixed_offset : std::nullopt;
  };
  EXPECT_EQ(pinned("$a at 4"), 4u);
  EXPECT_EQ(pinned("$a at 2 + 2 and not $a at 4"), 4u);
  EXPECT_EQ(pinned("$a at ext_int"), 7u);
  EXPECT_EQ(pinned("$a at 256 >> 8"), 65536u);  // as YARA computes it
  EXPECT_EQ(pinned("$a at 4 or $a at 5"), std::nullopt);
  EXPECT_EQ(pinned("$a at 4 and #a == 1"), std::nullopt);
  EXPECT_EQ(pinned("$a at filesize - 4"), std::nullopt);
  EXPECT_EQ(pinned("any of them at 4"), std::nullopt);
  EXPECT_EQ(pinned("$a at 4 and for any of ($_b) : ($)"), std::nullopt);
}

TEST(Frontend, KeepsDeclarations) {
  const Checked checked = Check(
      "global private rule r : t1 t2 { meta: a = \"x\\n\" a = -5 b = true strings:\n"
      "$a = \"a\\x00b\\\"\" wide ascii fullword private $b = /ab+c/is $c = \"q12345\" xor(1-5)\n"
      "$d = \"hello world\" base64 condition: all of them }");
  ASSERT_TRUE(checked.ok) << checked.lines;
  const Rule& rule = checked.rules.rules[0];
  EXPECT_TRUE(rule.is_global && rule.is_private);
  EXPECT_EQ(rule.tags, (std::vector<std::string>{"t1", "t2"}));
  ASSERT_EQ(rule.metas.size(), 3u);
  EXPECT_EQ(std::get<std::string>(rule.metas[0].value), "x\n");
  EXPECT_EQ(std::get<std::int64_t>(rule.metas[1].value), -5);
  EXPECT_TRUE(std::get<bool>(rule.metas[2].value));
  const std::vector<StringDeclaration>& strings = checked.rules.strings;
  EXPECT_EQ(strings[0].pattern.text, std::string("a\0b\"", 4));
  EXPECT_TRUE(strings[0].pattern.wide && strings[0].pattern.ascii && strings[0].is_private);
  EXPECT_TRUE(strings[1].pattern.no_case && strings[1].pattern.tree.dot_all);
  EXPECT_EQ(strings[2].pattern.xor_range->max, 5);
  EXPECT_EQ(strings[3].pattern.base64_alphabet.size(), 64u);
  EXPECT_FALSE(strings[3].pattern.ascii);
}

TEST(Frontend, IncludesAreRelativeBoundedAndAcyclic) {
  const std::map<std::string, std::string> files = {
      {"d/a.yar", "include \"b.yar\" rule a { condition: b }"},
      {"d/b.yar", "rule b { condition: true }"},
      {"loop", "include \"loop\""}};
  EXPECT_TRUE(Check("include \"d/a.yar\" rule m { condition: a and b }", {}, files).ok);
  EXPECT_EQ(Check("include \"none\"", {}, files).lines,
            "f(1): error: can't open include file: none\n");
  EXPECT_EQ(Check("include \"loop\"", {}, files).lines,
            "loop(1): error: includes circular reference\n");
  std::map<std::string, std::string> deep;
  for (int i = 0; i < 20; ++i) {
    deep["i" + std::to_string(i)] = "include \"i" + std::to_string(i + 1) + "\"";
  }
  EXPECT_EQ(Check("include \"i0\"", {}, deep).lines, "i14(1): error: includes depth exceeded\n");
}

TEST(Frontend, NamespacesAreSeparate) {
  Frontend frontend(testing::FakeRegistry(), {});
  EXPECT_TRUE(frontend.AddFile("one", "a", "rule r { condition: true }"));
  EXPECT_TRUE(frontend.AddFile("two", "b", "rule r { condition: true }"));
  EXPECT_FALSE(frontend.AddFile("two", "c", "rule r { condition: true }"));
  EXPECT_EQ(frontend.Finish().error().kind, base::ErrorKind::kMalformed);
}

TEST(Frontend, ExternalsAreDefinedOnce) {
  Frontend frontend(testing::FakeRegistry(), {});
  EXPECT_TRUE(frontend.DefineExternal({"x", true}).ok());
  EXPECT_FALSE(frontend.DefineExternal({"x", true}).ok());
  EXPECT_FALSE(frontend.DefineExternal({"1x", true}).ok());
  EXPECT_FALSE(frontend.DefineExternal({"rule", true}).ok());
}

TEST(Frontend, RefusesHostileNesting) {
  const auto nested = [](std::string_view open, std::string_view close, std::size_t depth) {
    std::string text = "rule r { condition: ";
    for (std::size_t i = 0; i < depth; ++i) {
      text += open;
    }
    text += "1";
    for (std::size_t i = 0; i < depth; ++i) {
      text += close;
    }
    return Check(text + " }");
  };
  EXPECT_TRUE(nested("(", ")", kNestingMax).ok);
  for (const std::string_view open :
       {"(", "uint8(", "not (", "-(", "any of (true,", "- ", "not "}) {
    const std::string_view close = open.back() == '(' || open.back() == ',' ? ")" : "";
    EXPECT_FALSE(nested(open, close, 100000).ok) << open;
  }
}

}  // namespace
}  // namespace day::rules::syntax
