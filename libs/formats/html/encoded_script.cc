// DecodeEncodedScripts(): what Windows Script Encoder writes ("JScript.Encode", "VBScript.Encode").
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/formats/html/normalise.h"

namespace day::formats::html {
namespace {

constexpr std::string_view kBegin = "#@~^";
constexpr std::string_view kEnd = "^#~@";
constexpr std::size_t kLengthBytes = 8;    // "DgAAAA=="
constexpr std::size_t kChecksumBytes = 8;  // the same form

// Which of three alphabets the n-th character is in.
constexpr std::string_view kAlphabets =
    "1201202002021020102011200210200211020201011201021020112001120102";

// What a tab and the characters from space on become in each of the three.
constexpr std::string_view kTable =
    "643769507E2C225A654A4572613A5B5E79665D59755B274C42764560637623622A654D435F51337E53424F5220"
    "5220637A264A21545A467138202B79266632632A572A586C767F2B477B462530522C314F296C3D6949703F3F3F"
    "27787B3F3F3F675F513F3F3F62297A41247E5A2F3B663947323341736F774D215643755F7128263942787C466E"
    "534A64485C7431486772367D6E4B68707D35495D223F6A554B503A6A69602E236A7F097128706F3565497D745C"
    "242C5D2D7727544459373F257B6D7C3D7C236C436D3438286D5E314E5B392B6E7F3057366F4C547434346B7262"
    "4C254E33563056735E3A687378550957474B7732613B3524442E4D2F646B594F44453B215C2D37684153366158"
    "587A4879222E096050756B2D384E29553D3F";

// Escapes of characters that must not stand in a page.
constexpr std::string_view kEscapes = "#&!*$";
constexpr std::string_view kEscaped = "\r\n<>@";

constexpr unsigned HexValue(char c) {
  return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'A' + 10);
}

// By alphabet and encoded character: the plain one.
using Decoder = std::array<std::array<char, 128>, 3>;
constexpr Decoder MakeDecoder() {
  Decoder decoder{};
  for (auto& alphabet : decoder) {
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
      alphabet[i] = static_cast<char>(i);
    }
  }
  for (std::size_t i = 0; 2 * i < kTable.size(); ++i) {
    const unsigned encoded = HexValue(kTable[2 * i]) * 16 + HexValue(kTable[2 * i + 1]);
    const std::size_t plain = i / 3 == 0 ? '\t' : ' ' + i / 3 - 1;
    // Characters that are escaped have no place of their own: they share one that others need.
    if (plain != '<' && plain != '>' && plain != '@') {
      decoder[i % 3][encoded] = static_cast<char>(plain);
    }
  }
  return decoder;
}
constexpr Decoder kDecoder = MakeDecoder();

std::string Decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto alphabet =
        static_cast<std::size_t>(kAlphabets[out.size() % kAlphabets.size()] - '0');
    const auto c = static_cast<unsigned char>(text[i]);
    const std::size_t escape =
        c == '@' && i + 1 < text.size() ? kEscapes.find(text[i + 1]) : std::string_view::npos;
    if (escape != std::string_view::npos) {
      out += kEscaped[escape];
      ++i;
    } else {
      out += c < 128 ? kDecoder[alphabet][c] : static_cast<char>(c);
    }
  }
  return out;
}

}  // namespace

std::vector<std::string> DecodeEncodedScripts(std::string_view text, std::size_t blocks_max) {
  std::vector<std::string> scripts;
  std::size_t at = text.find(kBegin);
  while (at != std::string_view::npos && scripts.size() < blocks_max) {
    const std::size_t begin = at + kBegin.size() + kLengthBytes;
    if (begin > text.size() || text.substr(begin - 2, 2) != "==") {
      at = text.find(kBegin, at + 1);
      continue;
    }
    const std::size_t mark = text.find(kEnd, begin);
    const std::size_t end = std::min(mark, text.size());
    std::string_view body = text.substr(begin, end - begin);
    if (mark != std::string_view::npos) {
      body.remove_suffix(std::min(kChecksumBytes, body.size()));
    }
    scripts.push_back(Decode(body));
    at = text.find(kBegin, end);
  }
  return scripts;
}

}  // namespace day::formats::html
