// The transfer encodings of MIME (RFC 2045, section 6): base64 and quoted-printable, read as
// tolerantly as mailers read them, never refused.
//
// Output goes through a Sink, which holds at most the room that the caller paid for. All functions
// are linear in the text. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "libs/unpack/inflate/output_buffer.h"

namespace day::unpack::mail {

// Bounded room at the end of an OutputBuffer; what was put is committed at the end of its life.
class Sink {
 public:
  // Room for the smaller of `needed_max` and `room` bytes. Without memory the room is empty.
  Sink(std::uint64_t needed_max, std::uint64_t room, inflate::OutputBuffer& out);
  ~Sink() { out_.Commit(size_); }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  // False, and full() from then on, if there is no room.
  bool Put(unsigned value) {
    if (size_ == space_.size()) {
      full_ = true;
      return false;
    }
    space_[size_++] = static_cast<std::byte>(value);
    return true;
  }
  bool full() const { return full_; }
  std::size_t size() const { return size_; }
  // What was put so far.
  base::Bytes bytes() const { return space_.first(size_); }

 private:
  inflate::OutputBuffer& out_;
  std::span<std::byte> space_;
  std::size_t size_ = 0;
  bool full_ = false;
};

// What "=" means where more data follows: mailers differ.
enum class Padding : std::uint8_t {
  kEndsData,   // what follows is not read
  kEndsGroup,  // another stream of base64 starts
  kIsJunk,     // as if it were not there
  kEndsLine,   // as kEndsGroup, and each line is a stream of its own, whatever the one before lost
};

// Characters outside the alphabet are passed over, and so is a last lone character. Missing padding
// is no error.
void DecodeBase64(std::string_view text, Padding padding, Sink& sink);
// Whether data stands behind the first "=", so that the first three readings differ.
bool HasDataBehindPadding(std::string_view text);

// Soft line breaks (blanks before the ending too) are taken out, blanks at the end of a line as
// well; "=" that starts no valid code stands for itself.
void DecodeQuotedPrintable(std::string_view text, Sink& sink);

// The value of a hexadecimal digit, or -1.
int HexValue(char c);

}  // namespace day::unpack::mail
