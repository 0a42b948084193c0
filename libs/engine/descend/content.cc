#include "libs/engine/descend/content.h"

#include <algorithm>

namespace day::engine {
namespace {

struct Ending {
  std::string_view packed;
  std::string_view plain;
};
constexpr Ending kEndings[] = {
    {".gz", ""},      {".tgz", ".tar"}, {".bz2", ""},     {".tbz2", ".tar"},
    {".tbz", ".tar"}, {".xz", ""},      {".txz", ".tar"}, {".lzma", ""},
    {".tlz", ".tar"}, {".lz", ""},      {".zst", ""},     {".tzst", ".tar"},
    {".lz4", ""},     {".br", ""},      {".Z", ""},       {".taz", ".tar"},
};

}  // namespace

std::string LimitReason(base::Limit limit) { return LimitReason(base::LimitName(limit)); }

std::string LimitReason(std::string_view name) { return "limit " + std::string(name); }

std::uint64_t Affordable(std::uint64_t size, base::Budget& budget, std::string& gap) {
  const base::BudgetLimits& limits = budget.limits();
  const std::uint64_t left =
      limits.bytes_out_max - std::min(limits.bytes_out_max, budget.bytes_out());
  const std::uint64_t affordable = std::min({size, limits.file_bytes_max, left});
  if (affordable < size) {
    const base::Limit limit =
        left < limits.file_bytes_max ? base::Limit::kBytesOut : base::Limit::kFileBytes;
    (void)budget.Exceed(limit);
    gap = LimitReason(limit);
  }
  return affordable;
}

base::Bytes Pay(base::Bytes view, base::Budget& budget, std::string& gap) {
  const base::Bytes content = base::ClippedSlice(view, 0, Affordable(view.size(), budget, gap));
  (void)budget.SpendBytesOut(content.size());
  return content;
}

std::string_view BaseName(std::string_view path) {
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool HasOtherThanZeros(base::Bytes bytes) {
  return std::any_of(bytes.begin(), bytes.end(), [](std::byte b) { return b != std::byte{0}; });
}

std::string NameWithoutEnding(std::string_view path) {
  const std::string_view base = BaseName(path);
  for (const Ending& ending : kEndings) {
    if (base.ends_with(ending.packed) && base.size() > ending.packed.size()) {
      return std::string(base.substr(0, base.size() - ending.packed.size())) +
             std::string(ending.plain);
    }
  }
  return "(content)";
}

}  // namespace day::engine
