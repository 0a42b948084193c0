// What commands share: time, progress, lines for people and one JSON object for programs.
#pragma once

#include <string>
#include <vector>

#include "libs/wire/json.h"
#include "network/release/commands.h"
#include "network/release/publish.h"

namespace day::network::release {

// Seconds since 1970: --time, or the system's clock.
std::int64_t Now(const Options& options);
// Lines on standard error, unless --quiet.
Progress ShowProgress(const Options& options);
// The lines, or with --json the object.
void Show(const Options& options, const std::vector<std::string>& lines, const wire::Json& json);
PublishOptions MakePublishOptions(const Options& options);
wire::Json PublishedJson(const Published& published);
std::vector<std::string> PublishedLines(const Published& published);

}  // namespace day::network::release
