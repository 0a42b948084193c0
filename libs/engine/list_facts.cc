#include "libs/engine/list_facts.h"

#include <utility>

#include "libs/base/lines.h"
#include "libs/signatures/lists.h"
#include "libs/signatures/passwords/password_line.h"

namespace day::engine {
namespace {

using signatures::passwords::Password;

std::vector<std::string> PasswordsBut(std::string_view lists, Password::For other) {
  std::vector<std::string> passwords;
  for (Password& password : signatures::passwords::PasswordsIn(lists)) {
    if (password.container != other) {
      passwords.push_back(std::move(password.bytes));
    }
  }
  return passwords;
}

}  // namespace

std::set<std::string, std::less<>> IgnoredRules(std::string_view lists) {
  std::set<std::string, std::less<>> names;
  while (const auto list = signatures::TakeList(&lists)) {
    for (std::string_view text = list->text;
         list->name == signatures::kIgnoredNames && !text.empty();) {
      names.emplace(base::TakeLine(&text));
    }
  }
  return names;
}

std::vector<std::string> ZipPasswords(std::string_view lists) {
  return PasswordsBut(lists, Password::For::kRar);
}

std::vector<std::string> RarPasswords(std::string_view lists) {
  return PasswordsBut(lists, Password::For::kZip);
}

}  // namespace day::engine
