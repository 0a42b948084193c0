// Gives the disk in a dynamic VHD as one object: its blocks where they belong, zeros between them.
//
// Fixed VHDs are a disk with a footer behind it and need no reader. A differencing disk gives what
// it holds itself, and problem() says "unsupported: ..." of the rest. Specification: Microsoft's
// "Virtual Hard Disk Image Format", 1.0. The table is read entry by entry where it lies; the
// output is bounded by the Budget. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "libs/unpack/parts/archive.h"

namespace day::unpack::disk {

class VhdReader final : public parts::Archive {
 public:
  // Whether the copy of the footer that dynamic disks start with is there.
  static bool IsVhd(base::Bytes file);

  // REQUIRES: `file` outlives the reader.
  explicit VhdReader(base::Bytes file) : file_(file) {}

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  base::Bytes file_;
  bool given_ = false;
  std::string problem_;
};

}  // namespace day::unpack::disk
