#include "libs/unpack/parts/markup.h"

#include <algorithm>

namespace day::unpack::parts {
namespace {

constexpr auto kNone = std::string_view::npos;
constexpr std::string_view kCommentStart = "<!--";
constexpr std::string_view kCommentEnd = "-->";
constexpr std::string_view kSpace = " \t\r\n";

// Where the tag ends that `rest` (up to the next '<') starts with: its '>', or the whole of it.
std::size_t EndOfTag(std::string_view rest) {
  char quote = 0;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    if (quote == 0 && c == '>') {
      return i;
    }
    if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    }
  }
  return std::min(rest.find('>'), rest.size());
}

}  // namespace

// Whether there was one at the position, which is then behind it.
bool ElementScanner::SkipComment() {
  if (!comments_end_ || text_.substr(position_, kCommentStart.size()) != kCommentStart) {
    return false;
  }
  const std::size_t end = text_.find(kCommentEnd, position_ + kCommentStart.size());
  comments_end_ = end != kNone;
  position_ = comments_end_ ? end + kCommentEnd.size() : position_;
  return comments_end_;
}

std::string_view ElementScanner::TextHere() const {
  const std::string_view rest = text_.substr(position_);
  return rest.substr(0, rest.find('<'));
}

std::optional<Element> ElementScanner::Next() {
  do {
    position_ = text_.find('<', position_);
    if (position_ == kNone) {
      position_ = text_.size();
      return std::nullopt;
    }
  } while (SkipComment());
  ++position_;
  Element element;
  const std::string_view rest = TextHere();
  const std::size_t end = EndOfTag(rest);
  element.tag = rest.substr(0, end);
  position_ += std::min(end + 1, rest.size());
  element.text = TextHere();
  if (element.text.find_first_not_of(kSpace) == kNone) {
    const std::size_t before = position_;
    position_ += element.text.size();
    if (SkipComment()) {
      element.text = TextHere();
    } else {
      position_ = before;
    }
  }
  return element;
}

}  // namespace day::unpack::parts
