#include "libs/signatures/phishing/phishing_line.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "libs/signatures/signature_text.h"

namespace day::signatures::phishing {
namespace {

// What expressions say of paths, at their end.
constexpr std::string_view kPathEnds[] = {"([/?].*)?/", "([/?].*)/"};

bool IsNumber(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::uint64_t NumberOr(std::string_view text, std::uint64_t other) {
  std::uint64_t value = other;
  (void)std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Takes ":MIN-MAX" off the end; false if it is not for us.
bool TakeLevels(std::string_view* line) {
  const std::size_t colon = line->rfind(':');
  if (colon == std::string_view::npos) {
    return true;
  }
  const std::string_view levels = line->substr(colon + 1);
  const std::size_t dash = levels.find('-');
  if (dash == std::string_view::npos || !IsNumber(levels.substr(0, dash)) ||
      !IsNumber(levels.substr(dash + 1))) {
    return true;
  }
  line->remove_suffix(line->size() - colon);
  return NumberOr(levels.substr(0, dash), 0) <= kFunctionalityLevel &&
         NumberOr(levels.substr(dash + 1), ~std::uint64_t{0}) >= kFunctionalityLevel;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool ReadHash(std::string_view text, std::array<std::byte, 32>* hash) {
  if (text.size() != hash->size() * 2) {
    return false;
  }
  for (std::size_t i = 0; i < hash->size(); ++i) {
    const int high = HexValue(text[2 * i]);
    const int low = HexValue(text[2 * i + 1]);
    if (high < 0 || low < 0) {
      return false;
    }
    (*hash)[i] = static_cast<std::byte>(high * 16 + low);
  }
  return true;
}

PhishingLine Bad(std::string_view problem) {
  PhishingLine line;
  line.entry = Entry::kBad;
  line.problem = problem;
  return line;
}

// `flags` is what stands before the first colon, `rest` what is behind it.
PhishingLine ParseHash(std::string_view flags, std::string_view rest, bool is_allow_list) {
  PhishingLine line;
  if (rest.starts_with("P:")) {
    return Bad("prefixes of hashes only say where hashes may be");
  }
  if (rest.starts_with("W:")) {
    line.entry = Entry::kAllowedHash;
  } else if (is_allow_list || !rest.starts_with("F:")) {
    return Bad("not a kind of hash");
  } else {
    const char list = flags.size() > 1 ? flags[1] : '\0';
    line.entry = list == '1'   ? Entry::kBlockedHash
                 : list == '2' ? Entry::kPhishingHash
                               : Entry::kMalwareHash;
  }
  return ReadHash(rest.substr(2), &line.hash) ? line : Bad("the hash is not 64 hexadecimal digits");
}

}  // namespace

bool IsPhishingList(std::string_view file_name) {
  return file_name.ends_with(".pdb") || file_name.ends_with(".wdb") || file_name.ends_with(".gdb");
}

PhishingLine ParsePhishingLine(std::string_view file_name, std::string_view line) {
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  if (line.empty() || line.front() == '#') {
    return {};
  }
  if (!TakeLevels(&line)) {
    return Bad("is for other functionality levels");
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    return Bad("there is no colon");
  }
  const bool is_allow_list = file_name.ends_with(".wdb");
  const char kind = line.front();
  const std::string_view rest = line.substr(colon + 1);
  if (kind == 'S') {
    return ParseHash(line.substr(0, colon), rest, is_allow_list);
  }
  PhishingLine result;
  result.text = std::string(rest) + "/";
  if ((kind == 'R' && !is_allow_list) || ((kind == 'X' || kind == 'Y') && is_allow_list)) {
    for (const std::string_view end : kPathEnds) {
      if (result.text.ends_with(end) && result.text.size() > end.size()) {
        result.text.replace(result.text.size() - end.size(), end.size(), "/");
      }
    }
    result.entry = kind == 'R' ? Entry::kWatchedPair : Entry::kAllowedPair;
  } else if ((kind == 'H' && !is_allow_list) || (kind == 'M' && is_allow_list)) {
    result.entry = kind == 'H' ? Entry::kShownHost : Entry::kAllowedHosts;
  } else {
    return Bad("not a kind of line that this list has");
  }
  return result;
}

}  // namespace day::signatures::phishing
