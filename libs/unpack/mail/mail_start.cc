#include "libs/unpack/mail/mail_start.h"

#include <algorithm>
#include <span>

#include "libs/unpack/mail/mime_header.h"
#include "libs/unpack/mail/text_lines.h"

namespace day::unpack::mail {
namespace {

// How far a mail may stand behind the start of a text.
constexpr std::size_t kBehindBytesMax = 4096;
// So many lines between the first fields of a mail may be none.
constexpr int kDamagedMax = 2;

// Fields that hardly anything but a mail starts with.
constexpr std::string_view kStrongFields[] = {
    "received",
    "return-path",
    "delivered-to",
    "mime-version",
    "message-id",
    "dkim-signature",
    "x-mailer",
    "content-transfer-encoding",
    "arc-seal",
    "x-received",
    "authentication-results",
    "received-spf",
    "envelope-to",
    "x-original-to",
    "x-unsent",
};
// Two of these make a mail as well.
constexpr std::string_view kWeakFields[] = {
    "from",        "to",         "subject", "date",         "cc",
    "bcc",         "reply-to",   "sender",  "content-type", "content-disposition",
    "in-reply-to", "references", "list-id", "x-priority",   "user-agent",
};

bool IsOneOf(std::string_view name, std::span<const std::string_view> names) {
  return std::any_of(names.begin(), names.end(), [name](std::string_view known) {
    return known.size() == name.size() && StartsWithWord(name, known);
  });
}

std::string_view FieldName(std::string_view line) {
  const std::string_view name = line.substr(0, line.find(':'));
  return name.substr(0, name.find_last_not_of(kBlanks) + 1);
}

// How much a field says that this is a mail: 2 is enough.
int Evidence(std::string_view line) {
  const std::string_view name = FieldName(line);
  const bool is_multipart = StartsWithWord(name, "content-type") &&
                            IsMultipartType(MediaType(line.substr(line.find(':') + 1)));
  const bool is_strong = is_multipart || IsOneOf(name, kStrongFields);
  return is_strong ? 2 : IsOneOf(name, kWeakFields) ? 1 : 0;
}

bool IsFolded(std::string_view line) {
  return !line.empty() && kBlanks.find(line[0]) != std::string_view::npos;
}

}  // namespace

bool IsEnvelopeLine(std::string_view line) {
  return line.starts_with("From ") || line.starts_with(">From ");
}

std::string_view WithoutStart(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) {
    text.remove_prefix(3);
  }
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return text;
}

bool IsMultipartType(std::string_view type) { return type.find("multipart") != type.npos; }

bool IsMailField(std::string_view line) { return IsFieldLine(line) && Evidence(line) > 0; }

bool LooksLikeMail(std::string_view text) {
  text = WithoutStart(text);
  if (!IsEnvelopeLine(text) && !IsFieldLine(text.substr(0, 2 * kFieldNameBytesMax))) {
    return false;  // nearly every other file ends here
  }
  LineWalker lines(text);
  int score = 0;
  int damaged = 0;
  for (bool is_first = true; !lines.done(); is_first = false) {
    const std::string_view line = lines.Next();
    if (is_first && IsEnvelopeLine(line)) {
      score += 1;
      continue;
    }
    if (line.empty()) {
      return false;
    }
    if (!IsFieldLine(line)) {
      if (is_first || (!IsFolded(line) && (score == 0 || ++damaged > kDamagedMax))) {
        return false;
      }
      continue;
    }
    score += Evidence(line);
    if (score >= 2) {
      return true;
    }
  }
  return false;
}

std::optional<std::size_t> FindMailBehindText(std::string_view text) {
  text = text.substr(0, kBehindBytesMax);
  if (text.find("ontent-") == std::string_view::npos &&
      text.find("IME-") == std::string_view::npos && text.find("ime-") == std::string_view::npos) {
    return std::nullopt;  // nearly every text ends here
  }
  std::size_t begin = 0;
  int score = 0;
  bool has_mime = false;
  for (LineWalker lines(text); !lines.done();) {
    const std::size_t start = lines.start();
    const std::string_view line = lines.Next();
    if (IsFieldLine(line)) {
      begin = score == 0 ? start : begin;
      score += Evidence(line);
      has_mime |= StartsWithWord(line, "content-") || StartsWithWord(line, "mime-");
      if (score >= 2 && has_mime) {
        return begin;
      }
    } else if (IsEnvelopeLine(line)) {
      begin = start;
      score = 1;
    } else if (!IsFolded(line)) {
      score = 0;
      has_mime = false;
    }
  }
  return std::nullopt;
}

}  // namespace day::unpack::mail
