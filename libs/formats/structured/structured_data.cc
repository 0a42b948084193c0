#include "libs/formats/structured/structured_data.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

namespace day::formats::structured {
namespace {

constexpr std::size_t kCardDigitsMin = 13;
constexpr std::size_t kCardDigitsMax = 16;
constexpr std::size_t kIinDigits = 6;

// Prefixes of six digits (ISO/IEC 7812 issuer identification numbers) and how long numbers are.
struct Issuer {
  std::uint32_t first;
  std::uint32_t last;
  std::uint8_t digits_min;
  std::uint8_t digits_max;
};
constexpr Issuer kIssuers[] = {
    {222100, 272099, 16, 16},  // Mastercard
    {300000, 305999, 14, 14},  // Diners Club
    {309500, 309599, 14, 14},  // Diners Club
    {340000, 349999, 15, 15},  // American Express
    {352800, 358999, 16, 16},  // JCB
    {360000, 369999, 14, 14},  // Diners Club
    {370000, 379999, 15, 15},  // American Express
    {380000, 399999, 14, 14},  // Diners Club
    {400000, 499999, 13, 16},  // Visa
    {510000, 559999, 16, 16},  // Mastercard
    {601100, 601199, 16, 16},  // Discover
    {622126, 622925, 16, 16},  // China UnionPay
    {644000, 659999, 16, 16},  // Discover
};
// What the mode for credit cards alone leaves out: prefixes given to debit and gift cards.
constexpr Issuer kNoCredit[] = {
    {604600, 604699, 13, 16}, {627571, 627571, 13, 16}, {636141, 636141, 13, 16}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWord(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::uint32_t NumberOf(std::string_view digits) {
  std::uint32_t number = 0;
  (void)std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

bool HasIssuer(std::string_view digits, CardMode mode) {
  const std::uint32_t prefix = NumberOf(digits.substr(0, kIinDigits));
  const auto covers = [&](const Issuer& issuer) {
    return prefix >= issuer.first && prefix <= issuer.last && digits.size() >= issuer.digits_min &&
           digits.size() <= issuer.digits_max;
  };
  if (mode == CardMode::kCreditOnly &&
      std::any_of(std::begin(kNoCredit), std::end(kNoCredit), covers)) {
    return false;
  }
  return std::any_of(std::begin(kIssuers), std::end(kIssuers), covers);
}

// Where the first `count` digits from `at` on end, single blanks or dashes between them; nothing if
// there are fewer, or if a digit or letter follows at once.
std::optional<std::size_t> EndOfDigits(std::string_view text, std::size_t at, std::size_t count,
                                       std::string* digits) {
  digits->clear();
  while (at < text.size() && digits->size() < count) {
    if (IsDigit(text[at])) {
      *digits += text[at++];
    } else if ((text[at] == ' ' || text[at] == '-') && at + 1 < text.size() &&
               IsDigit(text[at + 1])) {
      ++at;
    } else {
      break;
    }
  }
  const bool touches = at < text.size() && IsWord(text[at]);
  return digits->size() == count && !touches ? std::optional(at) : std::nullopt;
}

// Where the card number at `at` ends, if there is one.
std::optional<std::size_t> EndOfCard(std::string_view text, std::size_t at, CardMode mode) {
  std::string digits;
  for (std::size_t count = kCardDigitsMax; count >= kCardDigitsMin; --count) {
    const auto end = EndOfDigits(text, at, count, &digits);
    if (end && HasIssuer(digits, mode) && PassesLuhn(digits)) {
      return end;
    }
  }
  return std::nullopt;
}

// The area, group and serial of a number that may have been given out before 2011.
bool IsPlausibleSsn(std::uint32_t area, std::uint32_t group, std::uint32_t serial) {
  constexpr std::uint32_t kAreaMax = 772;
  return area > 0 && area <= kAreaMax && area != 666 && group > 0 && serial > 0;
}

bool AllDigits(std::string_view text) { return std::all_of(text.begin(), text.end(), IsDigit); }

bool IsSsnAt(std::string_view text, std::size_t at, bool stripped) {
  const std::size_t size = stripped ? 9 : 11;
  if (text.size() - at < size || (at > 0 && (IsWord(text[at - 1]) || text[at - 1] == '-')) ||
      (at + size < text.size() && (IsWord(text[at + size]) || text[at + size] == '-'))) {
    return false;
  }
  const std::size_t dash = stripped ? 0 : 1;
  const std::string_view area = text.substr(at, 3);
  const std::string_view group = text.substr(at + 3 + dash, 2);
  const std::string_view serial = text.substr(at + 5 + 2 * dash, 4);
  const bool has_dashes = stripped || (text[at + 3] == '-' && text[at + 6] == '-');
  return has_dashes && AllDigits(area) && AllDigits(group) && AllDigits(serial) &&
         IsPlausibleSsn(NumberOf(area), NumberOf(group), NumberOf(serial));
}

}  // namespace

bool PassesLuhn(std::string_view digits) {
  unsigned sum = 0;
  bool doubled = false;
  for (std::size_t i = digits.size(); i-- > 0;) {
    const auto digit = static_cast<unsigned>(digits[i] - '0');
    const unsigned value = doubled ? digit * 2 : digit;
    sum += value > 9 ? value - 9 : value;
    doubled = !doubled;
  }
  return sum % 10 == 0;
}

std::uint64_t CountCards(std::string_view text, CardMode mode, std::uint64_t enough) {
  std::uint64_t count = 0;
  for (std::size_t at = 0; at < text.size() && count < enough;) {
    const bool starts = IsDigit(text[at]) && (at == 0 || !IsWord(text[at - 1]));
    const std::optional<std::size_t> end = starts ? EndOfCard(text, at, mode) : std::nullopt;
    count += end ? 1u : 0u;
    at = end ? *end : at + 1;
  }
  return count;
}

std::uint64_t CountSsns(std::string_view text, SsnFormat format, std::uint64_t enough) {
  std::uint64_t count = 0;
  for (std::size_t at = 0; at < text.size() && count < enough; ++at) {
    if (!IsDigit(text[at])) {
      continue;
    }
    if ((format != SsnFormat::kStripped && IsSsnAt(text, at, false)) ||
        (format != SsnFormat::kNormal && IsSsnAt(text, at, true))) {
      ++count;
      at += 8;
    }
  }
  return count;
}

}  // namespace day::formats::structured
