#include "libs/engine/list_facts.h"

#include <utility>

#include "libs/base/lines.h"
#include "libs/signatures/lists.h"
#include "libs/signatures/passwords/password_line.h"

namespace day::engine {

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
  std::vector<std::string> zip_passwords;
  for (signatures::passwords::Password& password : signatures::passwords::PasswordsIn(lists)) {
    if (password.container != signatures::passwords::Password::For::kRar) {
      zip_passwords.push_back(std::move(password.bytes));
    }
  }
  return zip_passwords;
}

}  // namespace day::engine
