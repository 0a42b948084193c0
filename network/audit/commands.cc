#include "network/audit/commands.h"

#include <time.h>

#include <cstdio>

#include "libs/os/file.h"
#include "libs/os/system.h"

namespace day::network::audit {

using base::MakeError;

std::uint64_t NowS() { return static_cast<std::uint64_t>(os::RealtimeNs() / 1'000'000'000); }

void Say(const std::string& text) { std::fprintf(stderr, "daylight-audit: %s\n", text.c_str()); }

void Print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

base::Result<tlog::Policy> LoadPolicy(const std::string& path) {
  DAY_TRY_ASSIGN(const std::string text, os::ReadFile(path, tlog::kPolicyBytesMax));
  auto policy = tlog::Policy::Parse(text);
  if (!policy.ok()) {
    return MakeError(policy.error().kind, path + ": " + policy.error().message);
  }
  return policy;
}

void WaitSeconds(std::uint64_t seconds) {
  for (std::uint64_t i = 0; i < seconds * 10 && !os::StopRequested(); ++i) {
    constexpr struct timespec kPause = {0, 100'000'000};
    ::nanosleep(&kPause, nullptr);
  }
}

}  // namespace day::network::audit
