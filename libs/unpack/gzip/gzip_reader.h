// Reads a gzip file (RFC 1952): members one behind the other, as gunzip joins them.
//
//   DAY_TRY_ASSIGN(GzipReader gzip, GzipReader::Create(file));
//   while (std::optional<Member> member = gzip.Next(budget, inflater, buffer)) {
//     ... buffer holds the content of all members so far; member->gap says what was not seen ...
//   }
//   gzip.trailing();  // what follows the last member
//
// The content of a gzip file is the joined content of its members: whoever wants to hide splits
// there. A damaged or cut member keeps its beginning and ends the file, as for gunzip; the bytes
// behind it are trailing(). Zero padding behind the last member (tape blocks) is not. Limits: the
// Budget's, see inflate.h; each member costs a file's steps, so that millions of empty ones end.
// Ownership: views into `file`. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/unpack/inflate/inflate.h"

namespace day::unpack::gzip {

// Longest name and comment that are handed on.
inline constexpr std::size_t kNameBytesMax = 4096;

struct Member {
  std::uint64_t offset = 0;          // of its header
  std::string_view name;             // FNAME, raw bytes; empty if there is none
  std::string_view comment;          // FCOMMENT
  std::uint32_t mtime = 0;           // seconds since 1970, as written
  std::uint64_t content_offset = 0;  // where its content starts in the buffer
  std::uint64_t content_size = 0;
  std::string gap;  // "", "damaged: ...", "limit ..."
};

class GzipReader {
 public:
  // Errors: kMalformed (no gzip header of method 8 at the start).
  static base::Result<GzipReader> Create(base::Bytes file);

  // Decodes the next member and appends its content; nothing at the end.
  std::optional<Member> Next(base::Budget& budget, inflate::Inflater& inflater,
                             inflate::OutputBuffer& buffer);

  // What follows the last member; complete after Next() has returned nothing.
  base::Bytes trailing() const { return trailing_; }

 private:
  explicit GzipReader(base::Bytes file) : file_(file) {}
  void Finish(std::uint64_t offset);

  base::Bytes file_;
  std::uint64_t offset_ = 0;
  bool ended_ = false;
  base::Bytes trailing_;
};

}  // namespace day::unpack::gzip
