// Which passwords are tried on documents, in which order, and in which spelling. Pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace day::unpack::officecrypt {

// What Excel locks workbooks with that are to be opened without a question ([MS-OFFCRYPTO] 2.2.1
// does not name it; every Office has it built in). Attackers do the same.
inline constexpr std::string_view kDefaultPassword = "VelvetSweatshop";
// PowerPoint's, for presentations that only ask for a password to be changed.
inline constexpr std::string_view kDefaultPowerPointPassword = "/01Hannes Ruescher/01";
// Office takes no longer ones.
inline constexpr std::size_t kPasswordCharactersMax = 255;

// Office's own, none at all, what somebody told (a mail, a database), and those that malware often
// has; none twice. All are UTF-8, and ones too long for Office are left out.
std::vector<std::string> CandidatesOf(std::span<const std::string> told);

// UTF-16LE, as keys are derived from it. What is no UTF-8 is taken as Latin-1.
std::string ToUtf16(std::string_view password);

}  // namespace day::unpack::officecrypt
