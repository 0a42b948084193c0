// The texts of an address whose hashes are looked up in lists of bad addresses: each of up to five
// ends of its host with each of up to six beginnings of its path ("b.example/", "a.b.example/x/").
//
//   for (const std::string& text : HashedTexts("http://a.b.example/x/y?z")) { ... Sha256(text) ...
//   }
//
// Before that, %xx is decoded until none is left, "." and ".." in the path are followed, users,
// ports and what is behind "#" go, the host becomes lower case, and bytes that addresses cannot
// hold are written as %XX. Pure function; at most 30 texts, none longer than three times the input.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace day::signatures::phishing {

// Nothing for an address without a scheme.
std::vector<std::string> HashedTexts(std::string_view address);

}  // namespace day::signatures::phishing
