#include "libs/os/stat_crew.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <system_error>

#include "libs/os/system.h"

namespace day::os {

StatCrew::~StatCrew() {
  state_.fetch_or(kStop | kClosed, std::memory_order_acq_rel);
  state_.notify_all();
  for (std::thread& helper : helpers_) {
    helper.join();
  }
}

void StatCrew::Start() {
  started_ = true;
  const std::uint32_t threads = std::min(ProcessorCount(), kThreadsMax);
  try {
    for (std::uint32_t i = 1; i < threads; ++i) {
      helpers_.emplace_back([this] { Help(); });
    }
  } catch (const std::system_error&) {
    // No more threads are to be had: those that started, or this one alone, will do.
  }
}

void StatCrew::Help() {
  std::uint32_t helped = 0;  // the last round
  while (true) {
    std::uint32_t state = state_.load(std::memory_order_acquire);
    if ((state & kStop) != 0) {
      return;
    }
    if ((state & kClosed) != 0 || (state & kRoundMask) == helped) {
      state_.wait(state, std::memory_order_acquire);
      continue;
    }
    if (!state_.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel)) {
      continue;
    }
    helped = state & kRoundMask;
    AnswerBlocks();
    state_.fetch_sub(1, std::memory_order_acq_rel);
    state_.notify_all();
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
  // Rounds are numbered from 1; after the last number comes the first again.
  const std::uint32_t last = state_.load(std::memory_order_relaxed) & kRoundMask;
  const std::uint32_t round = last + kRoundStep < kClosed ? last + kRoundStep : kRoundStep;
  state_.store(round, std::memory_order_release);
  state_.notify_all();
  AnswerBlocks();
  std::uint32_t state = state_.fetch_or(kClosed, std::memory_order_acq_rel) | kClosed;
  while ((state & kInRoundMask) != 0) {
    state_.wait(state, std::memory_order_acquire);
    state = state_.load(std::memory_order_acquire);
  }
}

}  // namespace day::os
