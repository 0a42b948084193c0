#include "network/release/cli.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <string>

#include "libs/os/system.h"
#include "libs/wire/json_writer.h"
#include "network/release/commands.h"

namespace day::network::release {
namespace {

constexpr const char* kHelp =
    "daylight-release makes releases of detection rules that no single person can make, and that "
    "everybody can see: proposed by one, reviewed by another, signed by several, and added to a "
    "public log before any endpoint believes them.\n\n"
    "A release, from start to end (in the workspace, or with --workspace DIR):\n"
    "  daylight-release propose rules/ --author alice --reason \"new stealers\"\n"
    "  daylight-release test 7-1a2b3c4d --fixtures fixtures/\n"
    "  daylight-release review 7-1a2b3c4d --analyst bob --accept --reason \"read them all\"\n"
    "  daylight-release sign 7-1a2b3c4d --key alice.pem      (bob likewise; or --export, "
    "--import)\n"
    "  daylight-release publish 7-1a2b3c4d\n"
    "and when it was a mistake:  daylight-release halt HASH --reason WHY --key halt.pem\n\n"
    "updates/ then holds what endpoints fetch; any web server can serve it.\n";
constexpr const char* kFooter =
    "Exit status: 0 done; 1 a proposal failed its test; 2 wrong use, or a failure.\n"
    "Passphrases: --passphrase-file, $DAYLIGHT_RELEASE_PASSPHRASE, or the terminal. PINs of "
    "tokens: "
    "pin-source=FILE in the URI, or the terminal.\n"
    "A token's module: module-path=FILE in the URI, $DAYLIGHT_PKCS11_MODULE, or p11-kit-proxy.so.";

using Command = std::function<base::Status(const Options&)>;

class Cli {
 public:
  Cli() : app_(kHelp, "daylight-release") {
    app_.footer(kFooter);
    app_.set_version_flag("--version", "daylight-release 0.1.0");
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.add_option("-w,--workspace", options_.workspace, "the workspace")->capture_default_str();
    app_.add_flag("--json", options_.json, "one JSON object instead of text");
    app_.add_flag("-q,--quiet", options_.quiet, "no progress");
    app_.add_option("--time", options_.time_s,
                    "the time in seconds since 1970, instead of the system's clock (for tests)")
        ->check(CLI::PositiveNumber);
    app_.add_option("--passphrase-file", options_.passphrase.file,
                    "a file whose first line is the passphrase of the keys");
    AddInit();
    AddKeygen();
    AddWork();
    AddSigning();
    AddRest();
  }

  int Run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app_.exit(error) == 0 ? 0 : 2;
    }
    const auto path = os::ExecutablePath();
    base::Status status = path.ok() ? base::OkStatus() : base::Status(path.error());
    if (status.ok()) {
      options_.program_folder = path->substr(0, path->rfind('/'));
      for (const auto& [sub, command] : commands_) {
        if (sub->parsed()) {
          status = command(options_);
        }
      }
    }
    if (status.ok()) {
      return 0;
    }
    std::fprintf(stderr, "daylight-release: ");
    // Lines of our own messages stay; everything else that a terminal may obey does not.
    std::string_view rest = status.error().message;
    while (true) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      std::fprintf(stderr, "%s\n", wire::PrintableText(line).c_str());
      if (line.size() == rest.size()) {
        break;
      }
      rest.remove_prefix(line.size() + 1);
    }
    return status.error().kind == base::ErrorKind::kCancelled ? 1 : 2;
  }

 private:
  CLI::App* Add(const char* name, const char* help, Command command) {
    CLI::App* sub = app_.add_subcommand(name, help);
    commands_.emplace(sub, std::move(command));
    return sub;
  }
  void AddKeys(CLI::App* sub) {
    sub->add_option("--key", options_.keys,
                    "private key: a file (PKCS #8), or the URI of a key in a token "
                    "(pkcs11:token=T;object=NAME?module-path=FILE&pin-source=FILE); may be "
                    "repeated");
  }

  void AddInit() {
    CLI::App* sub =
        Add("init", "make a workspace: keys, roles, first metadata; never overwrites", RunInit);
    sub->add_option("--policy", options_.policy,
                    "tlog-policy file: the log, its witnesses, the quorum")
        ->required();
    sub->add_option("--log", options_.log.url, "URL of the log");
    sub->add_option("--submit", options_.log.submit_url,
                    "URL below which /add takes entries (default: that of --log)");
    sub->add_option("--log-folder", options_.log.folder,
                    "instead of --log: folder of a log on this machine");
    sub->add_option("--log-key", options_.log.key_path, "with --log-folder: the log's private key");
    sub->add_option("--role", options_.role_sizes,
                    "ROLE=SIGNATURES/KEYS; may be repeated. Default: root=3/5 targets=2/3 "
                    "rules=2/4 halt=1/3 engine=2/3 rebuild=1/1 online=1/1");
    sub->add_option("--public", options_.public_keys,
                    "ROLE=FILE: a public key (PEM) whose private key stays elsewhere; may be "
                    "repeated. No keys are made for that role");
    sub->add_option("--removal-threshold", options_.removal_threshold,
                    "signatures of the keys of rules for a release that takes detections away")
        ->capture_default_str();
    sub->add_flag("--demo", options_.demo, "small numbers of keys: 2 of 3");
    sub->add_flag("--no-passphrase", options_.no_passphrase,
                  "keys that are not encrypted (for demonstrations and tests)");
  }

  void AddKeygen() {
    CLI::App* sub = Add("keygen", "make one key, on any machine: FILE and FILE.pub", RunKeygen);
    sub->add_option("--out", options_.subject,
                    "file for the private key; must not exist. The public key goes to FILE.pub")
        ->required();
    sub->add_option("--token", options_.token,
                    "make the private key in a PKCS #11 token instead, where it stays: URI with "
                    "token= and object=NAME. Only FILE.pub is written");
    sub->add_flag("--p256", options_.p256,
                  "ECDSA with P-256 instead of Ed25519, for tokens that know no other");
    sub->add_flag("--no-passphrase", options_.no_passphrase, "not encrypted");

    CLI::App* pubkey = Add("pubkey",
                           "the public key of a private one, as PEM: for init --public "
                           "and rotate --add-key",
                           RunPubkey);
    pubkey->add_option("KEY", options_.subject, "a private key file, or a pkcs11: URI")->required();
    pubkey->add_option("--out", options_.out, "write it there; must not exist");
  }

  void AddWork() {
    CLI::App* propose = Add("propose", "make a proposal from a folder of rules", RunPropose);
    propose->add_option("DIR", options_.subject, "*.yar, *.yara and hash lists, at any depth")
        ->required();
    propose->add_option("--author", options_.name, "who proposes")->required();
    propose->add_option("--reason", options_.reason, "why; public")->required();
    propose->add_option("--rollout", options_.rollout,
                        "PERCENT:SECONDS,...: which share of machines activates it when");
    propose->add_flag("--emergency", options_.emergency, "all machines at once");
    propose->add_flag("--again", options_.again, "also if nothing changed");

    CLI::App* test = Add("test", "compile, scan fixtures and known-good files, compare", RunTest);
    test->add_option("PROPOSAL", options_.subject)->required();
    test->add_option("--fixtures", options_.fixtures,
                     "folder with match/RULE (the rule must find it) and clean/ (nothing may)");
    test->add_option("--known-good", options_.known_good,
                     "files or folders without malware; may be repeated. Default: what the package "
                     "manager installed in /usr/bin");
    test->add_flag("--no-known-good", options_.no_known_good, "measure no false alarms, no cost");

    CLI::App* review = Add("review", "an analyst's decision about a proposal", RunReview);
    review->add_option("PROPOSAL", options_.subject)->required();
    review->add_option("--analyst", options_.name, "who decides")->required();
    review->add_option("--reason", options_.reason, "why; public")->required();
    review->add_option("--rule", options_.rule, "the rule it is about (default: all)");
    CLI::Option_group* decision = review->add_option_group("decision");
    for (const char* word : {"accept", "reject", "silence", "allow-list"}) {
      decision->add_flag_callback(std::string("--") + word,
                                  [this, word] { options_.decision = word; });
    }
    decision->require_option(1);
  }

  void AddSigning() {
    CLI::App* sign = Add("sign", "sign a proposal, a halt or recall, or a change of keys", RunSign);
    sign->add_option("WHAT", options_.subject, "PROPOSAL, halt-..., recall-..., or: change");
    AddKeys(sign);
    sign->add_option("--despite", options_.despite,
                     "sign although a test failed or a review is missing; the reason is public");
    sign->add_option("--export", options_.export_file, "write what is to be signed elsewhere");
    sign->add_option("--import", options_.import_file, "take signatures that were made elsewhere");
    sign->add_option("--request", options_.request_file,
                     "elsewhere, without a workspace: sign what --export wrote");
    sign->add_option("--answer", options_.answer_file, "with --request: file for the signatures");

    CLI::App* publish = Add("publish",
                            "add what is signed to the log and write updates/; goes on where it "
                            "was interrupted",
                            RunPublish);
    publish->add_option("WHAT", options_.subject, "PROPOSAL, halt-... or recall-...");
    publish->add_flag("--updates", options_.only_updates,
                      "only write updates/ from what the log has now");
    publish->add_option("--wait-ms", options_.wait_ms, "how long to wait for the log's checkpoint")
        ->capture_default_str();

    for (const bool recall : {false, true}) {
      CLI::App* stop = Add(recall ? "recall" : "halt",
                           recall ? "a release must not be used any more"
                                  : "a release must not be activated any further",
                           [recall](const Options& options) { return RunStop(options, recall); });
      stop->add_option("HASH", options_.subject, "SHA-256 of the bundle, or its beginning")
          ->required();
      stop->add_option("--reason", options_.reason, "why; public")->required();
      AddKeys(stop);
    }
    CLI::App* engine =
        Add("engine", "say in the log which files a version of the program consists of", RunEngine);
    engine->add_option("FILE", options_.files, "files of the program; only their hashes are told")
        ->required();
    engine->add_option("--version", options_.version, "their version")->required();
    AddKeys(engine);
    CLI::App* say = Add("say", "say something to people, in the log (role targets)", RunSay);
    say->add_option("TEXT", options_.subject, "what; public for ever")->required();
    AddKeys(say);
  }

  void AddRest() {
    CLI::App* rotate =
        Add("rotate", "change keys and thresholds, or refresh the metadata", RunRotate);
    rotate->add_flag("--refresh", options_.refresh,
                     "new snapshot and timestamp, before they expire (30 days)");
    rotate->add_option("--role", options_.role,
                       "whose keys: root, targets, rules (and with it removals), removals, halt, "
                       "engine, rebuild, online");
    rotate->add_option("--new-key", options_.new_key, "make a key: its name in keys/");
    rotate->add_option("--add-key", options_.add_keys, "public key file; may be repeated");
    rotate->add_option("--remove-key", options_.remove_keys, "public key file; may be repeated");
    rotate->add_option("--threshold", options_.threshold, "signatures that the role needs")
        ->check(CLI::Range(1, 50));
    rotate->add_option("--rules", options_.rules_file,
                       "a new rules.json: what releases need beyond the thresholds");
    rotate->add_option("--policy", options_.policy,
                       "a new policy: the log, its witnesses, the quorum");
    rotate->add_option("--reason", options_.reason, "why");
    rotate->add_flag("--no-passphrase", options_.no_passphrase, "a new key is not encrypted");
    AddKeys(rotate);

    CLI::App* log = Add("log", "decisions and releases, from the public log", RunLog);
    log->add_flag("--offline", options_.offline, "from the workspace's copy only");
    Add("status", "proposals, and what they still need", RunStatus);
  }

  CLI::App app_;
  Options options_;
  std::map<CLI::App*, Command> commands_;
};

}  // namespace

int RunRelease(int argc, char** argv) {
  // Exceptions of the libraries stop here.
  try {
    return Cli().Run(argc, argv);
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "daylight-release: %s\n", exception.what());
    return 2;
  }
}

}  // namespace day::network::release
