#include "libs/rules/scan/testing/random_rules.h"

#include <array>
#include <string_view>
#include <vector>

namespace day::rules::scan::testing {
namespace {

constexpr std::uint32_t kRulesMax = 5;
constexpr std::uint32_t kStringsMax = 4;
constexpr int kDepthMax = 3;

class Writer {
 public:
  explicit Writer(const Choose& choose) : choose_(choose) {}

  std::string Rules() {
    std::string text = "import \"sample\"\nimport \"badge\"\n";
    const std::uint32_t count = 1 + choose_(kRulesMax);
    for (rule_ = 0; rule_ < count; ++rule_) {
      text += Rule();
    }
    return text;
  }

 private:
  template <std::size_t N>
  std::string Pick(const std::array<std::string_view, N>& options) {
    return std::string(options[choose_(N)]);
  }
  bool Chance(std::uint32_t in) { return choose_(in) == 0; }

  std::string Rule() {
    strings_ = choose_(kStringsMax + 1);
    loop_strings_ = false;
    variables_.clear();
    std::string text = Chance(12) ? "global " : "";
    text += Chance(6) ? "private " : "";
    text += "rule r" + std::to_string(rule_) + " {\n";
    if (strings_ > 0) {
      text += "strings:\n";
      for (std::uint32_t i = 0; i < strings_; ++i) {
        text += "  $_s" + std::to_string(i) + " = " + String() + "\n";
      }
    }
    return text + "condition: " + Boolean(kDepthMax) + "\n}\n";
  }

  std::string Word() {
    std::string word;
    const std::uint32_t size = 1 + choose_(6);
    for (std::uint32_t i = 0; i < size; ++i) {
      word += "abcM"[choose_(4)];
    }
    return word;
  }

  std::string String() {
    switch (choose_(8)) {
      case 0:
        return "{ 61 " + Pick<4>({"?? ", "[0-2] ", "(62|63) ", "6? "}) + "62 }";
      case 1:
        return "/" + Word() + Pick<5>({"+", "?b", ".*a", "|ca", "{1,2}"}) + "/";
      case 2:
        return "{ 4D 5A }";
      case 3:
        return "{ 61 62 [0-300] 63 61 }";
      case 4:
        return "\"card:\"";
      default:
        return "\"" + Word() + "\"" +
               Pick<7>({"", "", "", " nocase", " wide ascii", " fullword", " xor(1-2)"});
    }
  }

  std::string Quantity(bool of) {
    switch (choose_(of ? 7 : 6)) {
      case 0:
        return "all";
      case 1:
        return "none";
      case 2:
        return std::to_string(choose_(4));
      case 3:
        return Chance(2) ? "sample.nothing" : "sample.integer";
      case 6:
        return Pick<4>({"50%", "1%", "67%", "100%"});
      default:
        return "any";
    }
  }

  std::string StringName(char sigil) {
    if (loop_strings_ && Chance(2)) {
      return std::string(1, sigil);
    }
    return sigil + ("_s" + std::to_string(choose_(strings_)));
  }

  std::string StringSet() {
    if (Chance(3)) {
      return "them";
    }
    return Chance(2) ? "($_s*)" : "($_s0, $_s" + std::to_string(choose_(strings_)) + ")";
  }

  std::string Range() {
    if (Chance(4)) {
      return "(" + Integer(1) + ".." + Integer(1) + ")";
    }
    const std::uint32_t low = choose_(30);
    return "(" + std::to_string(low) + ".." + std::to_string(low + 1 + choose_(40)) + ")";
  }

  std::string StringBoolean(int depth) {
    switch (choose_(9)) {
      case 0:
        return StringName('$') + " at " +
               (Chance(3) ? "(" + Integer(depth - 1) + ")" : Pick<3>({"0", "5", "@_s0"}));
      case 1:
        return StringName('$') + " in " + Range();
      case 2:
        return Quantity(true) + " of " + StringSet();
      case 3:
        return Quantity(false) + " of " + StringSet() + " in " + Range();
      case 4:
        return Quantity(false) + " of " + StringSet() + " at " +
               Pick<3>({"0", "@_s0", "sample.integer"});
      case 5:
        return StringName('#') + Pick<6>({" > 0", " >= 2", " == 1", " < 2", " != 0", " == 0"});
      case 6:
        if (!loop_strings_ && loops_ < 3) {
          loop_strings_ = true;
          ++loops_;
          const std::string body = Body(depth - 1);
          --loops_;
          loop_strings_ = false;
          return "for " + Quantity(false) + " of " + StringSet() + " : (" + body + ")";
        }
        return StringName('$');
      default:
        return StringName('$');
    }
  }

  std::string Body(int depth) { return Chance(6) ? Integer(depth) : Boolean(depth); }

  std::string Loop(int depth) {
    if (loops_ >= 3) {
      return "true";
    }
    const std::string name = "v" + std::to_string(variables_.size());
    std::string head = "for " + Quantity(false) + " " + name;
    switch (choose_(4)) {
      case 0:
        head += " in (" + Integer(1) + ", " + std::to_string(choose_(9)) + ")";
        break;
      case 1:
        head += strings_ > 0 ? Pick<2>({" in (1..#_s0)", " in (0..#_s0)"}) : " in (0..4)";
        break;
      case 2:
        head += " in sample.numbers";
        break;
      default:
        head += " in (" + std::to_string(choose_(3)) + ".." + std::to_string(3 + choose_(80)) + ")";
        break;
    }
    variables_.push_back(name);
    ++loops_;
    const std::string body = Body(depth - 1);
    --loops_;
    variables_.pop_back();
    return head + " : (" + body + ")";
  }

  std::string Text() {
    return Pick<7>({"sample.text", "\"abc\"", "\"\"", "sample.words[\"one\"]",
                    "sample.people[1].name", "sample.echo(\"aB\")", "badge.cards[0].serial"});
  }

  std::string Guard() {
    return Pick<12>({"uint16(0) == 0x5A4D", "uint16be(0) == 0x4D5A", "uint32(0) == 0x464C457F",
                     "uint8(0) == 0x4D", "not uint16(0) == 0x5A4D", "uint16(0) != 0x5A4D",
                     "filesize < 60", "filesize > 20 and filesize <= 100", "uint8(1) == 0x61",
                     "badge.digest() == \"4d5a6161\"", "badge.present == 1", "int16(0) == 23117"});
  }

  std::string Boolean(int depth) {
    if (depth <= 0) {
      return strings_ > 0 && Chance(2) ? StringName('$') : Chance(2) ? Guard() : "true";
    }
    switch (choose_(14)) {
      case 0:
      case 1:
        return "(" + Boolean(depth - 1) + " and " + Boolean(depth - 1) + ")";
      case 2:
        return "(" + Boolean(depth - 1) + " or " + Boolean(depth - 1) + ")";
      case 3:
        return "(" + Body(depth - 1) + " or " + Boolean(depth - 1) + ")";
      case 4:
        return "not " + Boolean(depth - 1);
      case 5:
        return "defined " + Integer(depth - 1);
      case 6:
        return Integer(depth - 1) + Pick<6>({" == ", " != ", " < ", " <= ", " > ", " >= "}) +
               Integer(depth - 1);
      case 7:
        return Text() +
               Pick<7>({" == ", " contains ", " startswith ", " iequals ", " icontains ",
                        " endswith ", " < "}) +
               Text();
      case 8:
        return Chance(2)
                   ? "for any c in badge.cards : (c.serial == \"a\" or c.serial == \"b\")"
                   : "for any p in sample.people : (p.age > 20 and " + Boolean(depth - 1) + ")";
      case 9:
        return Loop(depth);
      case 10:
        return rule_ > 0
                   ? Chance(2) ? "r" + std::to_string(choose_(rule_)) : Quantity(true) + " of (r*)"
                   : Guard();
      case 11:
        return Guard();
      default:
        return strings_ > 0 ? StringBoolean(depth) : Guard();
    }
  }

  std::string Integer(int depth) {
    if (depth > 0 && Chance(3)) {
      return "(" + Integer(depth - 1) +
             Pick<7>({" + ", " - ", " * ", " & ", " | ", " ^ ", " >> "}) + Integer(depth - 1) + ")";
    }
    if (!variables_.empty() && Chance(3)) {
      return variables_[choose_(static_cast<std::uint32_t>(variables_.size()))];
    }
    if (strings_ > 0 && Chance(2)) {
      switch (choose_(4)) {
        case 0:
          return StringName('#');
        case 1:
          return "#_s0 in (0..20)";
        case 2:
          return StringName('@') + "[" + std::to_string(1 + choose_(2)) + "]";
        default:
          return StringName('!') + "[1]";
      }
    }
    return Pick<10>({"0", "1", "2", "filesize", "sample.integer", "sample.nothing", "uint8(3)",
                     "sample.numbers[2]", "sample.sum(1, sample.integer)", "uint16(filesize - 2)"});
  }

  const Choose& choose_;
  std::uint32_t rule_ = 0;
  std::uint32_t strings_ = 0;
  bool loop_strings_ = false;
  int loops_ = 0;
  std::vector<std::string> variables_;
};

}  // namespace

std::string RandomRules(const Choose& choose) { return Writer(choose).Rules(); }

std::string RandomFile(const Choose& choose) {
  std::string file;
  switch (choose(4)) {
    case 0:
      file = "MZ";
      break;
    case 1:
      file =
          "\x7f"
          "ELF";
      break;
    default:
      break;
  }
  const std::uint32_t size = choose(120);
  while (file.size() < size) {
    const std::uint32_t kind = choose(12);
    if (kind == 0) {
      file += "card:";
    } else if (kind == 1) {
      file += std::string("a\0b\0c\0", 6);
    } else {
      file += "aaabbbccMB_"[choose(11)];
    }
  }
  return file;
}

}  // namespace day::rules::scan::testing
