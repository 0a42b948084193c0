// The packed programs of Debian's package clamav-testfiles: each holds the file clam.exe, as it is
// or in a zip, which is found in the memory of the emulated program and not in the file. Nothing is
// searched for in the packed file itself: what comes out comes out by emulation alone.
#include <gtest/gtest.h>

#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>

#include "libs/emulate/windows/process.h"
#include "libs/unpack/packed/packed_reader.h"

namespace day::unpack::packed {
namespace {

constexpr std::string_view kFolder = "/usr/share/clamav-testfiles/";

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string ReadTestFile(std::string_view name) {
  return ReadFile(std::string(kFolder) + std::string(name));
}

// Whether the payload is there: clam.exe itself, or the beginning of a zip with it.
bool HasPayload(std::string_view memory, std::string_view payload) {
  constexpr std::size_t kNameInEntry = 30;
  const std::size_t zip = memory.find("PK\x03\x04");
  return memory.find(payload) != std::string_view::npos ||
         (zip != std::string_view::npos &&
          memory.substr(zip + kNameInEntry).starts_with("clam.exe"));
}

struct Case {
  const char* packer;
  double cpu_ms_max;  // of the processor's time, which others' work does not change
  const char* problem;
};

class PackedFiles : public testing::TestWithParam<Case> {};

TEST_P(PackedFiles, ComeOut) {
  const Case& expected = GetParam();
  const std::string payload = ReadTestFile("clam.exe");
  const std::string packed = ReadTestFile(std::string("clam-") + expected.packer + ".exe");
  ASSERT_FALSE(payload.empty() || packed.empty()) << "clamav-testfiles is not installed";
  EXPECT_FALSE(HasPayload(packed, payload));
  ASSERT_TRUE(PackedReader::LooksPacked(base::AsBytes(packed)));
  base::Budget budget(base::BudgetLimits{});
  PackedReader reader(base::AsBytes(packed));
  bool is_found = false;
  const std::clock_t start = std::clock();
  while (const auto dump = reader.Next(budget)) {
    EXPECT_EQ(dump->gap, "");
    is_found = is_found || HasPayload(base::AsText(dump->content), payload);
  }
  const double took_ms = 1000.0 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  std::printf("%s: %.1f ms\n", expected.packer, took_ms);
  EXPECT_TRUE(is_found);
  EXPECT_EQ(reader.problem(), expected.problem);
  EXPECT_LT(took_ms, expected.cpu_ms_max);
}

// The stub of clam-wwpack.exe decompresses in place, its output overtakes its input ten bytes
// before the end, and it writes over itself: a real processor fails at the same address.
INSTANTIATE_TEST_SUITE_P(
    All, PackedFiles,
    testing::Values(Case{"upx", 100, ""}, Case{"mew", 100, ""}, Case{"petite", 100, ""},
                    Case{"aspack", 100, ""}, Case{"pespin", 1000, ""}, Case{"yc", 100, ""},
                    Case{"wwpack", 100,
                         "unsupported: emulation stopped at exception 0xc0000005 at 0x4050b5"},
                    Case{"upack", 100, ""}),
    [](const auto& test) { return std::string(test.param.packer); });

// These two read their own file, and go astray if it is longer than it was.
TEST(PackedFile, WhatIsAppendedHidesNothing) {
  const std::string payload = ReadTestFile("clam.exe");
  for (const std::string packer : {"yc", "pespin"}) {
    for (const std::size_t size : {1u, 4000u}) {
      const std::string packed = ReadTestFile("clam-" + packer + ".exe") + std::string(size, 'x');
      base::Budget budget(base::BudgetLimits{});
      PackedReader reader(base::AsBytes(packed));
      bool is_found = false;
      while (const auto dump = reader.Next(budget)) {
        is_found = is_found || HasPayload(base::AsText(dump->content), payload);
      }
      EXPECT_TRUE(is_found) << packer << " and " << size << " bytes";
      EXPECT_EQ(reader.problem(), "");
    }
  }
}

// clam-fsg.exe bears the name of a packer, but nothing in it is packed: it is an ordinary program
// that shows "This is a ClamAV test file with the embedded clam.exe", and clam.exe lies in its last
// section. Running it to its end changes no byte of that section, so there is nothing to hand out;
// the payload is found where it lies (libs/unpack/embedded).
TEST(PackedFile, FsgIsNotPacked) {
  const std::string payload = ReadTestFile("clam.exe");
  const std::string file = ReadTestFile("clam-fsg.exe");
  ASSERT_FALSE(payload.empty() || file.empty()) << "clamav-testfiles is not installed";
  EXPECT_TRUE(HasPayload(file, payload));
  EXPECT_FALSE(PackedReader::LooksPacked(base::AsBytes(file)));
  auto process = emulate::windows::Process::Create(base::AsBytes(file));
  ASSERT_TRUE(process.ok());
  const auto event = process.value()->Run(100'000);
  EXPECT_EQ(event.kind, emulate::windows::EventKind::kExit) << event.detail;
  std::string section(0x1000, '\0');
  constexpr std::uint64_t kLastSection = 0x404000;
  auto* bytes = reinterpret_cast<std::uint8_t*>(section.data());
  ASSERT_TRUE(process.value()->memory().Peek(kLastSection, {bytes, section.size()}));
  EXPECT_TRUE(HasPayload(section, payload));
  EXPECT_EQ(file.substr(0xA00, section.size()), section);
}

}  // namespace
}  // namespace day::unpack::packed
