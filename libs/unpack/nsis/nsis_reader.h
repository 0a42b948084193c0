// Opens what NSIS (Nullsoft Scriptable Install System 2 and 3) appends to its installers: zlib,
// bzip2 and LZMA, each file by itself or all as one stream ("solid").
//
// The compiled script is given as "(header)"; the files, whose names only the script knows, by
// their numbers: "1", "2", ... A solid stream is decoded whole, up to file_bytes_max, before its
// first file is given. Linear in the file and its output. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/parts/archive.h"

namespace day::unpack::nsis {

class NsisReader final : public parts::Archive {
 public:
  // Whether the first header starts the data.
  static bool IsNsis(base::Bytes data);
  // Where such a header starts in `data`, at or behind `from`.
  static std::optional<std::uint64_t> Find(base::Bytes data, std::uint64_t from);

  // REQUIRES: IsNsis(data), which outlives the reader.
  explicit NsisReader(base::Bytes data);

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  enum class Method : std::uint8_t { kZlib, kBzip2, kLzma };

  std::string Decode(base::Bytes packed, base::Budget& budget, inflate::OutputBuffer& buffer);
  void OpenSolid(base::Budget& budget);

  base::Bytes data_;  // behind the first header, up to where it says the end is
  Method method_ = Method::kZlib;
  bool is_solid_ = false;
  bool has_filter_ = false;  // a byte in front of LZMA's properties
  bool opened_ = false;
  std::uint64_t offset_ = 0;
  std::uint32_t number_ = 0;
  inflate::OutputBuffer solid_;
  inflate::Inflater inflater_;
  std::string problem_;
};

}  // namespace day::unpack::nsis
