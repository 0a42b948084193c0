// Numbers of payment cards and US social security numbers in texts: data that should not leave.
//
// As ClamAV counts them: a card number is 13 to 16 digits in a row, or in groups parted by one
// blank or dash, that starts with an issuer's prefix and passes Luhn's check; a social security
// number is three, two and four digits with dashes ("normal") or nine in a row ("stripped") in
// ranges that were given out. A number that touches another digit or a letter is none. One pass.
// Pure functions.
#pragma once

#include <cstdint>
#include <string_view>

namespace day::formats::structured {

enum class SsnFormat : std::uint8_t { kNormal, kStripped, kBoth };
enum class CardMode : std::uint8_t { kAll, kCreditOnly };  // without debit and gift cards

// How many there are; counting stops at `enough`.
std::uint64_t CountCards(std::string_view text, CardMode mode, std::uint64_t enough);
std::uint64_t CountSsns(std::string_view text, SsnFormat format, std::uint64_t enough);

// Luhn's check (ISO/IEC 7812-1, annex B). REQUIRES: digits only.
bool PassesLuhn(std::string_view digits);

}  // namespace day::formats::structured
