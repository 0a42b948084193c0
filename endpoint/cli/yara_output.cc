#include "endpoint/cli/yara_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace day::endpoint::cli {
namespace {

using workerproto::RuleTable;
using workerproto::YaraMatch;
using workerproto::YaraReport;

constexpr std::size_t kHexBytesMax = 64;    // yara prints no more of a hex string
constexpr std::size_t kDataBytesMax = 512;  // and keeps no more of any match

void AppendText(std::string_view data, std::uint8_t key, std::string& out) {
  for (const char c : data) {
    const auto byte = static_cast<unsigned char>(static_cast<unsigned char>(c) ^ key);
    if (byte >= 32 && byte <= 126) {
      out.push_back(static_cast<char>(byte));
    } else {
      fmt::format_to(std::back_inserter(out), "\\x{:02X}", byte);
    }
  }
}

void AppendHex(std::string_view data, std::string& out) {
  for (std::size_t i = 0; i < std::min(data.size(), kHexBytesMax); ++i) {
    fmt::format_to(std::back_inserter(out), "{}{:02X}", i == 0 ? "" : " ",
                   static_cast<unsigned char>(data[i]));
  }
  if (data.size() > kHexBytesMax) {
    out += " ...";
  }
}

// Metadata texts: C escapes, octal for the rest.
void AppendEscaped(std::string_view text, std::string& out) {
  static constexpr std::string_view kControl = "abtnvfr";  // 7 to 13
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == '"' || byte == '\'' || byte == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte >= 32 && byte < 127) {
      out.push_back(c);
    } else if (byte >= 7 && byte <= 13) {
      out.push_back('\\');
      out.push_back(kControl[byte - 7u]);
    } else {
      fmt::format_to(std::back_inserter(out), "\\{:03o}", byte);
    }
  }
}

void AppendPath(std::string_view path, std::string& out) {
  for (const char c : path) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      out.push_back(c);
    }
  }
  out.push_back('\n');
}

void AppendMetas(const RuleTable::Rule& rule, std::string& out) {
  out.push_back('[');
  for (std::size_t i = 0; i < rule.metas.size(); ++i) {
    const RuleTable::Meta& meta = rule.metas[i];
    out += i == 0 ? "" : ",";
    out += meta.key;
    if (const auto* number = std::get_if<std::int64_t>(&meta.value)) {
      fmt::format_to(std::back_inserter(out), " ={}", *number);
    } else if (const auto* boolean = std::get_if<bool>(&meta.value)) {
      out += *boolean ? "=true" : "=false";
    } else {
      out += "=\"";
      AppendEscaped(std::get<std::string>(meta.value), out);
      out.push_back('"');
    }
  }
  out += "] ";
}

void AppendTags(const RuleTable::Rule& rule, std::string& out) {
  out.push_back('[');
  for (std::size_t i = 0; i < rule.tags.size(); ++i) {
    out += i == 0 ? "" : ",";
    out += rule.tags[i];
  }
  out += "] ";
}

void AppendMatch(const YaraOptions& options, const RuleTable::String& string,
                 const YaraMatch& match, std::string_view data, std::string& out) {
  if (options.print_string_length) {
    fmt::format_to(std::back_inserter(out), "0x{:x}:{}:{}", match.offset,
                   std::min<std::size_t>(match.length, kDataBytesMax), string.identifier);
  } else {
    fmt::format_to(std::back_inserter(out), "0x{:x}:{}", match.offset, string.identifier);
  }
  if (options.print_xor_key) {
    fmt::format_to(std::back_inserter(out), ":xor(0x{:02x},", match.xor_key);
    AppendText(data, match.xor_key, out);
    out.push_back(')');
  }
  if (options.print_strings) {
    out += ": ";
    if (string.is_hex) {
      AppendHex(data, out);
    } else {
      AppendText(data, 0, out);
    }
  }
  out.push_back('\n');
}

bool IsShown(const YaraOptions& options, const RuleTable::Rule& rule) {
  const auto has_tag = [&](const std::string& tag) {
    return std::find(rule.tags.begin(), rule.tags.end(), tag) != rule.tags.end();
  };
  if (!options.identifiers.empty()) {
    // yara lets -i decide alone where both are given.
    return std::find(options.identifiers.begin(), options.identifiers.end(), rule.identifier) !=
           options.identifiers.end();
  }
  return options.tags.empty() || std::any_of(options.tags.begin(), options.tags.end(), has_tag);
}

void AppendRule(const YaraOptions& options, const RuleTable& table, const YaraReport& report,
                const workerproto::YaraRule& matching, std::string_view path, std::string& out) {
  const RuleTable::Rule& rule = table.rules[matching.rule];
  if (options.print_namespace) {
    out += rule.name_space;
    out.push_back(':');
  }
  out += rule.identifier;
  out.push_back(' ');
  if (options.print_tags) {
    AppendTags(rule, out);
  }
  if (options.print_meta) {
    AppendMetas(rule, out);
  }
  AppendPath(path, out);
  if (!options.print_strings && !options.print_string_length && !options.print_xor_key) {
    return;
  }
  for (std::uint64_t i = 0; i < matching.matches_count; ++i) {
    const YaraMatch& match = report.matches[matching.matches_begin + i];
    if (match.string >= table.strings.size()) {
      continue;  // a worker that lies
    }
    const RuleTable::String& string = table.strings[match.string];
    if (!string.is_private) {
      AppendMatch(options, string, match, report.DataOf(match), out);
    }
  }
}

// As libyara reports: rule after rule, those that match and those that do not. yara counts the
// former, and looks at its limit after each of either.
std::int64_t AppendInRuleOrder(const YaraOptions& options, const RuleTable& table,
                               const YaraReport& report, std::string_view path, YaraTotals& totals,
                               std::string& out) {
  std::int64_t count = 0;
  std::size_t next = 0;
  for (std::uint32_t i = 0; i < table.rules.size(); ++i) {
    if (table.rules[i].is_private) {
      continue;
    }
    const bool reported = next < report.rules.size() && report.rules[next].rule == i;
    if (reported && !options.count_only && IsShown(options, table.rules[i])) {
      AppendRule(options, table, report, report.rules[next], path, out);
    }
    next += reported ? 1 : 0;
    if (reported != options.negate) {
      ++count;
      ++totals.matching_rules;
    }
    if (options.rule_matches_max != 0 && totals.matching_rules >= options.rule_matches_max) {
      break;
    }
  }
  return count;
}

}  // namespace

std::int64_t AppendYaraReport(const YaraOptions& options, const RuleTable& table,
                              const YaraReport& report, std::string_view path, YaraTotals& totals,
                              std::string& out) {
  out += report.module_dump;
  for (const std::string& line : report.console) {
    if (!options.no_console) {
      out += line;
      out.push_back('\n');
    }
  }
  if (report.status != workerproto::YaraStatus::kScanned) {
    return 0;
  }
  if (options.rule_matches_max != 0 || (options.negate && options.count_only)) {
    return AppendInRuleOrder(options, table, report, path, totals, out);
  }
  for (const workerproto::YaraRule& rule : report.rules) {
    // An index beyond the table comes from a worker that lies.
    if (!options.count_only && rule.rule < table.rules.size() &&
        IsShown(options, table.rules[rule.rule])) {
      AppendRule(options, table, report, rule, path, out);
    }
  }
  const auto count = static_cast<std::int64_t>(options.negate ? 0 : report.rules.size());
  totals.matching_rules += count;
  return count;
}

void AppendYaraWarnings(const RuleTable& table, const YaraReport& report, std::string& out) {
  for (const std::uint32_t string : report.too_many_matches) {
    for (const RuleTable::Rule& rule : table.rules) {
      if (string >= rule.strings_begin && string - rule.strings_begin < rule.strings_count &&
          string < table.strings.size()) {
        fmt::format_to(
            std::back_inserter(out),
            "warning: rule \"{}\": too many matches for {}, results for this rule may be "
            "incorrect\n",
            rule.identifier, table.strings[string].identifier);
      }
    }
  }
}

}  // namespace day::endpoint::cli
