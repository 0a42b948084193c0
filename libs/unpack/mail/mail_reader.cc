#include "libs/unpack/mail/mail_reader.h"

#include <algorithm>
#include <set>
#include <utility>

#include "libs/unpack/mail/mail_start.h"

namespace day::unpack::mail {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kIdentifyBytesMax = 16 * 1024;
// A content type longer than this is charged as work, for all the ways in which it is read.
constexpr std::size_t kContentTypeFreeBytes = 1000;
constexpr std::uint64_t kContentTypeWork = 64;

struct Suffix {
  std::string_view type;
  std::string_view suffix;
};
constexpr Suffix kSuffixes[] = {
    {"text/plain", ".txt"},
    {"text/html", ".html"},
    {"text/calendar", ".ics"},
    {"text/rtf", ".rtf"},
    {"text/", ".txt"},
    {"message/", ".eml"},
    {"image/jpeg", ".jpg"},
    {"image/png", ".png"},
    {"image/gif", ".gif"},
    {"image/svg", ".svg"},
    {"application/pdf", ".pdf"},
    {"application/zip", ".zip"},
    {"application/x-zip", ".zip"},
    {"application/msword", ".doc"},
};

std::string_view SuffixOf(std::string_view type) {
  for (const auto& [prefix, suffix] : kSuffixes) {
    if (type.starts_with(prefix)) {
      return suffix;
    }
  }
  return type.empty() ? ".txt" : ".bin";
}

std::string LimitReason(std::string_view name) { return "limit " + std::string(name); }

// How many bytes one object may have; `limit` is what bounds it.
std::uint64_t Room(const base::Budget& budget, base::Limit& limit) {
  const base::BudgetLimits& limits = budget.limits();
  const std::uint64_t left =
      limits.bytes_out_max - std::min(limits.bytes_out_max, budget.bytes_out());
  limit = left < limits.file_bytes_max ? base::Limit::kBytesOut : base::Limit::kFileBytes;
  return std::min(left, limits.file_bytes_max);
}

bool IsMessageType(std::string_view type) {
  return type.starts_with("message/rfc822") || type.starts_with("message/global") ||
         type.starts_with("message/news") || type.starts_with("message/partial") ||
         type.starts_with("message/external-body");
}

// Whether it is one of several pieces (RFC 2046, 5.2.2).
bool HasPiecesElsewhere(const Header& header) {
  return std::any_of(header.content_types.begin(), header.content_types.end(),
                     [](const std::string& field) {
                       if (MediaType(field) != "message/partial") {
                         return false;
                       }
                       const std::vector<std::string> totals = ParameterValues(field, "total");
                       return totals.empty() || totals.front() != "1";
                     });
}

}  // namespace

MailReader::MailReader(base::Bytes file)
    : text_(WithoutStart(base::AsText(file))),
      is_mbox_(text_.starts_with("From ")),
      mbox_lines_(text_),
      work_left_(kWorkRatioMax * file.size() + kWorkFreeBytes) {}

bool MailReader::IsMail(base::Bytes file) {
  return LooksLikeMail(base::AsText(base::ClippedSlice(file, 0, kIdentifyBytesMax)));
}

std::optional<std::uint64_t> MailReader::FindBehindText(base::Bytes file) {
  return FindMailBehindText(base::AsText(base::ClippedSlice(file, 0, kIdentifyBytesMax)));
}

bool MailReader::IsEncodedFile(base::Bytes file) {
  const std::string_view text =
      WithoutStart(base::AsText(base::ClippedSlice(file, 0, kIdentifyBytesMax)));
  LineWalker first(text.substr(0, 2 * kFieldNameBytesMax));
  if (first.done()) {
    return false;
  }
  const std::string_view line = first.Next();
  if (IsInlineStart(line)) {
    return true;
  }
  if (!IsEnvelopeLine(line) && !IsMailField(line)) {
    return false;  // nearly every other file ends here
  }
  for (LineWalker lines(text); !lines.done();) {
    if (IsInlineStart(lines.Next())) {
      return true;
    }
  }
  return false;
}

MailReader MailReader::OfEncodedFile(base::Bytes file) {
  MailReader reader(file);
  reader.inline_text_ = reader.text_;
  reader.parts_left_ = kPartsMax;
  reader.mbox_lines_ = LineWalker(reader.text_, reader.text_.size());
  return reader;
}

void MailReader::NoteLimit(std::string_view name) {
  if (problem_.empty()) {
    problem_ = LimitReason(name);
  }
}

bool MailReader::SpendWork(std::uint64_t bytes) {
  if (bytes > work_left_) {
    work_left_ = 0;
    NoteLimit("mime_work_max");
    return false;
  }
  work_left_ -= bytes;
  return true;
}

std::string MailReader::NumberedName(std::string_view file_name, std::string_view suffix) {
  const std::string number = std::to_string(++number_);
  const std::string name =
      file_name.empty() ? "part-" + number + std::string(suffix) : std::string(file_name);
  return prefix_ + number + ":" + name;
}

// Puts the next message's text on the stack. An mbox's ends where a line "From " stands behind a
// blank one and in front of a field.
bool MailReader::NextMessage() {
  if (mbox_lines_.done()) {
    return false;
  }
  const std::size_t start = mbox_lines_.start();
  std::size_t end = text_.size();
  if (is_mbox_) {
    bool after_blank = false;
    mbox_lines_.Next();
    while (!mbox_lines_.done()) {
      LineWalker ahead = mbox_lines_;
      const std::string_view line = ahead.Next();
      if (after_blank && line.starts_with("From ") && !ahead.done()) {
        LineWalker behind = ahead;
        if (IsFieldLine(behind.Next())) {
          end = mbox_lines_.start();
          break;
        }
      }
      after_blank = line.empty();
      mbox_lines_ = ahead;
    }
  } else {
    mbox_lines_ = LineWalker(text_, text_.size());
  }
  ++messages_;
  if (messages_ > 1 || end < text_.size()) {
    prefix_ = "message-" + std::to_string(messages_) + "//";
  }
  std::string_view message = text_.substr(start, end - start);
  while (IsEnvelopeLine(message)) {
    LineWalker lines(message);
    lines.Next();
    message.remove_prefix(lines.start());
  }
  number_ = 0;
  parts_left_ = kPartsMax;
  sections_.push_back({message, true, false, 0});
  return true;
}

std::optional<Part> MailReader::Next(base::Budget& budget, inflate::OutputBuffer& buffer) {
  while (true) {
    if (resource_) {
      return std::exchange(resource_, std::nullopt);
    }
    if (auto part = NextInline(budget, buffer)) {
      return part;
    }
    if (leaf_ < leaves_.size()) {
      Part part = DecodeLeaf(leaves_[leaf_++], budget, buffer);
      if (!part.content.empty() || !part.gap.empty()) {
        return part;
      }
      continue;
    }
    leaves_.clear();
    leaf_ = 0;
    if (!sections_.empty()) {
      const Section section = sections_.back();
      sections_.pop_back();
      ReadSection(section);
    } else if (!NextMessage()) {
      return std::nullopt;
    }
  }
}

void MailReader::ReadSection(const Section& section) {
  Header header;
  if (section.has_header) {
    header = ReadHeader(section.text);
    if (!header.limit.empty()) {
      NoteLimit(header.limit);
    }
  }
  const bool is_multipart =
      std::any_of(header.content_types.begin(), header.content_types.end(),
                  [](const std::string& type) { return IsMultipartType(MediaType(type)); });
  const std::string_view body = section.text.substr(header.body);
  std::string_view gap;
  bool has_parts = false;
  if (section.has_header) {
    const bool too_deep = is_multipart && section.nesting >= kNestingMax;
    has_parts = !too_deep && ReadMultipart(body, section, header);
    gap = too_deep ? "mime_depth_max" : "";
  }
  // A multipart's body is scanned in its parts; in an encoding, which it must not have, as a whole.
  if (!has_parts || !is_multipart || !header.content_encodings.empty()) {
    AddLeaves(body, section, header, is_multipart, has_parts, gap);
  }
  if (header.other_body) {
    AddLeaves(section.text.substr(*header.other_body), section, header, false, false, gap);
  }
}

// Puts the parts of every reading on the stack; false if the body has none.
bool MailReader::ReadMultipart(std::string_view body, const Section& section,
                               const Header& header) {
  bool limit_hit = false;
  std::uint64_t long_types = 0;
  bool is_multipart = header.content_types.empty() && section.nesting == 0;
  bool is_digest = false;
  for (const std::string& field : header.content_types) {
    const std::string type = MediaType(field);
    is_multipart |= IsMultipartType(type) || section.nesting == 0;
    is_digest |= type == "multipart/digest";
    long_types += field.size() - std::min(field.size(), kContentTypeFreeBytes);
  }
  if (!SpendWork(long_types * kContentTypeWork)) {
    return false;
  }
  const std::vector<std::string> boundaries = Boundaries(header.content_types, limit_hit);
  if (limit_hit) {
    NoteLimit("boundaries_max");
  }
  std::vector<std::vector<Delimiter>> readings;
  if (!boundaries.empty()) {
    readings = FindDelimiters(body, boundaries);
  }
  if (readings.empty() && (is_multipart || !boundaries.empty())) {
    readings = GuessDelimiters(body);
  }
  std::vector<Section> sections;
  for (const std::vector<Delimiter>& delimiters : readings) {
    const auto exact = static_cast<std::size_t>(std::count_if(
        delimiters.begin(), delimiters.end(), [](const Delimiter& d) { return d.is_exact; }));
    if (exact > 0) {
      AddSections(body, delimiters, true, section, is_digest, sections);
    }
    if (exact < delimiters.size()) {
      AddSections(body, delimiters, false, section, is_digest, sections);
    }
  }
  // Readings may have parts in common.
  std::set<std::pair<const char*, std::size_t>> seen;
  const std::size_t first = sections_.size();
  for (const Section& part : sections) {
    if (readings.size() == 1 || seen.insert({part.text.data(), part.text.size()}).second) {
      sections_.push_back(part);
    }
  }
  std::reverse(sections_.begin() + static_cast<std::ptrdiff_t>(first), sections_.end());
  return !readings.empty();
}

// For each boundary that occurs, its lines in order.
std::vector<std::vector<MailReader::Delimiter>> MailReader::FindDelimiters(
    std::string_view body, const std::vector<std::string>& boundaries) {
  std::vector<std::vector<Delimiter>> readings;
  if (!SpendWork(body.size())) {
    return readings;
  }
  readings.resize(boundaries.size());
  std::size_t left = parts_left_;
  for (LineWalker lines(body); !lines.done();) {
    const std::size_t start = lines.start();
    const std::string_view line = lines.Next();
    if (!line.starts_with("--")) {
      continue;
    }
    for (std::size_t i = 0; i < boundaries.size(); ++i) {
      std::string_view rest = line.substr(2);
      if (!rest.starts_with(boundaries[i])) {
        continue;
      }
      rest.remove_prefix(boundaries[i].size());
      const bool is_closing = rest.starts_with("--");
      const bool is_exact = is_closing || IsBlank(rest);
      if (!is_exact && boundaries[i].empty()) {
        continue;
      }
      if (left == 0) {
        NoteLimit("mime_parts_max");
        lines = LineWalker({});
        break;
      }
      --left;
      readings[i].push_back({start, lines.start(), is_exact, is_closing});
    }
  }
  std::erase_if(readings, [](const std::vector<Delimiter>& found) { return found.empty(); });
  return readings;
}

// A line "--x" in front of a line "Content-...": x is a boundary, whatever the header says.
std::vector<std::vector<MailReader::Delimiter>> MailReader::GuessDelimiters(std::string_view body) {
  if (!SpendWork(body.size())) {
    return {};
  }
  std::string_view before;
  for (LineWalker lines(body); !lines.done();) {
    const std::string_view line = lines.Next();
    if (before.starts_with("--") && before.size() <= kBoundaryBytesMax &&
        StartsWithWord(line, "content-") && IsFieldLine(line)) {
      return FindDelimiters(body,
                            {std::string(before.substr(2, before.find_last_not_of(kBlanks) - 1))});
    }
    before = line;
  }
  return {};
}

// What stands between the delimiters. A part in front of the first one, or behind a closing one,
// has no header.
void MailReader::AddSections(std::string_view body, const std::vector<Delimiter>& delimiters,
                             bool exact_only, const Section& parent, bool is_digest,
                             std::vector<Section>& sections) {
  Section section;
  section.nesting = static_cast<std::uint8_t>(parent.nesting + 1);
  section.has_header = false;
  std::size_t start = 0;
  // Further readings have the same bytes in other parts.
  const bool is_first_reading = sections.empty();
  const auto add = [&](std::string_view text) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      return;
    }
    if (parts_left_ == 0) {
      NoteLimit("mime_parts_max");
      return;
    }
    if (!is_first_reading && !SpendWork(text.size())) {
      return;
    }
    --parts_left_;
    section.text = text;
    sections.push_back(section);
  };
  for (const Delimiter& delimiter : delimiters) {
    if (exact_only && !delimiter.is_exact) {
      continue;
    }
    const std::string_view before = WithoutLastEnding(body, delimiter.start);
    add(before.substr(std::min(start, before.size())));
    start = delimiter.next;
    section.has_header = !delimiter.is_closing;
    section.in_digest = is_digest && section.has_header;
  }
  add(body.substr(start));
}

// One leaf for each way in which the body can be read.
void MailReader::AddLeaves(std::string_view body, const Section& section, const Header& header,
                           bool is_multipart, bool has_parts, std::string_view gap) {
  std::string type;
  bool is_message = section.in_digest && header.content_types.empty();
  bool is_text = header.content_types.empty();
  for (const std::string& field : header.content_types) {
    const std::string each = MediaType(field);
    is_message |= IsMessageType(each);
    is_text |= each.starts_with("text") || each.find('/') == std::string::npos;
    type = type.empty() ? each : type;
  }
  Leaf leaf;
  leaf.name = NumberedName(FileName(header), is_message ? ".eml" : SuffixOf(type));
  leaf.gap = gap.empty() ? std::string() : LimitReason(gap);
  if (gap.empty() && HasPiecesElsewhere(header)) {
    leaf.gap = "unsupported: pieces of this message are in other mails";
  }
  const Guess guess = is_message || has_parts ? Guess::kNever
                      : is_text               ? Guess::kUnlessPlain
                                              : Guess::kAlways;
  for (const BodyReading& reading : ReadingsOf(body, header.content_encodings, guess)) {
    const bool is_encoded = reading.encoding != Encoding::kNone;
    if (is_multipart && has_parts && !is_encoded) {
      continue;
    }
    leaf.is_message = is_message || (is_multipart && is_encoded);
    leaf.is_text = is_text && !leaf.is_message;
    leaf.reading = reading;
    leaves_.push_back(leaf);
  }
  if (guess != Guess::kNever) {
    AddHeadersIn(body, section);
  }
}

void MailReader::AddHeadersIn(std::string_view body, const Section& section) {
  std::vector<std::string_view> headers = HeadersIn(body, parts_left_ + 1);
  if (headers.size() > parts_left_) {
    NoteLimit("mime_parts_max");
    headers.pop_back();
  }
  if (headers.empty() || section.nesting >= kNestingMax || !SpendWork(body.size())) {
    return;
  }
  parts_left_ -= headers.size();
  const auto nesting = static_cast<std::uint8_t>(section.nesting + 1);
  for (auto header = headers.rbegin(); header != headers.rend(); ++header) {
    sections_.push_back({*header, true, false, nesting});
  }
}

Part MailReader::DecodeLeaf(Leaf& leaf, base::Budget& budget, inflate::OutputBuffer& buffer) {
  Part part;
  part.name = std::move(leaf.name);
  part.is_message = leaf.is_message;
  part.gap = std::move(leaf.gap);
  base::Limit limit = base::Limit::kNone;
  const std::uint64_t room = Room(budget, limit);
  bool cut = false;
  buffer.Clear();
  body_.Clear();
  // Files are looked for in the text itself; so it must outlive the buffer's next content.
  const bool has_inline = leaf.reading.encoding == Encoding::kNone ||
                          leaf.reading.encoding == Encoding::kQuotedPrintable || leaf.is_text;
  inflate::OutputBuffer& out = has_inline ? body_ : buffer;
  if (leaf.reading.encoding == Encoding::kNone) {
    part.content = base::ClippedSlice(base::AsBytes(leaf.reading.text), 0, room);
    cut = part.content.size() < leaf.reading.text.size();
  } else {
    Sink sink(leaf.reading.text.size() + 3, room, out);
    if (leaf.reading.encoding == Encoding::kBase64) {
      DecodeBase64(leaf.reading.text, leaf.reading.padding, sink);
    } else if (leaf.reading.encoding == Encoding::kQuotedPrintable) {
      DecodeQuotedPrintable(leaf.reading.text, sink);
    } else {
      DecodeUuencodedLines(leaf.reading.text, sink);
    }
    cut = sink.full();
    part.content = sink.bytes();
  }
  (void)budget.SpendBytesOut(part.content.size());
  if (cut) {
    (void)budget.Exceed(limit);
    part.gap = LimitReason(base::LimitName(limit));
  }
  if (has_inline) {
    inline_text_ = base::AsText(part.content);
    inline_at_ = 0;
  }
  return part;
}

std::optional<Part> MailReader::NextInline(base::Budget& budget, inflate::OutputBuffer& buffer) {
  while (inline_at_ < inline_text_.size()) {
    const std::optional<InlineFile> file = FindInlineFile(inline_text_, inline_at_);
    if (!file) {
      break;
    }
    if (parts_left_ == 0) {
      NoteLimit("mime_parts_max");
      break;
    }
    --parts_left_;
    base::Limit limit = base::Limit::kNone;
    const std::uint64_t room = Room(budget, limit);
    buffer.Clear();
    InlineContent content = DecodeInline(*file, room, buffer);
    (void)budget.SpendBytesOut(buffer.size());
    Part part;
    part.name = NumberedName(content.name.empty() ? file->name : content.name, ".bin");
    part.content = content.data;
    part.gap = std::move(content.gap);
    if (content.cut) {
      (void)budget.Exceed(limit);
      part.gap = LimitReason(base::LimitName(limit));
    }
    if (!content.resource.empty()) {
      resource_.emplace();
      resource_->name = part.name + " (resource fork)";
      resource_->content = content.resource;
    }
    if (!part.content.empty() || !part.gap.empty()) {
      return part;
    }
  }
  inline_text_ = {};
  inline_at_ = 0;
  return std::nullopt;
}

}  // namespace day::unpack::mail
