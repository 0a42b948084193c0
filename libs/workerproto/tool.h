// The messages of tools: pieces of work on rules and files that a person asks for (`daylight
// rules check`, `explain`, ...) and that must not run outside the sandbox.
//
// The parent sends ToolBegin, any number of ToolFile, each answered by kToolFileTaken (no payload),
// and kToolRun (no payload), answered by any number of ToolOutput and one ToolDone. While a file is
// taken or the tool runs, the worker may send IncludeRequest. Encodings
// and failures are as in messages.h. Thread safety: free functions are safe.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/workerproto/frame.h"
#include "libs/workerproto/messages.h"

namespace day::workerproto {

inline constexpr std::size_t kToolOptionsMax = 64;

struct ToolBegin {
  std::string tool;  // "check"
  std::vector<std::pair<std::string, std::string>> options;
  bool operator==(const ToolBegin&) const = default;
};

// What a file is to a tool.
enum class ToolFileRole : std::uint8_t { kRules, kNewRules, kTarget };

// Descriptor 0: the file.
struct ToolFile {
  ToolFileRole role = ToolFileRole::kRules;
  std::string path;
  std::uint64_t size_bytes = 0;
  bool operator==(const ToolFile&) const = default;
};

struct ToolOutput {
  enum class Kind : std::uint8_t {
    kText,   // for standard output
    kError,  // for standard error
    kFile,   // content of a file that the parent may write, called `name`
  };
  Kind kind = Kind::kText;
  std::string name;
  std::string bytes;
  bool operator==(const ToolOutput&) const = default;
};

struct ToolDone {
  std::uint8_t exit_code = 0;
  bool operator==(const ToolDone&) const = default;
};

base::Status Append(const ToolBegin& message, std::string* out);
base::Status Append(const ToolFile& message, std::string* out);
base::Status Append(const ToolOutput& message, std::string* out);
base::Status Append(const ToolDone& message, std::string* out);

base::Result<ToolBegin> DecodeToolBegin(base::Bytes payload);
base::Result<ToolFile> DecodeToolFile(base::Bytes payload);
base::Result<ToolOutput> DecodeToolOutput(base::Bytes payload);
base::Result<ToolDone> DecodeToolDone(base::Bytes payload);

}  // namespace day::workerproto
