// Reads the links of any bytes; what comes out stays within its limits.
#include <cstdint>
#include <cstdlib>

#include "libs/formats/html/links.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace html = day::formats::html;
  html::LinkLimits limits;
  limits.links_max = 100;
  limits.link_bytes_max = 64;
  const html::PageLinks found = html::ReadLinks(std::as_bytes(std::span(data, size)), limits);
  // An address may stand behind a base, and its last character may be a reference.
  const std::size_t most = 2 * limits.link_bytes_max + 16;
  for (const html::Link& link : found.links) {
    if (link.target.empty() || link.target.size() > most || link.shown.size() > most) {
      std::abort();
    }
  }
  if (found.links.size() > limits.links_max || found.pairs.size() > 4 * limits.links_max) {
    std::abort();
  }
  return 0;
}
