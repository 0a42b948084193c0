#include "network/core/rule_folder.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "libs/os/file.h"
#include "libs/update/blindness.h"

namespace day::network::core {

using base::ErrorKind;
using base::MakeError;
using update::KindOfRuleFile;
using update::RuleFileKind;

namespace {

constexpr std::uint64_t kRuleFileMaxBytes = 64u << 20;

}  // namespace

base::Result<RuleFolder> ReadRuleFolder(const std::string& folder) {
  namespace fs = std::filesystem;
  RuleFolder out;
  std::error_code error;
  fs::recursive_directory_iterator it(folder, error);
  for (const fs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with('.')) {
      it.disable_recursion_pending();
      continue;
    }
    const fs::file_status status = it->symlink_status(error);
    if (fs::is_directory(status)) {
      continue;
    }
    const std::string path = it->path().lexically_relative(folder).generic_string();
    if (!fs::is_regular_file(status) || KindOfRuleFile(path) == RuleFileKind::kOther) {
      out.left_out.push_back(path);
      continue;
    }
    if (!update::IsBundlePath(path)) {
      return MakeError(ErrorKind::kInvalidUse,
                       path +
                           ": a bundle holds only names of letters, digits, '.', '_' and '-'; "
                           "rename the file");
    }
    DAY_TRY_ASSIGN(std::string bytes, os::ReadFile(it->path().string(), kRuleFileMaxBytes));
    out.bundle.files.emplace(path, std::move(bytes));
  }
  if (error) {
    return os::ErrnoError("list " + folder, error.value());
  }
  std::sort(out.left_out.begin(), out.left_out.end());
  if (out.bundle.files.empty()) {
    return MakeError(ErrorKind::kNotFound,
                     folder + ": no rule files (*.yar, *.yara) or hash lists");
  }
  return out;
}

}  // namespace day::network::core
