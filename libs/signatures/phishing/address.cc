#include "libs/signatures/phishing/address.h"

#include <algorithm>
#include <array>

namespace day::signatures::phishing {
namespace {

constexpr std::string_view kTopLevels[] = {
    "aero", "arpa", "asia", "biz",    "cat",  "com", "coop", "edu", "gov", "info",   "int",
    "jobs", "mil",  "mobi", "museum", "name", "net", "org",  "pro", "tel", "travel",
};
// Names of programming that end like hosts.
constexpr std::string_view kNoHosts[] = {".net", "ado.net", "asp.net"};
// Programs that follow addresses decode once.
constexpr int kDecodePassesMax = 8;
constexpr std::string_view kEndsHost = ":/?";

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlnum(char c) { return IsLetter(c) || IsDigit(c); }
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

int HexValue(char c) {
  if (IsDigit(c)) {
    return c - '0';
  }
  const char lower = Lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void Trim(std::string* text) {
  text->erase(0, std::min(text->find_first_not_of(' '), text->size()));
  text->erase(text->find_last_not_of(' ') + 1);
}

void Remove(std::string_view what, std::string* text) {
  for (std::size_t at = text->find(what); at != std::string::npos; at = text->find(what, at)) {
    text->erase(at, what.size());
  }
}

// %xx, and again if that gives a "%".
void DecodePercent(std::string* text) {
  bool again = true;
  for (int pass = 0; again && pass < kDecodePassesMax; ++pass) {
    again = false;
    std::string out;
    for (std::size_t i = 0; i < text->size(); ++i) {
      const bool is_code = (*text)[i] == '%' && i + 2 < text->size() &&
                           HexValue((*text)[i + 1]) >= 0 && HexValue((*text)[i + 2]) >= 0;
      if (!is_code) {
        out += (*text)[i];
        continue;
      }
      const int value = HexValue((*text)[i + 1]) * 16 + HexValue((*text)[i + 2]);
      out += value == 0 ? kNullMark : static_cast<char>(value);
      again = again || value == '%';
      i += 2;
    }
    *text = std::move(out);
  }
}

// Where the host stands: behind ":" and any slashes.
std::size_t HostBegin(std::string_view text) {
  std::size_t at = text.find(':');
  if (at == std::string_view::npos) {
    return 0;
  }
  while (at + 1 < text.size() && text[at + 1] == '/') {
    ++at;
  }
  return at + 1;
}

// "user:word@host" as "user@host", and nothing behind "#": a browser goes to the host, and the
// rules below would take the user for it.
void DropPassword(std::string* text) {
  const std::size_t begin = HostBegin(*text);
  const std::size_t end = std::min(text->find_first_of("/?#", begin), text->size());
  if (end < text->size() && (*text)[end] == '#') {
    text->resize(end);
  }
  const std::size_t at = std::string_view(*text).substr(0, end).rfind('@');
  const std::size_t colon = text->find(':', begin);
  if (at != std::string::npos && at > begin && colon < at) {
    text->erase(colon, at - colon);
  }
}

// Behind "http:" and its like, which browsers follow without their slashes too; 0: none of them.
std::size_t FollowedScheme(std::string_view text) {
  for (const std::string_view scheme : {"http:", "https:", "ftp:"}) {
    if (text.starts_with(scheme)) {
      return scheme.size();
    }
  }
  return 0;
}

// What both kinds have in common.
std::string Clean(std::string_view input, bool is_real) {
  std::string text;
  for (const char c : input) {
    const char low = static_cast<char>(static_cast<unsigned char>(c) & 0x7F);
    text += low < ' ' ? ' ' : (low == '\\' ? '/' : low);
  }
  Trim(&text);
  if (text.size() < 2 || std::any_of(std::begin(kNoHosts), std::end(kNoHosts),
                                     [&](std::string_view no) { return text.starts_with(no); })) {
    return {};
  }
  if (is_real) {
    DropPassword(&text);
  }
  const std::size_t begin = HostBegin(text);
  text.resize(std::min(text.find_first_of(kEndsHost, begin), text.size()));
  std::transform(text.begin(), text.end(), text.begin(), Lower);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '<' || c == '>' || c == '"' || c == ';'; },
      ' ');
  Remove("&lt", &text);
  Remove("&gt", &text);
  DecodePercent(&text);
  return text;
}

// The labels before `end` are of letters that addresses are made of.
bool HasHostLabels(std::string_view labels) {
  constexpr std::string_view kOther = "!\"#$%&'()*+,-@_";
  std::size_t length = 0;
  for (const char c : labels) {
    if (c == '.') {
      if (length == 0) {
        return false;
      }
      length = 0;
    } else if (IsAlnum(c) || kOther.find(c) != std::string_view::npos) {
      ++length;
    } else {
      return false;
    }
  }
  return true;
}

bool HasScheme(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://", "ftp://"}) {
    if (text.starts_with(scheme)) {
      return true;
    }
  }
  return text.starts_with("mailto:////");
}

// Where a host would begin, if any word may be the scheme.
std::size_t BehindAnyScheme(std::string_view text, bool* has_scheme) {
  constexpr std::string_view kOther = "!\"$%&'()*,-@_";
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !IsLetter(text.front())) {
    return 0;
  }
  for (const char c : text.substr(0, colon)) {
    if (!IsAlnum(c) && kOther.find(c) == std::string_view::npos) {
      return 0;
    }
  }
  *has_scheme = true;
  std::size_t at = colon + 1;
  at += text.substr(at).starts_with("//") ? 2u : (text.substr(at).starts_with('/') ? 1u : 0u);
  return at;
}

// Whether what stands before "/" ends in a top level; *cut: where, if that comes before its end.
bool IsHostLike(std::string_view text, std::size_t begin, bool has_scheme, std::size_t* cut) {
  const std::string_view host = text.substr(begin, text.find('/', begin) - begin);
  if (const std::size_t at = host.find('@'); !has_scheme && at != std::string_view::npos) {
    // A mail address, unless a host's name stands for the user.
    const std::size_t dot = host.substr(0, at).rfind('.');
    if (dot == std::string_view::npos || dot == 0 ||
        !IsTopLevel(host.substr(dot + 1, at - dot - 1))) {
      return false;
    }
  }
  const std::size_t last = host.rfind('.');
  if (last == std::string_view::npos || !HasHostLabels(host.substr(0, last + 1))) {
    return false;
  }
  if (IsTopLevel(host.substr(last + 1))) {
    return true;
  }
  for (std::size_t end = last; cut != nullptr && end != std::string_view::npos && end > 0;) {
    const std::size_t dot = host.rfind('.', end - 1);
    const std::size_t label = dot == std::string_view::npos ? 0 : dot + 1;
    if (IsTopLevel(host.substr(label, end - label))) {
      *cut = begin + end;
      return true;
    }
    end = dot;
  }
  return false;
}

// The host from `begin` on, behind all users.
Host ReadHost(std::string_view address, std::size_t begin) {
  Host host;
  for (;;) {
    host.end = std::min(address.find_first_of(kEndsHost, begin), address.size());
    const std::size_t at = address.find('@', begin);
    if (at == std::string_view::npos || (begin != host.end && at > host.end)) {
      break;
    }
    const std::string_view user = address.substr(begin, at - begin);
    const std::size_t dot = user.rfind('.');
    host.has_user =
        host.has_user || (dot != std::string_view::npos && IsTopLevel(user.substr(dot + 1)));
    begin = at + 1;
  }
  host.begin = begin;
  host.name = address.substr(begin, host.end - std::min(begin, host.end));
  return host;
}

}  // namespace

std::string CleanReal(std::string_view link) {
  std::string text = Clean(link, true);
  text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
  const std::size_t scheme = FollowedScheme(text);
  const std::size_t slashes = std::min(text.find_first_not_of('/', scheme), text.size()) - scheme;
  if (scheme > 0 && slashes < 2) {
    text.insert(scheme, 2 - slashes, '/');
  }
  return text;
}

Shown CleanShown(std::string_view input) {
  Shown shown;
  shown.spaced = Clean(input, false);
  Trim(&shown.spaced);
  std::string& text = shown.text;
  std::copy_if(shown.spaced.begin(), shown.spaced.end(), std::back_inserter(text),
               [](char c) { return c != ' '; });
  std::size_t end = text.size();
  while (end > 0 && !IsAlnum(text[end - 1])) {
    --end;
  }
  end += end < text.size() && text[end] == '/' ? 1u : 0u;
  text.resize(end);
  text.erase(
      0, static_cast<std::size_t>(std::find_if(text.begin(), text.end(), IsAlnum) - text.begin()));
  return shown;
}

bool IsRealAddress(std::string_view link) {
  std::string text;
  for (const char c : link) {
    text += Lower(c);
  }
  Trim(&text);
  const std::size_t scheme = FollowedScheme(text);
  return HasScheme(text) ||
         IsHostLike(text, std::min(text.find_first_not_of('/', scheme), text.size()), scheme > 0,
                    nullptr);
}

bool IsShownAddress(std::string* text) {
  if (HasScheme(*text)) {
    return true;
  }
  bool has_scheme = false;
  const std::size_t begin = BehindAnyScheme(*text, &has_scheme);
  std::size_t cut = text->size();
  if (!IsHostLike(*text, begin, has_scheme, &cut)) {
    return false;
  }
  text->resize(cut);
  return true;
}

Host HostOfReal(std::string_view address) {
  constexpr std::string_view kMail = "mailto:";
  const std::size_t scheme = address.find("://");
  if (scheme == std::string_view::npos && address.starts_with(kMail)) {
    Host host;
    host.is_mail = true;
    return host;
  }
  return ReadHost(address, scheme == std::string_view::npos ? 0 : scheme + 3);
}

Host HostOfShown(std::string_view address) {
  constexpr std::string_view kMail = "mailto:";
  const std::size_t scheme = address.find("://");
  if (scheme != std::string_view::npos) {
    return ReadHost(address, scheme + 3);
  }
  return ReadHost(address, address.starts_with(kMail) ? kMail.size() : 0);
}

std::string_view RegisteredDomain(std::string_view host) {
  const std::size_t last = host.rfind('.');
  if (last == std::string_view::npos || last == 0) {
    return host;
  }
  std::size_t level = last;
  const std::string_view top = host.substr(last + 1);
  if (top.size() == 2 && IsTopLevel(top)) {
    const std::size_t dot = host.rfind('.', last - 1);
    if (dot == std::string_view::npos) {
      return host;
    }
    if (!IsTopLevel(host.substr(dot + 1, last - dot - 1))) {
      return host.substr(dot + 1);
    }
    level = dot;
  }
  const std::size_t dot = level == 0 ? std::string_view::npos : host.rfind('.', level - 1);
  return dot == std::string_view::npos ? host : host.substr(dot + 1);
}

bool IsNumericHost(std::string_view host) {
  std::size_t numbers = 0;
  while (!host.empty()) {
    const std::size_t end = std::min(host.find('.'), host.size());
    const std::string_view number = host.substr(0, end);
    if (number.empty() || number.size() > 3 ||
        !std::all_of(number.begin(), number.end(), IsDigit)) {
      return false;
    }
    ++numbers;
    host.remove_prefix(std::min(end + 1, host.size()));
  }
  return numbers == 4;
}

bool IsTopLevel(std::string_view label) {
  if (label.size() == 2) {
    return label[0] >= 'a' && label[0] <= 'z' && label[1] >= 'a' && label[1] <= 'z';
  }
  return label.starts_with("xn--") ||
         std::find(std::begin(kTopLevels), std::end(kTopLevels), label) != std::end(kTopLevels);
}

}  // namespace day::signatures::phishing
