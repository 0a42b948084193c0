// The first line leads somewhere, the second is shown; the rest is read as each kind of list.
#include <cstdint>
#include <string>

#include "libs/base/lines.h"
#include "libs/signatures/lists.h"
#include "libs/signatures/phishing/phishing_matcher.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace phishing = day::signatures::phishing;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view real = text.empty() ? text : day::base::TakeLine(&text);
  const std::string_view shown = text.empty() ? text : day::base::TakeLine(&text);
  std::string lists;
  for (const char* name : {"a.pdb", "b.wdb", "c.gdb"}) {
    day::signatures::AppendList(name, text, &lists);
  }
  phishing::PhishingMatcher matcher(lists);
  for (const bool all : {false, true}) {
    (void)matcher.Judge({real, shown, all, false}, {all, all});
    (void)matcher.Judge({shown, real, all, true}, {all, all});
  }
  phishing::PhishingMatcher damaged(text);
  (void)damaged.Judge({real, shown, true, false}, {});
  return 0;
}
