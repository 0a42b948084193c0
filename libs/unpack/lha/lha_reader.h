// Walks an LHA archive (.lzh, .lha, and LArc's .lzs): headers of levels 0 to 3, stored files,
// -lh1-, -lh4- to -lh7-, -lhx-, -lzs- and -lz5-.
//
// Other methods (-lh2-, -lh3-, -pm1-, ...) are gaps. Where no header is, the next one is looked for
// whose own checksum fits, and problem() says so; bytes behind the end mark are not looked at.
// Linear in the file and its output. Not thread-safe.
#pragma once

#include <string>

#include "libs/unpack/lha/lha_header.h"
#include "libs/unpack/parts/archive.h"

namespace day::unpack::lha {

// Headers that are tried behind damage.
inline constexpr std::size_t kCandidatesMax = 10'000;

class LhaReader final : public parts::Archive {
 public:
  // Whether a method's name stands where the first header has it.
  static bool IsLha(base::Bytes file) { return HasMethod(file, 0); }

  // REQUIRES: IsLha(file), which outlives the reader.
  explicit LhaReader(base::Bytes file) : file_(file) {}

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  bool Resync();

  base::Bytes file_;
  std::uint64_t offset_ = 0;
  std::size_t candidates_ = 0;
  bool ended_ = false;
  std::string problem_;
};

}  // namespace day::unpack::lha
