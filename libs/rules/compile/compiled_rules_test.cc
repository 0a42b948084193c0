#include "libs/rules/compile/compiled_rules.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>

#include "libs/rules/compile/condition_facts.h"
#include "libs/rules/compile/layout.h"
#include "libs/rules/syntax/frontend.h"
#include "libs/rules/syntax/testing/fake_modules.h"

namespace day::rules::compile {
namespace {

constexpr char kRules[] =
    "import \"pe\"\n"
    "private global rule g : t1 t2 { meta: author = \"me\" n = -3 b = true condition: true }\n"
    "rule r {\n  strings: $a = \"hello\" private $b = { 4D 5A } $x = \"x1\" xor $r = /ab+c/\n"
    "  condition: all of them and filesize < 100KB and pe.imphash() == \"00\" and owner == \"\" "
    "}\n";

syntax::RuleSet Parse(const std::string& text) {
  syntax::Frontend frontend(syntax::testing::FakeRegistry(), {});
  (void)frontend.DefineExternal({"owner", std::string("root")});
  (void)frontend.DefineExternal({"level", 2.5});
  frontend.AddFile("ns", "dir/rules.yar", text);
  return frontend.Finish().value();
}

// Bytes at an address divisible by 64.
class Aligned {
 public:
  explicit Aligned(const std::string& bytes) : storage_(bytes.size() / 8 + 16) {
    void* at = storage_.data();
    std::size_t space = storage_.size() * 8;
    data_ = static_cast<std::byte*>(std::align(64, bytes.size(), at, space));
    size_ = bytes.size();
    std::memcpy(data_, bytes.data(), size_);
  }
  base::Bytes bytes() const { return {data_, size_}; }
  std::byte& operator[](std::size_t i) { return data_[i]; }

 private:
  std::vector<std::uint64_t> storage_;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

TEST(CompiledRulesTest, KeepsNamesTagsMetadata) {
  const std::string blob = CompiledRules::Build(Parse(kRules)).value();
  const Aligned aligned(blob);
  const auto rules = CompiledRules::Open(aligned.bytes(), syntax::testing::FakeRegistry()).value();
  ASSERT_EQ(rules->rule_count(), 2u);
  ASSERT_EQ(rules->string_count(), 4u);
  const RuleInfo g = rules->rule(0);
  EXPECT_EQ(g.identifier, "g");
  EXPECT_EQ(g.name_space, "ns");
  EXPECT_EQ(g.file, "dir/rules.yar");
  EXPECT_EQ(g.line, 2u);
  EXPECT_TRUE(g.is_global);
  EXPECT_TRUE(g.is_private);
  EXPECT_EQ(rules->tags(0), (std::vector<std::string_view>{"t1", "t2"}));
  const std::vector<MetaInfo> metas = rules->metas(0);
  ASSERT_EQ(metas.size(), 3u);
  EXPECT_EQ(metas[0].key, "author");
  EXPECT_EQ(std::get<std::string_view>(metas[0].value), "me");
  EXPECT_EQ(std::get<std::int64_t>(metas[1].value), -3);
  EXPECT_TRUE(std::get<bool>(metas[2].value));
  const RuleInfo r = rules->rule(1);
  EXPECT_EQ(r.strings_count, 4u);
  EXPECT_EQ(rules->string(0).identifier, "$a");
  EXPECT_EQ(rules->string(1).kind, match::PatternSpec::Kind::kHex);
  EXPECT_TRUE(rules->string(0).is_private);
  EXPECT_TRUE(rules->string(2).is_xor);
  EXPECT_EQ(rules->string(3).kind, match::PatternSpec::Kind::kRegex);
  const std::vector<syntax::External> externals = rules->externals();
  ASSERT_EQ(externals.size(), 2u);
  EXPECT_EQ(std::get<std::string>(externals[0].value), "root");
  EXPECT_EQ(std::get<double>(externals[1].value), 2.5);
}

TEST(CompiledRulesTest, KnowsWhichStringsOneMatchSettles) {
  const std::string blob = CompiledRules::Build(Parse(R"(
    rule plain { strings: $a = "aaaa" $b = "bbbb" $c = "cccc" condition: $a or #b > 1 or any of ($c) }
    rule loop { strings: $a = "aaaa" $b = "bbbb" condition: for any of ($a) : ( # > 1 ) or $b }
    rule set { strings: $a = "aaaa" $b = "bbbb" condition: any of ($a) in (0..9) or $b }
  )"))
                               .value();
  const Aligned aligned(blob);
  const auto rules = CompiledRules::Open(aligned.bytes(), syntax::testing::FakeRegistry()).value();
  std::vector<bool> single;
  for (std::uint32_t i = 0; i < rules->string_count(); ++i) {
    single.push_back(rules->string(i).is_single_match);
  }
  EXPECT_EQ(single, (std::vector<bool>{true, false, true, false, false, false, true}));
}

TEST(CompiledRulesTest, SameRulesGiveSameBytes) {
  EXPECT_EQ(CompiledRules::Build(Parse(kRules)).value(),
            CompiledRules::Build(Parse(kRules)).value());
}

TEST(CompiledRulesTest, RefusesWhatIsNotWhole) {
  const std::string blob = CompiledRules::Build(Parse(kRules)).value();
  const module::Registry& registry = syntax::testing::FakeRegistry();
  for (std::size_t i = 0; i < blob.size(); i += 1 + blob.size() / 500) {
    Aligned damaged(blob);
    damaged[i] ^= std::byte{1};
    const auto opened = CompiledRules::Open(damaged.bytes(), registry);
    ASSERT_FALSE(opened.ok()) << "byte " << i;
    EXPECT_EQ(opened.error().kind, base::ErrorKind::kMalformed);
  }
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{7}, sizeof(BlobHeader), blob.size() - 64, blob.size() - 1}) {
    const Aligned cut(blob.substr(0, size));
    EXPECT_FALSE(CompiledRules::Open(cut.bytes(), registry).ok()) << size;
  }
}

class EmptyRegistry final : public module::Registry {
 public:
  std::span<const module::Module* const> modules() const override { return {}; }
};

TEST(CompiledRulesTest, MissingModuleIsNotFound) {
  const Aligned aligned(CompiledRules::Build(Parse(kRules)).value());
  const auto opened = CompiledRules::Open(aligned.bytes(), EmptyRegistry());
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().kind, base::ErrorKind::kNotFound);
}

TEST(CompiledRulesTest, DeepConditionsAreALimit) {
  syntax::RuleSet rules = Parse("rule r { condition: true }");
  for (std::uint32_t i = 0; i < kConditionDepthMax + 1; ++i) {
    syntax::Node node;
    node.op = Op::kNot;
    node.children_begin = static_cast<std::uint32_t>(rules.children.size());
    node.children_count = 1;
    rules.children.push_back(static_cast<std::uint32_t>(rules.nodes.size() - 1));
    rules.nodes.push_back(node);
  }
  rules.rules[0].condition = static_cast<std::uint32_t>(rules.nodes.size() - 1);
  const auto built = CompiledRules::Build(rules);
  ASSERT_FALSE(built.ok());
  EXPECT_EQ(built.error().kind, base::ErrorKind::kLimit);
}

TEST(ConditionFactsTest, SizeBounds) {
  const auto bounds = [](const std::string& condition) {
    const syntax::RuleSet rules =
        Parse("rule r { strings: $_a = \"a\" condition: " + condition + " }");
    return FindSizeBounds(rules, rules.rules[0].condition);
  };
  EXPECT_EQ(bounds("filesize < 100 and $_a").max, 99u);
  EXPECT_EQ(bounds("filesize <= 100 and filesize > 10").max, 100u);
  EXPECT_EQ(bounds("filesize <= 100 and ($_a and filesize > 10)").min, 11u);
  EXPECT_EQ(bounds("filesize == 7").min, 7u);
  EXPECT_EQ(bounds("filesize == 7").max, 7u);
  EXPECT_EQ(bounds("filesize < 100 or $_a").max, SizeBounds().max);
  EXPECT_EQ(bounds("not (filesize < 100)").max, SizeBounds().max);
}

}  // namespace
}  // namespace day::rules::compile
