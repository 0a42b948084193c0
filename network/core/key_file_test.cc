#include "network/core/key_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace day::network::core {
namespace {

TEST(KeyFile, IsMadeOnceAndReadBack) {
  std::string folder = ::testing::TempDir() + "daylight-key.XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/key";
  const auto vkey = MakeKeyFile(path, "example.org/log", tlog::KeyKind::kEd25519);
  ASSERT_TRUE(vkey.ok());
  EXPECT_EQ(LoadKeyFile(path)->verifier().ToText(), *vkey);
  EXPECT_EQ(MakeKeyFile(path, "example.org/log", tlog::KeyKind::kEd25519).error().kind,
            base::ErrorKind::kInvalidUse);
  EXPECT_FALSE(MakeKeyFile(folder + "/other", "a b", tlog::KeyKind::kEd25519).ok());
  const auto another = MakeKeyFile(folder + "/other", "w", tlog::KeyKind::kCosignatureEd25519);
  EXPECT_NE(*another, *vkey);
  ::chmod(path.c_str(), 0640);
  EXPECT_EQ(LoadKeyFile(path).error().kind, base::ErrorKind::kPermission);
  ::chmod(path.c_str(), 0600);
  std::ofstream(path) << *vkey << "\n";
  EXPECT_EQ(LoadKeyFile(path).error().kind, base::ErrorKind::kMalformed);
  EXPECT_EQ(LoadKeyFile(folder + "/none").error().kind, base::ErrorKind::kNotFound);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace day::network::core
