#include "worker/session.h"

#include <algorithm>
#include <utility>

#include "libs/os/system.h"
#include "libs/wire/codec.h"

namespace day::worker {
namespace {

using workerproto::MessageType;

constexpr std::size_t kNoFrame = ~std::size_t{0};
constexpr std::uint64_t kIncludeBytesMax = 512u << 20;
constexpr std::uint64_t kToolFileBytesMax = 1u << 30;
constexpr std::size_t kToolTextBytes = 1u << 20;  // of one message

base::Error Unexpected(MessageType type) {
  return base::MakeError(base::ErrorKind::kMalformed,
                         "unexpected message " + std::to_string(static_cast<unsigned>(type)));
}

// A memory file with `bytes`, and its size.
base::Result<os::Fd> ToMemoryFile(const char* name, base::Bytes bytes) {
  return os::CreateMemfd(name, bytes);
}

}  // namespace

Session::Session(os::Fd socket, Backend* backend, Seal seal)
    : channel_(std::move(socket)),
      backend_(backend),
      seal_(std::move(seal)),
      open_frame_(kNoFrame) {}

Session::~Session() = default;

base::Status Session::Run() {
  DAY_TRY(Configure());
  bool stop = false;
  while (!stop) {
    DAY_TRY_ASSIGN(Received received, channel_.Receive());
    DAY_TRY(Dispatch(std::move(received), &stop));
  }
  return base::OkStatus();
}

base::Status Session::Configure() {
  DAY_TRY_ASSIGN(Received received, channel_.Receive());
  if (received.frame.type != MessageType::kConfigure || received.fds.size() != 1) {
    return Unexpected(received.frame.type);
  }
  DAY_TRY_ASSIGN(const workerproto::Configure configure,
                 workerproto::DecodeConfigure(received.frame.payload));
  DAY_TRY_ASSIGN(progress_page_, os::Mapping::Shared(received.fds[0], workerproto::kProgressBytes));
  received.fds.clear();
  progress_ = workerproto::ProgressAt(progress_page_.writable());
  backend_->Preload(configure);
  DAY_TRY_ASSIGN(const workerproto::Ready ready, seal_(configure));
  std::string frame;
  DAY_TRY(workerproto::Append(ready, &frame));
  return channel_.Send(frame);
}

base::Status Session::Dispatch(Received received, bool* stop) {
  switch (received.frame.type) {
    case MessageType::kCompileRules:
      return CompileRules(std::move(received));
    case MessageType::kAddSignatures:
      return AddSignatures(std::move(received));
    case MessageType::kBuildSignatures:
      return BuildSignatures();
    case MessageType::kUseDatabase:
      return UseDatabase(std::move(received));
    case MessageType::kScanBatch:
      return ScanBatch(std::move(received));
    case MessageType::kToolBegin:
      return ToolBegin(received);
    case MessageType::kToolFile:
      return ToolFile(received);
    case MessageType::kToolRun:
      return ToolRun();
    case MessageType::kShutdown:
      *stop = true;
      return SendStats();
    default:
      return Unexpected(received.frame.type);
  }
}

std::optional<std::string> Session::LoadInclude(const std::string& path) {
  std::string frame;
  if (!workerproto::Append(workerproto::IncludeRequest{path}, &frame).ok() ||
      !channel_.Send(frame).ok()) {
    return std::nullopt;
  }
  base::Result<Received> received = channel_.Receive();
  if (!received.ok() || received->frame.type != MessageType::kIncludeReply) {
    return std::nullopt;
  }
  const auto reply = workerproto::DecodeIncludeReply(received->frame.payload);
  if (!reply.ok() || !reply->found || received->fds.size() != 1) {
    return std::nullopt;
  }
  const auto bytes = buffer_.Read(received->fds[0].get(), reply->size_bytes, kIncludeBytesMax);
  if (!bytes.ok()) {
    return std::nullopt;
  }
  return std::string(base::AsText(*bytes));
}

base::Status Session::CompileRules(Received received) {
  DAY_TRY_ASSIGN(const workerproto::CompileRules request,
                 workerproto::DecodeCompileRules(received.frame.payload));
  if (received.fds.size() != 1) {
    return Unexpected(received.frame.type);
  }
  std::uint64_t end = 0;
  for (const workerproto::CompileRules::Source& source : request.sources) {
    end = std::max(end, source.offset + source.size_bytes);
  }
  DAY_TRY_ASSIGN(const os::Mapping texts, os::Mapping::ReadOnly(received.fds[0], end));
  auto [answer, blob] = backend_->CompileRules(
      request, texts.bytes(), [this](const std::string& path) { return LoadInclude(path); });
  os::Fd file;
  if (answer.ok) {
    base::Result<os::Fd> made = ToMemoryFile("daylight-rules", base::AsBytes(blob));
    answer.ok = made.ok();
    answer.error = made.ok() ? std::string() : made.error().message;
    answer.size_bytes = blob.size();
    file = made.ok() ? std::move(made).value() : os::Fd();
  }
  std::string frame;
  DAY_TRY(workerproto::Append(answer, &frame));
  const int fd = file.get();
  return channel_.Send(frame, answer.ok ? std::span(&fd, 1) : std::span<const int>());
}

base::Status Session::AddSignatures(Received received) {
  DAY_TRY_ASSIGN(const workerproto::AddSignatures request,
                 workerproto::DecodeAddSignatures(received.frame.payload));
  if (received.fds.size() != 1) {
    return Unexpected(received.frame.type);
  }
  // A parent that wants a file read which cannot be read learns it from the summary: no signatures.
  const auto bytes = buffer_.Read(received.fds[0].get(), request.size_bytes, ~std::uint64_t{0} - 1);
  backend_->AddSignatures(request.name, bytes.ok() ? base::AsText(*bytes) : std::string_view());
  return base::OkStatus();
}

base::Status Session::BuildSignatures() {
  DAY_TRY_ASSIGN(const os::Fd file, os::CreateMemfd("daylight-signatures", std::uint64_t{0}));
  std::uint64_t size_bytes = 0;
  workerproto::SignaturesBuilt answer = backend_->BuildSignatures([&](base::Bytes bytes) {
    size_bytes += bytes.size();
    return os::WriteAll(file.get(), bytes);
  });
  answer.size_bytes = size_bytes;
  std::string frame;
  DAY_TRY(workerproto::Append(answer, &frame));
  const int fd = file.get();
  return channel_.Send(frame, answer.ok ? std::span(&fd, 1) : std::span<const int>());
}

base::Status Session::UseDatabase(Received received) {
  DAY_TRY_ASSIGN(const workerproto::UseDatabase use,
                 workerproto::DecodeUseDatabase(received.frame.payload));
  const std::size_t fd_count =
      (use.has_rules ? 1u : 0u) + (use.has_signatures ? 1u : 0u) + use.module_data.size();
  if (received.fds.size() != fd_count) {
    return Unexpected(received.frame.type);
  }
  scanner_.reset();
  settings_ = use.settings;
  DatabaseBytes database;
  std::size_t next = 0;
  if (use.has_rules) {
    DAY_TRY_ASSIGN(rules_, os::Mapping::ReadOnly(received.fds[next++], use.rules_bytes));
    database.rules = rules_.bytes();
  }
  if (use.has_signatures) {
    DAY_TRY_ASSIGN(signatures_, os::Mapping::ReadOnly(received.fds[next++], use.signatures_bytes));
    database.signatures = signatures_.bytes();
  }
  module_data_.clear();
  for (const auto& [module, size_bytes] : use.module_data) {
    DAY_TRY_ASSIGN(os::Mapping data, os::Mapping::ReadOnly(received.fds[next++], size_bytes));
    database.module_data.emplace_back(module, data.bytes());
    module_data_.push_back(std::move(data));
  }
  base::Result<std::unique_ptr<FileScanner>> scanner = backend_->Open(database, use);
  workerproto::DatabaseReady answer;
  if (scanner.ok()) {
    scanner_ = std::move(scanner).value();
    answer = scanner_->Describe();
    answer.ok = true;
  } else {
    answer.error = scanner.error().message;
  }
  std::string frame;
  DAY_TRY(workerproto::Append(answer, &frame));
  owes_rule_table_ = use.want_rule_table;
  want_metas_ = use.want_metas;
  return channel_.Send(frame);
}

base::Status Session::SendRuleTable() {
  owes_rule_table_ = false;
  return scanner_->SendRuleTable(want_metas_,
                                 [this](const workerproto::RuleTablePart& part) -> base::Status {
                                   DAY_TRY(workerproto::Append(part, &out_));
                                   DAY_TRY(channel_.Send(out_));
                                   out_.clear();
                                   return base::OkStatus();
                                 });
}

base::Status Session::ScanBatch(Received received) {
  DAY_TRY_ASSIGN(const workerproto::ScanBatch batch,
                 workerproto::DecodeScanBatch(received.frame.payload));
  if (received.fds.size() != batch.items.size() || scanner_ == nullptr || batch.items.empty()) {
    return Unexpected(received.frame.type);
  }
  batch_ = batch.batch;
  flushed_ns_ = os::MonotonicNs();
  for (std::size_t i = 0; i < batch.items.size(); ++i) {
    is_last_item_ = i + 1 == batch.items.size();
    progress_->started_ns.store(os::MonotonicNs(), std::memory_order_relaxed);
    progress_->current.store(workerproto::ProgressMark(batch_, static_cast<std::uint32_t>(i)),
                             std::memory_order_release);
    ScanItem(batch.items[i], received.fds[i].get());
    received.fds[i].Close();
    DAY_TRY(std::move(send_status_));
    const bool due =
        out_.size() >= kFlushBytes || os::MonotonicNs() - flushed_ns_ > kFlushIntervalNs;
    if (due && !is_last_item_) {
      // Idle for the parent's clock: a parent that reads slowly is not a slow file.
      progress_->current.store(0, std::memory_order_release);
      DAY_TRY(Flush(false));
    }
  }
  progress_->current.store(0, std::memory_order_release);
  return Flush(true);
}

void Session::ScanItem(const workerproto::ScanItem& item, int fd) {
  const base::Result<base::Bytes> data =
      buffer_.Read(fd, item.size_hint_bytes, settings_.file_bytes_max);
  ++stats_.files;
  if (!data.ok()) {
    AddNotScanned(item, data.error());
    return;
  }
  stats_.bytes += data->size();
  scanner_->Scan(*data, item, this);
  ReleaseDatabase();
}

void Session::ReleaseDatabase() {
  if (stats_.bytes - released_.bytes < kReleaseBytes &&
      stats_.files - released_.files < kReleaseFiles) {
    return;
  }
  rules_.Release();
  signatures_.Release();
  released_ = stats_;
}

void Session::AddNotScanned(const workerproto::ScanItem& item, const base::Error& error) {
  if (settings_.mode == workerproto::ScanMode::kYara) {
    workerproto::YaraReport report;
    report.id = item.id;
    report.status = workerproto::YaraStatus::kNotScanned;
    report.error = error.message;
    AddYaraPart(std::move(report), true);
    return;
  }
  workerproto::FileReport report;
  report.id = item.id;
  report.completeness = workerproto::Completeness::kNotScanned;
  report.gaps.push_back({"", error.message});
  AddReport(report);
}

void Session::AddReport(const workerproto::FileReport& report) {
  if (open_frame_ == kNoFrame) {
    open_frame_ = workerproto::BeginFrame(MessageType::kScanResults, 0, &out_);
    wire::Encoder encoder(&out_);
    encoder.U32(batch_);
    encoder.Bool(false);  // becomes true in Flush() if it is the last one
  }
  workerproto::AppendReport(report, &out_);
}

void Session::AddYaraPart(workerproto::YaraReport part, bool last_of_file) {
  workerproto::YaraResults results;
  results.batch = batch_;
  results.last_of_file = last_of_file;
  results.last_of_batch = last_of_file && is_last_item_;
  results.report = std::move(part);
  // With `negate` it is the rules that are not mentioned that are counted.
  const bool speaks_of_rules =
      settings_.negate || !results.report.rules.empty() || !results.report.too_many_matches.empty();
  base::Status status = owes_rule_table_ && speaks_of_rules ? SendRuleTable() : base::OkStatus();
  if (status.ok()) {
    status = workerproto::Append(results, &out_);
  }
  if (status.ok() && out_.size() >= kFlushBytes) {
    status = channel_.Send(out_);
    out_.clear();
  }
  if (!status.ok()) {
    send_status_ = std::move(status);
  }
}

base::Status Session::Flush(bool last_of_batch) {
  if (open_frame_ != kNoFrame) {
    constexpr std::size_t kLastOffset = workerproto::kFrameHeaderBytes + sizeof(std::uint32_t);
    out_[open_frame_ + kLastOffset] = last_of_batch ? '\1' : '\0';
    DAY_TRY(workerproto::EndFrame(open_frame_, &out_));
    open_frame_ = kNoFrame;
  } else if (last_of_batch && settings_.mode == workerproto::ScanMode::kEngine) {
    // Everything went out before the last file: the parent still waits for the end of the batch.
    DAY_TRY(workerproto::Append(workerproto::ScanResults{batch_, true, {}}, &out_));
  }
  flushed_ns_ = os::MonotonicNs();
  if (out_.empty()) {
    return base::OkStatus();
  }
  base::Status status = channel_.Send(out_);
  out_.clear();
  return status;
}

base::Status Session::SendStats() {
  stats_.cpu_ns = static_cast<std::uint64_t>(os::ProcessCpuNs());
  std::string frame;
  DAY_TRY(workerproto::Append(stats_, &frame));
  return channel_.Send(frame);
}

base::Status Session::ToolBegin(const Received& received) {
  DAY_TRY_ASSIGN(const workerproto::ToolBegin begin,
                 workerproto::DecodeToolBegin(received.frame.payload));
  tool_ = backend_->MakeTool(begin, [this](const std::string& path) { return LoadInclude(path); });
  return tool_ != nullptr ? base::OkStatus() : base::Status(Unexpected(received.frame.type));
}

base::Status Session::ToolFile(const Received& received) {
  DAY_TRY_ASSIGN(const workerproto::ToolFile file,
                 workerproto::DecodeToolFile(received.frame.payload));
  if (received.fds.size() != 1 || tool_ == nullptr) {
    return Unexpected(received.frame.type);
  }
  const base::Result<base::Bytes> bytes =
      tool_buffer_.Read(received.fds[0].get(), file.size_bytes, kToolFileBytesMax);
  if (bytes.ok()) {
    tool_->AddFile(file.role, file.path, *bytes, this);
  } else {
    Error(file.path + ": " + bytes.error().message + "\n");
  }
  DAY_TRY(std::move(send_status_));
  std::string taken;
  DAY_TRY(workerproto::AppendEmpty(MessageType::kToolFileTaken, &taken));
  return channel_.Send(taken);
}

base::Status Session::ToolRun() {
  if (tool_ == nullptr) {
    return Unexpected(MessageType::kToolRun);
  }
  const workerproto::ToolDone done{tool_->Run(this)};
  tool_.reset();
  DAY_TRY(std::move(send_status_));
  DAY_TRY(workerproto::Append(done, &out_));
  base::Status status = channel_.Send(out_);
  out_.clear();
  return status;
}

void Session::Text(std::string_view text) {
  for (; !text.empty(); text.remove_prefix(std::min(text.size(), kToolTextBytes))) {
    SendToolOutput(
        {workerproto::ToolOutput::Kind::kText, {}, std::string(text.substr(0, kToolTextBytes))});
  }
}

void Session::Error(std::string_view text) {
  for (; !text.empty(); text.remove_prefix(std::min(text.size(), kToolTextBytes))) {
    SendToolOutput(
        {workerproto::ToolOutput::Kind::kError, {}, std::string(text.substr(0, kToolTextBytes))});
  }
}

void Session::File(std::string_view name, std::string_view bytes) {
  SendToolOutput({workerproto::ToolOutput::Kind::kFile, std::string(name), std::string(bytes)});
}

// Kept until the tool has run.
void Session::SendToolOutput(workerproto::ToolOutput output) {
  base::Status status = workerproto::Append(output, &out_);
  if (!status.ok()) {
    send_status_ = std::move(status);
  }
}

}  // namespace day::worker
