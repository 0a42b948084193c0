// A tool: work on rules and files that a person asks for with `daylight rules ...`, done inside the
// sandbox.
//
// A tool gets its files one after the other, then runs once. It prints through a ToolSink; nothing
// it does fails but by its exit code and a text. Not thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/bytes.h"
#include "libs/rules/module/module.h"
#include "libs/workerproto/tool.h"

namespace day::worker::tools {

// Exit codes of all tools.
inline constexpr std::uint8_t kToolFine = 0;
inline constexpr std::uint8_t kToolFound = 1;  // there is something to look at
inline constexpr std::uint8_t kToolFailed = 2;

class ToolSink {
 public:
  virtual ~ToolSink() = default;
  virtual void Text(std::string_view text) = 0;   // standard output
  virtual void Error(std::string_view text) = 0;  // standard error
  // A file for the parent to write. REQUIRES: name and content within the protocol's limits.
  virtual void File(std::string_view name, std::string_view bytes) = 0;
};

// What every tool is made with. REQUIRES: outlives the tool.
struct ToolContext {
  const rules::module::Registry& registry;
  // Returns the text of an included file.
  std::function<std::optional<std::string>(const std::string& path)> include;
};

using ToolOptions = std::map<std::string, std::string, std::less<>>;

class Tool {
 public:
  virtual ~Tool() = default;
  // `bytes` are valid during the call only.
  virtual void AddFile(workerproto::ToolFileRole role, const std::string& path, base::Bytes bytes,
                       ToolSink* sink) = 0;
  virtual std::uint8_t Run(ToolSink* sink) = 0;
};

// Null if there is no tool of that name. Tools: check, format, explain, cost, diff.
std::unique_ptr<Tool> MakeTool(std::string_view name, const ToolOptions& options,
                               const ToolContext& context);

std::unique_ptr<Tool> MakeCheckTool(const ToolOptions& options, const ToolContext& context);
std::unique_ptr<Tool> MakeFormatTool(const ToolOptions& options, const ToolContext& context);
std::unique_ptr<Tool> MakeExplainTool(const ToolOptions& options, const ToolContext& context);
std::unique_ptr<Tool> MakeCostTool(const ToolOptions& options, const ToolContext& context);
std::unique_ptr<Tool> MakeDiffTool(const ToolOptions& options, const ToolContext& context);

}  // namespace day::worker::tools
