#include "network/release/release_cli.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <string>
#include <vector>

#include "libs/os/file.h"
#include "libs/os/system.h"
#include "libs/tuf/metadata.h"
#include "libs/wire/json_writer.h"
#include "network/release/release.h"

namespace day::network::release {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::uint64_t kKeyMaxBytes = 64u << 10;
constexpr std::uint32_t kSecretMode = 0600;
constexpr std::uint32_t kPublicMode = 0644;

struct Options {
  std::string dir = ".";
  std::string passphrase_file;
  std::string out;
  std::string key;
  std::string online;
  std::string policy;
  std::string log_url;
  std::string submit_url;
  std::string name;
  std::string rules;
  std::string reason;
  std::vector<std::string> roles;
  std::vector<std::string> signers;
  std::vector<std::string> rollout = {"1:0", "10:3600", "100:21600"};
  std::int64_t release = 0;
  bool emergency = false;
};

std::int64_t Now() { return os::RealtimeNs() / kSecondNs; }

base::Result<std::string> Passphrase(const Options& options) {
  if (options.passphrase_file.empty()) {
    return std::string();
  }
  DAY_TRY_ASSIGN(std::string text, os::ReadFile(options.passphrase_file, kKeyMaxBytes));
  while (text.ends_with('\n')) {
    text.pop_back();
  }
  return text;
}

base::Result<crypto::PrivateKey> LoadKey(const std::string& path, const Options& options) {
  DAY_TRY_ASSIGN(const std::string pem, os::ReadFile(path, kKeyMaxBytes));
  DAY_TRY_ASSIGN(const std::string passphrase, Passphrase(options));
  auto key = crypto::PrivateKey::FromPem(pem, passphrase);
  if (!key.ok()) {
    return MakeError(key.error().kind, path + ": " + key.error().message);
  }
  return key;
}

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::string rest = text;
  for (std::size_t at = rest.find(separator); at != std::string::npos; at = rest.find(separator)) {
    parts.push_back(rest.substr(0, at));
    rest = rest.substr(at + 1);
  }
  parts.push_back(rest);
  return parts;
}

base::Result<std::int64_t> Number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) {
    return MakeError(ErrorKind::kInvalidUse, "not a number: " + text);
  }
  return value;
}

// "NAME:THRESHOLD:FILE,FILE,...": public keys in PEM.
base::Result<RoleSpec> ParseRole(const std::string& text) {
  const std::vector<std::string> parts = Split(text, ':');
  if (parts.size() != 3) {
    return MakeError(ErrorKind::kInvalidUse, "a role is NAME:THRESHOLD:FILE,FILE,... not " + text);
  }
  RoleSpec role;
  role.name = parts[0];
  DAY_TRY_ASSIGN(role.threshold, Number(parts[1]));
  for (const std::string& file : Split(parts[2], ',')) {
    DAY_TRY_ASSIGN(const std::string pem, os::ReadFile(file, kKeyMaxBytes));
    DAY_TRY_ASSIGN(crypto::PublicKey key, crypto::PublicKey::FromPem(pem));
    role.keys.push_back(std::move(key));
  }
  return role;
}

void PrintReport(const std::string& name, const ProposalReport& report) {
  const update::Statement& statement = report.statement;
  fmt::print("{}: {}", name, update::StatementKindName(statement.kind));
  if (statement.sequence > 0) {
    fmt::print(" {}", statement.sequence);
  }
  fmt::print(", proposed {}, {} of {} signatures\n", tuf::TimeText(statement.time_s),
             report.signers, report.threshold);
  for (const update::Subject& subject : statement.subjects) {
    fmt::print("  SHA-256 {}\n", subject.sha256);
  }
  if (!statement.text.empty()) {
    fmt::print("  reason: {}\n", wire::PrintableText(statement.text));
  }
  for (const update::RolloutStep& step : statement.rollout) {
    fmt::print("  {:>3} % of machines after {} s{}\n", step.percent, step.delay_s,
               statement.emergency ? " (not used: emergency, all at once)" : "");
  }
  for (const std::string& path : report.added) {
    fmt::print("  added    {}\n", path);
  }
  for (const std::string& path : report.changed) {
    fmt::print("  changed  {}\n", path);
  }
  for (const std::string& path : report.removed) {
    fmt::print("  REMOVED  {}: what its rules found will no longer be found\n", path);
  }
}

base::Status KeyGen(const Options& options) {
  DAY_TRY_ASSIGN(const std::string passphrase, Passphrase(options));
  if (passphrase.empty()) {
    return MakeError(ErrorKind::kInvalidUse, "a key needs a --passphrase-file that is not empty");
  }
  if (os::StatPath(options.out, os::Symlinks::kFollow).ok()) {
    return MakeError(ErrorKind::kInvalidUse, options.out + " exists");
  }
  DAY_TRY_ASSIGN(const crypto::PrivateKey key,
                 crypto::PrivateKey::Generate(crypto::KeyType::kEd25519));
  DAY_TRY_ASSIGN(const std::string pem, key.ToPem(passphrase));
  DAY_TRY(os::WriteFileAtomic(options.out, base::AsBytes(pem), kSecretMode,
                              os::Durability::kCrashOfMachine));
  const std::string public_pem = key.public_key().ToPem();
  DAY_TRY(os::WriteFileAtomic(options.out + ".pub", base::AsBytes(public_pem), kPublicMode,
                              os::Durability::kCrashOfMachine));
  fmt::print("{}\n", tuf::KeyId(tuf::MakeKey(key.public_key())));
  return base::OkStatus();
}

base::Status Init(const Options& options) {
  InitOptions init;
  init.log_url = options.log_url;
  init.submit_url = options.submit_url;
  DAY_TRY_ASSIGN(init.policy, os::ReadFile(options.policy, 1u << 20));
  for (const std::string& text : options.roles) {
    DAY_TRY_ASSIGN(RoleSpec role, ParseRole(text));
    init.roles.push_back(std::move(role));
  }
  for (const std::string& path : options.signers) {
    DAY_TRY_ASSIGN(crypto::PrivateKey key, LoadKey(path, options));
    init.signers.push_back(std::move(key));
  }
  DAY_TRY_ASSIGN(const crypto::PrivateKey online, LoadKey(options.online, options));
  DAY_TRY_ASSIGN(init.online_pem, os::ReadFile(options.online, kKeyMaxBytes));
  init.online = &online;
  DAY_TRY(ReleaseFolder(options.dir).Init(init, Now()));
  fmt::print("Endpoints trust this network with {0}/tuf/1.root.json and {0}/policy.\n",
             options.dir);
  return base::OkStatus();
}

base::Status Propose(const Options& options) {
  ProposeOptions propose;
  propose.name = options.name;
  propose.rules_folder = options.rules;
  propose.emergency = options.emergency;
  for (const std::string& text : options.rollout) {
    const std::vector<std::string> parts = Split(text, ':');
    if (parts.size() != 2) {
      return MakeError(ErrorKind::kInvalidUse, "a step is PERCENT:SECONDS, not " + text);
    }
    DAY_TRY_ASSIGN(const std::int64_t percent, Number(parts[0]));
    DAY_TRY_ASSIGN(const std::int64_t delay, Number(parts[1]));
    propose.rollout.push_back(
        {static_cast<std::uint32_t>(percent), static_cast<std::uint32_t>(delay)});
  }
  DAY_TRY_ASSIGN(const ProposalReport report, ReleaseFolder(options.dir).Propose(propose, Now()));
  PrintReport(options.name, report);
  return base::OkStatus();
}

base::Status Stop(const Options& options, update::StatementKind kind) {
  DAY_TRY_ASSIGN(const ProposalReport report,
                 ReleaseFolder(options.dir)
                     .ProposeStop(options.name, kind, options.release, options.reason, Now()));
  PrintReport(options.name, report);
  return base::OkStatus();
}

base::Status ReviewOrSign(const Options& options, bool sign) {
  const ReleaseFolder folder(options.dir);
  if (!sign) {
    DAY_TRY_ASSIGN(const ProposalReport report, folder.Review(options.name));
    PrintReport(options.name, report);
    return base::OkStatus();
  }
  DAY_TRY_ASSIGN(const crypto::PrivateKey key, LoadKey(options.key, options));
  DAY_TRY_ASSIGN(const ProposalReport report, folder.Sign(options.name, key));
  PrintReport(options.name, report);
  return base::OkStatus();
}

base::Status PublishOrRefresh(const Options& options, bool publish) {
  const ReleaseFolder folder(options.dir);
  DAY_TRY_ASSIGN(const crypto::PrivateKey online, LoadKey(folder.online_path(), options));
  if (publish) {
    DAY_TRY_ASSIGN(const PublishReport report, folder.Publish(options.name, online, Now()));
    fmt::print("Entry {} of the log. latest.upd: {} bytes, full.upd: {} bytes.\n", report.index,
               report.latest_bytes, report.full_bytes);
    return base::OkStatus();
  }
  DAY_TRY_ASSIGN(const PublishReport report, folder.Refresh(online, Now()));
  fmt::print("{} entries. latest.upd: {} bytes, full.upd: {} bytes.\n", report.log_size,
             report.latest_bytes, report.full_bytes);
  return base::OkStatus();
}

base::Status Log(const Options& options) {
  DAY_TRY_ASSIGN(const auto entries, ReleaseFolder(options.dir).Log(Now()));
  for (const update::EntryReport& entry : entries) {
    fmt::print("{:>8}  {}", entry.index, update::StatementKindName(entry.statement.kind));
    if (entry.statement.sequence > 0) {
      fmt::print(" {}", entry.statement.sequence);
    }
    fmt::print(
        "  {} of {} signatures{}{}\n", entry.signers, entry.threshold,
        entry.refused.empty() ? "" : "  DOES NOT COUNT: ", wire::PrintableText(entry.refused));
  }
  return base::OkStatus();
}

// The commands and their options; a dispatch table of what to run.
int Run(int argc, char** argv) {
  CLI::App app("Release rules that no single person can change", "daylight-release");
  Options options;
  app.require_subcommand(1);
  base::Status (*run)(const Options&) = nullptr;
  const auto command = [&](const char* name, const char* about,
                           base::Status (*what)(const Options&)) {
    CLI::App* made = app.add_subcommand(name, about);
    made->add_option("--dir", options.dir, "The network's folder");
    made->add_option("--passphrase-file", options.passphrase_file, "For encrypted keys");
    made->callback([&run, what] { run = what; });
    return made;
  };
  CLI::App* keygen = command("keygen", "Make an encrypted key, and FILE.pub", KeyGen);
  keygen->add_option("--out", options.out)->required();
  CLI::App* init = command("init", "Make a network: roles, keys, log and witnesses", Init);
  init->add_option("--role", options.roles, "NAME:THRESHOLD:FILE.pub,FILE.pub")->required();
  init->add_option("--sign", options.signers, "A private key of a role")->required();
  init->add_option("--online", options.online, "The private key of snapshot and timestamp")
      ->required();
  init->add_option("--policy", options.policy, "The log and its witnesses")->required();
  init->add_option("--log", options.log_url, "Where the log is read")->required();
  init->add_option("--submit", options.submit_url, "Where the log takes entries")->required();
  CLI::App* propose = command("propose", "Propose a release of the rules in a folder", Propose);
  propose->add_option("name", options.name)->required();
  propose->add_option("--rules", options.rules)->required();
  propose->add_option("--rollout", options.rollout, "PERCENT:SECONDS, rising; the last is 100");
  propose->add_flag("--emergency", options.emergency, "All machines at once");
  for (const char* name : {"halt", "recall"}) {
    CLI::App* stop =
        std::string(name) == "halt"
            ? command("halt", "Propose that a release is activated no further",
                      [](const Options& o) { return Stop(o, update::StatementKind::kHalt); })
            : command("recall", "Propose that a release is used no more",
                      [](const Options& o) { return Stop(o, update::StatementKind::kRecall); });
    stop->add_option("name", options.name)->required();
    stop->add_option("--release", options.release)->required();
    stop->add_option("--reason", options.reason)->required();
  }
  command("review", "What a proposal says and changes",
          [](const Options& o) { return ReviewOrSign(o, false); })
      ->add_option("name", options.name)
      ->required();
  CLI::App* sign =
      command("sign", "Sign a proposal", [](const Options& o) { return ReviewOrSign(o, true); });
  sign->add_option("name", options.name)->required();
  sign->add_option("--key", options.key)->required();
  command("publish", "Put a signed proposal into the log and on the mirror",
          [](const Options& o) { return PublishOrRefresh(o, true); })
      ->add_option("name", options.name)
      ->required();
  command("refresh", "Fresh metadata and cosignatures on the mirror",
          [](const Options& o) { return PublishOrRefresh(o, false); });
  command("log", "Every entry of the log as endpoints judge it", Log);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const base::Status done = run(options);
  if (!done.ok()) {
    fmt::print(stderr, "daylight-release: {}\n", wire::PrintableText(done.error().message));
    return 1;
  }
  return 0;
}

}  // namespace

int RunRelease(int argc, char** argv) {
  // The last resort for exceptions of the standard library.
  try {
    return Run(argc, argv);
  } catch (const std::exception& exception) {
    fmt::print(stderr, "daylight-release: {}\n", exception.what());
    return 1;
  }
}

}  // namespace day::network::release
