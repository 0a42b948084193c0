#include "libs/wire/percent.h"

namespace day::wire {

std::string PercentEncode(std::string_view text, std::string_view keep) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kMarks = "-._~";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       kMarks.find(c) != kMarks.npos || keep.find(c) != keep.npos;
    if (plain) {
      out.push_back(c);
    } else {
      const auto code = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back(kDigits[code >> 4]);
      out.push_back(kDigits[code & 15]);
    }
  }
  return out;
}

}  // namespace day::wire
