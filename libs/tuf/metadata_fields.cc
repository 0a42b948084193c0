#include "libs/tuf/metadata_fields.h"

#include <fmt/core.h>

#include <utility>

namespace day::tuf {

using base::ErrorKind;
using wire::Json;
using wire::JsonKind;

Fields::Fields(const Json& json, std::string_view what) : json_(json), what_(what) {
  if (!json.IsObject()) {
    json_ = Json::Object();
    Fail(ErrorKind::kMalformed, "not an object");
  }
}

void Fields::Fail(ErrorKind kind, std::string_view message) {
  if (!error_) {
    error_ = base::MakeError(kind, fmt::format("{}: {}", what_, message));
  }
}

void Fields::Check(const base::Status& status) {
  if (!status.ok()) {
    Fail(status.error().kind, status.error().message);
  }
}

std::optional<Json> Fields::Take(std::string_view key, JsonKind kind, bool required) {
  const Json* found = json_.Find(key);
  if (found == nullptr) {
    if (required) {
      Fail(ErrorKind::kMalformed, fmt::format("no \"{}\"", key));
    }
    return std::nullopt;
  }
  if (found->kind() != kind) {
    Fail(ErrorKind::kMalformed, fmt::format("\"{}\" is of the wrong kind", key));
    return std::nullopt;
  }
  Json value = *found;
  json_.Remove(key);
  return value;
}

std::optional<Json> Fields::TakeArray(std::string_view key, std::size_t count_max, bool required) {
  std::optional<Json> value = Take(key, JsonKind::kArray, required);
  if (value && value->items().size() > count_max) {
    Fail(ErrorKind::kLimit, fmt::format("\"{}\" has too many items", key));
    return std::nullopt;
  }
  return value;
}

std::string Fields::Text(std::string_view key) {
  const std::optional<Json> value = Take(key, JsonKind::kText, true);
  return value ? value->text() : std::string();
}

std::int64_t Fields::Integer(std::string_view key, std::int64_t least) {
  if (!Has(key)) {
    Fail(ErrorKind::kMalformed, fmt::format("no \"{}\"", key));
  }
  return MaybeInteger(key, least).value_or(least);
}

bool Fields::Bool(std::string_view key) {
  if (!Has(key)) {
    Fail(ErrorKind::kMalformed, fmt::format("no \"{}\"", key));
  }
  return MaybeBool(key).value_or(false);
}

Json Fields::Object(std::string_view key) {
  return Take(key, JsonKind::kObject, true).value_or(Json::Object());
}

Json Fields::Array(std::string_view key, std::size_t count_max) {
  return TakeArray(key, count_max, true).value_or(Json::Array());
}

std::optional<Json> Fields::MaybeObject(std::string_view key) {
  return Take(key, JsonKind::kObject, false);
}

std::optional<Json> Fields::MaybeArray(std::string_view key, std::size_t count_max) {
  return TakeArray(key, count_max, false);
}

std::optional<std::int64_t> Fields::MaybeInteger(std::string_view key, std::int64_t least) {
  const std::optional<Json> value = Take(key, JsonKind::kInteger, false);
  if (value && value->integer() < least) {
    Fail(ErrorKind::kMalformed, fmt::format("\"{}\" is too small", key));
  }
  return value ? std::optional(value->integer()) : std::nullopt;
}

std::optional<bool> Fields::MaybeBool(std::string_view key) {
  const std::optional<Json> value = Take(key, JsonKind::kBool, false);
  return value ? std::optional(value->boolean()) : std::nullopt;
}

}  // namespace day::tuf
