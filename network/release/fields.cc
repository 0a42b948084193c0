#include "network/release/fields.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace day::network::release {

using base::ErrorKind;
using wire::Json;

Fields::Fields(const Json* json, std::string_view what) : json_(*json), what_(what) {
  Check(json_.IsObject(), "not an object");
}

bool Fields::Check(bool condition, std::string_view field) {
  if (!condition && !error_) {
    error_ = base::MakeError(ErrorKind::kMalformed, fmt::format("{} is damaged: {}", what_, field));
  }
  return condition;
}

std::optional<Json> Fields::Take(std::string_view key) {
  const Json* found = json_.Find(key);
  if (found == nullptr) {
    return std::nullopt;
  }
  Json value = *found;
  json_.Remove(key);
  return value;
}

std::string Fields::Text(std::string_view key, std::size_t size_max, Needed needed) {
  const std::optional<Json> value = Take(key);
  if (!value) {
    Check(needed == Needed::kOptional, key);
    return "";
  }
  return Check(value->IsText() && value->text().size() <= size_max, key) ? value->text() : "";
}

std::int64_t Fields::Integer(std::string_view key, Needed needed) {
  const std::optional<Json> value = Take(key);
  if (!value) {
    Check(needed == Needed::kOptional, key);
    return 0;
  }
  return Check(value->IsInteger() && value->integer() >= 0, key) ? value->integer() : 0;
}

bool Fields::Bool(std::string_view key) {
  const std::optional<Json> value = Take(key);
  return Check(value && value->IsBool(), key) && value->boolean();
}

std::vector<Json> Fields::Array(std::string_view key, std::size_t count_max) {
  const std::optional<Json> value = Take(key);
  if (!Check(value && value->IsArray() && value->items().size() <= count_max, key)) {
    return {};
  }
  return value->items();
}

std::vector<std::string> Fields::Texts(std::string_view key, std::size_t count_max,
                                       std::size_t size_max) {
  std::vector<std::string> out;
  for (const Json& item : Array(key, count_max)) {
    if (Check(item.IsText() && item.text().size() <= size_max, key)) {
      out.push_back(item.text());
    }
  }
  return out;
}

Json Fields::Object(std::string_view key) {
  const std::optional<Json> value = Take(key);
  return Check(value && value->IsObject(), key) ? *value : Json::Object();
}

base::Status Fields::Finish() {
  if (!error_ && !json_.members().empty()) {
    Check(false, json_.members().front().key + " does not belong there");
  }
  return error_ ? base::Status(*error_) : base::OkStatus();
}

base::Result<Json> ReadJson(std::string_view text, std::string_view what) {
  constexpr wire::JsonLimits kLimits{
      .size_max_bytes = 64u << 20, .depth_max = 16, .values_max = 2'000'000};
  base::Result<Json> json = wire::ParseJson(base::AsBytes(text), kLimits);
  if (!json.ok()) {
    return base::MakeError(json.error().kind,
                           fmt::format("{} is damaged: {}", what, json.error().message));
  }
  return json;
}

Json JsonTexts(const std::vector<std::string>& texts) {
  Json out = Json::Array();
  for (const std::string& text : texts) {
    out.Append(Json::Text(text));
  }
  return out;
}

std::string FileText(const Json& json) {
  return wire::WriteJson(json, wire::JsonLayout::kIndented) + "\n";
}

}  // namespace day::network::release
