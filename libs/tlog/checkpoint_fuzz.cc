// Any bytes as a checkpoint: what is read is written back the same.
#include <cstdlib>

#include "libs/tlog/checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = day::base::AsText(std::as_bytes(std::span(data, size)));
  const auto checkpoint = day::tlog::ParseCheckpoint(text);
  if (checkpoint.ok() && checkpoint->ToText() != text) {
    std::abort();
  }
  const auto note = day::tlog::ParseCheckpointNote(text);
  if (note.ok() && note->checkpoint.ToText() != note->note.text) {
    std::abort();
  }
  return 0;
}
