#include "endpoint/cli/fingerprint_command.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "endpoint/cli/format.h"
#include "endpoint/cli/texts.h"
#include "libs/crypto/hash.h"
#include "libs/os/file.h"
#include "libs/similarity/ctph.h"
#include "libs/similarity/tlsh.h"
#include "libs/wire/json_writer.h"

namespace day::endpoint::cli {
namespace {

constexpr std::uint64_t kFileMaxBytes = 1ull << 30;

struct Fingerprint {
  std::uint64_t size_bytes = 0;
  std::string md5;
  std::string sha256;
  std::string tlsh;  // empty: too short or too uniform
  std::string ssdeep;
};

Fingerprint FingerprintOf(base::Bytes data) {
  Fingerprint out;
  out.size_bytes = data.size();
  out.md5 = crypto::ToHexDigest(crypto::Md5(data));
  out.sha256 = crypto::ToHexDigest(crypto::Sha256(data));
  if (const auto tlsh = similarity::TlshOf(data)) {
    out.tlsh = similarity::TlshText(*tlsh);
  }
  out.ssdeep = similarity::CtphText(similarity::CtphOf(data));
  return out;
}

std::string AsLines(const std::string& path, const Fingerprint& fingerprint) {
  return fmt::format(texts::kFingerprint, wire::PrintableText(path), fingerprint.size_bytes,
                     fingerprint.md5, fingerprint.sha256,
                     fingerprint.tlsh.empty() ? texts::kNoTlsh : fingerprint.tlsh,
                     fingerprint.ssdeep);
}

std::string AsJson(const std::string& path, const Fingerprint& fingerprint) {
  std::string line;
  wire::JsonWriter json(&line);
  json.BeginObject();
  json.Field("path", path);
  json.Field("size", fingerprint.size_bytes);
  json.Field("md5", fingerprint.md5);
  json.Field("sha256", fingerprint.sha256);
  json.Field("tlsh", fingerprint.tlsh);
  json.Field("ssdeep", fingerprint.ssdeep);
  json.EndObject();
  return line + "\n";
}

}  // namespace

int RunFingerprint(const Arguments& arguments) {
  std::vector<std::string> paths;
  bool as_json = false;
  bool help = false;
  CLI::App app;
  app.set_help_flag();
  app.add_option("path", paths);
  app.add_flag("--json", as_json);
  app.add_flag("-h,--help", help);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    PrintError(fmt::format(texts::kUsageHint, error.what(), "fingerprint"));
    return kExitError;
  }
  if (help) {
    PrintText(texts::FingerprintHelp());
    return kExitClean;
  }
  if (paths.empty()) {
    PrintError(fmt::format(texts::kUsageHint, "no file is given", "fingerprint"));
    return kExitError;
  }
  int code = kExitClean;
  for (const std::string& path : paths) {
    const base::Result<std::string> data = os::ReadFile(path, kFileMaxBytes);
    if (!data.ok()) {
      PrintError(wire::PrintableText(data.error().message));
      code = kExitError;
      continue;
    }
    const Fingerprint fingerprint = FingerprintOf(base::AsBytes(*data));
    PrintText(as_json ? AsJson(path, fingerprint) : AsLines(path, fingerprint));
  }
  return code;
}

}  // namespace day::endpoint::cli
