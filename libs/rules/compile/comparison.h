// The six comparisons of conditions, for whoever knows both sides.
#pragma once

#include "libs/rules/syntax/ruleset.h"

namespace day::rules::compile {

// REQUIRES: op is kEqual, kNotEqual, kLess, kLessEqual, kGreater or kGreaterEqual.
template <typename T>
bool Compare(syntax::Op op, const T& left, const T& right) {
  switch (op) {
    case syntax::Op::kEqual:
      return left == right;
    case syntax::Op::kNotEqual:
      return left != right;
    case syntax::Op::kLess:
      return left < right;
    case syntax::Op::kLessEqual:
      return left <= right;
    case syntax::Op::kGreater:
      return left > right;
    default:
      return left >= right;
  }
}

}  // namespace day::rules::compile
