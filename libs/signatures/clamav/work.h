// What matching one object may cost: a purse of steps and a deadline, asked from every loop.
//
// The first limit that is hit stops all further work; what was found before stays found. Not
// thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "libs/base/budget.h"

namespace day::signatures::clamav {

class Work {
 public:
  using Clock = std::chrono::steady_clock;

  Work(base::Budget& budget, std::optional<Clock::time_point> deadline)
      : budget_(budget), deadline_(deadline) {}

  // False once the work has to end.
  bool Spend(std::uint64_t steps) {
    if (stopped_) {
      return false;
    }
    steps_ += steps;
    if (steps_ >= kStepsPerCheck) {
      Check();
    }
    return !stopped_;
  }

  bool stopped() const { return stopped_; }
  bool timed_out() const { return timed_out_; }
  // Steps of the budget ran out.
  bool exhausted() const { return stopped_ && !timed_out_; }

 private:
  static constexpr std::uint64_t kStepsPerCheck = 1 << 14;

  void Check() {
    if (!budget_.SpendSteps(steps_).ok()) {
      stopped_ = true;
    } else if (deadline_ && Clock::now() >= *deadline_) {
      stopped_ = true;
      timed_out_ = true;
    }
    steps_ = 0;
  }

  base::Budget& budget_;
  std::optional<Clock::time_point> deadline_;
  std::uint64_t steps_ = 0;
  bool stopped_ = false;
  bool timed_out_ = false;
};

}  // namespace day::signatures::clamav
