// Opens Hangul documents of version 3 ("HWP Document File V3.00"), as Hangul 96 and 97 wrote them.
//
// Behind three headers of fixed and declared size lies the body, as a rule deflated: "(body)".
// Objects stand behind its paragraphs; they are looked for by what compound files begin with, not
// by walking paragraphs, whose damage would end the walk: "object 1", "object 2", ... Pictures are
// not taken out: they lie in the body as they are.
//
// Specification: Hancom's "HWP 3.0 document format" (published 2010), chapters 3 to 10. A password
// encrypts the body: the gap "encrypted". At most kObjectsMax objects, each paid from the Budget.
// Ownership: contents are views into the file, `buffer` or the reader, valid until the next Next().
// Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/document/part.h"
#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/inflate/output_buffer.h"

namespace day::unpack::hwp3 {

inline constexpr std::string_view kSignature("HWP Document File V3.00 \x1A\1\2\3\4\5", 30);
inline constexpr std::uint64_t kObjectsMax = 1'000;

class Hwp3Reader {
 public:
  explicit Hwp3Reader(base::Bytes file) : file_(file) {}

  std::optional<document::Part> Next(base::Budget& budget, inflate::Inflater& inflater,
                                     inflate::OutputBuffer& buffer);
  // What is wrong with the file itself, or empty.
  std::string_view problem() const { return problem_; }

 private:
  std::optional<document::Part> Body(base::Budget& budget, inflate::Inflater& inflater);
  std::optional<document::Part> NextObject(base::Budget& budget);

  base::Bytes file_;
  bool is_open_ = false;
  inflate::OutputBuffer inflated_;
  base::Bytes body_;
  std::size_t at_ = 0;
  std::uint64_t count_ = 0;
  std::string_view problem_;
};

}  // namespace day::unpack::hwp3
