#include "worker/tools/tool.h"

namespace day::worker::tools {

std::unique_ptr<Tool> MakeTool(std::string_view name, const ToolOptions& options,
                               const ToolContext& context) {
  static constexpr struct {
    std::string_view name;
    std::unique_ptr<Tool> (*make)(const ToolOptions&, const ToolContext&);
  } kTools[] = {{"check", MakeCheckTool},
                {"format", MakeFormatTool},
                {"explain", MakeExplainTool},
                {"cost", MakeCostTool},
                {"diff", MakeDiffTool}};
  for (const auto& tool : kTools) {
    if (tool.name == name) {
      return tool.make(options, context);
    }
  }
  return nullptr;
}

}  // namespace day::worker::tools
