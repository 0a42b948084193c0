// Walks a cpio archive: newc (070701), its form with checksums (070702), portable ASCII (odc,
// 070707) and old binary in both byte orders. Archives behind the trailer are read as well, as the
// kernel reads its early images; other bytes there are given as "(trailing data)".
//
// Folders, links and devices are passed over. Behind damage the rest of the file is given as
// "(trailing data)", and problem() says so. Limits: kNameBytesMax. Linear in the file; contents are
// views that never overlap. Checksums are not checked. Not thread-safe.
#pragma once

#include <string>

#include "libs/unpack/parts/archive.h"

namespace day::unpack::cpio {

// A header with a longer name is damage.
inline constexpr std::uint64_t kNameBytesMax = 64 * 1024;

class CpioReader final : public parts::Archive {
 public:
  // Whether a header with a plausible name starts the file: the magic of the binary form is two
  // bytes only.
  static bool IsCpio(base::Bytes file);

  // REQUIRES: `file` outlives the reader.
  explicit CpioReader(base::Bytes file) : file_(file) {}

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  base::Bytes file_;
  std::uint64_t offset_ = 0;
  bool ended_ = false;  // a trailer was the last entry
  std::string problem_;
};

}  // namespace day::unpack::cpio
