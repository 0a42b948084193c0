#include "libs/unpack/stream/stream.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "libs/base/testing/fixture.h"

namespace day::unpack::stream {
namespace {

const std::vector<std::string> kEndings = {"bz2", "xz", "lzma", "lz", "zst", "lz4", "Z"};

std::string Fixture(const std::string& name) { return base::ReadFixture("archives/" + name); }

std::string Lines(std::size_t size) {
  std::string text;
  for (unsigned i = 0; text.size() < size; ++i) {
    text += "line " + std::to_string(i) + " of a text that does not repeat " +
            std::to_string(i * i * 7919ull) + "\n";
  }
  return text.substr(0, size);
}

struct Decoded {
  std::string text;
  std::string gap;
  std::string trailing;
};

Decoded DecodeAll(const std::string& file, const base::BudgetLimits& limits = {}) {
  base::Budget budget(limits);
  inflate::OutputBuffer buffer;
  const auto format = FormatOf(base::AsBytes(file));
  EXPECT_TRUE(format);
  if (!format) {
    return {};
  }
  const Outcome outcome = Decode(*format, base::AsBytes(file), budget, buffer);
  EXPECT_EQ(outcome.produced, buffer.size());
  EXPECT_EQ(budget.bytes_out(), buffer.size());
  return {std::string(base::AsText(buffer.bytes())), outcome.gap, file.substr(outcome.consumed)};
}

TEST(StreamTest, ReadsEveryFormat) {
  for (std::size_t i = 0; i < kEndings.size(); ++i) {
    const std::string file = Fixture("plain." + kEndings[i]);
    EXPECT_EQ(FormatOf(base::AsBytes(file)), static_cast<Format>(i));
    const Decoded decoded = DecodeAll(file);
    EXPECT_EQ(decoded.gap, "") << kEndings[i];
    EXPECT_EQ(decoded.text, base::ArchivedText()) << kEndings[i];
    EXPECT_EQ(decoded.trailing, "") << kEndings[i];
  }
}

TEST(StreamTest, JoinsStreamsAndSaysWhatFollows) {
  for (const std::string& ending : kEndings) {
    if (ending == "Z") {
      continue;  // has no end
    }
    EXPECT_EQ(DecodeAll(Fixture("two_streams." + ending)).text, "first needle second") << ending;
    const Decoded decoded = DecodeAll(Fixture("trailing." + ending));
    EXPECT_EQ(decoded.text, "first need") << ending;
    EXPECT_EQ(decoded.gap, "") << ending;
    EXPECT_EQ(decoded.trailing, "what follows: needle") << ending;
  }
  EXPECT_EQ(DecodeAll(Fixture("padded.xz")).text, "first needle second");
  EXPECT_EQ(DecodeAll(Fixture("padded.xz")).gap, "");
  EXPECT_EQ(DecodeAll(Fixture("skippable.zst")).text, base::ArchivedText());
}

TEST(StreamTest, ReadsWideAndClearedCodes) {
  EXPECT_EQ(DecodeAll(Fixture("wide.Z")).text, Lines(60000));
  EXPECT_EQ(DecodeAll(Fixture("cleared.Z")).text, Lines(3000));
}

TEST(StreamTest, TruncationKeepsTheBeginning) {
  for (const std::string ending : {"xz", "lzma", "lz", "lz4", "zst", "bz2"}) {
    const Decoded decoded = DecodeAll(Fixture("truncated." + ending));
    EXPECT_EQ(decoded.gap, "damaged: the stream ends too early") << ending;
    // LZ4, bzip2 and zstd give whole blocks only, and these files have one.
    if (ending == "xz" || ending == "lzma" || ending == "lz") {
      EXPECT_GT(decoded.text.size(), 500u) << ending;
    }
  }
  const std::string two = Fixture("two_streams.bz2");
  const Decoded decoded = DecodeAll(two.substr(0, two.size() - 5));
  EXPECT_TRUE(decoded.text.starts_with("first need"));
  EXPECT_EQ(decoded.gap, "damaged: the stream ends too early");
}

TEST(StreamTest, DamageIsAGap) {
  EXPECT_EQ(DecodeAll(Fixture("bad_sum.bz2")).gap, "damaged: invalid bzip2 data");
  EXPECT_EQ(DecodeAll(Fixture("bad_sum.bz2")).text, base::ArchivedText());
  EXPECT_EQ(DecodeAll(Fixture("damaged.xz")).gap, "damaged: invalid LZMA data");
  EXPECT_EQ(DecodeAll(Fixture("bad_code.Z")).gap, "damaged: invalid code");
  EXPECT_NE(DecodeAll(Fixture("bad_code.Z")).text, "");
}

TEST(StreamTest, WindowsAreLimited) {
  EXPECT_EQ(DecodeAll(Fixture("window.lzma")).gap, "limit window_bytes_max");
  EXPECT_EQ(DecodeAll(Fixture("window.zst")).gap, "limit window_bytes_max");
}

TEST(StreamTest, OutputIsLimited) {
  for (const std::string& ending : kEndings) {
    const std::string file = Fixture("plain." + ending);
    base::BudgetLimits limits;
    limits.file_bytes_max = base::ArchivedText().size();
    EXPECT_EQ(DecodeAll(file, limits).gap, "") << ending;
    limits.file_bytes_max = 100;
    EXPECT_EQ(DecodeAll(file, limits).gap, "limit file_bytes_max") << ending;
    EXPECT_EQ(DecodeAll(file, limits).text, base::ArchivedText().substr(0, 100)) << ending;
    limits.file_bytes_max = 1000;
    limits.bytes_out_max = 50;
    EXPECT_EQ(DecodeAll(file, limits).gap, "limit bytes_out_max") << ending;
    EXPECT_EQ(DecodeAll(file, limits).text, base::ArchivedText().substr(0, 50)) << ending;
  }
}

TEST(StreamTest, ManyStreamsEnd) {
  std::string file;
  for (int i = 0; i < 1000; ++i) {
    file += Fixture("two_streams.zst");
  }
  base::BudgetLimits limits;
  limits.steps_max = 100 * kStepsPerStream;
  EXPECT_EQ(DecodeAll(file, limits).gap, "limit steps_max");
  EXPECT_EQ(DecodeAll(file).text.size(), 19000u);
}

TEST(StreamTest, ReadsRawLzma) {
  const std::string file = Fixture("plain.lzma");
  for (const std::size_t cut : {0, 6}) {
    base::Budget budget{base::BudgetLimits{}};
    inflate::OutputBuffer buffer;
    const auto data = base::AsBytes(file).subspan(13);
    const Outcome outcome =
        DecodeRawLzma(base::AsBytes(file).first(5), data.first(data.size() - cut), budget, buffer);
    EXPECT_EQ(outcome.gap, cut == 0 ? "" : "damaged: the stream ends too early");
    EXPECT_EQ(cut == 0, base::AsText(buffer.bytes()) == base::ArchivedText());
  }
}

Outcome DecodeBrotliFile(std::string_view file, std::string& text,
                         const base::BudgetLimits& limits = {}) {
  base::Budget budget(limits);
  inflate::OutputBuffer buffer;
  const Outcome outcome = Decode(Format::kBrotli, base::AsBytes(file), budget, buffer);
  text = base::AsText(buffer.bytes());
  return outcome;
}

TEST(StreamTest, ReadsBrotli) {
  const std::string file = Fixture("plain.br");
  std::string text;
  EXPECT_FALSE(FormatOf(base::AsBytes(file)));
  EXPECT_EQ(DecodeBrotliFile(file, text).gap, "");
  EXPECT_EQ(text, base::ArchivedText());
  const Outcome outcome = DecodeBrotliFile(file + "more", text);
  EXPECT_EQ(outcome.gap, "");
  EXPECT_EQ(outcome.consumed, file.size());
  base::BudgetLimits limits;
  limits.file_bytes_max = 100;
  EXPECT_EQ(DecodeBrotliFile(file, text, limits).gap, "limit file_bytes_max");
  EXPECT_EQ(text, base::ArchivedText().substr(0, 100));
  EXPECT_EQ(DecodeBrotliFile(file.substr(0, 20), text).gap, "damaged: the stream ends too early");
  EXPECT_EQ(DecodeBrotliFile("", text).gap, "damaged: the stream ends too early");
  EXPECT_EQ(DecodeBrotliFile("\x11\x1e", text).gap, "limit window_bytes_max");
  EXPECT_EQ(DecodeBrotliFile("The quick brown fox", text).gap, kInvalidBrotli);
}

TEST(StreamTest, EveryDamagedBrotliEnds) {
  const std::string file = Fixture("nest.tar.br");
  base::BudgetLimits limits;
  limits.file_bytes_max = 100'000;
  for (std::size_t i = 0; i < file.size(); ++i) {
    std::string bad = file;
    bad[i] = static_cast<char>(~bad[i]);
    std::string text;
    DecodeBrotliFile(bad, text, limits);
    EXPECT_NE(DecodeBrotliFile(file.substr(0, i), text, limits).gap, "");
  }
}

TEST(StreamTest, RefusesOtherFiles) {
  for (const std::string file : {"", "BZh", "BZhello world", "LZIP", "\x1f\x9d", "(\xb5/\xfd"}) {
    base::Budget budget{base::BudgetLimits{}};
    inflate::OutputBuffer buffer;
    for (int i = 0; i < 7; ++i) {
      const auto format = static_cast<Format>(i);
      if (FormatOf(base::AsBytes(file)) != format) {
        EXPECT_EQ(Decode(format, base::AsBytes(file), budget, buffer).gap, "damaged: no header");
      }
    }
    EXPECT_TRUE(!FormatOf(base::AsBytes(file)) || file.size() == 4) << file;
  }
}

TEST(StreamTest, EveryTruncationAndEveryFlippedByteEnds) {
  base::BudgetLimits limits;
  limits.file_bytes_max = 100'000;
  for (const std::string& ending : kEndings) {
    const std::string file = Fixture("nest.tar." + ending);
    for (std::size_t i = 0; i < file.size(); ++i) {
      std::string bad = file;
      bad[i] = static_cast<char>(~bad[i]);
      for (const std::string& input : {file.substr(0, i), bad}) {
        if (FormatOf(base::AsBytes(input))) {
          DecodeAll(input, limits);
        }
      }
    }
  }
}

}  // namespace
}  // namespace day::unpack::stream
