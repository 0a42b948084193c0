// Walks a mail (RFC 5322 with MIME, or an mbox of several) and gives every part decoded.
//
//   MailReader mail(file);
//   while (std::optional<Part> part = mail.Next(budget, buffer)) {
//     ... part->content, part->gap; part->is_message: open it as a mail, whatever it looks like ...
//   }
//   mail.problem();
//
// Mailers forgive nearly everything, each in its own way, and whoever hides malware in a mail picks
// a mailer that reads it and a scanner that does not. So nothing is refused, and where mailers read
// differently, every reading is given: each of several boundaries, transfer encodings, types and
// header ends; base64 with data behind its padding, with lines that lost characters, or that nobody
// declared; lines that only start like a delimiter; headers in a body; and, if no boundary is
// declared that occurs, one that the text itself shows. Preambles, epilogues and text bodies are
// parts too. Files in the text (uuencode, yEnc, BinHex) are parts of their own.
//
// Names are "NUMBER:FILENAME" or "NUMBER:part-NUMBER.SUFFIX", counted from 1 in their message; in
// an mbox of several messages "message-N//" stands in front.
//
// Limits, each named in problem() or in the gap of the part where it was met: kPartsMax
// ("mime_parts_max") a message, kNestingMax ("mime_depth_max") multiparts in multiparts, those of
// mime_header.h, and "mime_work_max": all readings together go over at most kWorkRatioMax times the
// file (and kWorkFreeBytes). The Budget pays for every byte given. Memory: the headers, 24 bytes a
// part, and one decoded text body beside the caller's buffer. Ownership: contents are views into
// `file`, `buffer` or the reader, valid until the next Next(). Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/inflate/output_buffer.h"
#include "libs/unpack/mail/body_readings.h"
#include "libs/unpack/mail/inline_file.h"
#include "libs/unpack/mail/mime_header.h"
#include "libs/unpack/mail/text_lines.h"
#include "libs/unpack/mail/transfer.h"

namespace day::unpack::mail {

inline constexpr std::size_t kPartsMax = 10'000;
inline constexpr std::size_t kNestingMax = 64;
inline constexpr std::uint64_t kWorkRatioMax = 8;
inline constexpr std::uint64_t kWorkFreeBytes = 1024 * 1024;

struct Part {
  std::string name;
  base::Bytes content;
  bool is_message = false;  // a mail by its declared type
  std::string gap;          // "" or why not all of it is there: "limit ...", "damaged: ..."
};

class MailReader {
 public:
  // Any bytes can be read as a mail.
  explicit MailReader(base::Bytes file);

  // Whether the file looks like one: fields at its start, with names that mails have. Looks at the
  // first line of most other files, and at kIdentifyBytesMax at most.
  static bool IsMail(base::Bytes file);

  // Where a mail starts in a text that does not start with it: behind a few lines, or behind a
  // header whose first ones are damaged. Looks at 4 KB at most.
  static std::optional<std::uint64_t> FindBehindText(base::Bytes file);

  // Whether it is a text that starts with a file in uuencode, yEnc or BinHex: what a mail's body
  // may be as well; or that has one behind a first line of a mail. Looks at kIdentifyBytesMax at
  // most, and at the first line of most other files.
  static bool IsEncodedFile(base::Bytes file);
  // Reads all of a text as if it were a mail's body, and gives only the files in it.
  static MailReader OfEncodedFile(base::Bytes file);

  // The next part, or nothing at the end. Overwrites `buffer`.
  std::optional<Part> Next(base::Budget& budget, inflate::OutputBuffer& buffer);

  // The first limit that cut the walk itself, as a gap's reason; or empty. Complete after Next()
  // has returned nothing.
  std::string_view problem() const { return problem_; }

 private:
  // Text that is still to be read.
  struct Section {
    std::string_view text;
    bool has_header = true;  // preambles and epilogues have none
    bool in_digest = false;  // a message, if its header does not say otherwise
    std::uint8_t nesting = 0;
  };
  // A line that separates parts.
  struct Delimiter {
    std::size_t start = 0;
    std::size_t next = 0;   // the line behind it
    bool is_exact = false;  // else the boundary is only the beginning of the line
    bool is_closing = false;
  };
  // One reading of a body that holds no parts.
  struct Leaf {
    BodyReading reading;
    std::string name;
    bool is_message = false;
    bool is_text = false;
    std::string gap;
  };

  bool NextMessage();
  void ReadSection(const Section& section);
  bool ReadMultipart(std::string_view body, const Section& section, const Header& header);
  std::vector<std::vector<Delimiter>> FindDelimiters(std::string_view body,
                                                     const std::vector<std::string>& boundaries);
  std::vector<std::vector<Delimiter>> GuessDelimiters(std::string_view body);
  void AddSections(std::string_view body, const std::vector<Delimiter>& delimiters, bool exact_only,
                   const Section& parent, bool is_digest, std::vector<Section>& sections);
  void AddLeaves(std::string_view body, const Section& section, const Header& header,
                 bool is_multipart, bool has_parts, std::string_view gap);
  void AddHeadersIn(std::string_view body, const Section& section);
  Part DecodeLeaf(Leaf& leaf, base::Budget& budget, inflate::OutputBuffer& buffer);
  std::optional<Part> NextInline(base::Budget& budget, inflate::OutputBuffer& buffer);
  bool SpendWork(std::uint64_t bytes);
  void NoteLimit(std::string_view name);
  std::string NumberedName(std::string_view file_name, std::string_view suffix);

  std::string_view text_;
  bool is_mbox_ = false;
  LineWalker mbox_lines_;
  std::uint64_t messages_ = 0;
  std::string prefix_;          // of names: the message in an mbox
  std::uint64_t number_ = 0;    // of the part in its message
  std::size_t parts_left_ = 0;  // in its message
  std::uint64_t work_left_;
  std::vector<Section> sections_;  // a stack: the next one is the last
  std::vector<Leaf> leaves_;       // of the section read last
  std::size_t leaf_ = 0;           // the next one
  std::string_view inline_text_;   // where files in the text are looked for
  std::size_t inline_at_ = 0;
  std::optional<Part> resource_;  // the second fork of a BinHex file
  inflate::OutputBuffer body_;    // a decoded text body
  std::string problem_;
};

}  // namespace day::unpack::mail
