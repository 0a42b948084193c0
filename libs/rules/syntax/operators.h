// Internal: what operators bind to, become and compute.
#pragma once

#include <limits>
#include <optional>

#include "libs/rules/syntax/ruleset.h"
#include "libs/rules/syntax/token.h"

namespace day::rules::syntax {

// What YARA takes for "not known": an integer of this value is lost to its checks.
inline constexpr std::int64_t kYaraUndefined = static_cast<std::int64_t>(0xFFFABADAFABADAFFu);
inline constexpr std::int64_t kIntegerMin = std::numeric_limits<std::int64_t>::min();
inline constexpr int kMultiplyPrecedence = 6;

inline int PrecedenceOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kPipe:
      return 1;
    case TokenKind::kCaret:
      return 2;
    case TokenKind::kAmpersand:
      return 3;
    case TokenKind::kShiftLeft:
    case TokenKind::kShiftRight:
      return 4;
    case TokenKind::kPlus:
    case TokenKind::kMinus:
      return 5;
    case TokenKind::kStar:
    case TokenKind::kBackslash:
    case TokenKind::kPercent:
      return kMultiplyPrecedence;
    default:
      return 0;
  }
}

inline Op OperatorOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kEqual:
      return Op::kEqual;
    case TokenKind::kNotEqual:
      return Op::kNotEqual;
    case TokenKind::kLess:
      return Op::kLess;
    case TokenKind::kLessEqual:
      return Op::kLessEqual;
    case TokenKind::kGreater:
      return Op::kGreater;
    case TokenKind::kGreaterEqual:
      return Op::kGreaterEqual;
    case TokenKind::kContains:
      return Op::kContains;
    case TokenKind::kIContains:
      return Op::kIContains;
    case TokenKind::kStartsWith:
      return Op::kStartsWith;
    case TokenKind::kIStartsWith:
      return Op::kIStartsWith;
    case TokenKind::kEndsWith:
      return Op::kEndsWith;
    case TokenKind::kIEndsWith:
      return Op::kIEndsWith;
    case TokenKind::kIEquals:
      return Op::kIEquals;
    case TokenKind::kPipe:
      return Op::kBitOr;
    case TokenKind::kCaret:
      return Op::kBitXor;
    case TokenKind::kAmpersand:
      return Op::kBitAnd;
    case TokenKind::kShiftLeft:
      return Op::kShiftLeft;
    case TokenKind::kShiftRight:
      return Op::kShiftRight;
    case TokenKind::kPlus:
      return Op::kAdd;
    case TokenKind::kMinus:
      return Op::kSubtract;
    case TokenKind::kStar:
      return Op::kMultiply;
    case TokenKind::kBackslash:
      return Op::kDivide;
    case TokenKind::kPercent:
      return Op::kModulo;
    default:
      return Op::kBoolean;
  }
}

inline std::int64_t Wrap(std::uint64_t value) { return static_cast<std::int64_t>(value); }

// The value of an operation on constants, as at run time; nothing where that is undefined.
inline std::optional<std::int64_t> Evaluate(Op op, std::int64_t a, std::int64_t b) {
  const auto ua = static_cast<std::uint64_t>(a);
  const auto ub = static_cast<std::uint64_t>(b);
  switch (op) {
    case Op::kAdd:
      return Wrap(ua + ub);
    case Op::kSubtract:
      return Wrap(ua - ub);
    case Op::kMultiply:
      return Wrap(ua * ub);
    case Op::kDivide:
      return b == 0 || (a == kIntegerMin && b == -1) ? std::nullopt : std::optional(a / b);
    case Op::kModulo:
      return b == 0 || (a == kIntegerMin && b == -1) ? std::nullopt : std::optional(a % b);
    case Op::kBitAnd:
      return a & b;
    case Op::kBitOr:
      return a | b;
    case Op::kBitXor:
      return a ^ b;
    case Op::kShiftLeft:
      return b < 0 ? std::nullopt : std::optional(b >= 64 ? 0 : Wrap(ua << ub));
    case Op::kShiftRight:
      return b < 0 ? std::nullopt : std::optional(b >= 64 ? 0 : a >> b);
    case Op::kEqual:
      return a == b;
    case Op::kNotEqual:
      return a != b;
    case Op::kLess:
      return a < b;
    case Op::kLessEqual:
      return a <= b;
    case Op::kGreater:
      return a > b;
    case Op::kGreaterEqual:
      return a >= b;
    default:
      return std::nullopt;
  }
}

}  // namespace day::rules::syntax
