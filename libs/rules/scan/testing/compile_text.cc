#include "libs/rules/scan/testing/compile_text.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "libs/rules/scan/testing/naive_scanner.h"
#include "libs/rules/syntax/frontend.h"

namespace day::rules::scan::testing {

std::unique_ptr<CompiledText> CompiledText::Make(const std::string& text,
                                                 const module::Registry& registry,
                                                 std::string* error) {
  const auto fail = [&](const std::string& message) {
    if (error != nullptr) {
      *error = message;
    }
    return nullptr;
  };
  syntax::Frontend frontend(registry, {});
  (void)frontend.DefineExternal({"ext_integer", std::int64_t{5}});
  (void)frontend.DefineExternal({"ext_float", 1.5});
  (void)frontend.DefineExternal({"ext_boolean", true});
  (void)frontend.DefineExternal({"ext_text", std::string("hello")});
  (void)frontend.AddFile("default", "test.yar", text);
  auto ruleset = frontend.Finish();
  if (!ruleset.ok()) {
    return fail(ruleset.error().message);
  }
  auto made = std::make_unique<CompiledText>();
  made->ruleset_ = std::move(ruleset).value();
  auto blob = compile::CompiledRules::Build(made->ruleset_);
  if (!blob.ok()) {
    return fail(blob.error().message);
  }
  made->blob_ = std::move(blob).value();
  made->storage_.assign(made->blob_.size() / 8 + 16, 0);
  void* aligned = made->storage_.data();
  std::size_t space = made->storage_.size() * 8;
  std::align(64, made->blob_.size(), aligned, space);
  std::memcpy(aligned, made->blob_.data(), made->blob_.size());
  auto rules = compile::CompiledRules::Open(
      {static_cast<const std::byte*>(aligned), made->blob_.size()}, registry);
  if (!rules.ok()) {
    return fail(rules.error().message);
  }
  made->rules_ = std::move(rules).value();
  return made;
}

std::string Difference(const CompiledText& rules, Scanner& scanner, const std::string& file) {
  const NaiveResult expected = NaiveScan(rules.ruleset(), base::AsBytes(file));
  (void)scanner.Scan(base::AsBytes(file), {});
  const std::span<const std::uint32_t> found = scanner.matching_rules();
  std::string difference;
  for (std::uint32_t rule = 0; rule < rules.ruleset().rules.size(); ++rule) {
    const bool wanted = std::count(expected.matching.begin(), expected.matching.end(), rule) > 0;
    const bool got = std::count(found.begin(), found.end(), rule) > 0;
    if (wanted != got) {
      difference += rules.ruleset().rules[rule].identifier + (wanted ? " missing\n" : " extra\n");
    }
  }
  // The scanner's span is void after the next search, so keep the rules first.
  const std::vector<std::uint32_t> matching(found.begin(), found.end());
  for (const std::uint32_t rule : matching) {
    const syntax::Rule& declared = rules.ruleset().rules[rule];
    for (std::uint32_t i = 0; i < declared.strings_count; ++i) {
      const std::uint32_t string = declared.strings_begin + i;
      const std::span<const match::Match> got = scanner.MatchesOf(string);
      if (!std::equal(got.begin(), got.end(), expected.matches[string].begin(),
                      expected.matches[string].end())) {
        difference += declared.identifier + ": other matches of " +
                      rules.ruleset().strings[string].identifier + "\n";
      }
    }
  }
  return difference;
}

}  // namespace day::rules::scan::testing
