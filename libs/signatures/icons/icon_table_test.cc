#include "libs/signatures/icons/icon_table.h"

#include <gtest/gtest.h>

#include "libs/signatures/lists.h"

namespace day::signatures::icons {
namespace {

// As clamscan 1.4.6 prints them, of the icons below.
const std::string kGradient =
    "20c8a0017c3a16009d3000f2270d0d4cb15105310d15db1617d40017d40817800000800800800008e20b12e10c07dc"
    "04045116005e000b690e0026261755";
const std::string kGrey =
    "180360f04030030400e09100000f04001030400a0910c80000c80006c8000c3c090447090a760f063a060a3a0d0a3a"
    "090100000f00101100000000000000";
const std::string kStripes =
    "10fe80101fe80601fe80106c280002c280402c280802ff0101ff0601ff0106b60000b60400b608008301037205046c"
    "0904280000290a0b2a0a00330d2364";

template <typename Color>
similarity::IconMetrics Measure(std::uint32_t side, Color color) {
  std::vector<std::uint32_t> pixels;
  for (std::uint32_t y = 0; y < side; ++y) {
    for (std::uint32_t x = 0; x < side; ++x) {
      pixels.push_back(color(x, y));
    }
  }
  return similarity::MeasureIcon(side, pixels);
}

similarity::IconMetrics Gradient() {
  return Measure(32, [](auto x, auto y) { return x * 8 << 16 | y * 8 << 8 | 128u; });
}
similarity::IconMetrics Grey() {
  return Measure(24, [](std::uint32_t x, std::uint32_t y) {
    const int dx = static_cast<int>(x) - 12;
    const int dy = static_cast<int>(y) - 9;
    return dx * dx + dy * dy < 40 ? 0x3C3C3Cu : 0xC8C8C8u;
  });
}
similarity::IconMetrics Stripes() {
  return Measure(16, [](std::uint32_t x, std::uint32_t y) {
    return x * y % 5 != 0 ? 0xFF0000u | x * 15 << 8 : 20u << 16 | y * 15 << 8 | 90u;
  });
}

void ExpectSame(const similarity::IconWindows& a, const similarity::IconWindows& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].average, b[i].average) << i;
    EXPECT_EQ(a[i].x, b[i].x) << i;
    EXPECT_EQ(a[i].y, b[i].y) << i;
  }
}

void ExpectIs(const similarity::IconMetrics& measured, const std::string& text) {
  const IconLine line = ParseIconLine("N:one:two:" + text);
  ASSERT_EQ(line.kind, IconLine::Kind::kIcon) << line.problem;
  const similarity::IconMetrics& wanted = line.icon.metrics;
  EXPECT_EQ(measured.side, wanted.side);
  ExpectSame(measured.color, wanted.color);
  ExpectSame(measured.gray, wanted.gray);
  ExpectSame(measured.bright, wanted.bright);
  ExpectSame(measured.dark, wanted.dark);
  ExpectSame(measured.edge, wanted.edge);
  ExpectSame(measured.plain, wanted.plain);
  EXPECT_EQ(measured.red, wanted.red);
  EXPECT_EQ(measured.green, wanted.green);
  EXPECT_EQ(measured.blue, wanted.blue);
  EXPECT_EQ(measured.colored, wanted.colored);
}

TEST(IconTableTest, IconsAreMeasuredAsClamavDoes) {
  ExpectIs(Gradient(), kGradient);
  ExpectIs(Grey(), kGrey);
  ExpectIs(Stripes(), kStripes);
}

TEST(IconTableTest, AsksForGroups) {
  std::string lists;
  AppendList("a.idb", "A:one:two:" + kGradient + "\nB:three:four:" + kGrey + "\r\n", &lists);
  AppendList("a.crb", "C:one:two:" + kStripes + "\n", &lists);
  const IconTable table(lists);
  EXPECT_TRUE(table.Knows(Gradient(), "one", "two"));
  EXPECT_TRUE(table.Knows(Gradient(), "*", "*"));
  EXPECT_TRUE(table.Knows(Grey(), "three", "*"));
  EXPECT_FALSE(table.Knows(Gradient(), "one", "four"));
  EXPECT_FALSE(table.Knows(Gradient(), "three", "four"));
  EXPECT_FALSE(table.Knows(Gradient(), "ONE", "*"));
  EXPECT_FALSE(table.Knows(Stripes(), "*", "*"));
  EXPECT_TRUE(IconTable("").empty());
}

TEST(IconTableTest, AnIconIsLikeAChangedOne) {
  std::string lists;
  AppendList("a.idb", "A:one:two:" + kGradient + "\n", &lists);
  const IconTable table(lists);
  const auto near = Measure(32, [](auto x, auto y) {
    return (x > 12 && x < 16 && y > 20 && y < 24) ? 0xFFFFFFu : x * 8 << 16 | y * 8 << 8 | 120u;
  });
  const auto far = Measure(32, [](auto x, auto y) { return x / 4 % 2 == y / 8 % 2 ? 0xFF2010u : 0x101010u; });
  EXPECT_TRUE(table.Knows(near, "one", "two"));
  EXPECT_FALSE(table.Knows(far, "one", "two"));
}

TEST(IconLineTest, SaysWhatIsWrong) {
  EXPECT_EQ(ParseIconLine("# text").kind, IconLine::Kind::kNothing);
  EXPECT_EQ(ParseIconLine("").kind, IconLine::Kind::kNothing);
  std::string outside = kGradient;
  outside.replace(5, 2, "ff");
  std::string bright = kGradient;
  bright.replace(2, 3, "fff");
  for (const std::string& line :
       {"N:one:" + kGradient, "N:one:two:" + kGradient + ":x", "N:one:two:" + kGradient + "0",
        "N:one:two:" + kGradient.substr(1), "N:one:two:30" + kGradient.substr(2),
        "N:one:two:" + kGradient.substr(0, 123) + "g", "N:one:two:" + outside,
        "N:one:two:" + bright, "N:one:two:" + kGradient.substr(0, 116) + "ffffffff"}) {
    EXPECT_EQ(ParseIconLine(line).kind, IconLine::Kind::kBad) << line;
  }
}

}  // namespace
}  // namespace day::signatures::icons
