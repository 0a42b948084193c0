#include "libs/match/short_groups.h"

#include <algorithm>
#include <array>
#include <bit>
#include <bitset>
#include <limits>
#include <tuple>

#include "libs/match/rarity.h"

namespace day::match {
namespace {

std::uint8_t ByteOf(std::uint32_t word, unsigned i) {
  return static_cast<std::uint8_t>(word >> (8 * i));
}

void AddToTables(const ShortAtom& atom, unsigned bucket, ShortTables& tables) {
  for (unsigned i = 0; i < 4; ++i) {
    tables.Allow(i, bucket, ByteOf(atom.value, i), ByteOf(atom.mask, i));
  }
}

// How often pairs of bytes, by their low seven bits, occur in benign data.
struct PairShares {
  std::array<std::array<float, 128>, 128> pair{};  // by the first byte and the second
  std::array<float, 128> first{};

  PairShares() {
    float total = 0;
    for (unsigned i = 0; i < 65536; ++i) {
      const auto count = static_cast<float>(PairPerMib(static_cast<std::uint16_t>(i)));
      pair[i & 127][i >> 8 & 127] += count;
      first[i & 127] += count;
      total += count;
    }
    for (unsigned byte = 0; byte < 128; ++byte) {
      first[byte] /= total;
      for (float& share : pair[byte]) {
        share /= total;
      }
    }
  }
};

const PairShares& Shares() {
  static const PairShares kShares;
  return kShares;
}

// --- With care ---------------------------------------------------------------------------------

// What may stand at one of the four bytes.
class ByteClass {
 public:
  void Add(std::uint8_t byte) {
    const std::uint8_t low = byte & 127;
    if (!in_[low]) {
      in_.set(low);
      bytes_[size_++] = low;
    }
  }
  void Add(const ByteClass& other) {
    for (const std::uint8_t byte : other.bytes()) {
      Add(byte);
    }
  }
  bool all() const { return size_ == 128; }
  std::span<const std::uint8_t> bytes() const { return {bytes_.data(), size_}; }

 private:
  std::bitset<128> in_;
  std::size_t size_ = 0;
  std::array<std::uint8_t, 128> bytes_;  // the first size_ of them
};

using Classes = std::array<ByteClass, 4>;

// Words that share a bucket.
struct Cluster {
  Classes classes;
  double candidates = 0;  // expected a MiB
  std::vector<std::uint32_t> words;
  // The cluster, of those before this one, that it is cheapest to merge with.
  std::uint32_t partner = 0;
  double partner_cost = std::numeric_limits<double>::infinity();
};

// The share of positions at which `first` and, behind it, `second` fit, among those where `first`
// does.
double ShareBehind(const ByteClass& first, const ByteClass& second) {
  if (second.all()) {
    return 1;
  }
  float firsts = 0;
  float both = 0;
  for (const std::uint8_t byte : first.bytes()) {
    firsts += Shares().first[byte];
    for (const std::uint8_t next : second.bytes()) {
      both += Shares().pair[byte][next];
    }
  }
  return firsts > 0 ? both / firsts : 0;
}

// Expected a MiB, each byte depending on the one before it.
double Candidates(const Classes& classes) {
  double share = 0;
  for (const std::uint8_t byte : classes[0].bytes()) {
    share += Shares().first[byte];
  }
  for (unsigned i = 1; i < 4; ++i) {
    share *= ShareBehind(classes[i - 1], classes[i]);
  }
  return share * (1 << 20);
}

Cluster ClusterOf(const ShortAtom& atom, std::uint32_t word) {
  Cluster cluster;
  for (unsigned i = 0; i < 4; ++i) {
    ForEachByte(ByteOf(atom.value, i), ByteOf(atom.mask, i),
                [&](std::uint8_t byte) { cluster.classes[i].Add(byte); });
  }
  cluster.candidates = Candidates(cluster.classes);
  cluster.words = {word};
  return cluster;
}

// The candidates that merging two clusters adds.
double MergeCost(const Cluster& a, const Cluster& b) {
  Classes classes;
  for (unsigned i = 0; i < 4; ++i) {
    classes[i].Add(a.classes[i]);
    classes[i].Add(b.classes[i]);
  }
  return Candidates(classes) - a.candidates - b.candidates;
}

void FindPartner(std::vector<Cluster>& clusters, std::size_t of) {
  clusters[of].partner_cost = std::numeric_limits<double>::infinity();
  for (std::size_t other = 0; other < of; ++other) {
    const double cost = MergeCost(clusters[other], clusters[of]);
    if (cost < clusters[of].partner_cost) {
      clusters[of].partner_cost = cost;
      clusters[of].partner = static_cast<std::uint32_t>(other);
    }
  }
}

// Merges the pair that adds the fewest candidates. REQUIRES: at least two clusters.
void MergeCheapestPair(std::vector<Cluster>& clusters) {
  const auto cheapest = std::min_element(
      clusters.begin(), clusters.end(),
      [](const Cluster& a, const Cluster& b) { return a.partner_cost < b.partner_cost; });
  const auto from = static_cast<std::size_t>(cheapest - clusters.begin());
  const std::size_t into = cheapest->partner;
  Cluster& merged = clusters[into];
  merged.candidates += cheapest->partner_cost + cheapest->candidates;
  for (unsigned i = 0; i < 4; ++i) {
    merged.classes[i].Add(cheapest->classes[i]);
  }
  merged.words.insert(merged.words.end(), cheapest->words.begin(), cheapest->words.end());
  // The last cluster takes the free place; whoever had one of the three as partner looks anew.
  const std::size_t last = clusters.size() - 1;
  if (from != last) {
    clusters[from] = std::move(clusters[last]);
  }
  clusters.pop_back();
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    const std::size_t partner = clusters[i].partner;
    if (i == into || i == from || partner == into || partner == from || partner == last) {
      FindPartner(clusters, i);
      continue;
    }
    for (const std::size_t changed : {into, from}) {
      if (changed < i) {
        const double cost = MergeCost(clusters[changed], clusters[i]);
        if (cost < clusters[i].partner_cost) {
          clusters[i].partner_cost = cost;
          clusters[i].partner = static_cast<std::uint32_t>(changed);
        }
      }
    }
  }
}

// What a pass of one group over every position costs, in expected candidates a MiB, of which
// several come for each one expected: bytes of texts and of code depend on more than the one
// before.
constexpr double kPassCost = 700;

// The clusters for which passes and candidates cost least, at most a group's buckets for each pass.
std::vector<Cluster> BestClusters(std::vector<Cluster> clusters) {
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    FindPartner(clusters, i);
  }
  std::vector<Cluster> best;
  double best_cost = std::numeric_limits<double>::infinity();
  while (true) {
    double cost = 0;
    for (const Cluster& cluster : clusters) {
      cost += cluster.candidates;
    }
    const std::size_t passes = (clusters.size() + kShortBuckets - 1) / kShortBuckets;
    cost += static_cast<double>(passes) * kPassCost;
    if (clusters.size() % kShortBuckets == 0 || clusters.size() < kShortBuckets || best.empty()) {
      if (cost < best_cost) {
        best_cost = cost;
        best = clusters;
      }
    }
    if (clusters.size() <= kShortBuckets) {
      return best;
    }
    MergeCheapestPair(clusters);
  }
}

std::tuple<std::uint32_t, std::uint32_t> WordOf(const ShortAtom& atom) {
  return {atom.value, atom.mask};
}

void SortByWord(std::vector<ShortAtom>& atoms) {
  std::sort(atoms.begin(), atoms.end(), [](const ShortAtom& a, const ShortAtom& b) {
    return std::tie(a.value, a.mask, a.atom) < std::tie(b.value, b.mask, b.atom);
  });
}

// --- Quickly -----------------------------------------------------------------------------------

// Sorts so that buckets stay narrow: atoms that accept a zero, or 0xFF, in the same places stand
// together, because runs of these are the commonest bytes and fit a bucket that accepts them in
// every place.
std::uint64_t ClusterKey(const ShortAtom& atom) {
  std::uint64_t zeros = 0;
  std::uint64_t ones = 0;
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const std::uint32_t byte = ByteOf(atom.value, i);
    const std::uint32_t mask = ByteOf(atom.mask, i);
    zeros = zeros << 1 | (byte == 0 ? 1u : 0u);
    ones = ones << 1 | (byte == mask ? 1u : 0u);
    value = value << 8 | byte;
  }
  return zeros << 40 | ones << 36 | value;
}

// How much of a bucket an atom takes: one with free bytes makes every bucket it shares broad.
std::size_t BucketWeight(const ShortAtom& atom) {
  return std::popcount(atom.mask & 0xDFDFDFDF) == 28 ? 1 : 4;
}

}  // namespace

std::size_t CountWords(std::span<const ShortAtom> atoms) {
  std::vector<ShortAtom> sorted(atoms.begin(), atoms.end());
  SortByWord(sorted);
  const auto end =
      std::unique(sorted.begin(), sorted.end(),
                  [](const ShortAtom& a, const ShortAtom& b) { return WordOf(a) == WordOf(b); });
  return static_cast<std::size_t>(end - sorted.begin());
}

void GroupWithCare(std::vector<ShortAtom>& atoms, std::vector<ShortGroup>& groups) {
  groups.clear();
  SortByWord(atoms);
  // The first atom of each word, and one past the last.
  std::vector<std::size_t> words;
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    if (i == 0 || WordOf(atoms[i]) != WordOf(atoms[i - 1])) {
      words.push_back(i);
    }
  }
  std::vector<Cluster> clusters;
  for (std::uint32_t word = 0; word < words.size(); ++word) {
    clusters.push_back(ClusterOf(atoms[words[word]], word));
  }
  words.push_back(atoms.size());
  std::vector<ShortAtom> ordered;
  const std::vector<Cluster> buckets = BestClusters(std::move(clusters));
  for (std::size_t bucket = 0; bucket < buckets.size(); ++bucket) {
    const auto number = static_cast<unsigned>(bucket % kShortBuckets);
    if (number == 0) {
      groups.emplace_back();
    }
    ShortGroup& group = groups.back();
    for (const std::uint32_t word : buckets[bucket].words) {
      for (std::size_t i = words[word]; i < words[word + 1]; ++i) {
        AddToTables(atoms[i], number, group.tables);
        ordered.push_back(atoms[i]);
      }
    }
    // Buckets that stay empty end where they begin.
    const auto end = static_cast<std::uint32_t>(ordered.size());
    if (number == 0) {
      group.begin[0] = bucket == 0 ? 0 : groups[groups.size() - 2].begin[kShortBuckets];
    }
    std::fill(group.begin + number + 1, group.begin + kShortBuckets + 1, end);
  }
  atoms = std::move(ordered);
}

void GroupQuickly(std::vector<ShortAtom>& atoms, std::vector<ShortGroup>& groups) {
  std::sort(atoms.begin(), atoms.end(), [](const ShortAtom& a, const ShortAtom& b) {
    const std::uint64_t key_a = ClusterKey(a);
    const std::uint64_t key_b = ClusterKey(b);
    return std::tie(key_a, a.atom) < std::tie(key_b, b.atom);
  });
  std::size_t weight = 0;
  for (const ShortAtom& atom : atoms) {
    weight += BucketWeight(atom);
  }
  const std::size_t group_count = (weight + kShortGroupAtoms - 1) / kShortGroupAtoms;
  const std::size_t bucket_count = group_count * kShortBuckets;
  groups.assign(group_count, ShortGroup{});
  // Equal shares of the weight, neighbours together.
  std::size_t next = 0;
  std::size_t spent = 0;
  for (std::size_t bucket = 0; bucket < bucket_count; ++bucket) {
    ShortGroup& group = groups[bucket / kShortBuckets];
    const auto number = static_cast<unsigned>(bucket % kShortBuckets);
    group.begin[number] = static_cast<std::uint32_t>(next);
    while (next < atoms.size() &&
           (bucket + 1 == bucket_count || spent * bucket_count < weight * (bucket + 1))) {
      AddToTables(atoms[next], number, group.tables);
      spent += BucketWeight(atoms[next]);
      ++next;
    }
    group.begin[number + 1] = static_cast<std::uint32_t>(next);
  }
}

}  // namespace day::match
