#include "endpoint/cli/format.h"

#include <charconv>
#include <cmath>
#include <cstdio>

namespace day::endpoint::cli {

std::string FormatCount(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t i = digits.size(); i > 3; i -= 3) {
    digits.insert(i - 3, ",");
  }
  return digits;
}

std::string FormatBytes(std::uint64_t size_bytes) {
  constexpr const char* kUnits[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(size_bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} {}", size_bytes, size_bytes == 1 ? "byte" : "bytes")
                   : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string FormatDuration(std::int64_t nanoseconds) {
  const double seconds = static_cast<double>(nanoseconds) / 1e9;
  if (seconds < 0.1) {
    return fmt::format("{:.0f} ms", seconds * 1000);
  }
  if (seconds < 60) {
    return fmt::format("{:.2f} s", seconds);
  }
  const auto whole = static_cast<std::uint64_t>(seconds);
  if (whole < 3600) {
    return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  }
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string FormatRate(std::uint64_t bytes, std::int64_t nanoseconds) {
  if (nanoseconds <= 0) {
    return "0 MB/s";
  }
  const double rate = static_cast<double>(bytes) * 1000 / static_cast<double>(nanoseconds);
  return rate < 10 ? fmt::format("{:.1f} MB/s", rate) : fmt::format("{:.0f} MB/s", rate);
}

std::optional<std::uint64_t> ParseSize(std::string_view text) {
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || !(value >= 0)) {
    return std::nullopt;
  }
  std::string unit(end, text.data() + text.size());
  for (char& c : unit) {
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  constexpr std::string_view kPrefixes = "KMGT";
  double factor = 1;
  if (!unit.empty() && unit != "B") {
    const std::size_t power = kPrefixes.find(unit[0]);
    const std::string rest = unit.substr(1);
    if (power == std::string_view::npos || !(rest.empty() || rest == "B" || rest == "IB")) {
      return std::nullopt;
    }
    factor = std::pow(1024.0, static_cast<double>(power + 1));
  }
  const double bytes = value * factor;
  constexpr double kBytesMax = 9e18;
  return bytes <= kBytesMax ? std::optional(static_cast<std::uint64_t>(bytes)) : std::nullopt;
}

void PrintText(std::string_view text) { (void)std::fwrite(text.data(), 1, text.size(), stdout); }

void PrintError(std::string_view text) {
  std::fflush(stdout);
  const std::string line = fmt::format("daylight: {}\n", text);
  (void)std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace day::endpoint::cli
