// The packed programs of Debian's package clamav-testfiles: each holds the file clam.exe, as it is
// or in a zip, which is found in the memory of the emulated program. Not run where the package is
// not installed.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "libs/unpack/packed/packed_reader.h"

namespace day::unpack::packed {
namespace {

constexpr std::string_view kFolder = "/usr/share/clamav-testfiles/";

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class PackedFiles : public testing::TestWithParam<const char*> {};

TEST_P(PackedFiles, ComeOut) {
  const std::string payload = ReadFile(std::string(kFolder) + "clam.exe");
  const std::string packed = ReadFile(std::string(kFolder) + "clam-" + GetParam() + ".exe");
  ASSERT_FALSE(payload.empty() || packed.empty()) << "clamav-testfiles is not installed";
  ASSERT_TRUE(PackedReader::LooksPacked(base::AsBytes(packed)));
  base::Budget budget(base::BudgetLimits{});
  PackedReader reader(base::AsBytes(packed));
  bool is_found = false;
  const auto start = std::chrono::steady_clock::now();
  while (const auto dump = reader.Next(budget)) {
    EXPECT_EQ(dump->gap, "");
    const std::string_view memory = base::AsText(dump->content);
    constexpr std::size_t kNameInEntry = 30;
    const std::size_t zip = memory.find("PK\x03\x04");
    is_found = is_found || memory.find(payload) != std::string_view::npos ||
               (zip != std::string_view::npos &&
                memory.substr(zip + kNameInEntry).starts_with("clam.exe"));
  }
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  std::printf("%s: %.1f ms, problem '%s'\n", GetParam(), took.count(),
              std::string(reader.problem()).c_str());
  EXPECT_TRUE(is_found);
}

INSTANTIATE_TEST_SUITE_P(All, PackedFiles,
                         testing::Values("upx", "mew", "petite", "aspack", "pespin", "yc", "wwpack",
                                         "upack"));

}  // namespace
}  // namespace day::unpack::packed
