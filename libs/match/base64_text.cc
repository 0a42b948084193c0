#include "libs/match/base64_text.h"

#include <cstdint>

namespace day::match {
namespace {

std::string Widen(const std::string& text) {
  std::string wide;
  for (const char c : text) {
    wide.push_back(c);
    wide.push_back('\0');
  }
  return wide;
}

// The characters of `text`, behind `lead` unknown bytes, that depend on nothing but the text.
std::string EncodedCore(const std::string& text, const std::string& alphabet, std::size_t lead) {
  const std::string padded = std::string(lead, 'A') + text;
  std::string encoded;
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const char c : padded) {
    bits = (bits << 8 | static_cast<std::uint8_t>(c)) & 0xFFFF;
    bit_count += 8;
    while (bit_count >= 6) {
      bit_count -= 6;
      encoded.push_back(alphabet[(bits >> bit_count) & 63]);
    }
  }
  // Characters with fewer than six bits of the text would stand before the core; a last character
  // cut short is simply not made. The first bytes of the text share a character with the lead.
  return encoded.substr(lead == 0 ? 0 : lead + 1);
}

void AddForms(const std::string& text, const std::string& alphabet, bool widen,
              std::vector<std::string>& forms) {
  for (std::size_t lead = 0; lead < 3; ++lead) {
    if (lead == 1 && text.size() == 1) {
      continue;  // no character would be left
    }
    const std::string core = EncodedCore(text, alphabet, lead);
    forms.push_back(widen ? Widen(core) : core);
  }
}

}  // namespace

std::vector<std::string> Base64Forms(const PatternSpec& spec) {
  std::vector<std::string> forms;
  const auto add = [&](const std::string& text) {
    if (!spec.base64_alphabet.empty()) {
      AddForms(text, spec.base64_alphabet, false, forms);
    }
    if (!spec.base64_wide_alphabet.empty()) {
      AddForms(text, spec.base64_wide_alphabet, true, forms);
    }
  };
  if (spec.wide) {
    add(Widen(spec.text));
  }
  if (spec.ascii || !spec.wide) {
    add(spec.text);
  }
  return forms;
}

}  // namespace day::match
