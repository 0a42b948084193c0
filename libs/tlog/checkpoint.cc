#include "libs/tlog/checkpoint.h"

#include <fmt/format.h>

#include <utility>

#include "libs/tlog/text.h"

namespace day::tlog {
namespace {

base::Error Malformed(const char* message) {
  return base::MakeError(base::ErrorKind::kMalformed, message);
}

}  // namespace

std::string Checkpoint::ToText() const {
  std::string out = fmt::format("{}\n{}\n{}\n", origin, size, HashText(root));
  for (const std::string& line : extensions) {
    out += line + "\n";
  }
  return out;
}

base::Result<Checkpoint> ParseCheckpoint(std::string_view note_text) {
  Checkpoint out;
  const auto origin = TakeLine(&note_text);
  if (!origin || origin->empty()) {
    return Malformed("a checkpoint has no origin");
  }
  out.origin = *origin;
  const auto size_line = TakeLine(&note_text);
  const auto size = size_line ? ParseDecimal(*size_line) : std::nullopt;
  if (!size) {
    return Malformed("a checkpoint has no valid tree size");
  }
  out.size = *size;
  const auto root_line = TakeLine(&note_text);
  const auto root = root_line ? ParseHash(*root_line) : std::nullopt;
  if (!root) {
    return Malformed("a checkpoint has no valid root hash");
  }
  out.root = *root;
  while (!note_text.empty()) {
    const auto line = TakeLine(&note_text);
    if (!line || line->empty()) {
      return Malformed("a checkpoint has an empty or unfinished extension line");
    }
    out.extensions.emplace_back(*line);
  }
  return out;
}

base::Result<CheckpointNote> ParseCheckpointNote(std::string_view note) {
  CheckpointNote out;
  DAY_TRY_ASSIGN(out.note, ParseNote(note));
  DAY_TRY_ASSIGN(out.checkpoint, ParseCheckpoint(out.note.text));
  return out;
}

}  // namespace day::tlog
