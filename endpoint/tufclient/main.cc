// daylight-tuf-client: a client of The Update Framework by itself, with the command line of the
// conformance suite (theupdateframework/tuf-conformance, CLIENT-CLI.md).
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "endpoint/tufclient/folder_store.h"
#include "endpoint/tufclient/http_source.h"
#include "libs/os/file.h"
#include "libs/os/system.h"
#include "libs/tuf/client.h"
#include "libs/wire/json_writer.h"

namespace {

namespace base = day::base;
namespace os = day::os;
namespace tuf = day::tuf;
namespace tufclient = day::endpoint::tufclient;

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::uint32_t kFolderMode = 0755;
constexpr std::uint32_t kFileMode = 0644;
constexpr std::uint64_t kTargetMaxBytes = 1ull << 30;

struct Options {
  std::string metadata_dir;
  std::string metadata_url;
  std::string root_file;
  std::vector<std::string> target_names;
  std::string target_base_url;
  std::string target_dir;
};

base::Status Init(const Options& options) {
  const tuf::ClientLimits limits;
  DAY_TRY_ASSIGN(const std::string root, os::ReadFile(options.root_file, limits.root_max_bytes));
  DAY_TRY(os::MakeFolders(options.metadata_dir, kFolderMode));
  tufclient::FolderStore store(options.metadata_dir);
  return tuf::Client::Init(&store, base::AsBytes(root), limits);
}

// Fetches one target unless the folder has it already.
base::Status DownloadOne(tuf::Client* client, tufclient::HttpSource* source,
                         const std::string& folder, const std::string& name) {
  DAY_TRY_ASSIGN(const tuf::TargetInfo target, client->FindTarget(name));
  if (target.file.length > kTargetMaxBytes) {
    return base::MakeError(base::ErrorKind::kLimit, name + ": larger than 1 GiB");
  }
  const std::string path = folder + "/" + tuf::TargetFileName(name);
  const auto present = os::ReadFile(path, target.file.length);
  if (present.ok() && tuf::VerifyTarget(base::AsBytes(*present), target).ok()) {
    return base::OkStatus();
  }
  DAY_TRY_ASSIGN(const std::string bytes, source->Fetch(target.url_path, target.file.length));
  DAY_TRY(tuf::VerifyTarget(base::AsBytes(bytes), target));
  return os::WriteFileAtomic(path, base::AsBytes(bytes), kFileMode,
                             os::Durability::kCrashOfProcess);
}

base::Status RefreshAndDownload(const Options& options) {
  tufclient::FolderStore store(options.metadata_dir);
  tufclient::HttpSource metadata(options.metadata_url);
  tuf::Client client(&metadata, &store, os::RealtimeNs() / kSecondNs, tuf::ClientLimits{});
  DAY_TRY(client.Refresh());
  if (options.target_names.empty()) {
    return base::OkStatus();
  }
  DAY_TRY(os::MakeFolders(options.target_dir, kFolderMode));
  tufclient::HttpSource targets(options.target_base_url);
  for (const std::string& name : options.target_names) {
    DAY_TRY(DownloadOne(&client, &targets, options.target_dir, name));
  }
  return base::OkStatus();
}

int Report(const base::Status& status) {
  if (status.ok()) {
    return 0;
  }
  fmt::print(stderr, "daylight-tuf-client: {}\n", day::wire::PrintableText(status.error().message));
  return 1;
}

int Run(int argc, char** argv) {
  CLI::App app("A client of The Update Framework, specification 1.0.34", "daylight-tuf-client");
  Options options;
  app.add_option("--metadata-dir", options.metadata_dir, "Folder of the trusted metadata")
      ->required();
  app.add_option("--metadata-url", options.metadata_url, "Where the repository's metadata is");
  app.add_option("--target-name", options.target_names, "Path of a target; may be repeated")
      ->take_all();
  app.add_option("--target-base-url", options.target_base_url, "Where the targets are");
  app.add_option("--target-dir", options.target_dir, "Folder for downloaded targets");
  app.require_subcommand(1);
  CLI::App* init = app.add_subcommand("init", "Trust a root from a file");
  init->add_option("root", options.root_file, "The root's file")->required();
  CLI::App* refresh = app.add_subcommand("refresh", "Update the metadata");
  app.add_subcommand("download", "Update the metadata and download the targets");
  CLI11_PARSE(app, argc, argv);
  if (init->parsed()) {
    return Report(Init(options));
  }
  const bool download = !refresh->parsed();
  if (options.metadata_url.empty() ||
      (download && (options.target_names.empty() || options.target_base_url.empty() ||
                    options.target_dir.empty()))) {
    fmt::print(stderr, "daylight-tuf-client: an option is missing; see --help\n");
    return 1;
  }
  if (!download) {
    options.target_names.clear();
  }
  return Report(RefreshAndDownload(options));
}

}  // namespace

int main(int argc, char** argv) {
  // The last resort for exceptions of the standard library (no memory).
  try {
    return Run(argc, argv);
  } catch (const std::exception& exception) {
    fmt::print(stderr, "daylight-tuf-client: {}\n", exception.what());
    return 1;
  }
}
