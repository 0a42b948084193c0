// Passwords that are tried on every encrypted archive.
#pragma once

#include <array>
#include <string_view>

namespace day::unpack::cipher {

// What malware is packed with by those who send it around, and by those who mail it.
inline constexpr std::array<std::string_view, 15> kWellKnownPasswords = {
    "infected", "Infected", "INFECTED", "malware", "virus",  "novirus", "password", "123",
    "1234",     "12345",    "123456",   "111111",  "abc123", "admin",   "test"};

}  // namespace day::unpack::cipher
