#include "libs/pkcs11/uri.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/wire/percent.h"

namespace day::pkcs11 {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr std::string_view kScheme = "pkcs11:";
// What may stand in a path as it is (RFC 7512, section 2.3: pk11-res-avail, and "&").
constexpr std::string_view kPathCharacters = ":[]@!$'()*+,=&";
// What UriName() leaves as it is: what needs no quotes in a shell either.
constexpr std::string_view kNameCharacters = ":@+,";
constexpr std::string_view kQueryCharacters = ":[]@!$'()*+,=/?|";

struct PathAttribute {
  std::string_view name;
  std::optional<std::string> Uri::*value;
};
constexpr std::array<PathAttribute, 12> kPath = {{
    {"token", &Uri::token},
    {"manufacturer", &Uri::manufacturer},
    {"serial", &Uri::serial},
    {"model", &Uri::model},
    {"slot-manufacturer", &Uri::slot_manufacturer},
    {"slot-description", &Uri::slot_description},
    {"library-manufacturer", &Uri::library_manufacturer},
    {"library-description", &Uri::library_description},
    {"library-version", &Uri::library_version},
    {"object", &Uri::object},
    {"id", &Uri::id},
    {"type", &Uri::type},
}};

struct QueryAttribute {
  std::string_view name;
  std::string Uri::*value;
};
constexpr std::array<QueryAttribute, 3> kQuery = {{
    {"module-path", &Uri::module_path},
    {"pin-value", &Uri::pin_value},
    {"pin-source", &Uri::pin_source},
}};

base::Error Malformed(std::string message) {
  return MakeError(ErrorKind::kMalformed, "the PKCS #11 URI: " + std::move(message));
}

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// Nothing if a character is not allowed there or a percent sign is not followed by two digits.
std::optional<std::string> PercentDecode(std::string_view text, std::string_view allowed) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      if (!IsUnreserved(text[i]) && allowed.find(text[i]) == std::string_view::npos) {
        return std::nullopt;
      }
      out += text[i];
      continue;
    }
    const auto byte = base::FromHex(text.substr(i + 1, 2));
    if (!byte || byte->size() != 1) {
      return std::nullopt;
    }
    out += *byte;
    i += 2;
  }
  return out;
}

struct Attribute {
  std::string_view name;
  std::string value;
};

// "name=value" parts between separators. Errors: kMalformed.
base::Result<std::vector<Attribute>> Split(std::string_view text, char separator,
                                           std::string_view allowed) {
  std::vector<Attribute> out;
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      return Malformed(fmt::format("between two '{}' must stand name=value", separator));
    }
    const std::string_view name = part.substr(0, equals);
    auto value = PercentDecode(part.substr(equals + 1), allowed);
    if (!value || (name != "id" && value->find('\0') != std::string::npos)) {
      return Malformed(fmt::format("{} has a character that must be written as %XX", name));
    }
    for (const Attribute& other : out) {
      if (other.name == name) {
        return Malformed(fmt::format("{} stands there twice", name));
      }
    }
    out.push_back({name, std::move(*value)});
    if (text.empty() && end != std::string_view::npos) {
      return Malformed(fmt::format("nothing follows the last '{}'", separator));
    }
  }
  return out;
}

base::Status SetPathAttribute(Attribute attribute, Uri* uri) {
  if (attribute.name == "slot-id") {
    std::uint64_t number = 0;
    const char* end = attribute.value.data() + attribute.value.size();
    const auto done = std::from_chars(attribute.value.data(), end, number);
    if (done.ec != std::errc() || done.ptr != end) {
      return Malformed("slot-id is not a number");
    }
    uri->slot_id = number;
    return base::OkStatus();
  }
  const auto* known = std::find_if(kPath.begin(), kPath.end(), [&](const PathAttribute& one) {
    return one.name == attribute.name;
  });
  if (known == kPath.end()) {
    return MakeError(
        ErrorKind::kUnsupported,
        fmt::format("the PKCS #11 URI: {} is not an attribute of RFC 7512", attribute.name));
  }
  uri->*known->value = std::move(attribute.value);
  return base::OkStatus();
}

// A path, "file:/path" or "file:///path".
base::Status CheckPinSource(std::string* source) {
  constexpr std::string_view kFile = "file:";
  if (source->starts_with(kFile)) {
    source->erase(0, kFile.size());
    if (source->starts_with("//")) {
      source->erase(0, 2);
    }
  }
  const std::size_t colon = source->find(':');
  if (source->starts_with('|') || (colon != std::string::npos && colon < source->find('/'))) {
    return MakeError(ErrorKind::kUnsupported,
                     "the PKCS #11 URI: pin-source must be the path of a file");
  }
  return base::OkStatus();
}

base::Status SetQueryAttribute(Attribute attribute, Uri* uri) {
  const auto* known = std::find_if(kQuery.begin(), kQuery.end(), [&](const QueryAttribute& one) {
    return one.name == attribute.name;
  });
  if (known == kQuery.end()) {
    return MakeError(
        ErrorKind::kUnsupported,
        fmt::format("the PKCS #11 URI: after '?' may stand module-path, pin-source and pin-value, "
                    "not {}",
                    attribute.name));
  }
  if (attribute.value.empty()) {
    return Malformed(fmt::format("{} is empty", attribute.name));
  }
  uri->*known->value = std::move(attribute.value);
  return base::OkStatus();
}

}  // namespace

bool IsUri(std::string_view text) {
  return text.size() >= kScheme.size() &&
         std::equal(kScheme.begin(), kScheme.end(), text.begin(),
                    [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + 32 : b); });
}

base::Result<Uri> ParseUri(std::string_view text) {
  if (text.size() > kUriMaxBytes) {
    return MakeError(ErrorKind::kLimit, "a PKCS #11 URI of more than 4096 bytes");
  }
  if (!IsUri(text)) {
    return Malformed("it does not begin with pkcs11:");
  }
  text.remove_prefix(kScheme.size());
  const std::size_t question = text.find('?');
  Uri uri;
  DAY_TRY_ASSIGN(std::vector<Attribute> path,
                 Split(text.substr(0, question), ';', kPathCharacters));
  for (Attribute& attribute : path) {
    DAY_TRY(SetPathAttribute(std::move(attribute), &uri));
  }
  if (question != std::string_view::npos) {
    DAY_TRY_ASSIGN(std::vector<Attribute> query,
                   Split(text.substr(question + 1), '&', kQueryCharacters));
    for (Attribute& attribute : query) {
      DAY_TRY(SetQueryAttribute(std::move(attribute), &uri));
    }
  }
  if (!uri.module_path.empty() && uri.module_path.front() != '/') {
    return Malformed("module-path must be absolute");
  }
  if (!uri.pin_value.empty() && !uri.pin_source.empty()) {
    return Malformed("pin-value and pin-source exclude each other");
  }
  DAY_TRY(CheckPinSource(&uri.pin_source));
  return uri;
}

std::string UriName(const Uri& uri) {
  std::string out(kScheme);
  const auto append = [&out](std::string_view name, std::string_view value) {
    out += fmt::format("{}{}={}", out.size() > kScheme.size() ? ";" : "", name,
                       wire::PercentEncode(value, kNameCharacters));
  };
  for (const PathAttribute& attribute : kPath) {
    if (const auto& value = uri.*attribute.value) {
      append(attribute.name, *value);
    }
  }
  if (uri.slot_id) {
    append("slot-id", std::to_string(*uri.slot_id));
  }
  return out;
}

}  // namespace day::pkcs11
