#include "libs/signatures/passwords/password_line.h"

#include <algorithm>
#include <array>
#include <utility>

#include "libs/base/bytes.h"
#include "libs/base/lines.h"
#include "libs/signatures/clamav/signature_line.h"
#include "libs/signatures/lists.h"

namespace day::signatures::passwords {
namespace {

constexpr std::size_t kFields = 4;

PasswordLine Bad(std::string problem) { return {PasswordLine::Kind::kBad, {}, std::move(problem)}; }

// ClamAV asks for a target and then does nothing with it.
std::string WithTarget(std::string_view conditions) {
  std::string text(conditions);
  if (!text.empty() && text.find("Target:") == std::string::npos) {
    text += ",Target:0";
  }
  return text;
}

std::string ReadConditions(std::string_view text, Password& password) {
  const auto conditions = clamav::ParseConditionText(WithTarget(text));
  if (!conditions.ok()) {
    return conditions.error().message;
  }
  if (!conditions->container) {
    return {};
  }
  const std::string_view type = clamav::TypeName(*conditions->container);
  if (type == "CL_TYPE_ZIP") {
    password.container = Password::For::kZip;
  } else if (type == "CL_TYPE_RAR") {
    password.container = Password::For::kRar;
  } else if (type != "CL_TYPE_ANY") {
    return "passwords are for CL_TYPE_ZIP, CL_TYPE_RAR or CL_TYPE_ANY";
  }
  return {};
}

}  // namespace

PasswordLine ParsePasswordLine(std::string_view line) {
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  if (line.empty() || line.front() == '#') {
    return {};
  }
  std::array<std::string_view, kFields> fields;
  for (std::size_t i = 0; i < kFields; ++i) {
    const std::size_t end = line.find(';');
    if (end == std::string_view::npos && i + 1 < kFields) {
      return Bad("not NAME;CONDITIONS;STORAGE;PASSWORD");
    }
    fields[i] = line.substr(0, end);  // what stands behind the password says nothing
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  }
  PasswordLine result;
  result.kind = PasswordLine::Kind::kPassword;
  if (std::string problem = ReadConditions(fields[1], result.password); !problem.empty()) {
    return Bad(std::move(problem));
  }
  // ClamAV reads a number, and none as 0.
  if (fields[2] == "0" || fields[2].empty()) {
    result.password.bytes = fields[3];
  } else if (fields[2] == "1") {
    const auto bytes = base::FromHex(fields[3]);
    if (!bytes) {
      return Bad("the password is not hexadecimal");
    }
    result.password.bytes = base::AsText(base::AsBytes(*bytes));
  } else {
    return Bad("the storage is not 0 or 1");
  }
  return result.password.bytes.size() > kPasswordBytesMax ? Bad("the password is too long")
                                                          : result;
}

std::vector<Password> PasswordsIn(std::string_view lists) {
  std::vector<Password> passwords;
  while (const auto list = TakeList(&lists)) {
    std::string_view text = list->name.ends_with(".pwdb") ? list->text : std::string_view();
    while (!text.empty() && passwords.size() < kPasswordsMax) {
      PasswordLine line = ParsePasswordLine(base::TakeLine(&text));
      if (line.kind == PasswordLine::Kind::kPassword) {
        passwords.push_back(std::move(line.password));
      }
    }
  }
  std::reverse(passwords.begin(), passwords.end());
  std::stable_partition(passwords.begin(), passwords.end(), [](const Password& password) {
    return password.container == Password::For::kAny;
  });
  return passwords;
}

}  // namespace day::signatures::passwords
