#include "network/node/node.h"

#include <fmt/format.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "libs/os/file.h"
#include "libs/os/system.h"
#include "network/core/key_file.h"
#include "network/log/log_service.h"

namespace day::network::node {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr const char* kHelp =
    "daylight-node runs parts of a security network. Today: a public, append-only log.\n\n"
    "  daylight-node keygen example.org/log --out log.key      make a key; prints the public part\n"
    "  daylight-node init --dir /srv/log --key log.key         make an empty log\n"
    "  daylight-node log --dir /srv/log --key log.key \\\n"
    "      --policy witnesses.policy --listen 0.0.0.0:8080 --submit 127.0.0.1:8081\n"
    "  daylight-node append --dir /srv/log --key log.key --policy witnesses.policy FILE...\n"
    "  daylight-node --config node.toml                        the same options in [log]";

struct LogFlags {
  std::string folder;
  std::string key_path;
  core::PassphraseSource passphrase;
  std::string key_name;
  std::string key_out;
  std::string policy_path;
  bool no_witnesses = false;
  std::string listen;
  std::string submit;
  std::uint32_t interval_ms = 200;
  std::uint32_t republish_ms = 600'000;
  std::uint32_t witness_timeout_ms = 5'000;
  std::size_t queue_max = 4096;
  std::string s3_path;
  std::vector<std::string> files;
};

void Say(const std::string& text) { std::fprintf(stderr, "daylight-node: %s\n", text.c_str()); }

int Fail(const base::Error& error) {
  Say(error.message);
  return error.kind == ErrorKind::kInvalidUse ? 2 : 1;
}

// The policy of the file, or one without witnesses if that was asked for in so many words.
base::Result<tlog::Policy> LoadPolicy(const LogFlags& flags, const tlog::VerifierKey& log_key) {
  if (flags.no_witnesses != flags.policy_path.empty()) {
    return MakeError(ErrorKind::kInvalidUse,
                     "give either --policy FILE or --no-witnesses: a log that nobody witnesses can "
                     "show different people different contents");
  }
  if (flags.no_witnesses) {
    return tlog::Policy::Parse(fmt::format("log {}\nquorum none\n", log_key.ToText()));
  }
  DAY_TRY_ASSIGN(const std::string text, os::ReadFile(flags.policy_path, tlog::kPolicyBytesMax));
  DAY_TRY_ASSIGN(tlog::Policy policy, tlog::Policy::Parse(text));
  for (const tlog::PolicyLog& log : policy.logs()) {
    if (log.key.ToText() == log_key.ToText()) {
      return policy;
    }
  }
  return MakeError(ErrorKind::kInvalidUse, fmt::format("{} does not have this log's key: log {}",
                                                       flags.policy_path, log_key.ToText()));
}

log::PublisherOptions PublisherFlags(const LogFlags& flags) {
  log::PublisherOptions options;
  options.interval_min_ms = flags.interval_ms;
  options.republish_ms = flags.republish_ms;
  options.witnesses.request_timeout_ms = flags.witness_timeout_ms;
  return options;
}

base::Status RunInit(const LogFlags& flags) {
  DAY_TRY_ASSIGN(const tlog::SignerKey key, core::LoadKeyFile(flags.key_path, flags.passphrase));
  std::string s3_settings;
  if (!flags.s3_path.empty()) {
    constexpr std::uint64_t kSettingsBytesMax = 64u << 10;
    DAY_TRY_ASSIGN(s3_settings, os::ReadFile(flags.s3_path, kSettingsBytesMax));
  }
  DAY_TRY(log::LogStore::Create(flags.folder, key.verifier().name(), s3_settings));
  std::printf("made an empty log %s in %s\n", key.verifier().name().c_str(), flags.folder.c_str());
  return base::OkStatus();
}

base::Status RunLog(const LogFlags& flags) {
  DAY_TRY_ASSIGN(tlog::SignerKey key, core::LoadKeyFile(flags.key_path, flags.passphrase));
  DAY_TRY_ASSIGN(tlog::Policy policy, LoadPolicy(flags, key.verifier()));
  log::LogServiceOptions options;
  options.folder = flags.folder;
  if (!flags.listen.empty()) {
    DAY_TRY_ASSIGN(options.listen, net::ParseListenAddress(flags.listen));
  }
  if (!flags.submit.empty()) {
    DAY_TRY_ASSIGN(options.submit, net::ParseListenAddress(flags.submit));
  }
  options.sequencer.queue_entries_max = flags.queue_max;
  options.publisher = PublisherFlags(flags);
  os::CatchStopSignals();
  DAY_TRY_ASSIGN(const auto service,
                 log::LogService::Start(options, std::move(key), std::move(policy),
                                        [](const base::Error& error) { Say(error.message); }));
  // The ports, for whoever gave 0.
  std::printf("serving listen=%u submit=%u\n", service->listen_port(), service->submit_port());
  std::fflush(stdout);
  while (!os::StopRequested()) {
    constexpr struct timespec kPause = {0, 100'000'000};
    ::nanosleep(&kPause, nullptr);
  }
  service->Stop();
  return base::OkStatus();
}

// Without a server: adds files, publishes, prints "index file" for each.
base::Status RunAppend(const LogFlags& flags) {
  DAY_TRY_ASSIGN(const tlog::SignerKey key, core::LoadKeyFile(flags.key_path, flags.passphrase));
  DAY_TRY_ASSIGN(const tlog::Policy policy, LoadPolicy(flags, key.verifier()));
  std::vector<std::string> contents;
  for (const std::string& path : flags.files) {
    DAY_TRY_ASSIGN(std::string bytes, os::ReadFile(path, tlog::kEntryBytesMax));
    contents.push_back(std::move(bytes));
  }
  std::vector<base::Bytes> entries;
  for (const std::string& content : contents) {
    entries.push_back(base::AsBytes(content));
  }
  DAY_TRY_ASSIGN(const auto log, log::LogStore::Open(flags.folder, key.verifier().name()));
  DAY_TRY_ASSIGN(const auto added, log->Add(entries));
  for (std::size_t i = 0; i < added.size(); ++i) {
    std::printf("%llu %s\n", static_cast<unsigned long long>(added[i].index),
                flags.files[i].c_str());
  }
  std::fflush(stdout);
  log::Publisher publisher(log.get(), &key, &policy, PublisherFlags(flags),
                           log::HttpWitnessPost(flags.witness_timeout_ms));
  DAY_TRY(publisher.Publish());
  return base::OkStatus();
}

// keygen and encrypt-key: prints the public key.
base::Status RunKey(const LogFlags& flags) {
  std::string passphrase;
  if (!flags.passphrase.file.empty() || flags.key_name.empty()) {
    DAY_TRY_ASSIGN(passphrase,
                   core::GetPassphrase(flags.passphrase, "the new key file", core::AskTwice::kYes));
  }
  const auto vkey =
      flags.key_name.empty()
          ? core::EncryptKeyFile(flags.key_path, {}, flags.key_out, passphrase)
          : core::MakeKeyFile(flags.key_out, flags.key_name, tlog::KeyKind::kEd25519, passphrase);
  core::Wipe(&passphrase);
  DAY_TRY(vkey);
  std::printf("%s\n", vkey->c_str());
  return base::OkStatus();
}

void AddKeyFlags(CLI::App* command, LogFlags* flags) {
  command->add_option("--out", flags->key_out, "file for the private key; must not exist")
      ->required();
  command->add_option("--passphrase-file", flags->passphrase.file,
                      "encrypt it under the passphrase that is the first line of this file");
}

void AddCommonFlags(CLI::App* command, LogFlags* flags) {
  command->add_option("--dir", flags->folder, "folder of the log")->required();
  command->add_option("--key", flags->key_path, "file with the log's private key")->required();
  command->add_option("--passphrase-file", flags->passphrase.file,
                      "file whose first line is the key's passphrase, if it is encrypted");
}

void AddPublishFlags(CLI::App* command, LogFlags* flags) {
  command->add_option("--policy", flags->policy_path,
                      "tlog-policy file with this log, its witnesses (with URLs) and the quorum; "
                      "nothing is published without it");
  command->add_flag("--no-witnesses", flags->no_witnesses, "publish without any witness");
  command
      ->add_option("--witness-timeout-ms", flags->witness_timeout_ms,
                   "how long to wait for a witness")
      ->check(CLI::Range(10, 600'000))
      ->capture_default_str();
}

int Main(int argc, char** argv) {
  CLI::App app(kHelp, "daylight-node");
  app.set_version_flag("--version", "daylight-node 0.1.0");
  app.set_config("--config", "", "configuration file (TOML): options of `log` in [log]");
  app.require_subcommand(1);
  LogFlags flags;
  CLI::App* keygen = app.add_subcommand("keygen", "make a log's key");
  keygen->add_option("NAME", flags.key_name, "the log's name and origin, such as example.org/log")
      ->required();
  AddKeyFlags(keygen, &flags);
  CLI::App* encrypt = app.add_subcommand("encrypt-key", "write a key once more, encrypted");
  encrypt->add_option("KEY", flags.key_path, "file with a private key that is not encrypted")
      ->required();
  AddKeyFlags(encrypt, &flags);

  CLI::App* init = app.add_subcommand("init", "make an empty log");
  AddCommonFlags(init, &flags);
  init->add_option(
      "--s3", flags.s3_path,
      "settings of an S3 bucket for the public part of the log: lines \"endpoint "
      "URL\", \"bucket NAME\", \"access-key KEY\", \"secret-key KEY\"; copied into the "
      "log's folder");

  CLI::App* serve = app.add_subcommand("log", "serve a log");
  serve->configurable();
  AddCommonFlags(serve, &flags);
  AddPublishFlags(serve, &flags);
  serve->add_option("--listen", flags.listen, "ADDRESS:PORT for the world: read only");
  serve->add_option("--submit", flags.submit,
                    "ADDRESS:PORT for those who may add entries: also POST /add and /metrics");
  serve->add_option("--interval-ms", flags.interval_ms, "least time between two checkpoints")
      ->capture_default_str();
  serve
      ->add_option("--republish-ms", flags.republish_ms,
                   "time after which an unchanged log gets a fresh checkpoint")
      ->capture_default_str();
  serve->add_option("--queue", flags.queue_max, "entries that may wait; beyond it /add answers 503")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();

  CLI::App* append = app.add_subcommand("append", "add files as entries and publish, then end");
  AddCommonFlags(append, &flags);
  AddPublishFlags(append, &flags);
  append->add_option("FILE", flags.files, "files, one entry each")->required();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  base::Status status = base::OkStatus();
  if (keygen->parsed() || encrypt->parsed()) {
    status = RunKey(flags);
  } else if (init->parsed()) {
    status = RunInit(flags);
  } else if (append->parsed()) {
    status = RunAppend(flags);
  } else {
    status = RunLog(flags);
  }
  return status.ok() ? 0 : Fail(status.error());
}

}  // namespace

int RunNode(int argc, char** argv) {
  // Exceptions of the libraries stop here.
  try {
    return Main(argc, argv);
  } catch (const std::exception& exception) {
    Say(exception.what());
    return 1;
  }
}

}  // namespace day::network::node
