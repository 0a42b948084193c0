#include "libs/rules/modules/elf/elf_module.h"

#include <gtest/gtest.h>

#include <string>

#include "libs/rules/module/testing/module_probe.h"

namespace day::rules::modules::elf {
namespace {

using module::ModuleProbe;

// A little-endian 64-bit file written out by hand: one dynamic string table, one dynamic symbol
// table.
class TinyElf {
 public:
  explicit TinyElf(const std::vector<std::string>& imports) {
    std::string names(1, '\0');
    std::string symbols(24, '\0');
    for (const std::string& import : imports) {
      Put(symbols, names.size(), 4);
      symbols += '\x12';  // global function
      symbols += std::string(3 + 16, '\0');
      names += import + '\0';
    }
    const std::uint64_t names_at = 64;
    const std::uint64_t symbols_at = names_at + names.size();
    file_ =
        "\x7f"
        "ELF\x02\x01\x01" +
        std::string(9, '\0');
    for (const std::uint64_t half : {3u, 62u}) {
      Put(file_, half, 2);
    }
    Put(file_, 1, 4);
    Put(file_, 0, 8);
    Put(file_, 0, 8);
    Put(file_, symbols_at + symbols.size(), 8);
    Put(file_, 0, 4);
    for (const std::uint64_t half : {64u, 56u, 0u, 64u, 3u, 1u}) {
      Put(file_, half, 2);
    }
    file_ += names + symbols + std::string(64, '\0');
    Section(3, names_at, names.size(), 0);
    Section(11, symbols_at, symbols.size(), 1);
  }
  const std::string& file() const { return file_; }

 private:
  static void Put(std::string& to, std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) {
      to.push_back(static_cast<char>(i < 8 ? value >> (8 * i) : 0));
    }
  }
  void Section(std::uint32_t type, std::uint64_t offset, std::uint64_t size, std::uint32_t link) {
    Put(file_, 1, 4);
    Put(file_, type, 4);
    Put(file_, 0, 16);
    Put(file_, offset, 8);
    Put(file_, size, 8);
    Put(file_, link, 4);
    Put(file_, 0, 20);
  }
  std::string file_;
};

TEST(ElfModule, ConstantsHaveValuesOnEveryFile) {
  ModuleProbe probe(CreateElfModule());
  probe.Bind("not an ELF file");
  EXPECT_EQ(probe.Integer("EM_X86_64"), 62);
  EXPECT_EQ(probe.Integer("PT_GNU_STACK"), 0x6474e551);
  EXPECT_EQ(probe.Integer("DT_ENCODING"), 32);
  EXPECT_TRUE(module::FindChild(probe.module().root(), "ET_EXEC")->defined_without_format);
  EXPECT_EQ(probe.module().format(), module::Format::kElf);
}

TEST(ElfModule, EverythingElseIsUndefinedOnOtherFiles) {
  ModuleProbe probe(CreateElfModule());
  probe.Bind("not an ELF file");
  for (const char* path : {"type", "machine", "entry_point", "number_of_sections", "sh_offset",
                           "symtab_entries", "dynamic_section_entries", "sections[0].name"}) {
    EXPECT_FALSE(probe.Get(path).defined()) << path;
  }
  EXPECT_EQ(probe.Length("sections"), 0U);
  EXPECT_EQ(probe.CallText("telfhash", {}), std::nullopt);
  EXPECT_EQ(probe.CallText("import_md5", {}), std::nullopt);
}

TEST(ElfModule, ReadsSymbolsAndHashesImports) {
  ModuleProbe probe(CreateElfModule());
  probe.Bind(TinyElf({"Puts", "exit", "strlen"}).file());
  EXPECT_EQ(probe.Integer("type"), 3);
  EXPECT_EQ(probe.Integer("number_of_sections"), 3);
  EXPECT_EQ(probe.Integer("dynsym_entries"), 4);
  EXPECT_EQ(probe.Integer("symtab_entries"), std::nullopt);
  EXPECT_EQ(probe.Integer("dynamic_section_entries"), std::nullopt);
  EXPECT_EQ(probe.Text("dynsym[1].name"), "Puts");
  EXPECT_EQ(probe.Integer("dynsym[1].type"), 2);
  EXPECT_EQ(probe.Integer("dynsym[1].bind"), 1);
  EXPECT_EQ(probe.Integer("dynsym[1].shndx"), 0);
  EXPECT_EQ(probe.Text("dynsym[4].name"), std::nullopt);
  EXPECT_EQ(probe.Text("dynsym[-1].name"), std::nullopt);
  // MD5 of "exit,puts,strlen".
  EXPECT_EQ(probe.CallText("import_md5", {}), "84ec6066967a4ca7ee297a34b0e6cf18");
  EXPECT_EQ(probe.CallText("telfhash", {}), "") << "too short to hash, but defined";
}

TEST(ElfModule, ForgetsTheLastFile) {
  ModuleProbe probe(CreateElfModule());
  probe.Bind(TinyElf({"exit"}).file());
  EXPECT_EQ(probe.Integer("machine"), 62);
  EXPECT_NE(probe.CallText("import_md5", {}), std::nullopt);
  probe.Bind("");
  EXPECT_EQ(probe.Integer("machine"), std::nullopt);
  EXPECT_EQ(probe.CallText("import_md5", {}), std::nullopt);
}

}  // namespace
}  // namespace day::rules::modules::elf
