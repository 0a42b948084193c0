// Icons that a database knows: ClamAV's .idb.
//
//   NAME:GROUP1:GROUP2:METRICS
//
// METRICS are 124 hexadecimal digits (docs/formats/icons.md). Logical signatures ask for groups, by
// IconGroup1 and IconGroup2. Thread-safe once made.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libs/similarity/icon_metrics.h"

namespace day::signatures::icons {

inline constexpr std::size_t kIconsMax = 100'000;

struct IconSignature {
  std::string name;
  std::string group1;
  std::string group2;
  similarity::IconMetrics metrics;
};

struct IconLine {
  enum class Kind : std::uint8_t { kIcon, kNothing, kBad };
  Kind kind = Kind::kNothing;
  IconSignature icon;
  std::string_view problem;  // static text
};

// `line` without its newline; a carriage return at its end is no part of it.
IconLine ParseIconLine(std::string_view line);

class IconTable {
 public:
  // Lists as database_builder.h's AddList() puts them together; others in them are passed over.
  explicit IconTable(std::string_view lists);

  bool empty() const { return icons_.empty(); }
  // Whether an icon of these groups is like this one; "*" is any group.
  bool Knows(const similarity::IconMetrics& metrics, std::string_view group1,
             std::string_view group2) const;

 private:
  std::vector<IconSignature> icons_;
};

}  // namespace day::signatures::icons
