// `rules format`: the text of one rule file, laid out. The parent compares and writes.
#include "libs/rules/syntax/format.h"

#include <string>

#include "worker/tools/tool.h"

namespace day::worker::tools {
namespace {

class FormatTool : public Tool {
 public:
  void AddFile(workerproto::ToolFileRole /*role*/, const std::string& /*path*/, base::Bytes bytes,
               ToolSink* sink) override {
    sink->Text(rules::syntax::FormatSource(base::AsText(bytes), {}));
  }
  std::uint8_t Run(ToolSink* /*sink*/) override { return kToolFine; }
};

}  // namespace

std::unique_ptr<Tool> MakeFormatTool(const ToolOptions& /*options*/,
                                     const ToolContext& /*context*/) {
  return std::make_unique<FormatTool>();
}

}  // namespace day::worker::tools
