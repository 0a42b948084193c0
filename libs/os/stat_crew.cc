#include "libs/os/stat_crew.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <system_error>

#include "libs/os/system.h"

namespace day::os {

StatCrew::~StatCrew() {
  stop_ = true;
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& helper : helpers_) {
    helper.join();
  }
}

void StatCrew::Start() {
  started_ = true;
  const std::uint32_t threads = std::min(ProcessorCount(), kThreadsMax);
  const std::uint32_t seen = round_.load(std::memory_order_relaxed);
  try {
    for (std::uint32_t i = 1; i < threads; ++i) {
      helpers_.emplace_back([this, seen] { Help(seen); });
    }
  } catch (const std::system_error&) {
    // No more threads are to be had: those that started, or this one alone, will do.
  }
}

void StatCrew::Help(std::uint32_t seen) {
  while (true) {
    round_.wait(seen, std::memory_order_acquire);
    seen = round_.load(std::memory_order_acquire);
    if (stop_) {
      return;
    }
    AnswerBlocks();
    if (helping_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      helping_.notify_one();
    }
  }
}

void StatCrew::AnswerBlocks() {
  for (std::size_t begin = next_.fetch_add(kBlock, std::memory_order_relaxed);
       begin < requests_.size(); begin = next_.fetch_add(kBlock, std::memory_order_relaxed)) {
    for (StatRequest& request :
         requests_.subspan(begin, std::min(kBlock, requests_.size() - begin))) {
      struct ::stat raw = {};
      request.ok = ::fstatat(folder_fd_, request.name, &raw, AT_SYMLINK_NOFOLLOW) == 0;
      if (request.ok) {
        request.stat = FromStat(raw);
      }
    }
  }
}

void StatCrew::Run(int folder_fd, std::span<StatRequest> requests) {
  folder_fd_ = folder_fd;
  requests_ = requests;
  next_.store(0, std::memory_order_relaxed);
  if (requests.size() < kShareMin) {
    AnswerBlocks();
    return;
  }
  if (!started_) {
    Start();
  }
  helping_.store(static_cast<std::uint32_t>(helpers_.size()), std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  AnswerBlocks();
  for (std::uint32_t left = helping_.load(std::memory_order_acquire); left != 0;
       left = helping_.load(std::memory_order_acquire)) {
    helping_.wait(left, std::memory_order_acquire);
  }
}

}  // namespace day::os
