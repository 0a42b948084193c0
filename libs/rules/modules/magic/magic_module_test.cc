#include "libs/rules/modules/magic/magic_module.h"

#include <gtest/gtest.h>

#include <string>

#include "libs/rules/module/testing/module_probe.h"

namespace day::rules::modules::magic {
namespace {

using module::ModuleProbe;

TEST(MagicModule, NamesTypes) {
  ModuleProbe probe(CreateMagicModule());
  probe.Bind("#!/bin/sh\necho hello\n");
  EXPECT_EQ(probe.CallText("mime_type", {}), "text/x-shellscript");
  EXPECT_EQ(probe.CallText("type", {}), "POSIX shell script, ASCII text executable");
  probe.Bind("%PDF-1.4\n%%EOF\n");
  EXPECT_EQ(probe.CallText("mime_type", {}), "application/pdf") << "the last file is forgotten";
}

TEST(MagicModule, EmptyFilesAreUndefined) {
  ModuleProbe probe(CreateMagicModule());
  probe.Bind("");
  EXPECT_EQ(probe.CallText("mime_type", {}), std::nullopt);
  EXPECT_EQ(probe.CallText("type", {}), std::nullopt);
}

TEST(MagicModule, PreloadedDatabasesServeWithoutFiles) {
  MagicModule magic;
  ASSERT_TRUE(magic.Preload(1).ok());
  EXPECT_EQ(magic.Preload(kPreloadMax + 1).error().kind, base::ErrorKind::kLimit);
  // libmagic finds its database by this variable; as in a sandbox, nothing can be opened now.
  ASSERT_EQ(setenv("MAGIC", "/nonexistent/magic", 1), 0);
  const std::string file = "#!/bin/sh\n";
  const std::function<void(std::string_view)> console = [](std::string_view) {};
  const module::ScanInput input{
      .data = base::AsBytes(file), .module_data = {}, .console = &console};
  auto first = magic.CreateInstance();
  auto second = magic.CreateInstance();
  first->Bind(input);
  second->Bind(input);
  EXPECT_EQ(first->Call(1, {}, {}).text, "text/x-shellscript");
  EXPECT_FALSE(second->Call(1, {}, {}).defined()) << "only one was preloaded";
  first.reset();
  auto third = magic.CreateInstance();
  third->Bind(input);
  EXPECT_EQ(third->Call(1, {}, {}).text, "text/x-shellscript") << "given back by the first";
  unsetenv("MAGIC");
}

}  // namespace
}  // namespace day::rules::modules::magic
