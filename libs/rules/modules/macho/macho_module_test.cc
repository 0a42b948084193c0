// The module macho on files put together here; tests/fixtures/macho/generate.py writes many more,
// which were compared with YARA.
#include "libs/rules/modules/macho/macho_module.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "libs/rules/module/schema.h"
#include "libs/rules/module/testing/module_probe.h"

namespace day::rules::modules::macho {
namespace {

using module::Arg;
using module::ModuleProbe;

constexpr std::uint32_t kX86 = 7;
constexpr std::uint32_t kX86_64 = 0x01000007;

class Writer {
 public:
  explicit Writer(bool big = false) : big_(big) {}
  Writer& U32(std::uint64_t value) { return Put(value, 4); }
  Writer& U64(std::uint64_t value) { return Put(value, 8); }
  Writer& Name(std::string name) {
    name.resize(16, '\0');
    text_ += name;
    return *this;
  }
  Writer& Raw(const std::string& bytes) {
    text_ += bytes;
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  Writer& Put(std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) {
      text_.push_back(static_cast<char>(value >> (8 * (big_ ? size - 1 - i : i))));
    }
    return *this;
  }
  bool big_;
  std::string text_;
};

std::string Segment32(bool big) {
  Writer writer(big);
  writer.U32(1).U32(56 + 68).Name("__TEXT").U32(0x1000).U32(0x100).U32(0x40).U32(0x80);
  writer.U32(7).U32(5).U32(1).U32(4).Name("__text").Name("__TEXT");
  for (std::uint32_t i = 0; i < 9; ++i) {
    writer.U32(100 + i);
  }
  return writer.text();
}

std::string Thread32(bool big, std::uint32_t counter) {
  Writer writer(big);
  writer.U32(5).U32(16 + 64).U32(1).U32(16).Raw(std::string(40, 'r')).U32(counter);
  return writer.Raw(std::string(20, 'r')).text();
}

std::string Image(bool big, std::uint32_t cputype, const std::vector<std::string>& commands) {
  std::string body;
  for (const std::string& command : commands) {
    body += command;
  }
  const bool wide = cputype == kX86_64;
  Writer writer(big);
  writer.U32(wide ? 0xfeedfacf : 0xfeedface).U32(cputype).U32(3).U32(2).U32(commands.size());
  writer.U32(body.size()).U32(0x85);
  if (wide) {
    writer.U32(77);
  }
  return writer.Raw(body).text() + std::string(8, '\0');
}

std::string Main64() { return Writer().U32(0x80000028).U32(24).U64(0x123).U64(0x8000).text(); }

std::string Fat(const std::vector<std::pair<std::uint32_t, std::string>>& images) {
  Writer head(true);
  head.U32(0xcafebabe).U32(images.size());
  std::string body;
  for (const auto& [cputype, image] : images) {
    head.U32(cputype).U32(3).U32(8 + 20 * images.size() + body.size()).U32(image.size()).U32(12);
    body += image;
  }
  return head.text() + body;
}

class MachoModule : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(ByteOrders, MachoModule, ::testing::Bool());

TEST_P(MachoModule, ReadsAThinImage) {
  const bool big = GetParam();
  ModuleProbe probe(CreateMachoModule());
  probe.Bind(Image(big, kX86, {Segment32(big), Thread32(big, 0x1010)}));
  EXPECT_EQ(probe.Integer("magic"), big ? 0xfeedface : 0xcefaedfe);
  EXPECT_EQ(probe.Integer("cputype"), 7);
  EXPECT_EQ(probe.Integer("ncmds"), 2);
  EXPECT_EQ(probe.Integer("reserved"), std::nullopt);
  EXPECT_EQ(probe.Integer("number_of_segments"), 1);
  EXPECT_EQ(probe.Text("segments[0].segname"), "__TEXT");
  EXPECT_EQ(probe.Integer("segments[0].fsize"), 0x80);
  EXPECT_EQ(probe.Length("segments[0].sections"), 1U);
  EXPECT_EQ(probe.Text("segments[0].sections[0].sectname"), "__text");
  EXPECT_EQ(probe.Integer("segments[0].sections[0].reserved2"), 108);
  EXPECT_EQ(probe.Integer("segments[0].sections[0].reserved3"), std::nullopt);
  EXPECT_EQ(probe.Integer("segments[0].sections[1].addr"), std::nullopt);
  EXPECT_EQ(probe.Integer("entry_point"), 0x50);
  EXPECT_EQ(probe.Integer("fat_magic"), std::nullopt);
  EXPECT_EQ(probe.Length("file"), 0U);
}

TEST_P(MachoModule, AnEntryOutsideTheSegmentsIsUndefined) {
  const bool big = GetParam();
  ModuleProbe probe(CreateMachoModule());
  probe.Bind(Image(big, kX86, {Segment32(big), Thread32(big, 0x5000)}));
  EXPECT_EQ(probe.Integer("entry_point"), std::nullopt);
}

TEST(MachoModuleFat, ReadsItsArchitectures) {
  ModuleProbe probe(CreateMachoModule());
  const std::string first = Image(false, kX86, {Segment32(false)});
  probe.Bind(Fat({{kX86, first}, {kX86_64, Image(false, kX86_64, {Main64()})}}));
  const auto second_offset = static_cast<std::int64_t>(8 + 40 + first.size());
  EXPECT_EQ(probe.Integer("nfat_arch"), 2);
  EXPECT_EQ(probe.Integer("magic"), std::nullopt);
  EXPECT_EQ(probe.Integer("fat_arch[1].offset"), second_offset);
  EXPECT_EQ(probe.Length("file"), 2U);
  EXPECT_EQ(probe.Text("file[0].segments[0].segname"), "__TEXT");
  EXPECT_EQ(probe.Length("file[0].segments[0].sections"), 1U);
  EXPECT_EQ(probe.Integer("file[1].reserved"), 77);
  EXPECT_EQ(probe.Integer("file[1].entry_point"), 0x123);
  EXPECT_EQ(probe.Integer("file[1].stack_size"), 0x8000);
  EXPECT_EQ(probe.CallInteger("file_index_for_arch", {Arg(kX86_64)}), 1);
  EXPECT_EQ(probe.CallInteger("file_index_for_arch", {Arg(kX86_64), Arg(4)}), std::nullopt);
  EXPECT_EQ(probe.CallInteger("entry_point_for_arch", {Arg(kX86_64)}), second_offset + 0x123);
  EXPECT_EQ(probe.CallInteger("entry_point_for_arch", {Arg(kX86), Arg(3)}), std::nullopt);
  EXPECT_EQ(probe.CallInteger("entry_point_for_arch", {Arg(kX86)}),
            static_cast<std::int64_t>(module::kUndefinedPattern + 48))
      << "as YARA: the offset added to its pattern for undefined";
}

TEST(MachoModuleFat, MembersOutsideTheFileAreMissing) {
  ModuleProbe probe(CreateMachoModule());
  std::string file = Fat({{kX86, Image(false, kX86, {})}, {kX86_64, "short"}});
  file[8 + 8] = '\x7f';  // the first one's offset
  probe.Bind(file);
  EXPECT_EQ(probe.Length("fat_arch"), 2U);
  EXPECT_EQ(probe.Length("file"), 2U);
  EXPECT_EQ(probe.Length("file[0].segments"), std::nullopt);
  EXPECT_EQ(probe.Length("file[1].segments"), 0U);
  EXPECT_EQ(probe.Integer("file[1].magic"), std::nullopt);
}

TEST(MachoModuleFat, ManyArchitecturesOverOneImageStayBounded) {
  // Each of 20,000 architectures spans the same 200,000 load commands.
  std::string commands;
  for (int i = 0; i < 200000; ++i) {
    commands += Writer().U32(2).U32(8).text();
  }
  constexpr std::uint32_t kCount = 20000;
  Writer head(true);
  head.U32(0xcafebabe).U32(kCount);
  const std::string image = Image(false, kX86, std::vector<std::string>(1, commands));
  for (std::uint32_t i = 0; i < kCount; ++i) {
    head.U32(i).U32(3).U32(8 + 20 * kCount).U32(image.size()).U32(12);
  }
  std::string body = image;
  body[16] = '\x40';  // ncmds: 200,000
  body[17] = '\x0d';
  body[18] = '\x03';
  ModuleProbe probe(CreateMachoModule());
  probe.Bind(head.text() + body);
  EXPECT_EQ(probe.Integer("file[0].number_of_segments"), 0);
  for (std::uint32_t i = 0; i < kCount; ++i) {
    (void)probe.Integer("file[" + std::to_string(i) + "].entry_point");
  }
  EXPECT_EQ(probe.Integer("file[19999].number_of_segments"), std::nullopt) << "budget spent";
  EXPECT_EQ(probe.Integer("file[19999].cputype"), 7) << "headers are always there";
}

}  // namespace
}  // namespace day::rules::modules::macho
