// Gives what an RTF document holds: objects, pictures and other data written as hexadecimal digits,
// the files in them, and its text.
//
//   RtfReader rtf(file);
//   while (std::optional<document::Part> part = rtf.Next(budget, inflater, buffer)) { ... }
//
// Specification: "Rich Text Format (RTF) Specification" 1.9.1. It leaves open what Word does with
// blanks, control words, \'hh and groups amid the digits, and whoever hides an object uses that. So
// the digits are read in up to three ways at once, and each result that differs is given:
// all digits wherever they stand; only those that stand in no inner group; all but those in groups
// that may be ignored ("{\*\..."). \bin is raw data in each. Pictures have the last reading only.
//
// Names are "object N", "picture N", "data N", and "object N//NAME" for what an object holds: its
// file if it is a package, else its native data. "(text)" is all text, in UTF-8, without control
// words: links and templates can be read there. "(trailing data)" is what follows the last group.
//
// Limits: kRescansMax. Everything given is paid from the Budget, and each rescan as steps; without
// them the time is linear. Nesting costs nothing but a number. Memory: three times the digits of
// one object, and the text. Ownership: contents are views into `file` or the reader, valid until
// the next Next(). Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/document/part.h"
#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/inflate/output_buffer.h"

namespace day::unpack::rtf {

// Objects in the digits of other objects are read from where they start, so often at most.
inline constexpr std::size_t kRescansMax = 64;

// A control word or symbol, or nothing of it.
struct Control {
  std::string_view word;  // letters; or one other character
  std::optional<std::int64_t> number;
  std::size_t next = 0;  // behind it and its blank
};

// REQUIRES: text[at] is a backslash.
Control ReadControl(std::string_view text, std::size_t at);

class RtfReader {
 public:
  explicit RtfReader(base::Bytes file) : text_(base::AsText(file)) {}

  // The next part, or nothing at the end.
  std::optional<document::Part> Next(base::Budget& budget, inflate::Inflater& inflater,
                                     inflate::OutputBuffer& buffer);

  // The limit that cut the walk itself, as a gap's reason; or empty.
  std::string_view problem() const { return problem_; }

 private:
  enum class Data : std::uint8_t { kObject, kPicture, kOther };

  bool FindData();
  void AddText(const Control& control);
  void ReadDigits(std::size_t from);
  void QueueParts();
  void QueueObject(const std::string& name, base::Bytes object);
  std::optional<document::Part> LastParts(base::Budget& budget);

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint64_t depth_ = 0;
  std::size_t document_end_ = 0;  // behind the group that ended the document

  // The readings of the data found last.
  struct Reading {
    std::string bytes;
    int nibble = -1;
    void Digit(int value);
  };
  Data data_ = Data::kOther;
  std::array<Reading, 3> readings_;
  std::vector<std::size_t> inner_objects_;  // where rescans start
  std::size_t rescans_ = 0;

  struct Queued {
    std::string name;
    base::Bytes content;
    bool is_cut = false;
  };
  std::vector<Queued> queue_;  // parts of the data found last, the next one last
  std::uint64_t objects_ = 0;
  std::uint64_t pictures_ = 0;
  std::uint64_t others_ = 0;

  std::string plain_;  // all text
  int skip_after_unicode_ = 0;
  bool text_given_ = false;
  bool trailing_given_ = false;
  std::string problem_;
};

}  // namespace day::unpack::rtf
