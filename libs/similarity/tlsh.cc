#include "libs/similarity/tlsh.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace day::similarity {
namespace {

constexpr std::size_t kBuckets = 128;
constexpr std::size_t kWindow = 5;
constexpr std::size_t kCodeSize = kBuckets / 4;

// Pearson's permutation, a constant of the algorithm.
constexpr std::array<std::uint8_t, 256> kPearson = {
    1,   87,  49,  12,  176, 178, 102, 166, 121, 193, 6,   84,  249, 230, 44,  163, 14,  197, 213,
    181, 161, 85,  218, 80,  64,  239, 24,  226, 236, 142, 38,  200, 110, 177, 104, 103, 141, 253,
    255, 50,  77,  101, 81,  18,  45,  96,  31,  222, 25,  107, 190, 70,  86,  237, 240, 34,  72,
    242, 20,  214, 244, 227, 149, 235, 97,  234, 57,  22,  60,  250, 82,  175, 208, 5,   127, 199,
    111, 62,  135, 248, 174, 169, 211, 58,  66,  154, 106, 195, 245, 171, 17,  187, 182, 179, 0,
    243, 132, 56,  148, 75,  128, 133, 158, 100, 130, 126, 91,  13,  153, 246, 216, 219, 119, 68,
    223, 78,  83,  88,  201, 99,  122, 11,  92,  32,  136, 114, 52,  10,  138, 30,  48,  183, 156,
    35,  61,  26,  143, 74,  251, 94,  129, 162, 63,  152, 170, 7,   115, 167, 241, 206, 3,   150,
    55,  59,  151, 220, 90,  53,  23,  131, 125, 173, 15,  238, 79,  95,  89,  16,  105, 137, 225,
    224, 217, 160, 37,  123, 118, 73,  2,   157, 46,  116, 9,   145, 134, 228, 207, 212, 202, 215,
    69,  229, 27,  188, 67,  124, 168, 252, 42,  4,   29,  108, 21,  247, 19,  205, 39,  203, 233,
    40,  186, 147, 198, 192, 155, 33,  164, 191, 98,  204, 165, 180, 117, 76,  140, 36,  210, 172,
    41,  54,  159, 8,   185, 232, 113, 196, 231, 47,  146, 120, 51,  65,  28,  144, 254, 221, 93,
    189, 194, 139, 112, 43,  71,  109, 184, 209,
};

// The logarithmic length classes, a constant of the algorithm: class i holds lengths up to the i-th
// number.
constexpr std::array<std::uint32_t, 170> kLengthClasses = {
    1,          2,          3,          5,          7,          11,         17,         25,
    38,         57,         86,         129,        194,        291,        437,        656,
    854,        1110,       1443,       1876,       2439,       3171,       3475,       3823,
    4205,       4626,       5088,       5597,       6157,       6772,       7450,       8195,
    9014,       9916,       10907,      11998,      13198,      14518,      15970,      17567,
    19323,      21256,      23382,      25720,      28292,      31121,      34233,      37656,
    41422,      45564,      50121,      55133,      60646,      66711,      73382,      80721,
    88793,      97672,      107439,     118183,     130002,     143002,     157302,     173032,
    190335,     209369,     230306,     253337,     278670,     306538,     337191,     370911,
    408002,     448802,     493682,     543050,     597356,     657091,     722800,     795081,
    874589,     962048,     1058252,    1164078,    1280486,    1408534,    1549388,    1704327,
    1874759,    2062236,    2268459,    2495305,    2744836,    3019320,    3321252,    3653374,
    4018711,    4420582,    4862641,    5348905,    5883796,    6472176,    7119394,    7831333,
    8614467,    9475909,    10423501,   11465851,   12612437,   13873681,   15261050,   16787154,
    18465870,   20312458,   22343706,   24578077,   27035886,   29739474,   32713425,   35984770,
    39583245,   43541573,   47895730,   52685306,   57953837,   63749221,   70124148,   77136564,
    84850228,   93335252,   102668779,  112935659,  124229227,  136652151,  150317384,  165349128,
    181884040,  200072456,  220079703,  242087671,  266296456,  292926096,  322218735,  354440623,
    389884688,  428873168,  471760495,  518936559,  570830240,  627913311,  690704607,  759775136,
    835752671,  919327967,  1011260767, 1112386880, 1223623232, 1345985727, 1480584256, 1628642751,
    1791507135, 1970657856, 2167723648, 2384496256, 2622945920, 2885240448, 3173764736, 3491141248,
    3840255616, 4224281216,
};

std::uint8_t Pearson(std::uint8_t salt, std::uint8_t a, std::uint8_t b, std::uint8_t c) {
  const std::uint8_t first = kPearson[static_cast<std::uint8_t>(salt ^ a)];
  const std::uint8_t second = kPearson[static_cast<std::uint8_t>(first ^ b)];
  return kPearson[static_cast<std::uint8_t>(second ^ c)];
}

std::uint8_t SwapNibbles(std::uint8_t byte) {
  return static_cast<std::uint8_t>((byte << 4) | (byte >> 4));
}

struct Counts {
  // All 256 values are counted; the hash uses the first half.
  std::array<std::uint32_t, 256> buckets{};
  std::uint8_t checksum = 0;
};

Counts CountTriplets(base::Bytes data) {
  Counts counts;
  const auto at = [&](std::size_t i) { return std::to_integer<std::uint8_t>(data[i]); };
  for (std::size_t i = kWindow - 1; i < data.size(); ++i) {
    const std::uint8_t w0 = at(i);
    const std::uint8_t w1 = at(i - 1);
    const std::uint8_t w2 = at(i - 2);
    const std::uint8_t w3 = at(i - 3);
    const std::uint8_t w4 = at(i - 4);
    // The salts are the permutation of the primes that the paper numbers the triplets with.
    counts.checksum = Pearson(1, w0, w1, counts.checksum);
    ++counts.buckets[Pearson(49, w0, w1, w2)];
    ++counts.buckets[Pearson(12, w0, w1, w3)];
    ++counts.buckets[Pearson(178, w0, w2, w3)];
    ++counts.buckets[Pearson(166, w0, w2, w4)];
    ++counts.buckets[Pearson(84, w0, w1, w4)];
    ++counts.buckets[Pearson(230, w0, w3, w4)];
  }
  return counts;
}

std::uint8_t LengthClass(std::size_t size) {
  const auto found = std::lower_bound(kLengthClasses.begin(), kLengthClasses.end(), size);
  return static_cast<std::uint8_t>(found - kLengthClasses.begin());
}

// A quartile as a share of the third one, in percent, of which the hash keeps four bits.
std::uint8_t QuartileRatio(std::uint32_t quartile, std::uint32_t third) {
  const float percent = static_cast<float>(quartile * 100) / static_cast<float>(third);
  return static_cast<std::uint8_t>(static_cast<std::uint32_t>(percent) % 16);
}

// Distance on a ring of that size.
unsigned RingDistance(unsigned a, unsigned b, unsigned size) {
  const unsigned forth = a > b ? a - b : b - a;
  return std::min(forth, size - forth);
}

unsigned RatioDistance(unsigned a, unsigned b) {
  const unsigned distance = RingDistance(a, b, 16);
  return distance <= 1 ? distance : (distance - 1) * 12;
}

// The distance of two bytes of the code: four pairs of bits; the farthest values count double.
constexpr unsigned CodeDistance(unsigned a, unsigned b) {
  unsigned sum = 0;
  for (int i = 0; i < 4; ++i, a >>= 2, b >>= 2) {
    const unsigned x = a & 3;
    const unsigned y = b & 3;
    const unsigned distance = x > y ? x - y : y - x;
    sum += distance == 3 ? 6 : distance;
  }
  return sum;
}

const auto kCodeDistances = [] {
  std::array<std::uint8_t, 256 * 256> table{};
  for (unsigned a = 0; a < 256; ++a) {
    for (unsigned b = 0; b < 256; ++b) {
      table[a * 256 + b] = static_cast<std::uint8_t>(CodeDistance(a, b));
    }
  }
  return table;
}();

std::optional<unsigned> HexDigit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? std::optional<unsigned>(lower - 'a' + 10) : std::nullopt;
}

}  // namespace

std::optional<TlshDigest> TlshOf(base::Bytes data) {
  if (data.size() < kTlshInputMin) {
    return std::nullopt;
  }
  const Counts counts = CountTriplets(data);
  std::array<std::uint32_t, kBuckets> sorted;
  std::copy_n(counts.buckets.begin(), kBuckets, sorted.begin());
  std::sort(sorted.begin(), sorted.end());
  const std::uint32_t q1 = sorted[kBuckets / 4 - 1];
  const std::uint32_t q2 = sorted[kBuckets / 2 - 1];
  const std::uint32_t q3 = sorted[kBuckets - kBuckets / 4 - 1];
  const auto empty = std::count(sorted.begin(), sorted.end(), 0u);
  if (q3 == 0 || static_cast<std::size_t>(empty) >= kBuckets / 2) {
    return std::nullopt;
  }
  TlshDigest digest;
  digest.checksum = counts.checksum;
  digest.length_class = LengthClass(data.size());
  digest.q1_ratio = QuartileRatio(q1, q3);
  digest.q2_ratio = QuartileRatio(q2, q3);
  for (std::size_t i = 0; i < kBuckets; ++i) {
    const std::uint32_t count = counts.buckets[i];
    const unsigned quartile = count > q3 ? 3 : count > q2 ? 2 : count > q1 ? 1 : 0;
    std::uint8_t& code = digest.code[kCodeSize - 1 - i / 4];  // the last buckets come first
    code = static_cast<std::uint8_t>(code | (quartile << (2 * (i % 4))));
  }
  return digest;
}

std::string TlshText(const TlshDigest& digest) {
  std::string text = "T1";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto add = [&](std::uint8_t byte) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 0xF]);
  };
  add(SwapNibbles(digest.checksum));
  add(SwapNibbles(digest.length_class));
  add(static_cast<std::uint8_t>((digest.q1_ratio << 4) | digest.q2_ratio));
  for (const std::uint8_t byte : digest.code) {
    add(byte);
  }
  return text;
}

std::optional<TlshDigest> ParseTlsh(std::string_view text) {
  if (text.starts_with("T1") || text.starts_with("t1")) {
    text.remove_prefix(2);
  }
  std::array<std::uint8_t, 3 + kCodeSize> bytes{};
  if (text.size() != 2 * bytes.size()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto high = HexDigit(text[2 * i]);
    const auto low = HexDigit(text[2 * i + 1]);
    if (!high || !low) {
      return std::nullopt;
    }
    bytes[i] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  TlshDigest digest;
  digest.checksum = SwapNibbles(bytes[0]);
  digest.length_class = SwapNibbles(bytes[1]);
  digest.q1_ratio = bytes[2] >> 4;
  digest.q2_ratio = bytes[2] & 0xF;
  std::copy_n(bytes.begin() + 3, kCodeSize, digest.code.begin());
  return digest;
}

unsigned TlshDistance(const TlshDigest& a, const TlshDigest& b) {
  const unsigned lengths = RingDistance(a.length_class, b.length_class, 256);
  unsigned distance = lengths <= 1 ? lengths : lengths * 12;
  distance += RatioDistance(a.q1_ratio, b.q1_ratio) + RatioDistance(a.q2_ratio, b.q2_ratio);
  distance += a.checksum == b.checksum ? 0 : 1;
  for (std::size_t i = 0; i < kCodeSize; ++i) {
    distance += kCodeDistances[a.code[i] * 256u + b.code[i]];
  }
  return distance;
}

}  // namespace day::similarity
