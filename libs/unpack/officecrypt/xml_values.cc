#include "libs/unpack/officecrypt/xml_values.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "libs/base/base64.h"

namespace day::unpack::officecrypt {

std::uint32_t NumberValue(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

std::string DecodedValue(std::string_view base64) {
  std::string text(base64);
  text.erase(std::remove_if(text.begin(), text.end(),
                            [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }),
             text.end());
  return base::DecodeBase64(text).value_or("");
}

std::string UnescapedValue(std::string_view value) {
  constexpr std::pair<std::string_view, char> kNames[] = {
      {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
  std::string out;
  while (!value.empty()) {
    const auto* const found =
        std::find_if(std::begin(kNames), std::end(kNames),
                     [&](const auto& name) { return value.starts_with(name.first); });
    const bool is_name = found != std::end(kNames);
    out += is_name ? found->second : value[0];
    value.remove_prefix(is_name ? found->first.size() : 1);
  }
  return out;
}

}  // namespace day::unpack::officecrypt
