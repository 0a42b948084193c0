#include "libs/signatures/clamav/signature_line.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "libs/signatures/clamav/logic.h"
#include "libs/signatures/clamav/pattern_text.h"

namespace day::signatures::clamav {
namespace {

using Kind = BodyLine::Kind;

BodyLine Ndb(std::string_view line) { return ParseBodyLine(BodyFormat::kNdb, line); }
BodyLine Ldb(std::string_view line) { return ParseBodyLine(BodyFormat::kLdb, line); }

TEST(BodyFormatTest, GoesByTheEnding) {
  EXPECT_EQ(BodyFormatOf("x/main.ndb"), BodyFormat::kNdb);
  EXPECT_EQ(BodyFormatOf("main.sdb"), BodyFormat::kNdb);
  EXPECT_EQ(BodyFormatOf("main.ldu"), BodyFormat::kLdb);
  EXPECT_EQ(BodyFormatOf("main.db"), BodyFormat::kDb);
  EXPECT_EQ(BodyFormatOf("main.hdb"), BodyFormat::kNone);
}

TEST(ParseBodyLineTest, ReadsNdbLines) {
  const BodyLine line = Ndb("Win.X-1:1:EP+16,4:0a4b*5c6d??7e:51:255\r");
  ASSERT_EQ(line.kind, Kind::kSignature) << line.reason;
  EXPECT_EQ(line.signature.name, "Win.X-1");
  EXPECT_EQ(line.signature.conditions.target, 1);
  const Pattern& pattern = std::get<PatternList>(line.signature.subsignatures.front()).front();
  EXPECT_EQ(pattern.offset.kind, Offset::Kind::kEntryPlus);
  EXPECT_EQ(pattern.offset.number, 16u);
  EXPECT_EQ(pattern.offset.shift, 4u);
  ASSERT_EQ(pattern.parts.size(), 2u);
  EXPECT_EQ(pattern.parts[1].elements.front().bytes.size(), 4u);
}

TEST(ParseBodyLineTest, NothingIsNoError) {
  EXPECT_EQ(Ndb("").kind, Kind::kNothing);
  EXPECT_EQ(Ndb("# a comment").kind, Kind::kNothing);
}

TEST(ParseBodyLineTest, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> kCases[] = {
      {"x:0:*", "not four to six fields between colons"},
      {":0:*:0a4b5c", "no name"},
      {"x:z:*:0a4b5c", "the target is not a number"},
      {"x:0:zz:0a4b5c", "the offset is not understood"},
      {"x:0:EP+1:0a4b5c", "the offset needs a target of PE, ELF or Mach-O"},
      {"x:0:*:0a4b5", "an odd number of hexadecimal digits"},
      {"x:0:*:0a4b", "fewer than three bytes"},
      {"x:0:*:0a4bxx", "an unexpected character"},
      {"x:0:*:0a4b5c*", "a gap at an end, or two in a row"},
      {"x:0:*:0a4b5c{5-3}0a4b", "a gap is not {n}, {n-m}, {-n} or {n-}"},
      {"x:0:*:0a??4b??5c", "no two known bytes in a row between gaps"},
      {"x:0:*:0a4b(5c|6d", "a parenthesis is not closed"},
      {"x:0:*:0a4b!(5c|6d7e)", "negated alternatives need equal lengths"},
      {"x:0:*:0a4b5c[1-40]7e", "the distance in brackets is not 0 to 32"},
  };
  for (const auto& [text, reason] : kCases) {
    const BodyLine line = Ndb(text);
    EXPECT_EQ(line.kind, Kind::kMalformed) << text;
    EXPECT_EQ(line.reason, reason) << text;
  }
}

TEST(ParseBodyLineTest, SkipsWhatIsNotForUs) {
  EXPECT_EQ(Ndb("x:0:*:0a4b5c:217").kind, Kind::kSkipped);
  EXPECT_EQ(Ndb("x:0:*:0a4b5c:1:100").kind, Kind::kSkipped);
  EXPECT_EQ(Ndb("x:77:*:0a4b5c").kind, Kind::kSkipped);
  EXPECT_EQ(Ldb("x;Engine:51-255,Target:0,Container:CL_TYPE_NONE;0;0a4b5c").kind, Kind::kSkipped);
  EXPECT_EQ(Ldb("x;Engine:51-255,Target:0;0&1;0a4b5c;0(>>1#h2#=1)").kind, Kind::kSkipped);
}

TEST(ParseBodyLineTest, IconsAreOfPrograms) {
  const BodyLine line = Ldb("x;Engine:51-255,Target:1,IconGroup1:a;0;0a4b5c");
  ASSERT_EQ(line.kind, Kind::kSignature);
  EXPECT_EQ(line.signature.conditions.icon_group1, "a");
  EXPECT_EQ(line.signature.conditions.icon_group2, "*");
  EXPECT_EQ(Ldb("x;Engine:51-255,Target:0,IconGroup1:a;0;0a4b5c").kind, Kind::kMalformed);
  EXPECT_EQ(Ldb("x;Engine:51-255,Target:1,IconGroup2:;0;0a4b5c").kind, Kind::kMalformed);
}

TEST(ParseBodyLineTest, ReadsLogicalSignatures) {
  const BodyLine line = Ldb(
      "X;Engine:81-255,Target:1,FileSize:1-2,Container:CL_TYPE_ZIP;0&1>2&2&3&4;0a4b::iwa;10:0a4b5c;"
      "0(>>8#hb2#>15,<0x20);5,6:0&1/a\\x3b[b]/gi;${1-2}3$");
  ASSERT_EQ(line.kind, Kind::kMalformed);  // a macro must follow a pattern
  const BodyLine good = Ldb(
      "X;Engine:81-255,Target:1,FileSize:1-2,Container:CL_TYPE_ZIP;0&1>2&2&3&4;0a4b::iwa;${1-2}3$;"
      "10:0a4b5c;0(>>8#hb2#>15,<0x20);5,6:0&1/a\\x3b[b]/gi");
  ASSERT_EQ(good.kind, Kind::kSignature) << good.reason;
  const auto& subs = good.signature.subsignatures;
  EXPECT_EQ(std::get<PatternList>(subs[0]).size(), 2u);
  EXPECT_EQ(std::get<MacroTest>(subs[1]).group, 3u);
  EXPECT_EQ(std::get<ByteCompare>(subs[3]).comparisons[1].value, 32u);
  EXPECT_EQ(std::get<RegexTest>(subs[4]).pattern, "a\\x3b[b]");
  EXPECT_EQ(std::get<RegexTest>(subs[4]).offset.shift, 6u);
}

TEST(ParseBodyLineTest, ReadsImageHashes) {
  const auto with = [](const std::string& sub) {
    return Ldb("X;Engine:150-255,Target:0;0;" + sub);
  };
  const BodyLine good = with("fuzzy_img#af2ad01ed42993c7#0");
  ASSERT_EQ(good.kind, Kind::kSignature) << good.reason;
  EXPECT_EQ(std::get<ImageTest>(good.signature.subsignatures[0]).hash, 0xaf2ad01ed42993c7u);
  EXPECT_EQ(with("fuzzy_img#af2ad01ed42993c7").kind, Kind::kSignature);
  EXPECT_EQ(with("fuzzy_img#af2ad01ed42993c7#1").kind, Kind::kMalformed);
  EXPECT_EQ(with("fuzzy_img#af2ad01ed42993c").kind, Kind::kMalformed);
  EXPECT_EQ(with("fuzzy_img#af2ad01ed42993cg").kind, Kind::kMalformed);
}

// The tree with all parentheses.
std::string Shape(const std::vector<LogicNode>& nodes, std::uint32_t index) {
  const LogicNode& node = nodes[index];
  std::string out = std::to_string(node.id);
  if (node.kind != LogicNode::Kind::kId) {
    const char op = node.kind == LogicNode::Kind::kAnd ? '&' : '|';
    out = "(" + Shape(nodes, node.left) + op + Shape(nodes, node.right) + ")";
  }
  return node.op == 0 ? out : out + node.op + std::to_string(node.count);
}

TEST(ParseLogicTest, HasClamAvsPrecedence) {
  const std::pair<const char*, const char*> kCases[] = {
      {"0", "0"},           {"0|1&2", "(0|(1&2))"},         {"(0|1&2)", "((0|1)&2)"},
      {"0>1&1", "(0>1&1)"}, {"((0|1)>1|2)", "((0|1)>1|2)"}, {"(0&1|2&3)", "((0&(1|2))&3)"},
  };
  for (const auto& [text, shape] : kCases) {
    const auto nodes = ParseLogic(text);
    ASSERT_TRUE(nodes.ok()) << text;
    EXPECT_EQ(Shape(*nodes, static_cast<std::uint32_t>(nodes->size() - 1)), shape);
  }
  for (const char* text : {"", "(", "0&", "&0", "0)", "64", "0>x", "(0)>1", "0=1=2", "0 &1"}) {
    EXPECT_FALSE(ParseLogic(text).ok()) << text;
  }
}

}  // namespace
}  // namespace day::signatures::clamav
