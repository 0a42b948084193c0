// JSON that is signed, hashed or comes from strangers: a strict reader, a value, and OLPC canonical
// JSON (http://wiki.laptop.org/go/Canonical_JSON), which TUF's signatures cover.
//
//   DAY_TRY_ASSIGN(const Json json, ParseJson(bytes, JsonLimits{}));
//   const Json* version = json.Find("version");
//   if (version != nullptr && version->IsInteger()) ... version->integer()
//   const std::string covered = CanonicalJson(json);
//
// The reader takes RFC 8259 and nothing more, and of it only what means the same to every reader:
// valid UTF-8, no byte order mark, no key twice in one object, integers of 64 signed bits only (no
// fractions, no exponents). It does not recurse on input.
// A Json is a plain value. Objects keep their members sorted by key (by bytes, which for UTF-8 is
// by code point), so equal values have equal texts. Thread safety: as for any value type.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/wire/json_writer.h"

namespace day::wire {

struct JsonLimits {
  std::size_t size_max_bytes = 8u << 20;
  std::size_t depth_max = 32;
  std::size_t values_max = 1'000'000;  // values and keys in total
};

enum class JsonKind : std::uint8_t { kNull, kBool, kInteger, kText, kArray, kObject };

class Json {
 public:
  struct Member;

  Json() = default;
  static Json Bool(bool value);
  static Json Integer(std::int64_t value);
  static Json Text(std::string_view text);
  static Json Array();
  static Json Object();

  JsonKind kind() const { return kind_; }
  bool IsBool() const { return kind_ == JsonKind::kBool; }
  bool IsInteger() const { return kind_ == JsonKind::kInteger; }
  bool IsText() const { return kind_ == JsonKind::kText; }
  bool IsArray() const { return kind_ == JsonKind::kArray; }
  bool IsObject() const { return kind_ == JsonKind::kObject; }

  // Each gives the empty value of its type if the kind is another one.
  bool boolean() const { return integer_ != 0 && IsBool(); }
  std::int64_t integer() const { return IsInteger() ? integer_ : 0; }
  const std::string& text() const { return text_; }
  const std::vector<Json>& items() const { return items_; }
  const std::vector<Member>& members() const { return members_; }

  // The member of that key; nullptr if there is none or this is no object.
  const Json* Find(std::string_view key) const;
  // Adds a member or replaces its value. REQUIRES: an object.
  void Set(std::string_view key, Json value);
  // Takes a member out; false if there was none.
  bool Remove(std::string_view key);
  // REQUIRES: an array.
  void Append(Json value);

  bool operator==(const Json& other) const;

 private:
  friend class JsonBuilder;

  JsonKind kind_ = JsonKind::kNull;
  std::int64_t integer_ = 0;
  std::string text_;
  std::vector<Json> items_;
  std::vector<Member> members_;  // sorted by key, each key once
};

struct Json::Member {
  std::string key;
  Json value;
};

// Errors: kMalformed (with the offset where the reader stopped), kLimit, kUnsupported for numbers
// that are no 64-bit integers.
base::Result<Json> ParseJson(base::Bytes text, const JsonLimits& limits);

// OLPC canonical JSON: members sorted, no blanks, texts as they are but for \" and \\. It is not
// always JSON: control characters stay as they are.
std::string CanonicalJson(const Json& json);

// Ordinary JSON that reads back as the same value; the same value gives the same text always.
std::string WriteJson(const Json& json, JsonLayout layout);

}  // namespace day::wire
