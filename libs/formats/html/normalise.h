// Texts as ClamAV's signatures for HTML (target 3) and texts (target 7) expect to see them.
//
//   const NormalisedHtml html = NormaliseHtml(bytes, limits);
//   html.markup    lower case, blanks folded, entities decoded, comments gone
//   html.text      the same without tags
//   html.scripts   the content of each <script>, as written: for NormaliseScript()
//   html.data      data: URIs, decoded
//
// The forms follow what ClamAV 1.4 writes, its oddities included, since signatures are made from
// that: ">" ends a tag even in quotes, both kinds of quotes become ", all blanks in scripts and
// styles go, characters above 255 stay as "&#xhhhh;". docs/formats/html.md lists what differs.
//
// One pass, no recursion, output never larger than twice the input plus a constant. Limits: those
// given; what was cut is said by `cut`. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"

namespace day::formats::html {

struct Limits {
  std::uint64_t input_bytes_max = 40ull << 20;  // of a page that is normalised at all
  std::uint64_t text_bytes_max = 8ull << 20;    // without tags
  std::uint64_t script_bytes_max = 20ull << 20;
  std::size_t scripts_max = 10'000;
  std::size_t data_max = 10'000;
};

struct Data {
  std::string media_type;  // "image/png", lower case; empty if not given
  std::string content;
};

struct NormalisedHtml {
  std::string markup;
  std::string text;
  std::vector<std::string> scripts;
  std::vector<Data> data;
  std::string_view cut;  // the name of the limit that was reached; empty: none
};

NormalisedHtml NormaliseHtml(base::Bytes page, const Limits& limits);

// Printable ASCII in lower case, runs of blanks as one, everything else (the zeros of UTF-16 too)
// left out.
std::string NormaliseText(base::Bytes text);

// A script: comments and needless blanks gone, strings in double quotes with their escapes decoded
// and joined over "+", unescape("...") done, declared names renamed n000, n001, ..., lower case.
std::string NormaliseScript(std::string_view script);

// The content of a data: URI behind "data:"; nothing if it has no comma.
bool DecodeDataUri(std::string_view uri, Data* data);

// Scripts that Windows encodes (JScript.Encode, VBScript.Encode): each "#@~^LENGTH==...^#~@",
// decoded. Blocks without an end go to the end of the text.
std::vector<std::string> DecodeEncodedScripts(std::string_view text, std::size_t blocks_max);

}  // namespace day::formats::html
