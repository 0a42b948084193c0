// Counts in any bytes; never more numbers than fit.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "libs/formats/structured/structured_data.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace structured = day::formats::structured;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto cards = structured::CountCards(text, structured::CardMode::kCreditOnly, ~0ull);
  const auto ssns = structured::CountSsns(text, structured::SsnFormat::kBoth, ~0ull);
  if (cards > size / 13 || ssns > size / 9) {
    std::abort();
  }
  return 0;
}
