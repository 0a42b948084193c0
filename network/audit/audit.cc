#include "network/audit/audit.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>

#include "libs/net/http_server.h"
#include "libs/os/file.h"
#include "libs/os/system.h"
#include "libs/tlog/tlog_proof.h"
#include "libs/wire/json_writer.h"
#include "network/audit/commands.h"
#include "network/audit/endpoint_check.h"
#include "network/audit/rebuild.h"
#include "network/audit/source.h"
#include "network/audit/witness.h"
#include "network/core/key_file.h"

namespace day::network::audit {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr const char* kHelp =
    "daylight-audit checks a public log, and helps to keep it honest.\n\n"
    "  daylight-audit verify --policy P --proof X.tlog-proof --entry FILE     offline\n"
    "  daylight-audit verify --policy P --endpoint ~/.local/state/daylight    offline\n"
    "  daylight-audit fsck   --policy P https://log.example/                  everything, once\n"
    "  daylight-audit mirror --policy P https://log.example/ DIR              copy, verified\n"
    "  daylight-audit monitor --policy P --state DIR https://log.example/     follow it\n"
    "  daylight-audit monitor --policy P --state DIR --root root.json --bundles "
    "https://mirror.example/\n"
    "        https://log.example/                     and judge every entry and every bundle\n"
    "  daylight-audit rebuild --sources DIR --sha256 HASH     make a release's bundle yourself\n"
    "  daylight-audit prove  --policy P --index N https://log.example/ --out X.tlog-proof\n"
    "  daylight-audit witness --key K --dir DIR --logs P --listen 0.0.0.0:8090\n"
    "  daylight-audit keygen w.example --out K\n\n"
    "A policy is a C2SP tlog-policy file: the log's key, the witnesses' keys, the quorum.\n"
    "Exit codes: 0 right, 1 wrong or failed, 2 wrong use.";

constexpr std::uint64_t kEntryFileBytesMax = 1u << 30;

// What a checkpoint that was believed says, in one line or as fields.
void WriteTrusted(const tlog::TrustedCheckpoint& trusted, wire::JsonWriter* json) {
  json->Field("origin", std::string_view(trusted.checkpoint.origin));
  json->Field("size", trusted.checkpoint.size);
  json->Field("root", std::string_view(base::ToHex(trusted.checkpoint.root)));
  json->Field("cosignatures", std::uint64_t{trusted.cosignatures.size()});
  if (trusted.quorum_time_s) {
    json->Field("quorum_time", *trusted.quorum_time_s);
  }
  json->Key("not_verified");
  json->BeginArray();
  for (const std::string& name : trusted.not_verified) {
    json->Text(name);
  }
  json->EndArray();
}

std::string TrustedText(const tlog::TrustedCheckpoint& trusted) {
  std::string out =
      fmt::format("{}: {} entries, {} cosignatures", wire::PrintableText(trusted.checkpoint.origin),
                  trusted.checkpoint.size, trusted.cosignatures.size());
  for (const std::string& name : trusted.not_verified) {
    out += fmt::format("; the ML-DSA-44 signature of {} is there but was not verified",
                       wire::PrintableText(name));
  }
  return out;
}

base::Result<int> RunVerifyEndpoint(const Flags& flags, const tlog::Policy& policy) {
  DAY_TRY_ASSIGN(const EndpointReport report, CheckEndpoint(flags.folder, policy));
  if (flags.json) {
    std::string line;
    wire::JsonWriter json(&line);
    json.BeginObject();
    json.Field("result", report.problems.empty() ? "ok" : "wrong");
    for (const auto& [key, lines] :
         {std::pair("good", &report.good), std::pair("problems", &report.problems)}) {
      json.Key(key);
      json.BeginArray();
      for (const std::string& text : *lines) {
        json.Text(text);
      }
      json.EndArray();
    }
    json.EndObject();
    Print(line + "\n");
  } else {
    for (const std::string& text : report.good) {
      Print("ok: " + wire::PrintableText(text) + "\n");
    }
    for (const std::string& text : report.problems) {
      Print("WRONG: " + wire::PrintableText(text) + "\n");
    }
  }
  return report.problems.empty() ? 0 : 1;
}

base::Result<int> RunVerify(const Flags& flags) {
  if (flags.folder.empty() == flags.proof.empty()) {
    return MakeError(ErrorKind::kInvalidUse, "give either --proof FILE or --endpoint DIR");
  }
  if (!flags.folder.empty()) {
    DAY_TRY_ASSIGN(const tlog::Policy policy, LoadPolicy(flags.policy));
    return RunVerifyEndpoint(flags, policy);
  }
  if (flags.entry.empty() == flags.leaf_hash.empty()) {
    return MakeError(ErrorKind::kInvalidUse, "give either --entry FILE or --leaf-hash HEX");
  }
  DAY_TRY_ASSIGN(const tlog::Policy policy, LoadPolicy(flags.policy));
  DAY_TRY_ASSIGN(const std::string text, os::ReadFile(flags.proof, tlog::kTlogProofBytesMax));
  tlog::Hash leaf{};
  if (!flags.entry.empty()) {
    DAY_TRY_ASSIGN(const std::string entry, os::ReadFile(flags.entry, kEntryFileBytesMax));
    leaf = tlog::LeafHash(base::AsBytes(entry));
  } else {
    const auto bytes = base::FromHex(flags.leaf_hash);
    if (!bytes || bytes->size() != leaf.size()) {
      return MakeError(ErrorKind::kInvalidUse, "--leaf-hash is not 64 hexadecimal digits");
    }
    std::copy_n(base::AsBytes(*bytes).begin(), leaf.size(), leaf.begin());
  }
  DAY_TRY_ASSIGN(const tlog::TlogProof proof, tlog::ParseTlogProof(text));
  DAY_TRY_ASSIGN(const tlog::TrustedCheckpoint trusted, tlog::VerifyTlogProof(proof, leaf, policy));
  if (flags.json) {
    std::string line;
    wire::JsonWriter json(&line);
    json.BeginObject();
    json.Field("result", "ok");
    json.Field("index", proof.index);
    WriteTrusted(trusted, &json);
    json.EndObject();
    Print(line + "\n");
  } else {
    Print(fmt::format("ok: entry {} of {}\n", proof.index, TrustedText(trusted)));
  }
  return 0;
}

base::Result<int> RunFsck(const Flags& flags) {
  DAY_TRY_ASSIGN(const tlog::Policy policy, LoadPolicy(flags.policy));
  DAY_TRY_ASSIGN(const Source source, OpenSource(flags.where));
  DAY_TRY_ASSIGN(const FsckReport report, Fsck(source, policy));
  if (flags.json) {
    std::string line;
    wire::JsonWriter json(&line);
    json.BeginObject();
    json.Field("result", report.problem_count == 0 ? "ok" : "damaged");
    WriteTrusted(report.trusted, &json);
    json.Field("entries", report.entries);
    json.Field("tiles", report.tiles);
    json.Field("problem_count", report.problem_count);
    json.Key("problems");
    json.BeginArray();
    for (const std::string& problem : report.problems) {
      json.Text(problem);
    }
    json.EndArray();
    json.EndObject();
    Print(line + "\n");
  } else {
    for (const std::string& problem : report.problems) {
      Print(fmt::format("wrong: {}\n", wire::PrintableText(problem)));
    }
    Print(fmt::format("{}: {}; {} entries and {} files derived again, {} wrong\n",
                      report.problem_count == 0 ? "ok" : "DAMAGED", TrustedText(report.trusted),
                      report.entries, report.tiles, report.problem_count));
  }
  return report.problem_count == 0 ? 0 : 1;
}

base::Result<int> RunMirror(const Flags& flags) {
  DAY_TRY_ASSIGN(const tlog::Policy policy, LoadPolicy(flags.policy));
  DAY_TRY_ASSIGN(const Source source, OpenSource(flags.where));
  DAY_TRY_ASSIGN(const auto copy, store::OpenDirectoryBlobs(flags.folder));
  DAY_TRY_ASSIGN(const MirrorReport report, Mirror(source, policy, *copy));
  const std::uint64_t size = report.trusted.checkpoint.size;
  if (flags.json) {
    std::string line;
    wire::JsonWriter json(&line);
    json.BeginObject();
    json.Field("result", "ok");
    WriteTrusted(report.trusted, &json);
    json.Field("new_entries", size - report.entries_before);
    json.EndObject();
    Print(line + "\n");
  } else {
    Print(
        fmt::format("ok: {}; {} new\n", TrustedText(report.trusted), size - report.entries_before));
  }
  return 0;
}

base::Result<int> RunProve(const Flags& flags) {
  DAY_TRY_ASSIGN(const tlog::Policy policy, LoadPolicy(flags.policy));
  DAY_TRY_ASSIGN(const Source source, OpenSource(flags.where));
  tlog::TlogProof proof;
  DAY_TRY_ASSIGN(proof.checkpoint, ReadCheckpoint(source));
  DAY_TRY_ASSIGN(const tlog::TrustedCheckpoint trusted, policy.Open(proof.checkpoint));
  proof.index = flags.index;
  tlog::TileNodes nodes(TileReader(source), trusted.checkpoint.size);
  DAY_TRY_ASSIGN(proof.hashes,
                 tlog::MakeInclusionProof(nodes, proof.index, trusted.checkpoint.size));
  DAY_TRY_ASSIGN(const tlog::Hash leaf, nodes.Node(0, proof.index));
  DAY_TRY(tlog::VerifyTlogProof(proof, leaf, policy));
  const std::string text = proof.ToText();
  if (flags.out.empty()) {
    Print(text);
  } else {
    DAY_TRY(
        os::WriteFileAtomic(flags.out, base::AsBytes(text), 0644, os::Durability::kCrashOfProcess));
  }
  return 0;
}

base::Result<int> RunWitness(const Flags& flags) {
  DAY_TRY_ASSIGN(tlog::SignerKey key, core::LoadKeyFile(flags.key, flags.passphrase));
  DAY_TRY_ASSIGN(tlog::Policy logs, LoadPolicy(flags.logs));
  DAY_TRY_ASSIGN(const net::ListenAddress listen, net::ParseListenAddress(flags.listen));
  DAY_TRY_ASSIGN(const auto witness,
                 Witness::Open(flags.folder, std::move(key), std::move(logs), NowS));
  net::HttpServerOptions options;
  options.address = listen.address;
  options.port = listen.port;
  options.body_max_bytes = tlog::kAddCheckpointBytesMax;
  os::CatchStopSignals();
  DAY_TRY_ASSIGN(const auto server,
                 net::HttpServer::Start(options, [&witness](const net::HttpQuestion& question,
                                                            const net::HttpAnswerer& to) {
                   to.Send(witness->Answer(question));
                 }));
  Print(fmt::format("serving listen={}\n", server->port()));
  while (!os::StopRequested()) {
    WaitSeconds(1);
  }
  constexpr std::uint32_t kStopGraceMs = 5'000;
  server->Stop(kStopGraceMs);
  return 0;
}

void AddLogFlags(CLI::App* command, Flags* flags) {
  command->add_option("--policy", flags->policy, "tlog-policy file: whom to believe")->required();
  command->add_option("LOG", flags->where, "URL or folder of the log")->required();
  command->add_flag("--json", flags->json, "one line of JSON instead of words");
}

void AddVerdictFlags(CLI::App* command, Flags* flags) {
  command->add_option("--key", flags->key,
                      "private key (PKCS #8) of the role rebuild: sign verdicts with it");
  command->add_option("--passphrase-file", flags->passphrase.file,
                      "its passphrase, the first line");
  command->add_option("--submit", flags->submit, "URL below which /add takes verdicts");
}

void AddMonitor(CLI::App* app, Flags* flags) {
  CLI::App* monitor = app->add_subcommand("monitor", "follow a log and report what is wrong");
  AddLogFlags(monitor, flags);
  monitor->add_option("--state", flags->folder, "folder that keeps what was checked, and evidence")
      ->required();
  monitor->add_flag("--once", flags->once, "look once and end");
  monitor->add_option("--interval", flags->interval_s, "seconds between looks")
      ->capture_default_str();
  monitor
      ->add_option("--stale-after", flags->stale_after_s,
                   "seconds after which the quorum's cosignatures are too old")
      ->capture_default_str();
  monitor->add_option("--root", flags->root,
                      "the network's first root (updates/root.json): judge who signed what");
  monitor->add_option(
      "--bundles", flags->bundles,
      "URL or folder of a mirror (updates/): fetch, rebuild and compare every bundle");
  AddVerdictFlags(monitor, flags);
  monitor->add_flag("--no-witnesses", flags->no_witnesses,
                    "do not ask the witnesses for their view");
  monitor->add_option("--metrics", flags->listen, "ADDRESS:PORT for GET /metrics (OpenMetrics)");
}

// Declares the commands; the flags they fill live in `flags`.
void AddCommands(CLI::App* app, Flags* flags) {
  CLI::App* verify = app->add_subcommand("verify", "check a .tlog-proof or an endpoint, offline");
  verify->add_option("--policy", flags->policy, "tlog-policy file: whom to believe")->required();
  verify->add_option("--proof", flags->proof, "the proof");
  verify->add_option("--endpoint", flags->folder,
                     "or a whole folder of an endpoint's updates (~/.local/state/daylight)");
  verify->add_option("--entry", flags->entry, "file with the entry as it was logged");
  verify->add_option("--leaf-hash", flags->leaf_hash, "or its RFC 6962 leaf hash");
  verify->add_flag("--json", flags->json, "one line of JSON instead of words");

  CLI::App* fsck = app->add_subcommand("fsck", "derive a whole log again and compare every file");
  AddLogFlags(fsck, flags);
  CLI::App* mirror = app->add_subcommand("mirror", "make or update a verified copy");
  AddLogFlags(mirror, flags);
  mirror->add_option("DIR", flags->folder, "folder of the copy")->required();

  AddMonitor(app, flags);
  CLI::App* rebuild = app->add_subcommand(
      "rebuild", "make a bundle from its sources and compare it with a release");
  rebuild->add_option("--sources", flags->sources, "folder with the rules and hash lists")
      ->required();
  rebuild->add_option("--sha256", flags->sha256, "the release's bundle, as the log names it")
      ->required();
  rebuild->add_flag("--json", flags->json, "one line of JSON instead of words");
  AddVerdictFlags(rebuild, flags);

  CLI::App* prove = app->add_subcommand("prove", "make a .tlog-proof for an entry");
  AddLogFlags(prove, flags);
  prove->add_option("--index", flags->index, "the entry's index")->required();
  prove->add_option("--out", flags->out, "file for the proof; standard output without it");

  CLI::App* witness = app->add_subcommand("witness", "run a witness");
  witness->add_option("--key", flags->key, "file with the witness's private key")->required();
  witness->add_option("--passphrase-file", flags->passphrase.file,
                      "file whose first line is the key's passphrase, if it is encrypted");
  witness->add_option("--dir", flags->folder, "folder for its memory, one file a log")->required();
  witness->add_option("--logs", flags->logs, "tlog-policy file whose `log` lines are witnessed")
      ->required();
  witness->add_option("--listen", flags->listen, "ADDRESS:PORT")->required();

  CLI::App* keygen = app->add_subcommand("keygen", "make a witness's key; prints the public part");
  keygen->add_option("NAME", flags->name, "the witness's name, such as w.example.org")->required();
  CLI::App* encrypt = app->add_subcommand("encrypt-key", "write a key once more, encrypted");
  encrypt->add_option("KEY", flags->key, "file with a private key that is not encrypted")
      ->required();
  for (CLI::App* command : {keygen, encrypt}) {
    command->add_option("--out", flags->out, "file for the private key; must not exist")
        ->required();
    command->add_option("--passphrase-file", flags->passphrase.file,
                        "encrypt it under the passphrase that is the first line of this file");
  }
}

base::Result<int> RunKeygen(const Flags& flags) {
  std::string passphrase;
  if (!flags.passphrase.file.empty()) {
    DAY_TRY_ASSIGN(passphrase,
                   core::GetPassphrase(flags.passphrase, "the new key", core::AskTwice::kYes));
  }
  DAY_TRY_ASSIGN(
      const std::string vkey,
      core::MakeKeyFile(flags.out, flags.name, tlog::KeyKind::kCosignatureEd25519, passphrase));
  core::Wipe(&passphrase);
  Print(vkey + "\n");
  return 0;
}

base::Result<int> RunEncryptKey(const Flags& flags) {
  DAY_TRY_ASSIGN(std::string passphrase,
                 core::GetPassphrase(flags.passphrase, "the new key file", core::AskTwice::kYes));
  DAY_TRY_ASSIGN(const std::string vkey,
                 core::EncryptKeyFile(flags.key, {}, flags.out, passphrase));
  core::Wipe(&passphrase);
  Print(vkey + "\n");
  return 0;
}

base::Result<int> Dispatch(const std::string& command, const Flags& flags) {
  constexpr std::pair<std::string_view, base::Result<int> (*)(const Flags&)> kCommands[] = {
      {"verify", RunVerify},   {"fsck", RunFsck},       {"mirror", RunMirror},
      {"prove", RunProve},     {"monitor", RunMonitor}, {"rebuild", RunRebuild},
      {"witness", RunWitness}, {"keygen", RunKeygen},   {"encrypt-key", RunEncryptKey}};
  for (const auto& [name, run] : kCommands) {
    if (command == name) {
      return run(flags);
    }
  }
  return MakeError(ErrorKind::kInvalidUse, "no such command");
}

int Main(int argc, char** argv) {
  CLI::App app(kHelp, "daylight-audit");
  app.set_version_flag("--version", "daylight-audit 0.1.0");
  app.require_subcommand(1);
  Flags flags;
  AddCommands(&app, &flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const std::string command = app.get_subcommands().front()->get_name();
  const auto code = Dispatch(command, flags);
  if (code.ok()) {
    return *code;
  }
  if (flags.json) {
    std::string line;
    wire::JsonWriter json(&line);
    json.BeginObject();
    json.Field("result", "error");
    json.Field("kind", base::ErrorKindName(code.error().kind));
    json.Field("what", std::string_view(code.error().message));
    json.EndObject();
    Print(line + "\n");
  }
  Say(wire::PrintableText(code.error().message));
  return code.error().kind == ErrorKind::kInvalidUse ? 2 : 1;
}

}  // namespace

int RunAudit(int argc, char** argv) {
  // Exceptions of the libraries stop here.
  try {
    return Main(argc, argv);
  } catch (const std::exception& exception) {
    Say(exception.what());
    return 1;
  }
}

}  // namespace day::network::audit
