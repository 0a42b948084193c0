#include "network/release/output.h"

#include <fmt/core.h>

#include <cstdio>

#include "libs/os/system.h"
#include "libs/wire/json_writer.h"

namespace day::network::release {

std::int64_t Now(const Options& options) {
  constexpr std::int64_t kSecondNs = 1'000'000'000;
  return options.time_s != 0 ? options.time_s : os::RealtimeNs() / kSecondNs;
}

Progress ShowProgress(const Options& options) {
  return [quiet = options.quiet](const std::string& what) {
    if (!quiet) {
      std::fprintf(stderr, "daylight-release: %s ...\n", wire::PrintableText(what).c_str());
    }
  };
}

void Show(const Options& options, const std::vector<std::string>& lines, const wire::Json& json) {
  if (options.json) {
    std::printf("%s\n", wire::WriteJson(json, wire::JsonLayout::kOneLine).c_str());
    return;
  }
  for (const std::string& line : lines) {
    std::printf("%s\n", wire::PrintableText(line).c_str());
  }
}

PublishOptions MakePublishOptions(const Options& options) {
  return {.program_folder = options.program_folder,
          .wait_ms = options.wait_ms,
          .now = [&options] { return Now(options); },
          .progress = ShowProgress(options)};
}

wire::Json PublishedJson(const Published& published) {
  wire::Json files = wire::Json::Array();
  for (const UpdateFile& file : published.files) {
    wire::Json item = wire::Json::Object();
    item.Set("name", wire::Json::Text(file.name));
    item.Set("size", wire::Json::Integer(static_cast<std::int64_t>(file.size_bytes)));
    files.Append(std::move(item));
  }
  wire::Json json = wire::Json::Object();
  json.Set("index", wire::Json::Integer(static_cast<std::int64_t>(published.index)));
  json.Set("files", std::move(files));
  return json;
}

std::vector<std::string> PublishedLines(const Published& published) {
  std::vector<std::string> lines = {
      fmt::format("entry {} of the public log, seen by its witnesses", published.index)};
  for (const UpdateFile& file : published.files) {
    lines.push_back(fmt::format("updates/{}  {} bytes", file.name, file.size_bytes));
  }
  return lines;
}

}  // namespace day::network::release
