// Any bytes as the PKCS#7 of a signed file.
#include <cstddef>
#include <cstdint>
#include <string>

#include "libs/formats/authenticode/authenticode.h"
#include "libs/formats/authenticode/trust.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kTableOffset = 32;
  std::string file(kTableOffset, 'x');
  const std::uint32_t length = static_cast<std::uint32_t>(size + 8);
  for (int i = 0; i < 4; ++i) {
    file.push_back(static_cast<char>(length >> (8 * i)));
  }
  file.append("\0\2\2\0", 4);
  file.append(reinterpret_cast<const char*>(data), size);
  const day::formats::authenticode::PeLayout layout = {
      .file = day::base::AsBytes(file),
      .checksum_offset = 4,
      .directory_offset = 16,
      .table_offset = kTableOffset,
  };
  const auto signatures = day::formats::authenticode::ReadSignatures(layout);
  const std::vector<day::formats::authenticode::TrustRule> rules(2);
  if (day::formats::authenticode::CheckTrust(layout, rules, 0).is_trusted) {
    __builtin_trap();
  }
  if (signatures.size() > day::formats::authenticode::kSignatureCountMax) {
    __builtin_trap();
  }
  return 0;
}
