// Feeds bytes to the strict JSON reader. What it takes must come back the same from both written
// forms, and the canonical form must be a fixed point where it is JSON.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "libs/wire/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace wire = day::wire;
  const wire::JsonLimits limits{.size_max_bytes = 1u << 20, .depth_max = 32, .values_max = 10'000};
  const auto parsed = wire::ParseJson(std::as_bytes(std::span(data, size)), limits);
  if (!parsed.ok()) {
    return 0;
  }
  const wire::JsonLimits wide{.size_max_bytes = 64u << 20};
  for (const wire::JsonLayout layout : {wire::JsonLayout::kOneLine, wire::JsonLayout::kIndented}) {
    const std::string text = wire::WriteJson(*parsed, layout);
    const auto again = wire::ParseJson(day::base::AsBytes(text), wide);
    if (!again.ok() || !(*again == *parsed)) {
      std::abort();
    }
  }
  const std::string canonical = wire::CanonicalJson(*parsed);
  const auto again = wire::ParseJson(day::base::AsBytes(canonical), wide);
  if (again.ok() && wire::CanonicalJson(*again) != canonical) {
    std::abort();
  }
  return 0;
}
