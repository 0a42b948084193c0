// Small facts out of Database::lists(). Pure functions.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace day::engine {

// Rules of the database that its .ign2 files leave out.
std::set<std::string, std::less<>> IgnoredRules(std::string_view lists);
// Passwords to be tried on archives, in that order: on zip and others, on RAR.
std::vector<std::string> ZipPasswords(std::string_view lists);
std::vector<std::string> RarPasswords(std::string_view lists);

}  // namespace day::engine
