#include "libs/unpack/rar/rar_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "libs/base/testing/fixture.h"
#include "libs/unpack/inflate/crc32.h"
#include "libs/unpack/parts/testing/drain.h"
#include "libs/unpack/rar/rar_name.h"
#include "libs/unpack/rar/window.h"

namespace day::unpack::rar {
namespace {

using parts::testing::Drained;
using std::string_literals::operator""s;

const std::vector<std::string> kFixtures = {
    "rar20.rar",       "rar20_solid.rar",   "rar20_sound.rar", "rar29.rar",
    "rar29_solid.rar", "rar29_filters.rar", "rar29_lost.rar",  "rar29_parts.rar"};

std::string Fixture(const std::string& name) { return base::ReadFixture("packages/" + name); }

std::vector<Drained> Read(const std::string& file, std::string* problem = nullptr,
                          std::uint64_t password_tries_max = 500) {
  RarReader reader(base::AsBytes(file));
  base::BudgetLimits limits = parts::testing::SmallLimits();
  limits.password_tries_max = password_tries_max;
  base::Budget budget(limits);
  auto all = parts::testing::Drain(reader, budget);
  if (problem != nullptr) {
    *problem = std::string(reader.problem());
  }
  return all;
}

TEST(RarReaderTest, ReadsTheCompressionsOfRar2And3) {
  for (const char* name : {"rar20.rar", "rar29.rar"}) {
    ASSERT_TRUE(RarReader::IsRar(base::AsBytes(Fixture(name))));
    std::string problem;
    const auto all = Read(Fixture(name), &problem);
    ASSERT_EQ(all.size(), 3u) << name;
    EXPECT_EQ(all[0].name, "dir/a.txt");
    EXPECT_EQ(all[0].gap, "");
    EXPECT_EQ(all[0].content, base::ArchivedText());
    EXPECT_EQ(all[1].content, "a needle in the nest\n");
    EXPECT_EQ(all[2].gap, "") << "far matches of " << name;
    EXPECT_EQ(problem, "");
  }
}

TEST(RarReaderTest, SolidFilesGoOnWithWhatCameBefore) {
  for (const char* name : {"rar20_solid.rar", "rar29_solid.rar"}) {
    const auto all = Read(Fixture(name));
    ASSERT_EQ(all.size(), 3u) << name;
    EXPECT_EQ(all[1].gap, "") << name;
    EXPECT_EQ(all[1].content, base::ArchivedText());
    EXPECT_EQ(all[2].gap, "") << name;
    EXPECT_EQ(all[2].content, "a needle in the nest\n");
  }
  const auto lost = Read(Fixture("rar29_lost.rar"));
  ASSERT_EQ(lost.size(), 2u);
  EXPECT_EQ(lost[0].gap, "encrypted");
  EXPECT_EQ(lost[1].gap, "unsupported: a file before it in the solid archive is missing");
}

TEST(RarReaderTest, ReadsSound) {
  const auto all = Read(Fixture("rar20_sound.rar"));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].gap, "");
  EXPECT_TRUE(all[0].content.ends_with(base::ArchivedText()));
  EXPECT_EQ(all[1].content, "a needle in the nest\n");
}

TEST(RarReaderTest, UndoesFilters) {
  const auto all = Read(Fixture("rar29_filters.rar"));
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].content, base::ArchivedText());
  for (const Drained& file : all) {
    EXPECT_EQ(file.gap, "") << file.name;
  }
  const auto unknown = Read(Fixture("rar29_program.rar"));
  ASSERT_EQ(unknown.size(), 1u);
  EXPECT_EQ(unknown[0].gap, "unsupported: a filter that is a program of its own");
  EXPECT_EQ(unknown[0].content, "a needle in the nest\n");
}

// What this code makes of bytes that look like nothing. It undid what RAR 6.23 wrote with these
// filters (but for Itanium's) when the sums were taken.
TEST(RarReaderTest, FiltersStayWhatTheyAre) {
  struct Case {
    FilterSettings settings;
    std::uint32_t crc32;
  };
  const Case cases[] = {
      {{Filter::kRgb, {300, 1}, 0}, 1324768681},
      {{Filter::kAudio, {2}, 0}, 2210868025},
      {{Filter::kItanium, {}, 4096}, 2882054277},
      {{Filter::kDelta, {5}, 0}, 2028702471},
  };
  for (const Case& one : cases) {
    std::vector<std::uint8_t> block(5000);
    std::uint32_t state = 1;
    for (std::uint8_t& byte : block) {
      state = state * 1103515245 + 12345;
      byte = static_cast<std::uint8_t>(state >> 16);
    }
    EXPECT_TRUE(ApplyFilter(one.settings, block));
    EXPECT_EQ(inflate::Crc32(std::as_bytes(std::span(block))), one.crc32)
        << static_cast<int>(one.settings.kind);
  }
  std::vector<std::uint8_t> block(100);
  EXPECT_FALSE(ApplyFilter({Filter::kDelta, {0}, 0}, block));
  EXPECT_FALSE(ApplyFilter({Filter::kRgb, {2}, 0}, block));
  EXPECT_FALSE(ApplyFilter({Filter::kRgb, {1000}, 0}, block));
}

TEST(RarReaderTest, VolumesAreOneArchive) {
  for (const char* name : {"rar29_volumes.rar", "rar29_volumes_encrypted.rar"}) {
    const std::string file = base::ReadFixture(std::string("volumes/") + name);
    const auto starts = parts::testing::StartsOf(base::AsBytes(file), "Rar!");
    ASSERT_EQ(starts.size(), 4u);
    const auto read = [&](const std::string& bytes) {
      RarReader reader(base::AsBytes(bytes), {}, starts);
      base::Budget budget(parts::testing::SmallLimits());
      auto all = parts::testing::Drain(reader, budget);
      EXPECT_EQ(reader.problem(), "") << name;
      return all;
    };
    auto all = read(file);
    ASSERT_EQ(all.size(), 2u) << name;
    EXPECT_EQ(all[0].gap, "") << name;
    EXPECT_EQ(all[0].content, base::ArchivedText()) << name;
    EXPECT_EQ(all[1].gap, "") << name;
    EXPECT_EQ(all[1].content, "a needle in the nest\n") << name;
    // The last volume is another archive's.
    all = read(file.substr(0, starts[3]) + Fixture("rar29.rar"));
    EXPECT_EQ(all.at(0).gap, "") << name;
    EXPECT_EQ(all.at(1).gap.empty(), false) << name;
  }
}

TEST(RarReaderTest, WhatCannotBeReadIsAGap) {
  EXPECT_EQ(Read(Fixture("rar15.rar")).at(0).gap, "unsupported: the compression of RAR version 15");
  const auto parts_of = Read(Fixture("rar29_parts.rar"));
  ASSERT_EQ(parts_of.size(), 3u);
  EXPECT_EQ(parts_of[0].gap, "unsupported: goes on in another volume");
  EXPECT_NE(parts_of[0].content, "");
  EXPECT_EQ(parts_of[1].gap, "unsupported: begins in another volume");
  EXPECT_EQ(parts_of[1].content, "in the nest\n");
  EXPECT_EQ(parts_of[2].gap, "unsupported: begins in another volume");
  std::string problem;
  EXPECT_EQ(Read(Fixture("rar29_damaged.rar"), &problem).at(0).content, "a needle in the nest\n");
  EXPECT_EQ(problem, "damaged: no header where one should be");
  EXPECT_EQ(Read(Fixture("rar29_truncated.rar")).at(0).gap, "damaged: the data ends too early");
  std::string bad = Fixture("stored4.rar");
  bad[bad.find("needle")] = 'N';
  EXPECT_EQ(Read(bad).at(1).gap, "damaged: wrong checksum");
}

TEST(RarReaderTest, UnpacksNames) {
  EXPECT_EQ(UnpackName(base::AsBytes("plain.txt")), "plain.txt");
  // High byte 4; a letter of its own page, one of Latin, two of the narrow name, one in full.
  EXPECT_EQ(UnpackName(base::AsBytes("?b.t?\0\x04\x4E\x31z\x01\x26\x20"s)), "\u0431z.t?\u2026");
  EXPECT_EQ(UnpackName(base::AsBytes("x\0"s)), "");
}

// Writes RAR's coding of PPMd: the same model, told what to find.
class RangeEncoder {
 public:
  void set_symbol(std::uint8_t symbol) { symbol_ = symbol; }
  void Begin(std::uint32_t total) { range_ /= total; }
  bool Hits(std::uint32_t, std::uint8_t symbol) const { return symbol == symbol_; }
  bool Take(std::uint32_t start, std::uint32_t size) {
    low_ += start * range_;
    range_ *= size;
    Normalise();
    return true;
  }
  bool Bit(std::uint32_t zero, std::uint8_t symbol) {
    range_ >>= 14;
    const bool is_zero = symbol == symbol_;
    low_ += is_zero ? 0 : zero * range_;
    range_ *= is_zero ? zero : (1u << 14) - zero;
    Normalise();
    return is_zero;
  }
  std::string Finish() {
    for (int i = 0; i < 4; ++i) {
      Shift();
    }
    return out_;
  }

 private:
  void Shift() {
    out_ += static_cast<char>(low_ >> 24);
    low_ <<= 8;
    range_ <<= 8;
  }
  void Normalise() {
    while ((low_ ^ (low_ + range_)) < 1u << 24 ||
           (range_ < 1u << 15 && ((range_ = (0 - low_) & 0x7FFF), true))) {
      Shift();
    }
  }

  std::uint8_t symbol_ = 0;
  std::uint32_t low_ = 0;
  std::uint32_t range_ = 0xFFFFFFFF;
  std::string out_;
};

// A block of PPMd with a model of 1 MiB: `data`, with escapes where the format wants them.
std::string PackPpmd(std::string_view data, unsigned order) {
  constexpr char kEscape = 2;
  PpmdModel model;
  EXPECT_TRUE(model.Start(1 << 20, order));
  RangeEncoder encoder;
  const auto put = [&](char symbol) {
    encoder.set_symbol(static_cast<std::uint8_t>(symbol));
    EXPECT_EQ(model.Next(encoder), static_cast<std::uint8_t>(symbol));
  };
  for (const char symbol : data) {
    put(symbol);
    if (symbol == kEscape) {
      put(1);
    }
  }
  put(kEscape);
  put(2);
  const unsigned code = order <= 16 ? order - 1 : 16 + (order - 16) / 3 - 1;
  return std::string{static_cast<char>(0x80 | 0x20 | code), '\0'} + encoder.Finish();
}

std::string UnpackPpmd(const std::string& packed, std::size_t size, std::string& gap) {
  base::Budget budget{base::BudgetLimits{}};
  inflate::OutputBuffer buffer;
  parts::Sink sink(packed.size(), budget, buffer);
  Rar3Decoder decoder;
  decoder.Decode(base::AsBytes(packed), size, false, budget, sink);
  gap = sink.gap();
  return std::string(base::AsText(sink.content()));
}

TEST(RarReaderTest, ReadsPpmd) {
  std::string gap;
  // The second fills the model's memory several times.
  std::string noise = base::ArchivedText();
  std::uint32_t state = 1;
  for (int i = 0; i < 150'000; ++i) {
    state = state * 1103515245 + 12345;
    noise += static_cast<char>((state >> 16) % (i % 3 == 0 ? 256 : 23));
  }
  for (const std::string& text : {base::ArchivedText(), noise}) {
    for (const unsigned order : {2u, 6u, 64u}) {
      EXPECT_TRUE(UnpackPpmd(PackPpmd(text, order), text.size(), gap) == text) << order;
      EXPECT_EQ(gap, "");
    }
  }
}

// RAR shares the model with 7-Zip, which only codes it otherwise: its stream says that the model is
// right where it is not only our own writer's.
class SevenZipDecoder {
 public:
  explicit SevenZipDecoder(base::Bytes packed) : bits_(packed) {
    bits_.Drop(8);
    code_ = bits_.Take(32);
  }
  void Begin(std::uint32_t total) {
    range_ /= total;
    place_ = code_ / range_;
  }
  bool Hits(std::uint32_t end, std::uint8_t) const { return place_ < end; }
  bool Take(std::uint32_t start, std::uint32_t size) {
    code_ -= start * range_;
    range_ *= size;
    Normalise();
    return true;
  }
  bool Bit(std::uint32_t zero, std::uint8_t) {
    const std::uint32_t bound = (range_ >> 14) * zero;
    const bool is_zero = code_ < bound;
    code_ -= is_zero ? 0 : bound;
    range_ = is_zero ? bound : range_ - bound;
    Normalise();
    return is_zero;
  }

 private:
  void Normalise() {
    while (range_ < 1u << 24) {
      code_ = code_ << 8 | bits_.Take(8);
      range_ <<= 8;
    }
  }

  parts::MsbBits bits_;
  std::uint32_t code_ = 0;
  std::uint32_t range_ = 0xFFFFFFFF;
  std::uint32_t place_ = 0;
};

TEST(RarReaderTest, TheModelIsThatOf7Zip) {
  const std::string file = Fixture("ppmd.7z");
  constexpr std::size_t kHeaderBytes = 32;
  PpmdModel model;
  ASSERT_TRUE(model.Start(1 << 16, 6));  // as its header says, which is packed itself
  SevenZipDecoder decoder(base::AsBytes(file).subspan(kHeaderBytes));
  std::string text;
  while (text.size() < base::ArchivedText().size() + 21) {
    const auto symbol = model.Next(decoder);
    ASSERT_TRUE(symbol);
    text += static_cast<char>(*symbol);
  }
  EXPECT_NE(text.find(base::ArchivedText()), std::string::npos);
  EXPECT_NE(text.find("a needle in the nest\n"), std::string::npos);
}

TEST(RarReaderTest, DamagedPpmdEnds) {
  std::string gap;
  const std::string packed = PackPpmd(base::ArchivedText(), 6);
  for (std::size_t i = 0; i < packed.size(); ++i) {
    std::string bad = packed;
    bad[i] = static_cast<char>(~bad[i]);
    if (i != 1) {  // that is how much memory it wants
      UnpackPpmd(bad, 2000, gap);
    }
    UnpackPpmd(packed.substr(0, i), 900, gap);
    EXPECT_TRUE(i + 4 > packed.size() || gap != "") << i;
  }
}

TEST(RarReaderTest, EveryTruncationAndFlippedByteEnds) {
  for (const std::string& name : kFixtures) {
    const std::string file = Fixture(name);
    const std::size_t step = file.size() > 2000 ? 37 : 1;
    for (std::size_t i = 7; i < file.size(); i += step) {
      std::string bad = file;
      bad[i] = static_cast<char>(~bad[i]);
      Read(file.substr(0, i), nullptr, 0);
      Read(bad, nullptr, 0);
    }
  }
}

TEST(RarReaderTest, KeepsToTheBudget) {
  const std::string file = Fixture("rar29.rar");
  base::BudgetLimits limits;
  limits.file_bytes_max = 500;
  base::Budget budget(limits);
  RarReader reader(base::AsBytes(file));
  const auto all = parts::testing::Drain(reader, budget);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].gap, "limit file_bytes_max");
  EXPECT_EQ(all[0].content, base::ArchivedText().substr(0, 500));
}

TEST(RarReaderTest, OpensWhatItsPasswordsFit) {
  for (const char* name : {"rar29_encrypted.rar", "rar29_hidden.rar"}) {
    std::string problem;
    const auto all = Read(Fixture(name), &problem);
    ASSERT_EQ(all.size(), 2u) << name;
    EXPECT_EQ(all[0].content, base::ArchivedText());
    EXPECT_EQ(all[1].content, "a needle in the nest\n");
    EXPECT_EQ(all[1].gap, "");
    EXPECT_EQ(problem, "");
  }
  const std::string file = Fixture("rar29_unknown.rar");
  EXPECT_EQ(Read(file).at(0).gap, "encrypted");
  const std::vector<std::string> passwords = {"no", "correct horse"};
  RarReader reader(base::AsBytes(file), passwords);
  base::Budget budget(parts::testing::SmallLimits());
  EXPECT_EQ(parts::testing::Drain(reader, budget).at(0).content, "a needle in the nest\n");
}

TEST(RarReaderTest, PasswordsArePaid) {
  base::BudgetLimits limits = parts::testing::SmallLimits();
  limits.password_tries_max = 13;  // one key costs 14
  for (const char* name : {"rar29_encrypted.rar", "rar29_hidden.rar"}) {
    const std::string file = Fixture(name);
    base::Budget budget(limits);
    RarReader reader(base::AsBytes(file));
    const auto all = parts::testing::Drain(reader, budget);
    EXPECT_TRUE(all.empty() ? reader.problem() == "encrypted" : all[0].gap == "encrypted") << name;
  }
}

TEST(WindowTest, WhatWasNeverWrittenIsZeros) {
  Window window;
  std::string all;
  const auto take = [&](base::Bytes bytes) { all += base::AsText(bytes); };
  window.CopyBack(0, 2);
  window.Put('a');
  window.CopyBack(0, 1);
  window.CopyBack(2, 3);
  window.CopyBack(100, 1);
  window.PassOn(window.position(), take);
  EXPECT_EQ(all, std::string("\0\0a\0a\0a\0", 8));
}

}  // namespace
}  // namespace day::unpack::rar
