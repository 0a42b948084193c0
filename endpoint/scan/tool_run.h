// Runs one tool (libs/workerproto/tool.h) in a worker of its own.
//
//   auto run = ToolRun::Start(worker, "check", {{"json", ""}});
//   run->AddFile(ToolFileRole::kRules, "a.yar");
//   run->Finish([](const workerproto::ToolOutput& output) { ... });   // the exit code
//
// What comes back was written by the worker: a name of a file in it is a proposal. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "endpoint/scan/worker_process.h"
#include "libs/base/result.h"
#include "libs/os/fd.h"
#include "libs/workerproto/tool.h"

namespace day::endpoint::scan {

inline constexpr std::int64_t kToolTimeoutNs = 3'600'000'000'000;
inline constexpr std::uint64_t kToolTextBytesMax = 512ull << 20;  // of a file to format

class ToolRun {
 public:
  // Errors: as WorkerProcess::Start().
  static base::Result<std::unique_ptr<ToolRun>> Start(
      WorkerOptions worker, const std::string& tool,
      std::vector<std::pair<std::string, std::string>> options);

  // Hands a file to the tool; waits until the worker took it. Errors: the file cannot be opened (as
  // os::ErrnoError; the run goes on), kTruncated (the worker is gone).
  base::Status AddFile(workerproto::ToolFileRole role, const std::string& path);
  // The same for a file that is open.
  base::Status AddOpenFile(workerproto::ToolFileRole role, const std::string& path, os::Fd fd,
                           std::uint64_t size_bytes);

  // Errors: kTruncated (the worker is gone; the message says how), kTimeout, kMalformed.
  base::Result<std::uint8_t> Finish(
      const std::function<void(const workerproto::ToolOutput&)>& output);

 private:
  ToolRun() = default;
  base::Status AwaitTaken();
  base::Status AnswerInclude(base::Bytes question);

  std::unique_ptr<WorkerProcess> worker_;
};

}  // namespace day::endpoint::scan
