// Opens xar archives (Apple's .pkg and .xip): the files, their extended attributes, the documents
// in the table of contents and that table itself, each decoded alone.
//
// Specification: none by Apple; the xar project's "xarformat" page. zlib (which xar calls x-gzip),
// bzip2, LZMA, xz and stored data are read; if the encoding is not said, unknown or not that of the
// data, the data tell. Checksums and signatures are not looked at. Whatever is wrong with the XML,
// data whose offset can be read are given (see toc_reader.h), and what comes out in front of damage
// too. Where a wrong length of the table leaves two places for the heap, both are tried.
//
// The table of contents is held in memory and paid like an object (file_bytes_max). Every object is
// paid, so that data which share their bytes cannot multiply work. Linear in the file and its
// output. Not thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/parts/archive.h"
#include "libs/unpack/xar/toc_reader.h"

namespace day::unpack::xar {

class XarReader final : public parts::Archive {
 public:
  static bool IsXar(base::Bytes file);

  // REQUIRES: IsXar(file), which outlives the reader.
  explicit XarReader(base::Bytes file) : file_(file) {}

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  enum class Coding : std::uint8_t { kStored, kZlib, kBzip2, kLzma, kXz, kUnknown };

  std::optional<parts::Member> ReadToc(base::Budget& budget);
  parts::Member ReadEntry(const TocEntry& entry, base::Budget& budget,
                          inflate::OutputBuffer& buffer);
  std::string Decode(Coding coding, base::Bytes packed, base::Budget& budget,
                     inflate::OutputBuffer& buffer);
  static Coding CodingOf(std::string_view encoding);
  static Coding CodingOf(Coding declared, base::Bytes packed);

  base::Bytes file_;
  inflate::Inflater inflater_;
  inflate::OutputBuffer toc_bytes_;
  std::string toc_text_;  // if it was UTF-16
  std::optional<TocReader> toc_;
  std::vector<std::uint64_t> heaps_;  // where it may begin, the likely place first
  bool is_opened_ = false;
  std::string problem_;
};

}  // namespace day::unpack::xar
