// The database of a scan: rules and hash signatures, compiled in the sandbox or taken from the
// cache.
//
// The parent only reads source files and hands them over; text is parsed and compiled by a worker
// that ends afterwards. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/scan/artifact_cache.h"
#include "endpoint/scan/pool.h"
#include "libs/base/result.h"
#include "libs/crypto/hash.h"
#include "libs/workerproto/messages.h"

namespace day::endpoint::scan {

inline constexpr std::uint64_t kRuleFileBytesMax = 256u << 20;
inline constexpr std::uint64_t kRuleFilesMax = 100'000;
inline constexpr std::int64_t kCompileTimeoutNs = 600'000'000'000;

// One file of rules and the namespace its rules are in.
struct RuleFile {
  std::string name_space;
  std::string path;
  std::optional<std::string> text = std::nullopt;  // instead of what is at `path`
};

// A file that rules include, as a compilation asked for it.
struct IncludedFile {
  std::string path;
  std::string text;
};

// Rule files below the given paths: a file as it is, a folder with every *.yar and *.yara in it,
// sorted by path. Files given by folder are each in a namespace of their own (their path), so that
// equal names do not clash. Errors: kNotFound, kLimit, as os::ErrnoError.
base::Result<std::vector<RuleFile>> FindRuleFiles(const std::vector<std::string>& paths);
// Signature files likewise: below folders everything whose ending ClamAV knows, but for YARA rules,
// and lists of hashes (.csv .sha256 .md5). In the order in which they have to be read: names that
// are left out and signatures beside containers, containers, the rest.
base::Result<std::vector<std::string>> FindSignatureFiles(const std::vector<std::string>& paths);
// YARA rules among signatures, each file in the namespace kClamavNamespace and its path; none is no
// error. Files given by themselves count by their ending.
base::Result<std::vector<RuleFile>> FindDatabaseRules(const std::vector<std::string>& paths);
// Certificates (*.pem, *.crt) for containers: a file as it is, a folder with all in it.
base::Result<std::vector<std::string>> FindCertificates(const std::vector<std::string>& paths);

// Rules in such a namespace are named as ClamAV does (libs/engine/naming.h).
inline constexpr std::string_view kClamavNamespace = "clamav:";

struct CompileRequest {
  std::vector<RuleFile> files;
  std::vector<workerproto::External> externals;
  bool includes_allowed = true;
  bool strict_escape = false;
  bool yara_x_extensions = true;
  std::uint64_t strings_per_rule_max = 10'000;
  bool stop_at_bad_file = false;
  // If set, includes are looked for here alone and not on the disk.
  const std::vector<IncludedFile>* includes = nullptr;
  // If set, gets every file that was included. REQUIRES: a loader without a cache.
  std::vector<IncludedFile>* includes_read = nullptr;
};

// Compiled rules, and what was said about them.
struct CompiledRules {
  bool ok = false;
  std::string error;  // a failure that is no rule's
  os::Fd blob;        // if ok
  std::uint64_t size_bytes = 0;
  crypto::Sha256Digest sha256{};
  std::uint32_t rule_count = 0;
  std::uint32_t string_count = 0;
  std::vector<std::string> modules;
  std::vector<workerproto::Diagnostic> diagnostics;
  bool from_cache = false;
};

struct CompiledSignatures {
  os::Fd blob;
  std::uint64_t size_bytes = 0;
  crypto::Sha256Digest sha256{};
  workerproto::SignaturesBuilt summary;
  bool from_cache = false;
};

class DatabaseLoader {
 public:
  // `cache` may be null: everything is compiled. REQUIRES: it outlives the loader.
  DatabaseLoader(WorkerOptions worker, const ArtifactCache* cache)
      : worker_(std::move(worker)), cache_(cache) {}

  // Rules with errors are a value with ok == false. Errors: source files cannot be read; those of
  // WorkerProcess::WaitForFrame(): kTruncated, kTimeout and kMalformed speak against the sources.
  base::Result<CompiledRules> LoadRules(const CompileRequest& request) const;
  // Errors: likewise, and a table that cannot be built.
  base::Result<CompiledSignatures> LoadSignatures(const std::vector<std::string>& paths) const;
  // What would become of these files; without the cache. A set that cannot be used is a value with
  // ok == false.
  base::Result<workerproto::SignaturesBuilt> ReadSignatures(
      const std::vector<std::string>& paths) const;

 private:
  struct Sources;
  base::Result<crypto::Sha256Digest> Builder() const;
  base::Result<CompiledRules> Compile(const CompileRequest& request, Sources* sources) const;
  static base::Status ReadSources(const CompileRequest& request, Sources* sources);
  static base::Status AnswerInclude(const CompileRequest& request, base::Bytes question,
                                    WorkerProcess* worker, Sources* sources);
  base::Result<CompiledSignatures> Read(const std::vector<std::string>& paths,
                                        std::vector<ArtifactSource>* sources) const;
  base::Result<CompiledSignatures> Build(const std::vector<std::string>& paths,
                                         std::vector<ArtifactSource>* sources) const;

  WorkerOptions worker_;
  const ArtifactCache* cache_;
};

}  // namespace day::endpoint::scan
