// Gives what a TNEF stream (winmail.dat, application/ms-tnef) holds: attachments with their names,
// and the texts of the message.
//
//   TnefReader tnef(file);
//   while (std::optional<document::Part> part = tnef.Next(budget, inflater, buffer)) { ... }
//
// Specification: [MS-OXTNEF]. Checksums are not asked for, and attributes in any order are read: an
// attachment goes on until the next one starts. Messages in messages are given as TNEF streams,
// objects as what they are. Names are those of attachments, the long ones if there are any, or
// "attachment N"; texts are "body.txt", "body.html" and "body.rtf" (decompressed).
//
// Limits: kPartsMax. Time is linear; everything given is paid from the Budget. Ownership: contents
// are views into the file or the reader, valid until the next Next(). Not thread-safe.
#pragma once

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

namespace day::unpack::tnef {

inline constexpr std::size_t kPartsMax = 20'000;

class TnefReader {
 public:
  explicit TnefReader(base::Bytes file) : file_(file) {}

  // Whether the file starts with TNEF's signature.
  static bool IsTnef(base::Bytes file);

  std::optional<document::Part> Next(base::Budget& budget, inflate::Inflater& inflater,
                                     inflate::OutputBuffer& buffer);

  // What is wrong with the stream itself, or empty.
  std::string_view problem() const { return problem_; }

 private:
  enum class Encoding : std::uint8_t { kNone, kUtf16, kRtf };
  struct Found {
    std::string name;
    base::Bytes data;
    Encoding encoding = Encoding::kNone;
  };

  void ReadAll();
  void ReadAttribute(std::uint32_t id, base::Bytes data);
  void ReadProperties(base::Bytes data, bool of_attachment);
  void UseProperty(std::uint32_t tag, base::Bytes value, bool of_attachment);
  void Add(std::string name, base::Bytes data, Encoding encoding = Encoding::kNone);
  void EndAttachment();

  base::Bytes file_;
  bool is_read_ = false;
  std::vector<Found> found_;
  std::size_t next_ = 0;
  // The attachment that is being read: what it is called, and where its data starts in found_.
  std::string short_name_;
  std::string long_name_;
  std::size_t attachment_start_ = 0;
  std::uint64_t attachments_ = 0;
  std::string text_;
  std::string problem_;
};

}  // namespace day::unpack::tnef
