// The figure: 8.1 million hash signatures (3.0 M MD5, 1.5 M SHA-256, 3.5 M PE section MD5,
// 0.1 M SHA-1): time to build, to open, memory held beside the mapped file, time of a lookup.
// DAYLIGHT_BENCH_SIGNATURES scales the counts (default 8100000).
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "libs/signatures/database.h"
#include "libs/signatures/database_builder.h"

namespace {

namespace signatures = day::signatures;
// Processor time: builds are measured beside other work.
struct Clock {
  using time_point = double;
  static double now() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  }
};

constexpr std::size_t kProbes = 1 << 16;

double SecondsSince(Clock::time_point start) { return Clock::now() - start; }

std::uint64_t TotalCount() {
  const char* text = std::getenv("DAYLIGHT_BENCH_SIGNATURES");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 8'100'000;
}

// Memory of this process that no file backs, in bytes.
std::uint64_t AnonymousBytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  std::uint64_t kib = 0;
  while (status >> word) {
    if (word == "RssAnon:") {
      status >> kib;
    }
  }
  return kib * 1024;
}

std::string RandomHex(std::mt19937_64& random, std::size_t digits) {
  std::string hex;
  while (hex.size() < digits) {
    char part[17];
    std::snprintf(part, sizeof(part), "%016llx", static_cast<unsigned long long>(random()));
    hex += part;
  }
  hex.resize(digits);
  return hex;
}

// Lines like ClamAV's: families in clumps, sizes from a wide range.
std::string MakeText(std::mt19937_64& random, std::uint64_t count, std::size_t digits,
                     bool size_first) {
  std::string text;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string size = std::to_string(512 + random() % 1'000'000);
    const std::string hash = RandomHex(random, digits);
    text += (size_first ? size + ":" + hash : hash + ":" + size) + ":Win.Trojan.Family" +
            std::to_string(i / 1000 % 4000) + "-" + std::to_string(6'000'000 + i) + "\n";
  }
  return text;
}

// A mapped table file in the temporary folder, made once.
class Fixture {
 public:
  Fixture() {
    const std::uint64_t total = TotalCount();
    std::mt19937_64 random(1);
    struct Part {
      const char* name;
      std::uint64_t count;
      std::size_t digits;
      bool size_first;
    };
    const Part parts[] = {{"md5.hdb", total * 300 / 810, 32, false},
                          {"sha256.hsb", total * 150 / 810, 64, false},
                          {"section.mdb", total * 350 / 810, 32, true},
                          {"sha1.hsb", total * 10 / 810, 40, false}};
    const std::string path = "/tmp/daylight-signatures-bench." + std::to_string(getpid());
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    unlink(path.c_str());
    {
      signatures::DatabaseBuilder builder;
      double seconds = 0;
      for (const Part& part : parts) {
        const std::string text = MakeText(random, part.count, part.digits, part.size_first);
        const auto start = Clock::now();
        (void)builder.AddFile(part.name, text);
        seconds += SecondsSince(start);
      }
      const auto start = Clock::now();
      (void)builder.WriteTo([&](day::base::Bytes piece) -> day::base::Status {
        return write(file, piece.data(), piece.size()) == static_cast<ssize_t>(piece.size())
                   ? day::base::OkStatus()
                   : day::base::MakeError(day::base::ErrorKind::kIo, "write");
      });
      const double write_seconds = SecondsSince(start);
      std::printf("build: %.2f s (reading text %.2f, sorting and writing %.2f)\n",
                  seconds + write_seconds, seconds, write_seconds);
    }
    struct stat status {};
    fstat(file, &status);
    const auto size = static_cast<std::size_t>(status.st_size);
    void* memory = mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    bytes_ = {static_cast<const std::byte*>(memory), size};
    const std::uint64_t before = AnonymousBytes();
    const auto start = Clock::now();
    database = signatures::Database::Open(bytes_).value();
    std::printf("open: %.3f ms; anonymous memory %+lld KiB; file %.1f MB, %.1f B a signature\n",
                SecondsSince(start) * 1e3,
                (static_cast<long long>(AnonymousBytes()) - static_cast<long long>(before)) / 1024,
                static_cast<double>(size) / 1e6,
                static_cast<double>(size) / static_cast<double>(database.count()));
    for (std::size_t i = 0; i < kProbes; ++i) {
      misses.push_back(day::base::FromHex(RandomHex(random, 32)).value());
    }
    std::mt19937_64 again(1);
    for (std::size_t i = 0; i < kProbes; ++i) {
      sizes.push_back(512 + again() % 1'000'000);
      hits.push_back(day::base::FromHex(RandomHex(again, 32)).value());
    }
  }

  signatures::Database database;
  std::vector<std::string> misses;
  std::vector<std::string> hits;
  std::vector<std::uint64_t> sizes;

 private:
  day::base::Bytes bytes_;
};

Fixture& Shared() {
  static Fixture fixture;
  return fixture;
}

void LookupMiss(benchmark::State& state) {
  const Fixture& fixture = Shared();
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(fixture.database.Find(
        signatures::Table::kSectionMd5,
        day::base::AsBytes(fixture.misses[i++ % fixture.misses.size()]), 4096));
  }
}
BENCHMARK(LookupMiss);

void LookupHit(benchmark::State& state) {
  const Fixture& fixture = Shared();
  std::size_t i = 0;
  std::size_t found = 0;
  for (auto _ : state) {
    i = (i + 1) % fixture.hits.size();
    found += fixture.database
                     .Find(signatures::Table::kFileMd5, day::base::AsBytes(fixture.hits[i]),
                           fixture.sizes[i])
                     .has_value()
                 ? 1u
                 : 0u;
  }
  state.counters["found"] =
      benchmark::Counter(static_cast<double>(found) / static_cast<double>(state.iterations()));
}
BENCHMARK(LookupHit);

void DescribeHit(benchmark::State& state) {
  const Fixture& fixture = Shared();
  std::uint32_t ordinal = 0;
  for (auto _ : state) {
    ordinal = ordinal * 1664525 + 1013904223;
    benchmark::DoNotOptimize(fixture.database.Describe(
        {ordinal % static_cast<std::uint32_t>(fixture.database.count())}));
  }
}
BENCHMARK(DescribeHit);

void SizeFilter(benchmark::State& state) {
  const Fixture& fixture = Shared();
  std::uint64_t size = 1;
  for (auto _ : state) {
    size = size * 6364136223846793005u + 1442695040888963407u;
    benchmark::DoNotOptimize(
        fixture.database.MayMatchSize(signatures::Table::kFileMd5, (size >> 33) % 8'000'000));
  }
}
BENCHMARK(SizeFilter);

}  // namespace
