// A bound on the processor time of one scan. Steps are counted; the clock is only read now and
// then.
#pragma once

#include <cstdint>
#include <ctime>

namespace day::rules::scan {

class Deadline {
 public:
  // 0: never expires.
  void Start(std::uint64_t timeout_ms) {
    expired_ = false;
    steps_ = 0;
    end_ns_ = timeout_ms == 0 ? 0 : ThreadTimeNs() + timeout_ms * kNsPerMs;
  }
  // One step of bounded work was done. True from the moment time has run out.
  bool Step() {
    if ((++steps_ & (kStepsPerCheck - 1)) == 0) {
      Check();
    }
    return expired_;
  }
  // Reads the clock now.
  bool Check() {
    if (end_ns_ != 0 && !expired_) {
      expired_ = ThreadTimeNs() >= end_ns_;
    }
    return expired_;
  }
  bool expired() const { return expired_; }

  // Processor time of this thread.
  static std::uint64_t ThreadTimeNs() {
    std::timespec now = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec);
  }

 private:
  static constexpr std::uint64_t kNsPerMs = 1'000'000;
  static constexpr std::uint64_t kStepsPerCheck = 1024;

  std::uint64_t end_ns_ = 0;
  std::uint64_t steps_ = 0;
  bool expired_ = false;
};

}  // namespace day::rules::scan
