#include "libs/signatures/sources/list_line.h"

#include "libs/signatures/certificates/certificate_line.h"
#include "libs/signatures/filetypes/filetype_line.h"
#include "libs/signatures/icons/icon_table.h"
#include "libs/signatures/passwords/password_line.h"

namespace day::signatures::sources {

LineProblem CheckListLine(std::string_view ending, std::string_view line) {
  if (ending == ".ftm") {
    filetypes::FileTypeLine read = filetypes::ParseFileTypeLine(line);
    return {read.kind == filetypes::FileTypeLine::Kind::kMagic, std::move(read.problem)};
  }
  if (ending == ".crb") {
    const certificates::CertificateLine read = certificates::ParseCertificateLine(line);
    return {read.kind == certificates::CertificateLine::Kind::kRule, std::string(read.problem)};
  }
  if (ending == ".idb") {
    const icons::IconLine read = icons::ParseIconLine(line);
    return {read.kind == icons::IconLine::Kind::kIcon, std::string(read.problem)};
  }
  passwords::PasswordLine read = passwords::ParsePasswordLine(line);
  return {read.kind == passwords::PasswordLine::Kind::kPassword, std::move(read.problem)};
}

}  // namespace day::signatures::sources
