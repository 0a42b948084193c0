#include "libs/signatures/icons/icon_table.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "libs/base/lines.h"
#include "libs/signatures/lists.h"

namespace day::signatures::icons {
namespace {

constexpr std::size_t kFields = 4;
constexpr std::size_t kMetricsDigits = 124;
constexpr std::uint32_t kColorMax = 4072;
constexpr std::uint32_t kSpreadSumMax = 103;

// Takes numbers of two or three digits off the front.
class Digits {
 public:
  explicit Digits(std::string_view text) : text_(text) {}

  std::uint32_t Take(std::size_t count) {
    std::uint32_t value = 0;
    for (const char c : text_.substr(0, count)) {
      value = value << 4 | Nibble(c);
    }
    text_.remove_prefix(std::min(count, text_.size()));
    return value;
  }
  bool ok() const { return ok_; }

 private:
  std::uint32_t Nibble(char c) {
    if (c >= '0' && c <= '9') {
      return static_cast<std::uint32_t>(c - '0');
    }
    const char lower = static_cast<char>(c | 0x20);
    if (lower >= 'a' && lower <= 'f') {
      return static_cast<std::uint32_t>(lower - 'a' + 10);
    }
    ok_ = false;
    return 0;
  }

  std::string_view text_;
  bool ok_ = true;
};

bool TakeWindows(Digits& digits, std::size_t average_digits, std::uint32_t side,
                 similarity::IconWindows& windows) {
  const std::uint32_t last = side - side / 8;
  bool is_sound = true;
  for (similarity::IconWindow& window : windows) {
    window.average = digits.Take(average_digits);
    window.x = digits.Take(2);
    window.y = digits.Take(2);
    is_sound = is_sound && window.x <= last && window.y <= last && window.average <= kColorMax;
  }
  return is_sound;
}

std::string_view ReadMetrics(std::string_view text, similarity::IconMetrics& metrics) {
  if (text.size() != kMetricsDigits) {
    return "not 124 digits";
  }
  Digits digits(text);
  metrics.side = digits.Take(2);
  if (metrics.side != 16 && metrics.side != 24 && metrics.side != 32) {
    return "the size is not 16, 24 or 32";
  }
  const bool is_sound = TakeWindows(digits, 3, metrics.side, metrics.color) &&
                        TakeWindows(digits, 3, metrics.side, metrics.gray) &&
                        TakeWindows(digits, 2, metrics.side, metrics.bright) &&
                        TakeWindows(digits, 2, metrics.side, metrics.dark) &&
                        TakeWindows(digits, 2, metrics.side, metrics.edge) &&
                        TakeWindows(digits, 2, metrics.side, metrics.plain);
  metrics.red = digits.Take(2);
  metrics.green = digits.Take(2);
  metrics.blue = digits.Take(2);
  metrics.colored = digits.Take(2);
  if (!digits.ok()) {
    return "not hexadecimal";
  }
  if (!is_sound) {
    return "a window is outside of the icon";
  }
  return metrics.red + metrics.green + metrics.blue > kSpreadSumMax || metrics.colored > 100
             ? "colours are more than there can be"
             : std::string_view();
}

}  // namespace

IconLine ParseIconLine(std::string_view text) {
  IconLine line;
  if (text.ends_with('\r')) {
    text.remove_suffix(1);
  }
  if (text.empty() || text.front() == '#') {
    return line;
  }
  std::array<std::string_view, kFields> fields;
  line.kind = IconLine::Kind::kBad;
  if (std::count(text.begin(), text.end(), ':') != kFields - 1) {
    line.problem = "not NAME:GROUP1:GROUP2:METRICS";
    return line;
  }
  for (std::string_view& field : fields) {
    const std::size_t end = std::min(text.find(':'), text.size());
    field = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  line.icon.name = fields[0];
  line.icon.group1 = fields[1];
  line.icon.group2 = fields[2];
  line.problem = ReadMetrics(fields[3], line.icon.metrics);
  line.kind = line.problem.empty() ? IconLine::Kind::kIcon : IconLine::Kind::kBad;
  return line;
}

IconTable::IconTable(std::string_view lists) {
  while (const auto list = TakeList(&lists)) {
    std::string_view text = list->name.ends_with(".idb") ? list->text : std::string_view();
    while (!text.empty() && icons_.size() < kIconsMax) {
      IconLine line = ParseIconLine(base::TakeLine(&text));
      if (line.kind == IconLine::Kind::kIcon) {
        icons_.push_back(std::move(line.icon));
      }
    }
  }
}

bool IconTable::Knows(const similarity::IconMetrics& metrics, std::string_view group1,
                      std::string_view group2) const {
  return std::any_of(icons_.begin(), icons_.end(), [&](const IconSignature& icon) {
    return (group1 == "*" || group1 == icon.group1) && (group2 == "*" || group2 == icon.group2) &&
           similarity::IconsAreAlike(metrics, icon.metrics);
  });
}

}  // namespace day::signatures::icons
