#include "endpoint/scan/tool_run.h"

#include "endpoint/scan/database.h"
#include "libs/os/file.h"
#include "libs/os/memory.h"
#include "libs/os/system.h"

namespace day::endpoint::scan {

using workerproto::MessageType;

base::Result<std::unique_ptr<ToolRun>> ToolRun::Start(
    WorkerOptions worker, const std::string& tool,
    std::vector<std::pair<std::string, std::string>> options) {
  std::unique_ptr<ToolRun> run(new ToolRun());
  DAY_TRY_ASSIGN(run->worker_, WorkerProcess::Start(worker));
  std::string frame;
  DAY_TRY(workerproto::Append(workerproto::ToolBegin{tool, std::move(options)}, &frame));
  run->worker_->Queue(std::move(frame), {});
  return run;
}

// Waits until the worker took the file, so that at most one is open at a time.
base::Status ToolRun::AwaitTaken() {
  const std::int64_t deadline_ns = os::MonotonicNs() + kToolTimeoutNs;
  for (;;) {
    DAY_TRY_ASSIGN(const ReceivedFrame received, worker_->WaitForFrame(deadline_ns));
    switch (received.frame.type) {
      case MessageType::kToolFileTaken:
        return base::OkStatus();
      case MessageType::kReady:
        break;
      case MessageType::kIncludeRequest:
        DAY_TRY(AnswerInclude(received.frame.payload));
        break;
      default:
        return base::MakeError(base::ErrorKind::kMalformed, "the worker broke its protocol");
    }
  }
}

base::Status ToolRun::AnswerInclude(base::Bytes question) {
  DAY_TRY_ASSIGN(const workerproto::IncludeRequest include,
                 workerproto::DecodeIncludeRequest(question));
  const base::Result<std::string> text = os::ReadFile(include.path, kRuleFileBytesMax);
  workerproto::IncludeReply reply;
  std::vector<os::Fd> owned;
  if (text.ok()) {
    DAY_TRY_ASSIGN(os::Fd file, os::CreateMemfd("daylight-include", base::AsBytes(*text)));
    owned.push_back(std::move(file));
    reply.found = true;
    reply.size_bytes = text->size();
  }
  std::string answer;
  DAY_TRY(workerproto::Append(reply, &answer));
  worker_->Queue(std::move(answer), {}, std::move(owned));
  return base::OkStatus();
}

base::Status ToolRun::AddFile(workerproto::ToolFileRole role, const std::string& path) {
  DAY_TRY_ASSIGN(os::Fd fd, os::OpenRead(path));
  DAY_TRY_ASSIGN(const os::FileStat stat, os::StatFd(fd.get()));
  if (stat.kind != os::FileKind::kRegular) {
    return base::MakeError(base::ErrorKind::kInvalidUse, "not a regular file");
  }
  return AddOpenFile(role, path, std::move(fd), stat.size_bytes);
}

base::Status ToolRun::AddOpenFile(workerproto::ToolFileRole role, const std::string& path,
                                  os::Fd fd, std::uint64_t size_bytes) {
  std::string frame;
  DAY_TRY(workerproto::Append(workerproto::ToolFile{role, path, size_bytes}, &frame));
  std::vector<os::Fd> owned;
  owned.push_back(std::move(fd));
  worker_->Queue(std::move(frame), {}, std::move(owned));
  return AwaitTaken();
}

base::Result<std::uint8_t> ToolRun::Finish(
    const std::function<void(const workerproto::ToolOutput&)>& output) {
  std::string frame;
  DAY_TRY(workerproto::AppendEmpty(MessageType::kToolRun, &frame));
  worker_->Queue(std::move(frame), {});
  const std::int64_t deadline_ns = os::MonotonicNs() + kToolTimeoutNs;
  for (;;) {
    DAY_TRY_ASSIGN(const ReceivedFrame received, worker_->WaitForFrame(deadline_ns));
    switch (received.frame.type) {
      case MessageType::kReady:
        break;
      case MessageType::kIncludeRequest:
        DAY_TRY(AnswerInclude(received.frame.payload));
        break;
      case MessageType::kToolOutput: {
        DAY_TRY_ASSIGN(const workerproto::ToolOutput part,
                       workerproto::DecodeToolOutput(received.frame.payload));
        output(part);
        break;
      }
      case MessageType::kToolDone: {
        DAY_TRY_ASSIGN(const workerproto::ToolDone done,
                       workerproto::DecodeToolDone(received.frame.payload));
        return done.exit_code;
      }
      default:
        return base::MakeError(base::ErrorKind::kMalformed, "the worker broke its protocol");
    }
  }
}

}  // namespace day::endpoint::scan
