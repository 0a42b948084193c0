// What scripts call to turn disguised text back: escapes, base64, hexadecimal digits.
//
// All are linear, never refuse, and never give more bytes than they got. Functions without state:
// thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace day::unpack::script {

inline char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
inline bool IsDigit(char c) { return c >= '0' && c <= '9'; }
inline bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
// Of names in scripts.
inline constexpr std::array<bool, 256> kWordCharacters = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < table.size(); ++c) {
    table[c] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '$';
  }
  return table;
}();
inline bool IsWordCharacter(char c) { return kWordCharacters[static_cast<unsigned char>(c)]; }
// The value of a hexadecimal digit, or -1.
int HexValue(char c);

// Whether two texts are the same but for the case of letters. REQUIRES: `word` is lower case.
bool IsWord(std::string_view text, std::string_view word);
bool StartsWithWord(std::string_view text, std::string_view word);

// Characters above 127 as UTF-8, all else as one byte.
void AppendCharacter(std::uint32_t code, std::string& out);

// "%41" and "%u0041", as unescape() does.
std::string Unescape(std::string_view text);
// Blanks and other characters in between are passed over, missing padding is none.
std::string DecodeBase64(std::string_view text);
// Pairs of digits; others are passed over.
std::string DecodeHex(std::string_view text);
std::string Rot13(std::string_view text);

// UTF-16LE, surrogates as they are.
std::string Utf16ToUtf8(std::string_view bytes);
// Texts in UTF-16LE become UTF-8; nothing if it is none, by the look of its beginning.
std::optional<std::string> FromUtf16(std::string_view bytes);

// Whether decoded bytes are worth a look: they start as files do, or are text.
bool IsMeaningful(std::string_view bytes);

}  // namespace day::unpack::script
