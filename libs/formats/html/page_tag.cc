#include "libs/formats/html/page_tag.h"

#include <algorithm>
#include <string_view>

#include "libs/match/pair_kernel.h"

namespace day::formats::html {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kTags[] = {"<html>"sv,  "<head>"sv, "<script"sv, "<iframe"sv,
                                      "<object"sv, "<table"sv, "<img"sv};
constexpr std::string_view kLink = "<a "sv;
constexpr std::string_view kTarget = "href"sv;

constexpr match::PairTables MakeTables() {
  match::PairTables tables;
  for (const char letter : "hsiotaHSIOTA"sv) {
    tables.Add(0, '<', static_cast<std::uint8_t>(letter));
  }
  return tables;
}
constexpr match::PairTables kTables = MakeTables();

bool IsSame(char a, char lower) {
  return a == lower || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == lower);
}

bool StartsWith(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() && std::equal(lower.begin(), lower.end(), text.begin(),
                                                   [](char l, char c) { return IsSame(c, l); });
}

bool IsTag(std::string_view text) {
  for (const std::string_view tag : kTags) {
    if (StartsWith(text, tag)) {
      return true;
    }
  }
  if (!StartsWith(text, kLink)) {
    return false;
  }
  const std::string_view link = text.substr(0, kLinkBytesMax);
  for (std::size_t at = kLink.size(); at < link.size() && link[at] != '<'; ++at) {
    if (StartsWith(link.substr(at), kTarget)) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::optional<std::uint64_t> FindPageTag(base::Bytes data) {
  const match::Simd simd = match::BestSimd();
  const std::string_view text = base::AsText(data);
  for (std::size_t at = 0;; ++at) {
    at = match::FindPair(simd, data, at, kTables);
    if (at >= data.size()) {
      return std::nullopt;
    }
    if (IsTag(text.substr(at))) {
      return at;
    }
  }
}

}  // namespace day::formats::html
