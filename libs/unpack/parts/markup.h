// Tags of an XML text, one after the other, whatever is wrong with it. A scanner and no parser:
// tags need not match, entities stay as they are, comments are passed over. Linear in the text.
// Thread safety: a scanner belongs to one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace day::unpack::parts {

struct Element {
  std::string_view tag;   // "key", "/dict", "a b=\"c\"/": without its brackets
  std::string_view text;  // up to the next tag
};

class ElementScanner {
 public:
  // The views that it gives live as long as `text`.
  explicit ElementScanner(std::string_view text) : text_(text) {}

  // The next tag and the text behind it, or behind a comment that follows at once. A tag ends at
  // the first '>' outside quotes; if the next '<' comes before, at any '>' or at that '<'.
  std::optional<Element> Next();

  // Just behind the last tag.
  std::size_t position() const { return position_; }

 private:
  bool SkipComment();
  std::string_view TextHere() const;

  std::string_view text_;
  std::size_t position_ = 0;
  bool comments_end_ = true;  // false: there is no end of a comment any more
};

}  // namespace day::unpack::parts
