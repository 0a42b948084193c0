// Going through a mail's text line by line, whatever its lines end with: LF, CR LF or CR alone.
//
//   for (LineWalker lines(text); !lines.done();) { ... lines.start(), lines.Next() ... }
//
// Linear in the text, however the three are mixed. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace day::unpack::mail {

class LineWalker {
 public:
  explicit LineWalker(std::string_view text, std::size_t start = 0) : text_(text), start_(start) {}

  bool done() const { return start_ >= text_.size(); }
  // Where the next line starts; at most the text's size.
  std::size_t start() const { return start_; }

  // The next line without its ending. REQUIRES: !done().
  std::string_view Next() {
    if (!feed_known_ || feed_ < start_) {
      feed_ = Find('\n', text_.size());
      feed_known_ = true;
    }
    const std::size_t begin = start_;
    const std::size_t end = Find('\r', feed_);
    const bool is_crlf = end + 1 == feed_ && feed_ < text_.size();
    start_ = std::min(is_crlf || end == feed_ ? feed_ + 1 : end + 1, text_.size());
    return text_.substr(begin, end - begin);
  }

 private:
  // The first `c` in [start_, limit), or limit.
  std::size_t Find(char c, std::size_t limit) const {
    const std::size_t found = text_.substr(0, limit).find(c, start_);
    return found == std::string_view::npos ? limit : found;
  }

  std::string_view text_;
  std::size_t start_;
  std::size_t feed_ = 0;  // the next LF, or the end of the text
  bool feed_known_ = false;
};

// `text` up to `end`, without the one line ending that stands in front of it: that belongs to the
// delimiter behind it. REQUIRES: end <= text.size().
inline std::string_view WithoutLastEnding(std::string_view text, std::size_t end) {
  std::string_view part = text.substr(0, end);
  if (part.ends_with('\n')) {
    part.remove_suffix(1);
    if (part.ends_with('\r')) {
      part.remove_suffix(1);
    }
  } else if (part.ends_with('\r')) {
    part.remove_suffix(1);
  }
  return part;
}

inline constexpr std::string_view kBlanks = " \t";

inline bool IsBlank(std::string_view line) {
  return line.find_first_not_of(kBlanks) == std::string_view::npos;
}

inline char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Whether `text` starts with `word`, letters compared without their case. REQUIRES: `word` is lower
// case.
inline bool StartsWithWord(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) {
    return false;
  }
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (Lower(text[i]) != word[i]) {
      return false;
    }
  }
  return true;
}

}  // namespace day::unpack::mail
