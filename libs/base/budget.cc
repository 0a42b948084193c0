#include "libs/base/budget.h"

#include <string>

namespace day::base {

std::string_view LimitName(Limit limit) {
  switch (limit) {
    case Limit::kNone:
      return "none";
    case Limit::kDepth:
      return "depth_max";
    case Limit::kFiles:
      return "files_max";
    case Limit::kBytesOut:
      return "bytes_out_max";
    case Limit::kFileBytes:
      return "file_bytes_max";
    case Limit::kRatio:
      return "ratio_max";
    case Limit::kSteps:
      return "steps_max";
    case Limit::kTime:
      return "time_max";
  }
  return "none";
}

Status Budget::Exceed(Limit limit) {
  if (exceeded_ == Limit::kNone) {
    exceeded_ = limit;
  }
  return MakeError(ErrorKind::kLimit,
                   std::string("limit reached: ") + std::string(LimitName(limit)));
}

Status Budget::SpendFile() {
  if (files_ >= limits_.files_max) {
    return Exceed(Limit::kFiles);
  }
  ++files_;
  return OkStatus();
}

Status Budget::SpendBytesOut(std::uint64_t size_bytes) {
  if (size_bytes > limits_.bytes_out_max - bytes_out_) {
    return Exceed(Limit::kBytesOut);
  }
  bytes_out_ += size_bytes;
  return OkStatus();
}

Status Budget::SpendSteps(std::uint64_t steps) {
  if (steps > limits_.steps_max - steps_) {
    return Exceed(Limit::kSteps);
  }
  steps_ += steps;
  return OkStatus();
}

Status Budget::Enter() {
  if (depth_ >= limits_.depth_max) {
    return Exceed(Limit::kDepth);
  }
  ++depth_;
  return OkStatus();
}

}  // namespace day::base
