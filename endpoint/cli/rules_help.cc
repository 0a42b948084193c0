#include "endpoint/cli/rules_command.h"

namespace day::endpoint::cli {

std::string_view RulesHelp() {
  return R"(daylight rules - work on YARA rules

Usage: daylight rules check FILE... [--json] [--budget HITS_PER_GB]
       daylight rules format FILE... [--check | --write]
       daylight rules explain RULE_NAME RULES FILE [--json]
       daylight rules cost RULES CORPUS [--json] [--budget PERCENT]
       daylight rules diff OLD NEW [--json] [--witness-dir DIR]

check    errors, warnings and advice for each file by itself. With --budget also the rules whose
         strings are expected to be met more often than that in a GB of clean data.
format   print the file laid out; --write changes it, --check only says whether it would change.
         Nothing but blanks and line ends is ever changed.
explain  why a rule does or does not match a file: its condition with the value of every part.
cost     what each rule costs: its atoms, how often they are expected, and candidates, matches and
         time measured over the files of CORPUS. With --budget, rules that take more than that
         share of the time fail the run.
diff     which rules were added, removed or changed, and what the change does: files are made from
         both versions and scanned with both. --witness-dir keeps those that tell them apart.

Exit status: 0 fine; 1 something to look at (advice, a difference, no match, over budget);
2 errors in the rules or in the arguments, or a failure.

Rules and files are parsed only in a sandboxed process.
)";
}

}  // namespace day::endpoint::cli
