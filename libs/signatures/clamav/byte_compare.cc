#include "libs/signatures/clamav/byte_compare.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace day::signatures::clamav {
namespace {

// ClamAV reads nothing shorter as `a`.
constexpr std::size_t kAutoBytesMin = 3;

std::optional<std::uint64_t> BinaryAt(const ByteCompare& compare, base::Bytes data) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < data.size() && i < 8; ++i) {
    const std::size_t at = compare.little_endian ? data.size() - 1 - i : i;
    value = value << 8 | std::to_integer<std::uint64_t>(data[at]);
  }
  return value;
}

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Pairs of digits, the least significant first.
std::uint64_t SwapPairs(std::string digits) {
  digits.insert(0, digits.size() % 2, '0');
  std::string swapped;
  for (std::size_t at = digits.size(); at >= 2; at -= 2) {
    swapped += digits.substr(at - 2, 2);
  }
  std::uint64_t value = 0;
  (void)std::from_chars(swapped.data(), swapped.data() + swapped.size(), value, 16);
  return value;
}

// As C's strtol() reads: text without digits is 0 unless it has to be exact.
std::optional<std::uint64_t> TextAt(const ByteCompare& compare, std::string_view text) {
  if (compare.base == ByteCompare::Base::kAuto && text.size() < kAutoBytesMin) {
    return std::nullopt;
  }
  while (!compare.exact && !text.empty() && IsBlank(text.front())) {
    text.remove_prefix(1);
  }
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  int base = compare.base == ByteCompare::Base::kDecimal ? 10 : 16;
  const bool has_prefix = text.starts_with("0x") || text.starts_with("0X");
  if (compare.base == ByteCompare::Base::kAuto && !has_prefix) {
    base = 10;
  }
  if (has_prefix && base == 16) {
    text.remove_prefix(2);
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error == std::errc::result_out_of_range ||
      (compare.exact && (error != std::errc{} || end != text.data() + text.size()))) {
    return std::nullopt;
  }
  if (compare.little_endian && base == 16) {
    value = SwapPairs(std::string(text.data(), end));
  }
  return is_negative ? 0 - value : value;
}

}  // namespace

std::optional<ByteCompare> DecodeByteCompare(base::Bytes data) {
  base::ByteReader reader(data);
  ByteCompare out;
  out.id = reader.U8();
  out.shift = static_cast<std::int32_t>(reader.U64());
  out.base = static_cast<ByteCompare::Base>(std::min<unsigned>(reader.U8(), 3));
  out.little_endian = reader.U8() != 0;
  out.exact = reader.U8() != 0;
  out.length = reader.U8();
  for (unsigned left = std::min<unsigned>(reader.U8(), 2); left > 0; --left) {
    const char op = static_cast<char>(reader.U8());
    out.comparisons.push_back({op, reader.U64()});
  }
  return reader.ok() ? std::optional(std::move(out)) : std::nullopt;
}

bool Holds(const ByteCompare& compare, base::Bytes data, std::uint64_t at) {
  const auto bytes = base::Slice(data, at, compare.length);
  if (!bytes) {
    return false;
  }
  const auto value = compare.base == ByteCompare::Base::kBinary
                         ? BinaryAt(compare, *bytes)
                         : TextAt(compare, base::AsText(*bytes));
  return value && std::all_of(compare.comparisons.begin(), compare.comparisons.end(),
                              [&](const ByteCompare::Comparison& comparison) {
                                // Signed, as there.
                                const auto left = static_cast<std::int64_t>(*value);
                                const auto right = static_cast<std::int64_t>(comparison.value);
                                return comparison.op == '<'   ? left < right
                                       : comparison.op == '>' ? left > right
                                                              : left == right;
                              });
}

}  // namespace day::signatures::clamav
