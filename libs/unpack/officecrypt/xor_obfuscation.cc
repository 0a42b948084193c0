#include "libs/unpack/officecrypt/xor_obfuscation.h"

#include <algorithm>
#include <bit>

#include "libs/unpack/officecrypt/passwords.h"

namespace day::unpack::officecrypt {
namespace {

constexpr std::size_t kPasswordBytesMax = 15;
constexpr std::uint64_t kStepsPerTry = 300;
// What short passwords are filled up with.
constexpr std::uint8_t kFill[] = {0xBB, 0xFF, 0xFF, 0xBA, 0xFF, 0xFF, 0xB9, 0x80,
                                  0x00, 0xBE, 0x0F, 0x00, 0xBF, 0x0F, 0x00};
constexpr std::uint16_t kHashStart = 0xCE4B;
// The mask bytes are rotated to the left by this, and Excel's data once more.
constexpr int kExcelMaskRotation = 2;
constexpr int kExcelDataRotation = 3;
constexpr int kWordMaskRotation = 7;

// One step of the shift register that the specification prints as two tables of constants.
std::uint16_t Shift(std::uint16_t value) {
  value = std::rotl(value, 1);
  return (value & 1) != 0 ? static_cast<std::uint16_t>(value ^ 0x1020) : value;
}

std::uint16_t KeyOf(std::string_view password) {
  std::uint16_t key = 0;
  std::uint16_t bit_value = 0x8000;
  std::uint16_t start = 0xFFFF;
  for (auto c = password.rbegin(); c != password.rend(); ++c) {
    const auto seven_bits = static_cast<std::uint8_t>(*c) & 0x7Fu;
    for (unsigned bit = 0; bit < 8; ++bit) {
      bit_value = Shift(bit_value);
      start = Shift(start);
      key = static_cast<std::uint16_t>(key ^ ((seven_bits >> bit & 1) != 0 ? bit_value : 0));
    }
  }
  return static_cast<std::uint16_t>(key ^ start);
}

std::uint16_t HashOf(std::string_view password) {
  const auto rotate15 = [](unsigned value) { return (value << 1 & 0x7FFF) | (value >> 14 & 1); };
  unsigned hash = 0;
  for (auto c = password.rbegin(); c != password.rend(); ++c) {
    hash = rotate15(hash) ^ static_cast<std::uint8_t>(*c);
  }
  return static_cast<std::uint16_t>(rotate15(hash) ^ password.size() ^ kHashStart);
}

// As Office makes bytes of characters: the low one, or the other if that is zero.
std::string BytesOf(std::string_view password) {
  const std::string units = ToUtf16(password);
  std::string bytes;
  for (std::size_t i = 0; i + 1 < units.size() && bytes.size() < kPasswordBytesMax; i += 2) {
    bytes += units[i] != '\0' ? units[i] : units[i + 1];
  }
  return bytes;
}

}  // namespace

XorKey::XorKey(XorMethod method, std::string_view password) : method_(method) {
  const std::string bytes = BytesOf(password);
  check_ = {KeyOf(bytes), HashOf(bytes)};
  const int rotation = method == XorMethod::kExcel ? kExcelMaskRotation : kWordMaskRotation;
  for (std::size_t i = 0; i < mask_.size(); ++i) {
    const unsigned filled =
        i < bytes.size() ? static_cast<std::uint8_t>(bytes[i]) : kFill[i - bytes.size()];
    const unsigned half = (i % 2 == 0 ? check_.key : check_.key >> 8) & 0xFFu;
    mask_[i] = std::rotl(static_cast<std::uint8_t>(filled ^ half), rotation);
  }
}

std::optional<XorKey> XorKey::Find(XorMethod method, XorCheck check,
                                   std::span<const std::string> passwords, base::Budget& budget) {
  for (const std::string& password : passwords) {
    if (!password.empty() && budget.SpendSteps(kStepsPerTry).ok()) {
      if (const XorKey key(method, password); key.check() == check) {
        return key;
      }
    }
  }
  return std::nullopt;
}

void XorKey::Decrypt(std::uint64_t at, std::span<std::byte> data) const {
  for (std::byte& byte : data) {
    const std::uint8_t mask = mask_[at++ % mask_.size()];
    const auto value = std::to_integer<std::uint8_t>(byte);
    if (method_ == XorMethod::kExcel) {
      byte = std::byte{static_cast<std::uint8_t>(std::rotl(value, kExcelDataRotation) ^ mask)};
    } else if (value != 0 && value != mask) {  // Word leaves zeros, and what would become one
      byte ^= std::byte{mask};
    }
  }
}

}  // namespace day::unpack::officecrypt
