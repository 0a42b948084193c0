// Checkpoints: tlog-checkpoint (C2SP, v1.0.0). What a log, and its witnesses, sign.
//
// A checkpoint's body is the text of a signed note (libs/tlog/note.h); reading it says nothing
// about signatures, which libs/tlog/policy.h judges. Thread safety: values and free functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/tlog/merkle.h"
#include "libs/tlog/note.h"

namespace day::tlog {

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Hash root{};
  std::vector<std::string> extensions;  // lines without their newlines; not empty

  // The note text. REQUIRES: origin and extensions are not empty and hold no control characters.
  std::string ToText() const;
  bool operator==(const Checkpoint&) const = default;
};

// Reads a note's text. Errors: kMalformed. The root is not judged: that of an empty tree may be any
// hash here (witnesses and Policy::Open() refuse all but EmptyRoot()).
base::Result<Checkpoint> ParseCheckpoint(std::string_view note_text);

// A note that is a checkpoint; nothing is verified.
struct CheckpointNote {
  Checkpoint checkpoint;
  Note note;
};
// Errors: as ParseNote() and ParseCheckpoint().
base::Result<CheckpointNote> ParseCheckpointNote(std::string_view note);

}  // namespace day::tlog
