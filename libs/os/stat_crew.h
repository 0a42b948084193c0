// The states of many files of one folder, asked for on several threads: a question costs the kernel
// most of a microsecond, nearly all of it waiting for memory.
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
  void Help(std::uint32_t seen);
  void AnswerBlocks();

  int folder_fd_ = -1;
  std::span<StatRequest> requests_;
  std::atomic<std::size_t> next_{0};       // first request that nobody has taken
  std::atomic<std::uint32_t> round_{0};    // grows when there is work, or the end
  std::atomic<std::uint32_t> helping_{0};  // threads that have not finished the round
  bool stop_ = false;
  std::vector<std::thread> helpers_;
  bool started_ = false;
};

}  // namespace day::os
