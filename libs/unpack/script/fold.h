// Evaluates the constant expressions of scripts: what obfuscators write instead of a string.
//
//   const Folded folded = Fold(text, Language::kJavaScript, work_max);
//   if (folded.is_material) { ... folded.text ... }
//
// Done in one pass, from the inside out: strings joined by + & . or standing beside each other;
// their escapes (\x41 \u0041 \101, `n); String.fromCharCode, Chr, ChrW, [char]; unescape,
// decodeURIComponent; atob, base64_decode, FromBase64String; hex2bin, str_rot13; StrReverse,
// strrev; methods and operators on constants: replace, split, reverse, join, -f, -join, -replace;
// sums in the numbers they take. Comments go, and so do backticks and empty strings inside of
// words. Variables are not followed, and nothing is run.
//
// The output is a text to match rules on, not a program: strings stand in it decoded, without new
// escapes. Linear but for nested decoders, which are paid from `work_max`: what is left when it is
// used up stays as it is, and `is_cut` says so. No recursion. Functions without state: thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace day::unpack::script {

enum class Language : std::uint8_t { kJavaScript, kVbScript, kPowerShell, kShell, kPhp };

// By its words; JavaScript, if nothing tells.
Language GuessLanguage(std::string_view text);

struct Folded {
  std::string text;
  bool is_material = false;  // enough was changed to be worth another look
  bool is_cut = false;
  std::vector<std::string> blobs;  // lists of numbers that are files or texts
};

Folded Fold(std::string_view text, Language language, std::uint64_t work_max);

}  // namespace day::unpack::script
