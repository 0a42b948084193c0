// How a loop's bodies add up to its value: libyara's ITER_CONDITION and ITER_END.
//
// Bodies are numbers that are summed, and the sum is compared with the number wanted; an undefined
// quantifier (`all`) wants as much as there were iterations. In cheap evaluations some bodies are
// not known; then only what is certain whatever they are is answered.
#pragma once

#include <cstdint>

#include "libs/rules/scan/value.h"

namespace day::rules::scan {

class LoopTally {
 public:
  enum class Body : std::uint8_t { kBoolean, kNumber };

  LoopTally(Value quantifier, Body body) : quantifier_(quantifier), body_(body) {}

  // Counts one iteration; whether the loop goes on. REQUIRES: the quantifier is not unknown.
  bool Add(Value body) {
    if (body.unknown()) {
      unknown_ = true;
      return true;
    }
    const std::int64_t bits = body.defined() ? body.Bits() : kUndefinedNumber;
    bool more = false;
    if (quantifier_.undefined()) {
      more = bits != 0;
    } else if (quantifier_.integer() == 0) {
      more = bits != 1;
    } else {
      more = Sum(bits) < quantifier_.integer();
    }
    if (body.defined()) {
      sum_ = Sum(bits);
    }
    ++iterations_;
    return more;
  }

  // The loop was left before its end.
  void GiveUp() { unknown_ = true; }

  Value Result() const {
    if (unknown_) {
      return ResultWithUnknown();
    }
    if (iterations_ == 0) {
      return Value::Boolean(false);
    }
    if (quantifier_.undefined()) {
      return Value::Boolean(sum_ == iterations_);
    }
    const std::int64_t wanted = quantifier_.integer();
    return Value::Boolean(wanted == 0 ? sum_ == 0 : sum_ >= wanted);
  }

 private:
  std::int64_t Sum(std::int64_t bits) const {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(sum_) +
                                     static_cast<std::uint64_t>(bits));
  }

  Value ResultWithUnknown() const {
    if (body_ != Body::kBoolean) {
      return Value::Unknown();
    }
    if (quantifier_.undefined()) {
      return sum_ < iterations_ ? Value::Boolean(false) : Value::Unknown();
    }
    const std::int64_t wanted = quantifier_.integer();
    if (wanted == 0) {
      return sum_ > 0 ? Value::Boolean(false) : Value::Unknown();
    }
    return sum_ >= wanted && iterations_ > 0 ? Value::Boolean(true) : Value::Unknown();
  }

  Value quantifier_;
  Body body_;
  std::int64_t sum_ = 0;
  std::int64_t iterations_ = 0;  // with a known body
  bool unknown_ = false;
};

}  // namespace day::rules::scan
