#include "libs/signatures/sources/ignore_list.h"

#include <algorithm>

#include "libs/base/bytes.h"
#include "libs/base/lines.h"
#include "libs/crypto/hash.h"

namespace day::signatures::sources {
namespace {

constexpr std::size_t kMd5Digits = 32;

std::string_view WithoutReturn(std::string_view line) {
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

}  // namespace

FileReport IgnoreList::AddFile(std::string_view file_name, std::string_view text) {
  FileReport report;
  const bool is_old = file_name.ends_with(".ign");
  for (std::uint32_t number = 1; !text.empty(); ++number) {
    const std::string_view line = WithoutReturn(base::TakeLine(&text));
    if (line.empty() || line.front() == '#') {
      continue;
    }
    std::string_view name = line;
    std::string md5;
    if (is_old) {
      const std::size_t first = line.find(':');
      const std::size_t second =
          first == std::string_view::npos ? first : line.find(':', first + 1);
      name = second == std::string_view::npos ? std::string_view() : line.substr(second + 1);
    } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
      name = line.substr(0, colon);
      const auto digest = base::FromHex(line.substr(colon + 1));
      md5 = digest ? base::ToHex(base::AsBytes(*digest)) : "?";
    }
    if (name.empty() || (!md5.empty() && md5.size() != kMd5Digits)) {
      report.Skip(number, name.empty() ? "no name" : "not an MD5 of 32 digits");
      continue;
    }
    if (entries_.size() >= kIgnoredMax) {
      report.Skip(number, "more than 1,000,000 names are left out");
      continue;
    }
    entries_[std::string(name)].push_back(std::move(md5));
    ++report.signatures;
  }
  return report;
}

std::string IgnoreList::Names() const {
  std::vector<std::string_view> names;
  for (const auto& [name, md5s] : entries_) {
    if (std::find(md5s.begin(), md5s.end(), "") != md5s.end()) {
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  std::string text;
  for (const std::string_view name : names) {
    text += name;
    text += '\n';
  }
  return text;
}

bool IgnoreList::Ignores(std::string_view name, std::string_view line) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    return false;
  }
  std::string md5;
  return std::any_of(found->second.begin(), found->second.end(), [&](const std::string& wanted) {
    if (wanted.empty()) {
      return true;
    }
    if (md5.empty()) {
      md5 = crypto::ToHexDigest(crypto::Md5(base::AsBytes(WithoutReturn(line))));
    }
    return md5 == wanted;
  });
}

}  // namespace day::signatures::sources
