// Fields: taking a JSON object apart strictly, with errors that say which file and field is wrong.
//
//   Fields fields(&json, "proposal.json");
//   out.id = fields.Text("id", 100);
//   DAY_TRY(fields.Finish());          // also if a field was left over
//
// After the first failure every field is empty or zero. Thread safety: one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/wire/json.h"

namespace day::network::release {

class Fields {
 public:
  Fields(const wire::Json* json, std::string_view what);

  bool Check(bool condition, std::string_view field);
  // Empty if the field is not there and `needed` is kOptional.
  enum class Needed : std::uint8_t { kRequired, kOptional };
  std::string Text(std::string_view key, std::size_t size_max, Needed needed = Needed::kRequired);
  // From 0 on.
  std::int64_t Integer(std::string_view key, Needed needed = Needed::kRequired);
  bool Bool(std::string_view key);
  std::vector<wire::Json> Array(std::string_view key, std::size_t count_max);
  std::vector<std::string> Texts(std::string_view key, std::size_t count_max, std::size_t size_max);
  wire::Json Object(std::string_view key);

  base::Status Finish();

 private:
  std::optional<wire::Json> Take(std::string_view key);

  wire::Json json_;
  std::string what_;
  std::optional<base::Error> error_;
};

// Reads a small JSON file's text. Errors: kMalformed, kLimit, naming `what`.
base::Result<wire::Json> ReadJson(std::string_view text, std::string_view what);

wire::Json JsonTexts(const std::vector<std::string>& texts);
// As it stands in our files: indented, with a newline at the end.
std::string FileText(const wire::Json& json);

}  // namespace day::network::release
