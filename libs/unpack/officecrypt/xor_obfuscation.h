// The oldest lock of Word and Excel: bytes XORed with sixteen others that come from the password.
// Specification: [MS-OFFCRYPTO] 2.3.7. Pure functions; thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"

namespace day::unpack::officecrypt {

// What documents keep of the password, to tell whether another one fits.
struct XorCheck {
  std::uint16_t key = 0;
  std::uint16_t hash = 0;

  friend bool operator==(const XorCheck&, const XorCheck&) = default;
};

enum class XorMethod : std::uint8_t { kExcel, kWord };

class XorKey {
 public:
  // At most 15 characters count. REQUIRES: not empty.
  XorKey(XorMethod method, std::string_view password);

  // The first password that fits, or nothing. Tries are paid from the budget.
  static std::optional<XorKey> Find(XorMethod method, XorCheck check,
                                    std::span<const std::string> passwords, base::Budget& budget);

  XorCheck check() const { return check_; }
  // `at`: where in the sixteen bytes to begin, in Word the offset in its stream.
  void Decrypt(std::uint64_t at, std::span<std::byte> data) const;

 private:
  XorMethod method_;
  XorCheck check_;
  std::array<std::uint8_t, 16> mask_{};
};

}  // namespace day::unpack::officecrypt
