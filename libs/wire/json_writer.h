// Writes JSON for people and their tools: one value, commas and quotes in the right places.
//
//   std::string line;
//   JsonWriter json(&line);
//   json.BeginObject();
//   json.Key("path"); json.Text(path);
//   json.EndObject();
//
// The output is valid UTF-8 whatever bytes go in: bytes that are no UTF-8 become U+FFFD, each one.
// Control characters and U+007F to U+009F, which a terminal may obey, are escaped. Not for anything
// signed. REQUIRES: keys only in objects, values only where one belongs, every Begin
// with its End; wrong use is not detected. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace day::wire {

enum class JsonLayout : std::uint8_t { kOneLine, kIndented };

class JsonWriter {
 public:
  explicit JsonWriter(std::string* out, JsonLayout layout = JsonLayout::kOneLine)
      : out_(out), layout_(layout) {}

  void BeginObject() { Open('{'); }
  void EndObject() { Close('}'); }
  void BeginArray() { Open('['); }
  void EndArray() { Close(']'); }
  void Key(std::string_view key);
  void Text(std::string_view text);
  void Unsigned(std::uint64_t value);
  void Signed(std::int64_t value);
  // Non-finite numbers, which JSON does not have, become null.
  void Real(double value);
  void Bool(bool value);
  void Null();

  // A key and its value.
  void Field(std::string_view key, std::string_view text) { Key(key), Text(text); }
  void Field(std::string_view key, const char* text) { Key(key), Text(text); }
  void Field(std::string_view key, std::uint64_t value) { Key(key), Unsigned(value); }
  void Field(std::string_view key, bool value) { Key(key), Bool(value); }

 private:
  void Open(char bracket);
  void Close(char bracket);
  void BeforeValue();
  void NewLine();

  std::string* out_;
  JsonLayout layout_;
  std::vector<bool> has_items_;  // one a level
  bool after_key_ = false;
};

// Appends `text` as a quoted JSON string.
void AppendJsonText(std::string_view text, std::string* out);

// The length of the valid UTF-8 sequence (shortest form, no surrogates) at the start of `text`, or
// 0.
std::size_t Utf8SequenceLength(std::string_view text);
bool IsUtf8(std::string_view text);

// For a terminal: valid UTF-8 without control characters; what is neither is written as \xNN.
std::string PrintableText(std::string_view text);

}  // namespace day::wire
