#include "libs/rules/modules/cuckoo/cuckoo_module.h"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "libs/rules/module/schema.h"

namespace day::rules::modules::cuckoo {
namespace {

using module::Argument;
using module::Field;
using module::Function;
using module::Index;
using module::Kind;
using module::RegexArgument;
using module::Value;
using Json = nlohmann::json;

enum Id : std::uint16_t {
  kDnsLookup = 1,
  kHttpGet,
  kHttpPost,
  kHttpRequest,
  kHttpUserAgent,
  kHost,
  kTcp,
  kUdp,
  kKeyAccess,
  kFileAccess,
  kMutex,
};

constexpr Field kNetwork[] = {
    Always(Function("dns_lookup", kDnsLookup, "r", Kind::kInteger)),
    Always(Function("http_get", kHttpGet, "r", Kind::kInteger)),
    Always(Function("http_post", kHttpPost, "r", Kind::kInteger)),
    Always(Function("http_request", kHttpRequest, "r", Kind::kInteger)),
    Always(Function("http_user_agent", kHttpUserAgent, "r", Kind::kInteger)),
    Always(Function("host", kHost, "r", Kind::kInteger)),
    Always(Function("tcp", kTcp, "ri", Kind::kInteger)),
    Always(Function("udp", kUdp, "ri", Kind::kInteger)),
};
constexpr Field kRegistry[] = {Always(Function("key_access", kKeyAccess, "r", Kind::kInteger))};
constexpr Field kFilesystem[] = {Always(Function("file_access", kFileAccess, "r", Kind::kInteger))};
constexpr Field kSync[] = {Always(Function("mutex", kMutex, "r", Kind::kInteger))};
constexpr Field kFields[] = {
    module::Struct("network", kNetwork),
    module::Struct("registry", kRegistry),
    module::Struct("filesystem", kFilesystem),
    module::Struct("sync", kSync),
};
constexpr Field kRoot = module::Struct("cuckoo", kFields);

// How deep brackets nest outside of strings; says nothing of whether the text is JSON.
std::size_t NestingDepth(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

base::Result<Json> ParseReport(base::Bytes report) {
  if (report.size() > kReportBytesMax) {
    return base::MakeError(base::ErrorKind::kLimit, "kReportBytesMax: the report is too large");
  }
  const std::string_view text = base::AsText(report);
  if (NestingDepth(text) > kReportDepthMax) {
    return base::MakeError(base::ErrorKind::kLimit, "kReportDepthMax: the report nests too deep");
  }
  try {
    Json json = Json::parse(text.begin(), text.end());
    if (!json.is_object() && !json.is_array()) {
      return base::MakeError(base::ErrorKind::kMalformed, "the report is neither object nor array");
    }
    return json;
  } catch (const std::exception& error) {
    return base::MakeError(base::ErrorKind::kMalformed, error.what());
  }
}

// The member called `key`, or null if `json` is null, no object, or has none.
const Json* Member(const Json* json, std::string_view key) {
  if (json == nullptr || !json->is_object()) {
    return nullptr;
  }
  const auto found = json->find(key);
  return found == json->end() ? nullptr : &*found;
}

// The text of a string up to its first zero byte, as C sees it; nothing for what is not a string.
std::optional<std::string_view> Text(const Json* json) {
  if (json == nullptr || !json->is_string()) {
    return std::nullopt;
  }
  const std::string_view text = json->get_ref<const std::string&>();
  return text.substr(0, text.find('\0'));
}

bool Matches(const RegexArgument& regex, const std::optional<std::string_view>& text) {
  return text && regex.Search(base::AsBytes(*text)) > 0;  // YARA: an empty match is no match
}

bool EqualIgnoringCase(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() &&
         std::equal(text.begin(), text.end(), lower.begin(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
         });
}

// True if `holds` does for any element of the array; what is not an array has none.
template <typename Predicate>
bool AnyOf(const Json* array, Predicate holds) {
  if (array == nullptr || !array->is_array()) {
    return false;
  }
  for (const Json& element : *array) {
    if (holds(element)) {
      return true;
    }
  }
  return false;
}

bool AnyString(const Json* array, const RegexArgument& regex) {
  return AnyOf(array, [&](const Json& element) { return Matches(regex, Text(&element)); });
}

// Newer reports have "domains" with "domain", older ones only "dns" with "hostname".
bool DnsLookup(const Json* network, const RegexArgument& regex) {
  const Json* domains = Member(network, "domains");
  const std::string_view name = domains != nullptr ? "domain" : "hostname";
  const Json* entries = domains != nullptr ? domains : Member(network, "dns");
  return AnyOf(entries, [&](const Json& entry) {
    return Text(Member(&entry, "ip")) && Matches(regex, Text(Member(&entry, name)));
  });
}

bool HttpRequest(const Json* network, const RegexArgument& regex, std::uint16_t id) {
  return AnyOf(Member(network, "http"), [&](const Json& entry) {
    const auto method = Text(Member(&entry, "method"));
    if (!method) {
      return false;
    }
    const bool wanted = (id != kHttpPost && EqualIgnoringCase(*method, "get")) ||
                        (id != kHttpGet && EqualIgnoringCase(*method, "post"));
    return wanted && Matches(regex, Text(Member(&entry, "uri")));
  });
}

bool Connection(const Json* network, std::string_view protocol, const RegexArgument& regex,
                std::int64_t port) {
  return AnyOf(Member(network, protocol), [&](const Json& entry) {
    const Json* dport = Member(&entry, "dport");
    if (dport == nullptr || !dport->is_number_integer()) {
      return false;
    }
    // YARA keeps the port in an int.
    const auto number = static_cast<std::int32_t>(dport->get<std::int64_t>());
    return number == port && Matches(regex, Text(Member(&entry, "dst")));
  });
}

class CuckooInstance final : public module::FunctionsInstance {
 public:
  void Bind(const module::ScanInput& input) override {
    // The report is one for all files of a scan: parsed again only if it is another view.
    if (input.module_data.data() != this->input().module_data.data() ||
        input.module_data.size() != this->input().module_data.size()) {
      report_.reset();
    }
    FunctionsInstance::Bind(input);
  }

  Value Call(std::uint16_t id, std::span<const Index>,
             std::span<const Argument> arguments) override {
    if (input().module_data.empty()) {
      return Value::Integer(0);
    }
    if (!report_) {
      report_.emplace(ParseReport(input().module_data));
    }
    if (!report_->ok()) {
      return Value::Undefined();
    }
    const std::int64_t port = arguments.size() > 1 ? arguments[1].value.integer : 0;
    return Value::Integer(Holds(report_->value(), id, *arguments[0].regex, port) ? 1 : 0);
  }

 private:
  static bool Holds(const Json& report, std::uint16_t id, const RegexArgument& regex,
                    std::int64_t port) {
    const Json* network = Member(&report, "network");
    const Json* summary = Member(Member(&report, "behavior"), "summary");
    switch (id) {
      case kDnsLookup:
        return DnsLookup(network, regex);
      case kHttpGet:
      case kHttpPost:
      case kHttpRequest:
        return HttpRequest(network, regex, id);
      case kHttpUserAgent:
        return AnyOf(Member(network, "http"), [&](const Json& entry) {
          return Matches(regex, Text(Member(&entry, "user-agent")));
        });
      case kHost:
        return AnyString(Member(network, "hosts"), regex);
      case kTcp:
        return Connection(network, "tcp", regex, port);
      case kUdp:
        return Connection(network, "udp", regex, port);
      case kKeyAccess:
        return AnyString(Member(summary, "keys"), regex);
      case kFileAccess:
        return AnyString(Member(summary, "files"), regex);
      default:
        return AnyString(Member(summary, "mutexes"), regex);
    }
  }

  std::optional<base::Result<Json>> report_;
};

}  // namespace

base::Status CheckReport(base::Bytes report) {
  DAY_TRY(ParseReport(report));
  return base::OkStatus();
}

std::unique_ptr<module::Module> CreateCuckooModule() {
  return module::MakeModule(kRoot, module::Format::kAny,
                            [] { return std::make_unique<CuckooInstance>(); });
}

}  // namespace day::rules::modules::cuckoo
