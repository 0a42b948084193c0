// The links of a page or of a text, decoded: where they lead, and what a reader sees.
//
//   const PageLinks found = ReadLinks(page, {});
//   for (const Link& link : found.links) { ... link.kind, link.target, link.shown ... }
//   for (const LinkPair& pair : found.pairs) { ... does pair.real belong to pair.shown? ... }
//
// Tags are read as browsers and mail programs read them: quotes protect ">", comments end at "-->",
// character references are decoded in values and in what is shown, blanks and line ends around and
// tabs and line ends inside an address go. Full stops of other scripts (U+3002, U+FF0E, U+FE52,
// U+FF61, and the three of Big5) become ".", as ClamAV has it. Addresses without a host are put
// behind <base href>; "//host" becomes "http://host". What has no end ends with the page. A text
// without any link in tags is searched for "http:", "https:" and "ftp:".
//
// One pass over the page, no recursion. Limits: those given; `cut` says which was reached. Pure
// functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"

namespace day::formats::html {

struct LinkLimits {
  std::uint64_t input_bytes_max = 16ull << 20;
  std::size_t links_max = 10'000;
  std::size_t link_bytes_max = 2048;  // of an address, and of what is shown
};

enum class LinkKind : std::uint8_t {
  kAnchor,   // <a href>
  kArea,     // <area href>
  kImage,    // <img src>, <img dynsrc>
  kFrame,    // <iframe src>, <frame src>
  kForm,     // <form action>
  kRefresh,  // <meta http-equiv=refresh content="0;url=...">
  kText,     // in a text without tags
};
std::string_view LinkKindName(LinkKind kind);

struct Link {
  LinkKind kind = LinkKind::kAnchor;
  std::string target;
  std::string shown;        // of an anchor: the text in it
  bool is_decoded = false;  // `target` does not stand in the page as it is here
};

// Two addresses of which a reader takes one for the other.
struct LinkPair {
  std::string real;
  std::string shown;
  bool is_anchor = false;  // an anchor and its text; only its protocols are compared
  bool is_image = false;   // an anchor and a picture in it
};

struct PageLinks {
  std::vector<Link> links;
  std::vector<LinkPair> pairs;
  std::string_view cut;  // the name of the limit that was reached; empty: none
};

PageLinks ReadLinks(base::Bytes page, const LinkLimits& limits);

}  // namespace day::formats::html
