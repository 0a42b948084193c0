// The command lines of yara and yarac 4.5.8, parsed as they parse them.
//
// Options may stand anywhere; a short option takes its value from the next word (`-p 4`), a long
// one after '='
// (`--threads=4`); short flags may be joined (`-rsw`). Errors come in yara's words, for its exit
// code 1. Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"

namespace day::endpoint::cli {

struct YaraOptions {
  std::string atom_quality_table;
  bool compiled_rules = false;           // -C
  bool count_only = false;               // -c
  bool strict_escape = false;            // -E
  std::vector<std::string> definitions;  // -d
  bool no_console = false;               // -q
  bool fail_on_warnings = false;
  bool fast = false;                     // -f
  bool help = false;                     // -h
  std::vector<std::string> identifiers;  // -i
  std::int64_t process_memory_chunk = 0;
  std::int64_t rule_matches_max = 0;  // -l
  std::int64_t strings_per_rule_max = 10'000;
  std::vector<std::string> module_data;  // -x
  bool negate = false;                   // -n
  bool follow_symlinks = true;           // -N turns it off
  bool no_warnings = false;              // -w
  bool print_meta = false;               // -m
  bool print_module_data = false;        // -D
  bool module_names = false;             // -M
  bool print_namespace = false;          // -e
  bool print_stats = false;              // -S
  bool print_strings = false;            // -s
  bool print_string_length = false;      // -L
  bool print_xor_key = false;            // -X
  bool print_tags = false;               // -g
  bool recursive = false;                // -r
  bool scan_list = false;
  std::int64_t skip_larger_bytes = 0;  // -z
  std::int64_t stack_slots = 16'384;   // -k, accepted and without meaning here
  std::vector<std::string> tags;       // -t
  std::int64_t threads = 32;           // -p
  std::int64_t timeout_s = 1'000'000;  // -a
  bool version = false;                // -v

  std::vector<std::string> arguments;  // what is no option: [NAMESPACE:]RULES... TARGET
};

enum class YaraProgram : std::uint8_t { kYara, kYarac };

// kInvalidUse with the line that yara prints.
base::Result<YaraOptions> ParseYaraOptions(YaraProgram program, std::span<const std::string> words);

// The text of --help.
std::string YaraHelp(YaraProgram program);

}  // namespace day::endpoint::cli
