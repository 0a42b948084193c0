#include "libs/unpack/officecrypt/passwords.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "libs/unpack/cipher/passwords.h"

namespace day::unpack::officecrypt {
namespace {

constexpr std::uint32_t kSurrogates = 0xD800;
constexpr std::uint32_t kLastCodePoint = 0x10FFFF;

void AppendUnit(std::uint32_t unit, std::string& out) {
  out += static_cast<char>(unit & 0xFF);
  out += static_cast<char>(unit >> 8 & 0xFF);
}

// Takes one code point, or nothing if the bytes are no UTF-8.
std::optional<std::uint32_t> TakeCodePoint(std::string_view& text) {
  const auto first = static_cast<std::uint8_t>(text[0]);
  const std::size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if ((first >= 0x80 && first < 0xC2) || first > 0xF4 || text.size() < size) {
    return std::nullopt;
  }
  std::uint32_t value = size == 1 ? first : first & (0xFFu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if ((byte & 0xC0) != 0x80) {
      return std::nullopt;
    }
    value = value << 6 | (byte & 0x3Fu);
  }
  text.remove_prefix(size);
  return value <= kLastCodePoint ? std::optional(value) : std::nullopt;
}

}  // namespace

std::vector<std::string> CandidatesOf(std::span<const std::string> told) {
  std::vector<std::string> candidates;
  std::unordered_set<std::string_view> known;
  const auto add = [&](std::string_view password) {
    if (password.size() <= kPasswordCharactersMax && known.insert(password).second) {
      candidates.emplace_back(password);
    }
  };
  add(kDefaultPassword);
  add("");
  add(kDefaultPowerPointPassword);
  std::for_each(told.begin(), told.end(), add);
  std::for_each(cipher::kWellKnownPasswords.begin(), cipher::kWellKnownPasswords.end(), add);
  return candidates;
}

std::string ToUtf16(std::string_view password) {
  std::string out;
  for (std::string_view rest = password; !rest.empty();) {
    const std::optional<std::uint32_t> code_point = TakeCodePoint(rest);
    if (!code_point) {
      out.clear();
      for (const char c : password) {
        AppendUnit(static_cast<std::uint8_t>(c), out);
      }
      return out;
    }
    if (*code_point < 0x10000) {
      AppendUnit(*code_point, out);
    } else {
      AppendUnit(kSurrogates + ((*code_point - 0x10000) >> 10), out);
      AppendUnit(kSurrogates + 0x400 + ((*code_point - 0x10000) & 0x3FF), out);
    }
  }
  return out;
}

}  // namespace day::unpack::officecrypt
