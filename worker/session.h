// The life of a worker: configure, raise the walls, then answer requests until told to stop.
//
// The session trusts its parent (it checks that messages are well formed, nothing more) and nothing
// else. Files arrive as descriptors and are read into one reused buffer; results leave in batches,
// at the latest kFlushIntervalNs after the first of them. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "libs/base/result.h"
#include "libs/os/file.h"
#include "libs/os/memory.h"
#include "libs/workerproto/messages.h"
#include "libs/workerproto/progress.h"
#include "worker/backend.h"
#include "worker/channel.h"

namespace day::worker {

inline constexpr std::int64_t kFlushIntervalNs = 100'000'000;
inline constexpr std::size_t kFlushBytes = 256u << 10;
// Each hash that is looked up touches other pages of the database. After this much the worker gives
// them back; those that every file needs are back at once.
inline constexpr std::uint64_t kReleaseBytes = 16u << 20;
inline constexpr std::uint64_t kReleaseFiles = 256;

// Raises the walls; the real one is os::SealProcess, a test's does nothing.
using Seal = std::function<base::Result<workerproto::Ready>(const workerproto::Configure&)>;

class Session : private ResultSink, private tools::ToolSink {
 public:
  // REQUIRES: the backend outlives the session.
  Session(os::Fd socket, Backend* backend, Seal seal);
  ~Session() override;

  // Returns when the parent says so (ok) or is gone (kCancelled). Other errors: kMalformed and what
  // the walls return.
  base::Status Run();

 private:
  base::Status Configure();
  base::Status Dispatch(Received received, bool* stop);
  base::Status CompileRules(Received received);
  base::Status AddSignatures(Received received);
  base::Status BuildSignatures();
  base::Status UseDatabase(Received received);
  base::Status ScanBatch(Received received);
  void ScanItem(const workerproto::ScanItem& item, int fd);
  base::Status SendStats();
  base::Status ToolBegin(const Received& received);
  base::Status ToolFile(const Received& received);
  base::Status ToolRun();
  // ToolSink.
  void Text(std::string_view text) override;
  void Error(std::string_view text) override;
  void File(std::string_view name, std::string_view bytes) override;
  void SendToolOutput(workerproto::ToolOutput output);
  std::optional<std::string> LoadInclude(const std::string& path);

  void AddReport(const workerproto::FileReport& report) override;
  void AddYaraPart(workerproto::YaraReport part, bool last_of_file) override;
  base::Status SendRuleTable();
  // Returns what files have touched of a large database, before it is all of it.
  void ReleaseDatabase();
  void AddNotScanned(const workerproto::ScanItem& item, const base::Error& error);
  // Ends the open frame of results and sends everything encoded so far.
  base::Status Flush(bool last_of_batch);

  Channel channel_;
  Backend* backend_;
  Seal seal_;
  os::Mapping progress_page_;
  workerproto::Progress* progress_ = nullptr;

  os::Mapping rules_;
  os::Mapping signatures_;
  std::vector<os::Mapping> module_data_;
  std::unique_ptr<FileScanner> scanner_;
  workerproto::ScanSettings settings_;
  bool owes_rule_table_ = false;
  bool want_metas_ = false;

  std::unique_ptr<tools::Tool> tool_;
  os::ReadBuffer tool_buffer_;  // a tool may include files while it reads one

  os::ReadBuffer buffer_;
  std::uint32_t batch_ = 0;
  bool is_last_item_ = false;
  std::string out_;             // encoded frames that wait to be sent
  std::size_t open_frame_ = 0;  // where the open frame of reports begins, or kNoFrame
  std::int64_t flushed_ns_ = 0;
  base::Status send_status_;
  workerproto::Stats stats_;
  workerproto::Stats released_;  // what they were when the database was released last
};

}  // namespace day::worker
