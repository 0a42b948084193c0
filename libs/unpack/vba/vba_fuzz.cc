// Reads any bytes as a compressed source, a project's list, p-code and a workbook.
#include <cstdlib>
#include <span>

#include "libs/unpack/vba/compression.h"
#include "libs/unpack/vba/project.h"
#include "libs/unpack/vba/xlm.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace vba = day::unpack::vba;
  constexpr std::uint64_t kTextBytesMax = 256 * 1024;
  const day::base::Bytes bytes = std::as_bytes(std::span(data, size));
  const vba::Decompressed decompressed = vba::Decompress(bytes, kTextBytesMax);
  if (decompressed.text.size() > kTextBytesMax + 4096) {
    std::abort();
  }
  if (vba::ReadModules(day::base::AsBytes(decompressed.text)).size() > vba::kModulesMax ||
      vba::ReadModules(bytes).size() > vba::kModulesMax) {
    std::abort();
  }
  if (const auto at = vba::FindSource(bytes); at && *at >= size) {
    std::abort();
  }
  (void)vba::HiddenPcodeTexts(bytes, decompressed.text, bytes);
  (void)vba::MacroSheetText(bytes, kTextBytesMax);
  return 0;
}
