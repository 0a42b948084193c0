// The arithmetic of the processor: results together with the flags that they leave.
#pragma once

#include <cstdint>
#include <type_traits>

#include "libs/emulate/x86/ops.h"

namespace day::emulate::x86 {

template <typename T>
constexpr unsigned kBits = sizeof(T) * 8;

template <typename T>
T SignBit() {
  return static_cast<T>(T{1} << (kBits<T> - 1));
}

// a + b + carry (0 or 1).
template <typename T>
T AddFlags(Cpu& cpu, T a, T b, unsigned carry) {
  const T result = static_cast<T>(a + b + carry);
  const T carries = static_cast<T>((a & b) | ((a | b) & static_cast<T>(~result)));
  const T overflow = static_cast<T>((a ^ result) & (b ^ result));
  std::uint32_t flags = ResultFlags(result);
  flags |= (carries & SignBit<T>()) != 0 ? kCarry : 0u;
  flags |= (overflow & SignBit<T>()) != 0 ? kOverflow : 0u;
  flags |= static_cast<std::uint32_t>(a ^ b ^ result) & kAuxiliary;
  SetFlags(cpu, kArithmeticFlags, flags);
  return result;
}

// a - b - borrow (0 or 1).
template <typename T>
T SubFlags(Cpu& cpu, T a, T b, unsigned borrow) {
  const T result = static_cast<T>(a - b - borrow);
  const T not_a = static_cast<T>(~a);
  const T borrows = static_cast<T>((not_a & b) | ((not_a | b) & result));
  const T overflow = static_cast<T>((a ^ b) & (a ^ result));
  std::uint32_t flags = ResultFlags(result);
  flags |= (borrows & SignBit<T>()) != 0 ? kCarry : 0u;
  flags |= (overflow & SignBit<T>()) != 0 ? kOverflow : 0u;
  flags |= static_cast<std::uint32_t>(a ^ b ^ result) & kAuxiliary;
  SetFlags(cpu, kArithmeticFlags, flags);
  return result;
}

// After and, or, xor, test.
template <typename T>
void LogicFlags(Cpu& cpu, T result) {
  SetFlags(cpu, kArithmeticFlags, ResultFlags(result));
}

// Both halves of a product.
template <typename T>
struct Wide {
  T low;
  T high;
};

template <typename T>
Wide<T> MultiplyUnsigned(T a, T b) {
  if constexpr (sizeof(T) == 8) {
    __extension__ using Twice = unsigned __int128;
    const Twice product = static_cast<Twice>(a) * b;
    return {static_cast<T>(product), static_cast<T>(product >> 64)};
  } else {
    const std::uint64_t product = static_cast<std::uint64_t>(a) * b;
    return {static_cast<T>(product), static_cast<T>(product >> kBits<T>)};
  }
}

template <typename T>
Wide<T> MultiplySigned(T a, T b) {
  using S = std::make_signed_t<T>;
  if constexpr (sizeof(T) == 8) {
    __extension__ using Twice = __int128;
    const Twice product = static_cast<Twice>(static_cast<S>(a)) * static_cast<S>(b);
    return {static_cast<T>(product), static_cast<T>(product >> 64)};
  } else {
    const std::int64_t product =
        static_cast<std::int64_t>(static_cast<S>(a)) * static_cast<std::int64_t>(static_cast<S>(b));
    return {static_cast<T>(product), static_cast<T>(product >> kBits<T>)};
  }
}

}  // namespace day::emulate::x86
