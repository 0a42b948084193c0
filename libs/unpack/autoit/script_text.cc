#include "libs/unpack/autoit/script_text.h"

#include <array>
#include <bit>
#include <cstdio>
#include <string_view>

#include "libs/unpack/autoit/words.h"
#include "libs/unpack/parts/sink.h"

namespace day::unpack::autoit {
namespace {

constexpr std::uint8_t kKeywordNumber = 0x00;
constexpr std::uint8_t kFunctionNumber = 0x01;
constexpr std::uint8_t kInt32 = 0x05;
constexpr std::uint8_t kInt64 = 0x10;
constexpr std::uint8_t kDouble = 0x20;
constexpr std::uint8_t kWords = 0x30;
constexpr std::uint8_t kOwnFunction = 0x34;
constexpr std::uint8_t kText = 0x36;
constexpr std::uint8_t kDirective = 0x37;
constexpr std::uint8_t kOperators = 0x40;
constexpr std::uint8_t kEndOfLine = 0x7F;

// What stands before a word of each kind from kWords on: keyword, function, macro, variable,
// function of the script, property, text, directive.
constexpr std::string_view kBefore[] = {"", "", "@", "$", "", ".", "\"", ""};

constexpr std::string_view kOperatorTexts[] = {",",  "=",  ">",  "<",  "<>", ">=", "<=", "(",  ")",
                                               "+",  "-",  "/",  "*",  "&",  "[",  "]",  "==", "^",
                                               "+=", "-=", "/=", "*=", "&=", "?",  ":"};

constexpr std::string_view kNoWord = "UNKNOWN";

class Writer {
 public:
  Writer(base::Bytes tokens, base::Budget& budget, inflate::OutputBuffer& buffer)
      : reader_(tokens), sink_(tokens.size(), budget, buffer) {
    reader_.Skip(sizeof(std::uint32_t));  // the count of lines: not needed, and it may lie
  }

  ScriptText Write() {
    while (sink_.ok() && reader_.remaining() > 0) {
      if (!WriteToken(reader_.U8())) {
        sink_.End("damaged: a token of the script");
      } else if (!reader_.ok()) {
        sink_.End(parts::kEndsTooEarly);
      }
    }
    return {sink_.content(), sink_.gap()};
  }

 private:
  void Put(std::string_view text) { sink_.Write(base::AsBytes(text)); }

  bool WriteToken(std::uint8_t kind) {
    std::array<char, 64> number{};
    if (kind == kKeywordNumber || kind == kFunctionNumber) {
      WriteNumbered(kind, reader_.U32());
    } else if (kind == kInt32) {
      std::snprintf(number.data(), number.size(), "0x%08x ", reader_.U32());
    } else if (kind == kInt64) {
      std::snprintf(number.data(), number.size(), "0x%016llx ",
                    static_cast<unsigned long long>(reader_.U64()));
    } else if (kind == kDouble) {
      std::snprintf(number.data(), number.size(), "%g ", std::bit_cast<double>(reader_.U64()));
    } else if (kind >= kWords && kind <= kDirective) {
      WriteWord(kind);
    } else if (kind >= kOperators && std::size_t{kind} - kOperators < std::size(kOperatorTexts)) {
      Put(kOperatorTexts[kind - kOperators]);
      Put(" ");
    } else if (kind == kEndOfLine) {
      Put("\n");
    } else {
      return false;
    }
    Put(number.data());
    return true;
  }

  void WriteNumbered(std::uint8_t kind, std::uint32_t number) {
    if (kind == kKeywordNumber) {
      Put(number < std::size(kKeywords) ? kKeywords[number] : kNoWord);
    } else {
      Put(number < std::size(kFunctions) ? kFunctions[number] : kNoWord);
    }
    Put(" ");
  }

  // Letters of the first 256 are written as they are, others as in UTF-8.
  void WriteWord(std::uint8_t kind) {
    const std::uint32_t length = reader_.U32();
    const base::Bytes letters = reader_.Take(std::uint64_t{length} * 2);
    Put(kBefore[kind - kWords]);
    for (std::size_t i = 0; i + 1 < letters.size() && sink_.ok(); i += 2) {
      const std::uint16_t stored = *base::ReadAt<std::uint16_t>(letters, i);
      const unsigned letter = stored ^ (length & 0xFFFF);
      if (letter < 0x100) {
        sink_.Put(static_cast<std::uint8_t>(letter));
      } else if (letter < 0x800) {
        sink_.Put(static_cast<std::uint8_t>(0xC0 | letter >> 6));
        sink_.Put(static_cast<std::uint8_t>(0x80 | (letter & 0x3F)));
      } else {
        sink_.Put(static_cast<std::uint8_t>(0xE0 | letter >> 12));
        sink_.Put(static_cast<std::uint8_t>(0x80 | (letter >> 6 & 0x3F)));
        sink_.Put(static_cast<std::uint8_t>(0x80 | (letter & 0x3F)));
      }
    }
    Put(kind == kText ? "\" " : kind == kOwnFunction ? "" : " ");
  }

  base::ByteReader reader_;
  parts::Sink sink_;
};

}  // namespace

ScriptText WriteScript(base::Bytes tokens, base::Budget& budget, inflate::OutputBuffer& buffer) {
  buffer.Clear();
  return Writer(tokens, budget, buffer).Write();
}

}  // namespace day::unpack::autoit
