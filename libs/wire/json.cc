#include "libs/wire/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

namespace day::wire {

using base::ErrorKind;
using base::MakeError;

// Takes the events of nlohmann's reader, which does not recurse, and builds the value on a stack.
class JsonBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit JsonBuilder(const JsonLimits& limits) : limits_(limits) {}

  bool null() override { return Add(Json()); }
  bool boolean(bool value) override { return Add(Json::Bool(value)); }
  bool number_integer(number_integer_t value) override { return Add(Json::Integer(value)); }
  bool number_unsigned(number_unsigned_t value) override {
    if (!std::in_range<std::int64_t>(value)) {
      return Fail(ErrorKind::kUnsupported, "a number beyond 64 signed bits");
    }
    return Add(Json::Integer(static_cast<std::int64_t>(value)));
  }
  bool number_float(number_float_t, const string_t&) override {
    return Fail(ErrorKind::kUnsupported, "a number that is no 64-bit integer");
  }
  bool string(string_t& value) override { return Add(Json::Text(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return Open(Json::Object()); }
  bool key(string_t& value) override {
    open_.back().key = value;
    return Count();
  }
  bool end_object() override { return CloseObject(); }
  bool start_array(std::size_t) override { return Open(Json::Array()); }
  bool end_array() override { return Close(); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception&) override {
    error_ = MakeError(ErrorKind::kMalformed, "not JSON", position);
    return false;
  }

  base::Result<Json> Finish() && {
    if (error_) {
      return std::move(*error_);
    }
    if (!done_) {
      return MakeError(ErrorKind::kMalformed, "not JSON");
    }
    return std::move(root_);
  }

 private:
  struct Level {
    Json value;
    std::string key;  // of the member being read
  };

  bool Fail(ErrorKind kind, const char* message) {
    error_ = MakeError(kind, message);
    return false;
  }
  bool Count() {
    return ++values_ <= limits_.values_max || Fail(ErrorKind::kLimit, "JSON with too many values");
  }
  bool Open(Json value) {
    if (open_.size() >= limits_.depth_max) {
      return Fail(ErrorKind::kLimit, "JSON nested too deeply");
    }
    open_.push_back({std::move(value), {}});
    return Count();
  }
  bool CloseObject() {
    auto& members = open_.back().value.members_;
    std::sort(members.begin(), members.end(),
              [](const Json::Member& a, const Json::Member& b) { return a.key < b.key; });
    const auto twice =
        std::adjacent_find(members.begin(), members.end(),
                           [](const auto& a, const auto& b) { return a.key == b.key; });
    if (twice != members.end()) {
      return Fail(ErrorKind::kMalformed, "JSON with a key twice in one object");
    }
    return Close();
  }
  bool Close() {
    Json value = std::move(open_.back().value);
    open_.pop_back();
    return Put(std::move(value));
  }
  bool Add(Json value) { return Count() && Put(std::move(value)); }
  bool Put(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      done_ = true;
      return true;
    }
    Level& level = open_.back();
    if (level.value.IsObject()) {
      level.value.members_.push_back({std::move(level.key), std::move(value)});
    } else {
      level.value.items_.push_back(std::move(value));
    }
    return true;
  }

  const JsonLimits& limits_;
  std::vector<Level> open_;
  std::size_t values_ = 0;
  Json root_;
  bool done_ = false;
  std::optional<base::Error> error_;
};

namespace {

auto LowerBound(auto& members, std::string_view key) {
  return std::lower_bound(members.begin(), members.end(), key,
                          [](const auto& member, std::string_view k) { return member.key < k; });
}

void AppendCanonicalText(std::string_view text, std::string* out) {
  out->push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out->push_back('\\');
    }
    out->push_back(c);
  }
  out->push_back('"');
}

// Recurses as deep as the value, which a reader's depth_max bounds.
void AppendCanonical(const Json& json, std::string* out) {
  switch (json.kind()) {
    case JsonKind::kNull:
      out->append("null");
      return;
    case JsonKind::kBool:
      out->append(json.boolean() ? "true" : "false");
      return;
    case JsonKind::kInteger:
      out->append(std::to_string(json.integer()));
      return;
    case JsonKind::kText:
      AppendCanonicalText(json.text(), out);
      return;
    case JsonKind::kArray:
      out->push_back('[');
      for (const Json& item : json.items()) {
        if (&item != &json.items().front()) {
          out->push_back(',');
        }
        AppendCanonical(item, out);
      }
      out->push_back(']');
      return;
    case JsonKind::kObject:
      out->push_back('{');
      for (const Json::Member& member : json.members()) {
        if (&member != &json.members().front()) {
          out->push_back(',');
        }
        AppendCanonicalText(member.key, out);
        out->push_back(':');
        AppendCanonical(member.value, out);
      }
      out->push_back('}');
      return;
  }
}

void Write(const Json& json, JsonWriter* writer) {
  switch (json.kind()) {
    case JsonKind::kNull:
      writer->Null();
      return;
    case JsonKind::kBool:
      writer->Bool(json.boolean());
      return;
    case JsonKind::kInteger:
      writer->Signed(json.integer());
      return;
    case JsonKind::kText:
      writer->Text(json.text());
      return;
    case JsonKind::kArray:
      writer->BeginArray();
      for (const Json& item : json.items()) {
        Write(item, writer);
      }
      writer->EndArray();
      return;
    case JsonKind::kObject:
      writer->BeginObject();
      for (const Json::Member& member : json.members()) {
        writer->Key(member.key);
        Write(member.value, writer);
      }
      writer->EndObject();
      return;
  }
}

}  // namespace

Json Json::Bool(bool value) {
  Json json;
  json.kind_ = JsonKind::kBool;
  json.integer_ = value ? 1 : 0;
  return json;
}

Json Json::Integer(std::int64_t value) {
  Json json;
  json.kind_ = JsonKind::kInteger;
  json.integer_ = value;
  return json;
}

Json Json::Text(std::string_view text) {
  Json json;
  json.kind_ = JsonKind::kText;
  json.text_ = text;
  return json;
}

Json Json::Array() {
  Json json;
  json.kind_ = JsonKind::kArray;
  return json;
}

Json Json::Object() {
  Json json;
  json.kind_ = JsonKind::kObject;
  return json;
}

const Json* Json::Find(std::string_view key) const {
  const auto found = LowerBound(members_, key);
  return found != members_.end() && found->key == key ? &found->value : nullptr;
}

void Json::Set(std::string_view key, Json value) {
  const auto found = LowerBound(members_, key);
  if (found != members_.end() && found->key == key) {
    found->value = std::move(value);
  } else {
    members_.insert(found, {std::string(key), std::move(value)});
  }
}

bool Json::Remove(std::string_view key) {
  const auto found = LowerBound(members_, key);
  if (found == members_.end() || found->key != key) {
    return false;
  }
  members_.erase(found);
  return true;
}

void Json::Append(Json value) { items_.push_back(std::move(value)); }

bool Json::operator==(const Json& other) const {
  return kind_ == other.kind_ && integer_ == other.integer_ && text_ == other.text_ &&
         items_ == other.items_ &&
         std::equal(
             members_.begin(), members_.end(), other.members_.begin(), other.members_.end(),
             [](const Member& a, const Member& b) { return a.key == b.key && a.value == b.value; });
}

base::Result<Json> ParseJson(base::Bytes text, const JsonLimits& limits) {
  if (text.size() > limits.size_max_bytes) {
    return MakeError(ErrorKind::kLimit, "JSON that is too long");
  }
  const std::string_view view = base::AsText(text);
  if (view.starts_with("\xEF\xBB\xBF")) {
    return MakeError(ErrorKind::kMalformed, "JSON with a byte order mark", 0);
  }
  JsonBuilder builder(limits);
  try {
    nlohmann::json::sax_parse(view.begin(), view.end(), &builder);
  } catch (const std::exception&) {
    return MakeError(ErrorKind::kMalformed, "not JSON");
  }
  return std::move(builder).Finish();
}

std::string CanonicalJson(const Json& json) {
  std::string out;
  AppendCanonical(json, &out);
  return out;
}

std::string WriteJson(const Json& json, JsonLayout layout) {
  std::string out;
  JsonWriter writer(&out, layout);
  Write(json, &writer);
  return out;
}

}  // namespace day::wire
