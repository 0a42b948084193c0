// Walks an ar archive (static libraries, and Debian packages: debian-binary, control.tar.*,
// data.tar.*): System V and GNU names ("name/", "/123" into the "//" table) and BSD names ("#1/20",
// stored before the data).
//
// Symbol tables and the table of names are passed over. Behind damage there is no way to find the
// next header for sure: the rest of the file is given as "(trailing data)", and problem() says so.
// Limits: kNameBytesMax. Linear in the file; contents are views that never overlap. Not
// thread-safe.
#pragma once

#include <string>

#include "libs/unpack/parts/archive.h"

namespace day::unpack::ar {

// Longer names are cut off.
inline constexpr std::size_t kNameBytesMax = 4096;

class ArReader final : public parts::Archive {
 public:
  // Whether the archive's magic starts the file.
  static bool IsAr(base::Bytes file);

  // REQUIRES: IsAr(file), which outlives the reader.
  explicit ArReader(base::Bytes file);

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  std::string ResolveName(std::string_view field, base::Bytes& data);

  base::Bytes file_;
  std::uint64_t offset_;
  std::string_view names_;  // the "//" member
  std::string problem_;
};

}  // namespace day::unpack::ar
