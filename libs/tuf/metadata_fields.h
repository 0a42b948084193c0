// Taking fields out of a JSON object one by one: what is left over is kept as unknown.
//
// Only for libs/tuf. Each taker records the first failure; the caller checks status() once.
// Thread safety: not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/result.h"
#include "libs/wire/json.h"

namespace day::tuf {

class Fields {
 public:
  // `what` names the object in messages and outlives this.
  Fields(const wire::Json& json, std::string_view what);

  // Each takes the field out. Wrong kinds and missing fields are failures.
  std::string Text(std::string_view key);
  std::int64_t Integer(std::string_view key, std::int64_t least);
  bool Bool(std::string_view key);
  wire::Json Object(std::string_view key);
  wire::Json Array(std::string_view key, std::size_t count_max);
  std::optional<wire::Json> MaybeObject(std::string_view key);
  std::optional<wire::Json> MaybeArray(std::string_view key, std::size_t count_max);
  std::optional<std::int64_t> MaybeInteger(std::string_view key, std::int64_t least);
  std::optional<bool> MaybeBool(std::string_view key);
  bool Has(std::string_view key) const { return json_.Find(key) != nullptr; }

  // Records a failure of the caller's own.
  void Fail(base::ErrorKind kind, std::string_view message);
  void Check(const base::Status& status);
  base::Status status() const { return error_ ? base::Status(*error_) : base::OkStatus(); }
  // What nobody took.
  wire::Json Rest() && { return std::move(json_); }

 private:
  std::optional<wire::Json> Take(std::string_view key, wire::JsonKind kind, bool required);
  std::optional<wire::Json> TakeArray(std::string_view key, std::size_t count_max, bool required);

  wire::Json json_;
  std::string_view what_;
  std::optional<base::Error> error_;
};

}  // namespace day::tuf
