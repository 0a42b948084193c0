// Addresses as the phishing lists of ClamAV see them: cleaned, cut behind the host, taken apart.
//
//   Address real = CleanReal(link), shown = CleanShown(text);
//   HostOf(real.text), RegisteredDomain(host), ...
//
// The rules are ClamAV's, found by comparing answers, since lists are written for them: bits above
// seven are dropped, "\" is "/", <>"; are blanks, %xx is decoded (%00 becomes the byte 1), all
// blanks go. Where they let an address pass for another (a password with a host's name in it, "#"
// before the host's end, upper case), what browsers do is done: docs/formats/phishing.md.
// Pure functions; output is never longer than input.
#pragma once

#include <string>
#include <string_view>

namespace day::signatures::phishing {

// What %00 becomes.
inline constexpr char kNullMark = '\x01';

// SCHEME://HOST of a link.
std::string CleanReal(std::string_view link);

struct Shown {
  std::string text;    // the same for what is shown, without any blanks
  std::string spaced;  // with the blanks inside
};
Shown CleanShown(std::string_view text);

// Whether a text is an address at all: it has a scheme that is followed, or ends like a host.
bool IsRealAddress(std::string_view link);
// The same for what is shown; cuts `text` behind the host's last label that is a top level.
bool IsShownAddress(std::string* text);

struct Host {
  std::string name;
  std::size_t begin = 0;  // in the address
  std::size_t end = 0;
  bool has_user = false;  // a name before "@" that looks like a host
  bool is_mail = false;   // mailto:
};
Host HostOfReal(std::string_view address);
Host HostOfShown(std::string_view address);

// "paypal.com" of "www.paypal.com", "x.co.uk" of "www.x.co.uk".
std::string_view RegisteredDomain(std::string_view host);

// Four decimal numbers with dots between.
bool IsNumericHost(std::string_view host);

// Top levels: two letters, those of before 2013, names in "xn--".
bool IsTopLevel(std::string_view label);

}  // namespace day::signatures::phishing
