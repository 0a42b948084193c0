// Getting a file from one of several mirrors: in random order, again after a pause, going on where
// a broken download stopped.
//
// Every mirror gets the same requests from everybody: a fixed path, no cookies, no version. Nothing
// that comes is trusted here. Thread safety: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "libs/base/result.h"
#include "libs/net/http_client.h"

namespace day::endpoint::updater {

struct MirrorOptions {
  std::vector<std::string> urls;  // folders, or files that end in ".upd"
  net::HttpClientOptions http;
  net::HttpLimits limits;
  std::uint32_t rounds = 3;
  std::uint32_t pause_ms = 1000;  // before the second round; doubles each round
  // For tests: waits.
  std::function<void(std::uint32_t)> sleep_ms;
};

class Mirrors {
 public:
  explicit Mirrors(MirrorOptions options);

  // Gives each mirror's `name` to `accept` until one is accepted, or returns the last error. A cut
  // download is taken up where it broke, if possible. Errors: as net::HttpClient; kIo for statuses
  // other than 200; kInvalidUse if there is no URL; accept's.
  base::Status Fetch(const std::string& name,
                     const std::function<base::Status(const std::string& bytes)>& accept);

 private:
  base::Result<std::string> FetchFrom(const std::string& url, const std::string& name);

  MirrorOptions options_;
  net::HttpClient client_;
  bool restarted_ = false;  // the next piece is the first of its answer
};

}  // namespace day::endpoint::updater
