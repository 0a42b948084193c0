// Programs that unpack themselves, put together here: what they hide is encrypted, and a stub of a
// few instructions decrypts it and goes there.
#include "libs/unpack/packed/packed_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace day::unpack::packed {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kMarker = "DAYLIGHT-HARMLESS-MARKER";
constexpr char kKey = 0x5A;

void Put(std::string& bytes, std::size_t offset, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    bytes[offset + i] = static_cast<char>(value >> (8 * i) & 0xFF);
  }
}

// Two sections: at 0x1000 what is hidden, at 0x2000 the stub, where the program begins.
std::string MakePe(bool is_64, std::string_view hidden, std::string_view stub) {
  std::string pe(0x1400, '\0');
  pe.replace(0, 2, "MZ");
  Put(pe, 0x3C, 0x40, 4);
  pe.replace(0x40, 2, "PE");
  Put(pe, 0x44, is_64 ? 0x8664 : 0x14C, 2);
  Put(pe, 0x46, 2, 2);
  Put(pe, 0x54, is_64 ? 240 : 224, 2);
  const std::size_t optional = 0x58;
  Put(pe, optional, is_64 ? 0x20B : 0x10B, 2);
  Put(pe, optional + 16, 0x2000, 4);
  Put(pe, optional + (is_64 ? 24 : 28), 0x400000, is_64 ? 8 : 4);
  Put(pe, optional + 32, 0x1000, 4);
  Put(pe, optional + 36, 0x200, 4);
  Put(pe, optional + 56, 0x3000, 4);
  Put(pe, optional + 60, 0x400, 4);
  Put(pe, optional + 68, 2, 2);
  Put(pe, optional + (is_64 ? 108 : 92), 16, 4);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::size_t section = optional + (is_64 ? 240 : 224) + 40 * i;
    Put(pe, section + 8, 0x800, 4);
    Put(pe, section + 12, 0x1000 * (i + 1), 4);
    Put(pe, section + 16, 0x800, 4);
    Put(pe, section + 20, 0x400 + 0x800 * i, 4);
    Put(pe, section + 36, 0xE0000020, 4);
  }
  for (std::size_t i = 0; i < hidden.size(); ++i) {
    pe[0x400 + i] = static_cast<char>(hidden[i] ^ kKey);
  }
  pe.replace(0xC00, stub.size(), stub);
  return pe;
}

// mov esi, 0x401000; mov ecx, 0x400; L: xor byte [esi], 0x5A; inc esi; loop L; then a jump to what
// was decrypted (without REX the code is the same in both modes but for "inc esi").
std::string Stub(bool is_64) {
  std::string stub("\xBE\x00\x10\x40\x00\xB9\x00\x04\x00\x00\x80\x36\x5A"sv);
  stub += is_64 ? "\xFF\xC6\xE2\xF9"sv : "\x46\xE2\xFA"sv;
  const std::uint64_t next = 0x402000 + stub.size() + 5;
  stub += '\xE9';
  stub.resize(stub.size() + 4);
  Put(stub, stub.size() - 4, 0x401000 - next, 4);
  return stub;
}

struct Result {
  std::vector<std::string> names;
  std::string contents;
  std::string problem;
};

Result Unpack(const std::string& file, base::BudgetLimits limits = {}) {
  base::Budget budget(limits);
  PackedReader reader(base::AsBytes(file));
  Result result;
  while (const auto dump = reader.Next(budget)) {
    result.names.push_back(dump->name + dump->gap);
    result.contents += base::AsText(dump->content);
  }
  result.problem = reader.problem();
  return result;
}

TEST(Packed, DecryptedCodeComesOut) {
  for (const bool is_64 : {false, true}) {
    // ret, which ends the program
    const std::string file = MakePe(is_64, "\xC3" + std::string(kMarker), Stub(is_64));
    EXPECT_TRUE(PackedReader::LooksPacked(base::AsBytes(file)));
    EXPECT_EQ(file.find(kMarker), std::string::npos);
    const Result result = Unpack(file);
    EXPECT_EQ(result.names, std::vector<std::string>{"(unpacked)"});
    EXPECT_NE(result.contents.find(kMarker), std::string::npos);
    EXPECT_EQ(result.problem, "");
    // A PE file again, that begins where the stub went to.
    formats::pe::PeReader pe;
    ASSERT_TRUE(pe.Open(base::AsBytes(result.contents)));
    EXPECT_EQ(pe.optional_header().address_of_entry_point, 0x1000u);
    EXPECT_EQ(pe.sections()[0].pointer_to_raw_data, 0x1000u);
  }
}

TEST(Packed, ExceptionsAreHandled) {
  // push handler; push fs:[0]; mov fs:[0], esp; int3; nop; then as ever. The handler (at 0x402100)
  // steps over the int3: mov eax, [esp+12]; inc dword [eax+0xB8]; xor eax, eax; ret
  std::string stub(
      "\x68\x00\x21\x40\x00\x64\xFF\x35\x00\x00\x00\x00\x64\x89\x25\x00\x00\x00\x00\xCC"sv);
  stub += "\xBE\x00\x10\x40\x00\xB9\x00\x04\x00\x00\x80\x36\x5A\x46\xE2\xFA"sv;
  stub += "\xB8\x00\x10\x40\x00\xFF\xE0"sv;  // mov eax, 0x401000; jmp eax
  stub.resize(0x100);
  stub += "\x8B\x44\x24\x0C\xFF\x80\xB8\x00\x00\x00\x31\xC0\xC3"sv;
  const Result result = Unpack(MakePe(false, "\xCC" + std::string(kMarker), stub));
  EXPECT_NE(result.contents.find(kMarker), std::string::npos);
}

TEST(Packed, AProgramThatUnpacksNothingIsNoGap) {
  // An instruction that is not emulated (addps), a function that does not exist, an endless loop.
  for (const std::string_view stub : {"\x0F\x58\xC0"sv, "\xFF\x15\x00\x10\x40\x00"sv}) {
    const Result result = Unpack(MakePe(false, "hidden", stub));
    EXPECT_TRUE(result.names.empty());
    EXPECT_EQ(result.problem, "");
  }
}

TEST(Packed, AStopWhileUnpackingIsAGap) {
  // mov byte [0x402010], 0x0F; jmp 0x402010, where 0F 58 C0 is now.
  std::string stub("\xC6\x05\x10\x20\x40\x00\x0F\xEB\x07"sv);
  stub.resize(0x10);
  stub += "\x90\x58\xC0"sv;
  const Result result = Unpack(MakePe(false, "hidden", stub));
  EXPECT_EQ(result.problem,
            "unsupported: emulation stopped at an instruction that is not emulated");
}

TEST(Packed, NamesOfFunctionsAreMadeReadable) {
  // mov byte [0x402010], 0xFF; jmp 0x402010, where "call [0x402240]" is now: an imported function.
  std::string stub("\xC6\x05\x10\x20\x40\x00\xFF\xEB\x07"sv);
  stub.resize(0x10);
  stub += "\x90\x15\x40\x22\x40\x00"sv;
  stub.resize(0x200);
  for (const std::uint64_t field : {0x2240, 0, 0, 0x2280, 0x2240}) {
    stub.resize(stub.size() + 4);
    Put(stub, stub.size() - 4, field, 4);
  }
  stub.resize(0x240);
  stub += "\xA0\x22"sv;
  stub.resize(0x280);
  stub += "b\x01\n.dll"sv;
  stub.resize(0x2A2);
  stub += "f\xFFn";
  stub.resize(0x2B0);
  std::string pe = MakePe(false, "hidden", stub);
  constexpr std::size_t kImportDirectory = 0x58 + 96 + 8;
  Put(pe, kImportDirectory, 0x2200, 4);
  Put(pe, kImportDirectory + 4, 40, 4);
  EXPECT_EQ(Unpack(pe).problem, "unsupported: emulation stopped at b??.dll!f?n");
}

TEST(Packed, EndlessLoopsEndAtTheLimit) {
  std::string stub("\xC6\x05\x10\x20\x40\x00\xEB\xEB\x07"sv);
  stub.resize(0x10);
  stub += "\x90\xFE"sv;
  const std::string file = MakePe(false, "hidden", stub);
  base::Budget budget(base::BudgetLimits{});
  PackedReader reader(base::AsBytes(file), 100'000);
  while (reader.Next(budget)) {
  }
  EXPECT_EQ(reader.problem(), "limit emulation_instructions_max");
  base::BudgetLimits limits;
  limits.steps_max = 1000;
  EXPECT_EQ(Unpack(file, limits).problem, "limit steps_max");
}

TEST(Packed, TheBudgetHoldsTheDumps) {
  base::BudgetLimits limits;
  limits.bytes_out_max = 100;
  const Result result = Unpack(MakePe(false, "\xC3", Stub(false)), limits);
  EXPECT_EQ(result.names, std::vector<std::string>{"(unpacked)limit bytes_out_max"});
  EXPECT_TRUE(result.contents.empty());
}

TEST(Packed, OrdinaryFilesAreNotRun) {
  EXPECT_FALSE(PackedReader::LooksPacked({}));
  EXPECT_FALSE(PackedReader::LooksPacked(base::AsBytes("MZ")));
  std::string file = MakePe(false, "\xC3", Stub(false));
  const std::size_t characteristics = 0x58 + 224 + 40 + 36;
  Put(file, characteristics, 0x60000020, 4);  // not writable
  EXPECT_FALSE(PackedReader::LooksPacked(base::AsBytes(file)));
}

}  // namespace
}  // namespace day::unpack::packed
