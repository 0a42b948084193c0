// The states of many files of one folder, asked for on several threads: a question costs the kernel
// most of a microsecond, nearly all of it waiting for memory. Nobody is waited for who has not
// begun: on a busy machine the caller asks alone.
//
// Not thread-safe: one Run() at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <thread>
#include <vector>

#include "libs/os/file.h"

namespace day::os {

struct StatRequest {
  const char* name = nullptr;
  bool ok = false;
  FileStat stat;  // if ok
};

class StatCrew {
 public:
  // As many threads as there are processors, at most kThreadsMax; they start when first needed.
  StatCrew() = default;
  ~StatCrew();
  StatCrew(const StatCrew&) = delete;
  StatCrew& operator=(const StatCrew&) = delete;

  // Answers every request. Names are relative to the folder and symbolic links are not followed.
  void Run(int folder_fd, std::span<StatRequest> requests);

 private:
  static constexpr std::uint32_t kThreadsMax = 4;
  // Fewer requests are not worth waking anybody for.
  static constexpr std::size_t kShareMin = 64;
  static constexpr std::size_t kBlock = 16;

  void Start();
  void Help();
  void AnswerBlocks();

  // The state: whether the crew ends, whether the round is closed to those who come late, the
  // number of the round, and how many helpers are in it. Run() writes what follows while the round
  // is closed and nobody is in it; who comes in while it is open sees it.
  static constexpr std::uint32_t kStop = 1u << 31;
  static constexpr std::uint32_t kClosed = 1u << 30;
  static constexpr std::uint32_t kInRoundMask = 0xFF;
  static constexpr std::uint32_t kRoundStep = 0x100;
  static constexpr std::uint32_t kRoundMask = kClosed - kRoundStep;
  std::atomic<std::uint32_t> state_{kClosed};
  int folder_fd_ = -1;
  std::span<StatRequest> requests_;
  std::atomic<std::size_t> next_{0};  // first request that nobody has taken
  std::vector<std::thread> helpers_;
  bool started_ = false;
};

}  // namespace day::os
