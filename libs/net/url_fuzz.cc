// Feeds texts to the URL parser, as an address and as a reference. What it takes must be printed as
// something that reads back the same and holds no character that could end a header line.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "libs/net/url.h"

namespace {

void Check(const day::base::Result<day::net::Url>& url) {
  if (!url.ok()) {
    return;
  }
  const std::string text = url->ToText();
  const auto again = day::net::ParseUrl(text);
  if (text.size() <= day::net::kUrlSizeMaxBytes && (!again.ok() || again->ToText() != text)) {
    std::abort();
  }
  for (const char c : text) {
    if (c <= 0x20 || c >= 0x7F) {
      std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Check(day::net::ParseUrl(text));
  static const day::net::Url base = day::net::ParseUrl("https://example.org/a/b?c").value();
  Check(day::net::ResolveUrl(base, text));
  return 0;
}
