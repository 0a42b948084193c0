// Reads the objects of a PDF file (ISO 32000-2, section 7.3) into a flat list of tokens.
//
//   ParsedObject object;
//   ParseObject(text, start, Extent::kIndirectObject, kTokensMax, object);
//   const Value dict(object, 0);
//   const Value length = dict.Find("Length");
//   if (length.IsNumber()) { ... length.Integer() ... }
//
// Tolerant, since viewers are: brackets that do not pair, strings and dictionaries without an end,
// unknown words. Nesting costs no stack, so it has no limit; the number of tokens has. Linear in
// the text read. Ownership: tokens are views into `text`, and Values views into the ParsedObject.
// Thread safety: as for values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace day::unpack::pdf {

inline constexpr std::size_t kTokensMax = 1'000'000;  // 32 bytes each

enum class TokenKind : std::uint8_t {
  kNumber,
  kName,
  kString,
  kHexString,
  kDictionary,
  kArray,
  kReference,
  kWord,  // true, false, null and whatever else
};

struct Token {
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  TokenKind kind = TokenKind::kWord;
  std::uint32_t next = 0;        // the token behind this one and all that it holds
  std::uint32_t parent = kNone;  // the dictionary or array that it stands in
  std::string_view text;         // names without their slash, strings without their brackets
};

enum class Extent : std::uint8_t {
  kIndirectObject,  // up to "endobj", "stream" or the next object's "N G obj"
  kOneValue,
};

struct ParsedObject {
  enum class Stop : std::uint8_t { kEndOfValue, kStream, kTooManyTokens };

  std::vector<Token> tokens;
  Stop stop = Stop::kEndOfValue;
  std::size_t end = 0;           // where reading stopped; for kStream: behind the word
  std::size_t work = 0;          // bytes looked at
  bool has_hidden_name = false;  // see HidesName()
};

// Replaces the content of `object`. REQUIRES: start <= text.size().
void ParseObject(std::string_view text, std::size_t start, Extent extent, std::size_t tokens_max,
                 ParsedObject& object);

// One token of an object with what it holds, or nothing at all.
class Value {
 public:
  Value() = default;
  // Nothing, if there is no such token.
  Value(const ParsedObject& object, std::uint32_t index)
      : object_(index < object.tokens.size() ? &object : nullptr), index_(index) {}

  explicit operator bool() const { return object_ != nullptr; }
  bool Is(TokenKind kind) const { return object_ != nullptr && token().kind == kind; }
  bool IsNumber() const { return Is(TokenKind::kNumber); }
  bool IsReference() const { return Is(TokenKind::kReference); }
  bool IsString() const { return Is(TokenKind::kString) || Is(TokenKind::kHexString); }
  bool IsName(std::string_view name) const;

  // Of a number or a reference (its object number), cut to a whole one; else 0.
  std::int64_t Integer() const;
  // Of a name, "#xx" decoded; or empty.
  std::string Name() const;
  // The bytes of a string; or empty.
  std::string Bytes() const;
  // Tokens that it is made of.
  std::size_t size() const { return object_ != nullptr ? token().next - index_ : 0; }
  std::string_view text() const { return object_ != nullptr ? token().text : std::string_view{}; }

  // The value of the key in this dictionary; the last one, if it stands there several times.
  Value Find(std::string_view key) const;
  // All of them, at most `count_max`, in their order.
  std::vector<Value> FindAll(std::string_view key, std::size_t count_max) const;
  // The first value of an array or a dictionary, and the one behind this one in the same.
  Value FirstChild() const;
  Value NextSibling() const;

 private:
  const Token& token() const { return object_->tokens[index_]; }

  const ParsedObject* object_ = nullptr;
  std::uint32_t index_ = 0;
};

// What an indirect object is: its first value, or the first dictionary, if what stands in front of
// that is damaged.
Value RootOf(const ParsedObject& object);

// Whether a name, as written, is this one.
bool NameIs(std::string_view written, std::string_view name);

// Whether a name, as written, is one of those that every file has, with some of it as "#xx": as
// ClamAV's alert for obfuscated names has it.
bool HidesName(std::string_view written);

bool IsWhite(char c);
// Neither white nor one of ()<>[]{}/%.
bool IsRegular(char c);

// A text string's bytes as UTF-8: UTF-16 with a byte order mark is converted, all else is kept.
std::string TextOf(std::string bytes);

}  // namespace day::unpack::pdf
