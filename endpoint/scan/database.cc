#include "endpoint/scan/database.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "libs/os/memory.h"
#include "libs/os/system.h"
#include "libs/os/walk.h"
#include "libs/wire/codec.h"

namespace day::endpoint::scan {
namespace {

using workerproto::MessageType;

constexpr std::string_view kRuleEndings[] = {".yar", ".yara"};
// What ClamAV reads of a database folder (libs/signatures/sources says what is done with each).
constexpr std::string_view kSignatureEndings[] = {
    ".hdb", ".hsb",  ".mdb",  ".msb",    ".imp",  ".fp",   ".sfp",  ".hdu",   ".hsu",
    ".mdu", ".msu",  ".csv",  ".md5",    ".db",   ".ndb",  ".ndu",  ".sdb",   ".ldb",
    ".ldu", ".cdb",  ".zmd",  ".rmd",    ".ftm",  ".crb",  ".cat",  ".idb",   ".pdb",
    ".wdb", ".gdb",  ".pwdb", ".ioc",    ".cbc",  ".cfg",  ".ign",  ".cvd",   ".cld",
    ".cud", ".near", ".tlsh", ".ssdeep", ".info", ".ign2", ".sign", ".sha256"};
constexpr std::string_view kCertificateEndings[] = {".pem", ".crt"};
constexpr std::string_view kFirstEndings[] = {".ign", ".ign2", ".sign", ".pem", ".crt"};
constexpr std::string_view kContainerEndings[] = {".cvd", ".cld", ".cud"};
constexpr std::uint64_t kCompileMemoryMaxBytes = 8ull << 30;
constexpr std::uint64_t kMemoryFileMaxBytes = 8ull << 30;

bool EndsWithOneOf(std::string_view path, std::span<const std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return path.ends_with(ending); });
}

// The files below a folder with one of the endings, sorted.
base::Result<std::vector<std::string>> FilesBelow(const std::string& folder,
                                                  std::span<const std::string_view> endings) {
  std::vector<std::string> paths;
  os::Walker walker({.recursive = true, .links = os::WalkOptions::Links::kFollow});
  walker.Start(folder);
  os::WalkEntry entry;
  while (walker.Next(&entry)) {
    if (entry.kind == os::WalkEntry::Kind::kError) {
      return base::MakeError(entry.error.kind,
                             std::string(entry.path) + ": " + entry.error.message);
    }
    if (entry.kind == os::WalkEntry::Kind::kFile && EndsWithOneOf(entry.path, endings)) {
      paths.emplace_back(entry.path);
    }
    if (paths.size() > kRuleFilesMax) {
      return base::MakeError(base::ErrorKind::kLimit,
                             folder + ": more than " + std::to_string(kRuleFilesMax) + " files");
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// Files as they are, folders with what is below them and has one of the endings.
base::Result<std::vector<std::string>> FindFiles(const std::vector<std::string>& paths,
                                                 std::span<const std::string_view> endings) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    DAY_TRY_ASSIGN(const os::FileStat stat, os::StatPath(path, os::Symlinks::kFollow));
    if (stat.kind != os::FileKind::kDirectory) {
      files.push_back(path);
      continue;
    }
    DAY_TRY_ASSIGN(std::vector<std::string> below, FilesBelow(path, endings));
    files.insert(files.end(), std::make_move_iterator(below.begin()),
                 std::make_move_iterator(below.end()));
  }
  return files;
}

std::string HexName(std::string_view kind, base::Bytes digest) {
  constexpr std::size_t kNameBytes = 16;
  return std::string(kind) + "-" + base::ToHex(digest.first(kNameBytes));
}

// A worker that compiles: more memory, and it may build memory files.
WorkerOptions ForCompiling(WorkerOptions options) {
  options.memory_max_bytes = kCompileMemoryMaxBytes;
  options.memory_file_max_bytes = kMemoryFileMaxBytes;
  return options;
}

base::Error CompilingFailed(const base::Error& error) {
  return base::MakeError(error.kind, "the compiling worker failed: " + error.message);
}

// Waits for a message of type `wanted`; its descriptor, if any, is sealed.
base::Result<ReceivedFrame> Await(WorkerProcess* worker, MessageType wanted,
                                  std::int64_t deadline_ns) {
  for (;;) {
    base::Result<ReceivedFrame> received = worker->WaitForFrame(deadline_ns);
    if (!received.ok()) {
      return CompilingFailed(received.error());
    }
    if (received->frame.type == wanted) {
      return received;
    }
    if (received->frame.type != MessageType::kReady) {
      return base::MakeError(base::ErrorKind::kMalformed, "the worker broke its protocol");
    }
  }
}

// Takes the blob that a worker made: it must be a memory file of that size that can change no more.
base::Result<os::Fd> TakeBlob(ReceivedFrame* received, std::uint64_t size_bytes) {
  if (received->fds.size() != 1) {
    return base::MakeError(base::ErrorKind::kMalformed, "the worker sent no file");
  }
  os::Fd blob = std::move(received->fds[0]);
  DAY_TRY(os::SealMemfd(blob));
  DAY_TRY_ASSIGN(const os::FileStat stat, os::StatFd(blob.get()));
  if (stat.size_bytes != size_bytes) {
    return base::MakeError(base::ErrorKind::kMalformed, "the worker sent a file of another size");
  }
  return blob;
}

// What stands in the manifest's note: the answer as the worker gave it.
template <typename Answer>
std::string EncodeNote(const Answer& answer) {
  std::string frame;
  return workerproto::Append(answer, &frame).ok() ? frame.substr(workerproto::kFrameHeaderBytes)
                                                  : std::string();
}

}  // namespace

// The texts of a compilation, in one memory file, and what they were read from.
struct DatabaseLoader::Sources {
  std::vector<ArtifactSource> read;
  std::string texts;
  workerproto::CompileRules request;
};

base::Result<std::vector<RuleFile>> FindRuleFiles(const std::vector<std::string>& paths) {
  std::vector<RuleFile> files;
  for (const std::string& path : paths) {
    DAY_TRY_ASSIGN(const os::FileStat stat, os::StatPath(path, os::Symlinks::kFollow));
    if (stat.kind != os::FileKind::kDirectory) {
      files.push_back({path, path});
      continue;
    }
    DAY_TRY_ASSIGN(const std::vector<std::string> below, FilesBelow(path, kRuleEndings));
    for (const std::string& file : below) {
      files.push_back({file, file});
    }
  }
  return files;
}

base::Result<std::vector<std::string>> FindSignatureFiles(const std::vector<std::string>& paths) {
  DAY_TRY_ASSIGN(std::vector<std::string> files, FindFiles(paths, kSignatureEndings));
  files.erase(
      std::remove_if(files.begin(), files.end(),
                     [](const std::string& file) { return EndsWithOneOf(file, kRuleEndings); }),
      files.end());
  const auto stage = [](const std::string& file) {
    return EndsWithOneOf(file, kFirstEndings) ? 0
                                              : (EndsWithOneOf(file, kContainerEndings) ? 1 : 2);
  };
  std::stable_sort(files.begin(), files.end(),
                   [&](const std::string& a, const std::string& b) { return stage(a) < stage(b); });
  return files;
}

base::Result<std::vector<RuleFile>> FindDatabaseRules(const std::vector<std::string>& paths) {
  DAY_TRY_ASSIGN(const std::vector<std::string> found, FindFiles(paths, kRuleEndings));
  std::vector<RuleFile> rules;
  for (const std::string& file : found) {
    if (EndsWithOneOf(file, kRuleEndings)) {
      rules.push_back({std::string(kClamavNamespace) + file, file});
    }
  }
  return rules;
}

base::Result<std::vector<std::string>> FindCertificates(const std::vector<std::string>& paths) {
  return FindFiles(paths, kCertificateEndings);
}

base::Result<crypto::Sha256Digest> DatabaseLoader::Builder() const {
  // Another build of the worker is another file: it may compile otherwise.
  DAY_TRY_ASSIGN(const os::FileStat stat, os::StatPath(worker_.program, os::Symlinks::kFollow));
  std::string text;
  wire::Encoder encoder(&text);
  encoder.U64(stat.device);
  encoder.U64(stat.inode);
  encoder.U64(stat.size_bytes);
  encoder.I64(stat.mtime_ns);
  encoder.I64(stat.ctime_ns);
  return crypto::Sha256(base::AsBytes(text));
}

base::Result<CompiledRules> DatabaseLoader::LoadRules(const CompileRequest& request) const {
  Sources sources;
  sources.request.externals = request.externals;
  sources.request.includes_allowed = request.includes_allowed;
  sources.request.strict_escape = request.strict_escape;
  sources.request.yara_x_extensions = request.yara_x_extensions;
  sources.request.strings_per_rule_max = request.strings_per_rule_max;
  sources.request.stop_at_bad_file = request.stop_at_bad_file;
  for (const RuleFile& file : request.files) {
    sources.request.sources.push_back({file.name_space, file.path, 0, 0});
  }
  if (cache_ == nullptr) {
    return Compile(request, &sources);
  }
  std::string question = EncodeNote(sources.request);
  // Texts that are in no file are part of the question itself.
  wire::Encoder encoder(&question);
  for (const RuleFile& file : request.files) {
    if (file.text) {
      encoder.Text(base::AsText(crypto::Sha256(base::AsBytes(*file.text))));
    }
  }
  if (request.includes != nullptr) {
    for (const IncludedFile& file : *request.includes) {
      encoder.Text(file.path);
      encoder.Text(base::AsText(crypto::Sha256(base::AsBytes(file.text))));
    }
  }
  const std::string name = HexName("rules", crypto::Sha256(base::AsBytes(question)));
  DAY_TRY_ASSIGN(const crypto::Sha256Digest builder, Builder());
  if (std::optional<Artifact> artifact = cache_->Lookup(name, builder)) {
    base::Result<workerproto::RulesCompiled> note =
        workerproto::DecodeRulesCompiled(base::AsBytes(artifact->note));
    if (note.ok()) {
      CompiledRules rules;
      rules.ok = true;
      rules.blob = std::move(artifact->blob);
      rules.size_bytes = artifact->size_bytes;
      rules.sha256 = artifact->sha256;
      rules.rule_count = note->rule_count;
      rules.string_count = note->string_count;
      rules.modules = std::move(note->modules);
      rules.diagnostics = std::move(note->diagnostics);
      rules.from_cache = true;
      return rules;
    }
  }
  DAY_TRY_ASSIGN(CompiledRules rules, Compile(request, &sources));
  if (rules.ok) {
    workerproto::RulesCompiled note;
    note.ok = true;
    note.rule_count = rules.rule_count;
    note.string_count = rules.string_count;
    note.modules = rules.modules;
    note.diagnostics = rules.diagnostics;
    base::Result<Artifact> stored =
        cache_->Store(name, builder, sources.read, rules.blob, rules.size_bytes, EncodeNote(note));
    if (stored.ok()) {
      rules.blob = std::move(stored->blob);
    }
  }
  return rules;
}

base::Status DatabaseLoader::ReadSources(const CompileRequest& request, Sources* sources) {
  for (std::size_t i = 0; i < request.files.size(); ++i) {
    const RuleFile& file = request.files[i];
    workerproto::CompileRules::Source& source = sources->request.sources[i];
    source.offset = sources->texts.size();
    if (file.text) {
      source.size_bytes = file.text->size();
      sources->texts += *file.text;
      continue;
    }
    DAY_TRY_ASSIGN(const os::Fd fd, os::OpenRead(file.path));
    DAY_TRY_ASSIGN(const os::FileStat stat, os::StatFd(fd.get()));
    if (stat.kind == os::FileKind::kDirectory) {
      return base::MakeError(base::ErrorKind::kInvalidUse, file.path + " is a folder");
    }
    DAY_TRY_ASSIGN(const std::string text, os::ReadFd(fd.get(), kRuleFileBytesMax));
    source.size_bytes = text.size();
    sources->read.push_back({file.path, stat, crypto::Sha256(base::AsBytes(text))});
    sources->texts += text;
  }
  return base::OkStatus();
}

base::Status DatabaseLoader::AnswerInclude(const CompileRequest& request, base::Bytes question,
                                           WorkerProcess* worker, Sources* sources) {
  DAY_TRY_ASSIGN(const workerproto::IncludeRequest include,
                 workerproto::DecodeIncludeRequest(question));
  std::optional<std::string> text;
  if (request.includes != nullptr) {
    for (const IncludedFile& file : *request.includes) {
      if (file.path == include.path) {
        text = file.text;
        break;
      }
    }
  } else if (request.includes_allowed) {
    base::Result<std::string> read = os::ReadFile(include.path, kRuleFileBytesMax);
    const base::Result<os::FileStat> stat = os::StatPath(include.path, os::Symlinks::kFollow);
    if (read.ok() && stat.ok()) {
      sources->read.push_back({include.path, *stat, crypto::Sha256(base::AsBytes(*read))});
      text = std::move(read).value();
    }
  }
  workerproto::IncludeReply reply;
  std::vector<os::Fd> owned;
  if (text) {
    if (request.includes_read != nullptr) {
      request.includes_read->push_back({include.path, *text});
    }
    DAY_TRY_ASSIGN(os::Fd file, os::CreateMemfd("daylight-include", base::AsBytes(*text)));
    owned.push_back(std::move(file));
    reply.found = true;
    reply.size_bytes = text->size();
  }
  std::string answer;
  DAY_TRY(workerproto::Append(reply, &answer));
  worker->Queue(std::move(answer), {}, std::move(owned));
  return base::OkStatus();
}

base::Result<CompiledRules> DatabaseLoader::Compile(const CompileRequest& request,
                                                    Sources* sources) const {
  DAY_TRY(ReadSources(request, sources));
  DAY_TRY_ASSIGN(os::Fd texts, os::CreateMemfd("daylight-texts", base::AsBytes(sources->texts)));
  DAY_TRY_ASSIGN(const auto worker, WorkerProcess::Start(ForCompiling(worker_)));
  std::string frame;
  DAY_TRY(workerproto::Append(sources->request, &frame));
  worker->Queue(std::move(frame), {texts.get()});
  const std::int64_t deadline_ns = os::MonotonicNs() + kCompileTimeoutNs;
  for (;;) {
    base::Result<ReceivedFrame> waited = worker->WaitForFrame(deadline_ns);
    if (!waited.ok()) {
      return CompilingFailed(waited.error());
    }
    ReceivedFrame received = std::move(waited).value();
    if (received.frame.type == MessageType::kReady) {
      continue;
    }
    if (received.frame.type == MessageType::kIncludeRequest) {
      DAY_TRY(AnswerInclude(request, received.frame.payload, worker.get(), sources));
      continue;
    }
    if (received.frame.type != MessageType::kRulesCompiled) {
      return base::MakeError(base::ErrorKind::kMalformed, "the worker broke its protocol");
    }
    DAY_TRY_ASSIGN(workerproto::RulesCompiled answer,
                   workerproto::DecodeRulesCompiled(received.frame.payload));
    CompiledRules rules;
    rules.ok = answer.ok;
    rules.error = std::move(answer.error);
    rules.rule_count = answer.rule_count;
    rules.string_count = answer.string_count;
    rules.modules = std::move(answer.modules);
    rules.diagnostics = std::move(answer.diagnostics);
    if (rules.ok) {
      DAY_TRY_ASSIGN(rules.blob, TakeBlob(&received, answer.size_bytes));
      rules.size_bytes = answer.size_bytes;
      DAY_TRY_ASSIGN(const os::Mapping bytes, os::Mapping::ReadOnly(rules.blob, rules.size_bytes));
      rules.sha256 = crypto::Sha256(bytes.bytes());
    }
    return rules;
  }
}

base::Result<CompiledSignatures> DatabaseLoader::Read(const std::vector<std::string>& paths,
                                                      std::vector<ArtifactSource>* sources) const {
  DAY_TRY_ASSIGN(const auto worker, WorkerProcess::Start(ForCompiling(worker_)));
  for (const std::string& path : paths) {
    DAY_TRY_ASSIGN(os::Fd fd, os::OpenRead(path));
    DAY_TRY_ASSIGN(const os::FileStat stat, os::StatFd(fd.get()));
    DAY_TRY_ASSIGN(const crypto::Sha256Digest sha256, HashFile(fd.get()));
    sources->push_back({path, stat, sha256});
    std::string frame;
    DAY_TRY(workerproto::Append(workerproto::AddSignatures{path, stat.size_bytes}, &frame));
    std::vector<os::Fd> owned;
    owned.push_back(std::move(fd));
    worker->Queue(std::move(frame), {}, std::move(owned));
    // If it is gone, it says below how it ended.
    const base::Status sent = worker->Flush();
    if (!sent.ok() && sent.error().kind != base::ErrorKind::kCancelled) {
      return sent.error();
    }
  }
  std::string frame;
  DAY_TRY(workerproto::AppendEmpty(MessageType::kBuildSignatures, &frame));
  worker->Queue(std::move(frame), {});
  DAY_TRY_ASSIGN(ReceivedFrame received, Await(worker.get(), MessageType::kSignaturesBuilt,
                                               os::MonotonicNs() + kCompileTimeoutNs));
  CompiledSignatures out;
  DAY_TRY_ASSIGN(out.summary, workerproto::DecodeSignaturesBuilt(received.frame.payload));
  if (out.summary.ok) {
    out.size_bytes = out.summary.size_bytes;
    DAY_TRY_ASSIGN(out.blob, TakeBlob(&received, out.size_bytes));
  }
  return out;
}

base::Result<CompiledSignatures> DatabaseLoader::Build(const std::vector<std::string>& paths,
                                                       std::vector<ArtifactSource>* sources) const {
  DAY_TRY_ASSIGN(CompiledSignatures out, Read(paths, sources));
  if (!out.summary.ok) {
    return base::MakeError(base::ErrorKind::kMalformed, out.summary.error);
  }
  DAY_TRY_ASSIGN(const os::Mapping bytes, os::Mapping::ReadOnly(out.blob, out.size_bytes));
  out.sha256 = crypto::Sha256(bytes.bytes());
  return out;
}

base::Result<workerproto::SignaturesBuilt> DatabaseLoader::ReadSignatures(
    const std::vector<std::string>& paths) const {
  std::vector<ArtifactSource> sources;
  DAY_TRY_ASSIGN(CompiledSignatures out, Read(paths, &sources));
  return std::move(out.summary);
}

base::Result<CompiledSignatures> DatabaseLoader::LoadSignatures(
    const std::vector<std::string>& paths) const {
  std::vector<ArtifactSource> sources;
  if (cache_ == nullptr) {
    return Build(paths, &sources);
  }
  std::string question;
  for (const std::string& path : paths) {
    wire::Encoder(&question).Text(path);
  }
  const std::string name = HexName("signatures", crypto::Sha256(base::AsBytes(question)));
  DAY_TRY_ASSIGN(const crypto::Sha256Digest builder, Builder());
  if (std::optional<Artifact> artifact = cache_->Lookup(name, builder)) {
    base::Result<workerproto::SignaturesBuilt> summary =
        workerproto::DecodeSignaturesBuilt(base::AsBytes(artifact->note));
    if (summary.ok()) {
      CompiledSignatures out;
      out.blob = std::move(artifact->blob);
      out.size_bytes = artifact->size_bytes;
      out.sha256 = artifact->sha256;
      out.summary = std::move(summary).value();
      out.from_cache = true;
      return out;
    }
  }
  DAY_TRY_ASSIGN(CompiledSignatures out, Build(paths, &sources));
  base::Result<Artifact> stored =
      cache_->Store(name, builder, sources, out.blob, out.size_bytes, EncodeNote(out.summary));
  if (stored.ok()) {
    out.blob = std::move(stored->blob);
  }
  return out;
}

}  // namespace day::endpoint::scan
