#include "libs/rules/modules/basic/byte_statistics.h"

#include <cmath>
#include <cstddef>

namespace day::rules::modules::basic {
namespace {

std::uint8_t ByteAt(base::Bytes data, std::size_t i) {
  return std::to_integer<std::uint8_t>(data[i]);
}

std::int64_t SignedAt(base::Bytes data, std::size_t i) {
  return static_cast<std::int8_t>(ByteAt(data, i));
}

std::int64_t ValueAt(base::Bytes data, std::size_t i, ByteSign sign) {
  return sign == ByteSign::kSigned ? SignedAt(data, i) : std::int64_t{ByteAt(data, i)};
}

}  // namespace

Distribution CountBytes(base::Bytes data) {
  // Four tables, so that runs of one byte do not wait for one counter.
  constexpr std::size_t kLanes = 4;
  std::array<Distribution, kLanes> lanes{};
  const std::size_t whole = data.size() - data.size() % kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    ++lanes[0][ByteAt(data, i)];
    ++lanes[1][ByteAt(data, i + 1)];
    ++lanes[2][ByteAt(data, i + 2)];
    ++lanes[3][ByteAt(data, i + 3)];
  }
  for (std::size_t i = whole; i < data.size(); ++i) {
    ++lanes[0][ByteAt(data, i)];
  }
  Distribution counts{};
  for (std::size_t value = 0; value < counts.size(); ++value) {
    counts[value] = lanes[0][value] + lanes[1][value] + lanes[2][value] + lanes[3][value];
  }
  return counts;
}

std::uint64_t TotalCount(const Distribution& counts) {
  std::uint64_t total = 0;
  for (const std::uint32_t count : counts) {
    total += count;
  }
  return total;
}

double Entropy(const Distribution& counts) {
  const auto total = static_cast<double>(TotalCount(counts));
  double entropy = 0.0;
  for (const std::uint32_t count : counts) {
    if (count != 0) {
      const double share = static_cast<double>(count) / total;
      entropy -= share * std::log2(share);
    }
  }
  return entropy;
}

double Mean(const Distribution& counts) {
  double sum = 0.0;
  for (std::size_t value = 0; value < counts.size(); ++value) {
    sum += static_cast<double>(value) * counts[value];
  }
  return sum / static_cast<double>(TotalCount(counts));
}

double Deviation(const Distribution& counts, double mean) {
  double sum = 0.0;
  for (std::size_t value = 0; value < counts.size(); ++value) {
    sum += std::fabs(static_cast<double>(value) - mean) * counts[value];
  }
  return sum / static_cast<double>(TotalCount(counts));
}

double Percentage(const Distribution& counts, std::uint8_t byte) {
  return static_cast<double>(static_cast<float>(std::int64_t{counts[byte]}) /
                             static_cast<float>(static_cast<std::int64_t>(TotalCount(counts))));
}

std::uint8_t Mode(const Distribution& counts) {
  std::size_t most_common = 0;
  for (std::size_t value = 0; value < counts.size(); ++value) {
    if (counts[value] > counts[most_common]) {
      most_common = value;
    }
  }
  return static_cast<std::uint8_t>(most_common);
}

double SerialCorrelation(base::Bytes data, ByteSign sign) {
  std::int64_t products = 0;
  std::int64_t sum = 0;
  std::int64_t squares = 0;
  std::int64_t last = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const std::int64_t value = ValueAt(data, i, sign);
    products += last * value;
    sum += value;
    squares += value * value;
    last = value;
  }
  if (!data.empty()) {
    products += last * ValueAt(data, 0, sign);
  }
  const auto size = static_cast<double>(data.size());
  const auto sum_squared = static_cast<double>(sum) * static_cast<double>(sum);
  const double spread = size * static_cast<double>(squares) - sum_squared;
  if (spread == 0) {
    return -100000;  // YARA's value for a constant sequence
  }
  return (size * static_cast<double>(products) - sum_squared) / spread;
}

std::optional<double> MonteCarloPi(base::Bytes data, ByteSign sign) {
  constexpr double kPi = 3.141592653589793;
  constexpr double kRadiusSquared = 16777215.0 * 16777215.0;
  constexpr std::size_t kPointBytes = 6;
  // A signed byte becomes unsigned int in YARA before it is used as a number.
  const auto coordinate = [&](std::size_t i) {
    return static_cast<double>(static_cast<std::uint32_t>(ValueAt(data, i, sign)));
  };
  std::int32_t points = 0;
  std::int32_t inside = 0;
  for (std::size_t i = 0; i + kPointBytes <= data.size(); i += kPointBytes) {
    const double x = (coordinate(i) * 256.0 + coordinate(i + 1)) * 256.0 + coordinate(i + 2);
    const double y = (coordinate(i + 3) * 256.0 + coordinate(i + 4)) * 256.0 + coordinate(i + 5);
    ++points;
    if (x * x + y * y <= kRadiusSquared) {
      ++inside;
    }
  }
  if (points == 0) {
    return std::nullopt;
  }
  const double estimate = 4.0 * (static_cast<double>(inside) / points);
  return std::fabs((estimate - kPi) / kPi);
}

double StringMean(base::Bytes text) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    sum += SignedAt(text, i);
  }
  return static_cast<double>(sum) / static_cast<double>(text.size());
}

double StringDeviation(base::Bytes text, double mean) {
  double sum = 0.0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    sum += std::fabs(static_cast<double>(SignedAt(text, i)) - mean);
  }
  return sum / static_cast<double>(text.size());
}

}  // namespace day::rules::modules::basic
