// Budget: the one purse from which everything that hostile input drives is paid.
//
// A budget is made for one file and passed down by reference through every layer (containers in
// containers included), so that nesting cannot multiply it. Each spend names its limit; the first
// limit that is hit is kept, and the report says its name. Not thread-safe: one budget, one worker.
#pragma once

#include <cstdint>
#include <string_view>

#include "libs/base/result.h"

namespace day::base {

// Limits for one file given by a user, with everything found inside it. Defaults are the shipped
// ones.
struct BudgetLimits {
  std::uint32_t depth_max = 16;                         // containers inside containers
  std::uint64_t files_max = 10'000;                     // entries opened in total
  std::uint64_t bytes_out_max = 400ull * 1024 * 1024;   // decompressed bytes in total
  std::uint64_t file_bytes_max = 100ull * 1024 * 1024;  // decompressed bytes of one entry
  std::uint64_t ratio_max = 1000;                       // output to input, beyond 10 MiB of output
  std::uint64_t steps_max = 1'000'000'000;              // abstract work units
  std::uint64_t password_tries_max = 500;               // on encryption that is slow on purpose
};

// Which limit stopped the work; names as they stand in reports ("depth_max", ...).
enum class Limit : std::uint8_t {
  kNone,
  kDepth,
  kFiles,
  kBytesOut,
  kFileBytes,
  kRatio,
  kSteps,
  kTime
};
std::string_view LimitName(Limit limit);

class Budget {
 public:
  explicit Budget(const BudgetLimits& limits) : limits_(limits) {}

  const BudgetLimits& limits() const { return limits_; }
  Limit exceeded() const { return exceeded_; }

  // Each returns a kLimit error, and keeps the first limit hit, when the purse does not hold it.
  Status SpendFile();
  Status SpendBytesOut(std::uint64_t size_bytes);
  Status SpendSteps(std::uint64_t steps);
  // Whether one more password may be tried on an object whose keys cost milliseconds each. No
  // error: without a password the object is a gap for being encrypted.
  bool TryPassword() { return password_tries_++ < limits_.password_tries_max; }
  // One level down; pair every success with Leave().
  Status Enter();
  void Leave() { --depth_; }
  std::uint32_t depth() const { return depth_; }
  std::uint64_t bytes_out() const { return bytes_out_; }

  // Records a limit found elsewhere (a ratio, a time-out) and returns its error.
  Status Exceed(Limit limit);

 private:
  BudgetLimits limits_;
  std::uint64_t files_ = 0;
  std::uint64_t bytes_out_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t password_tries_ = 0;
  std::uint32_t depth_ = 0;
  Limit exceeded_ = Limit::kNone;
};

}  // namespace day::base
