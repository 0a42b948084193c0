// Decoding speed on text and on programs; give a file in DAYLIGHT_BENCH_FILE (default: this
// program).
#include <benchmark/benchmark.h>
#include <zlib.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "libs/unpack/inflate/inflate.h"

namespace {

std::string Input() {
  const char* path = std::getenv("DAYLIGHT_BENCH_FILE");
  std::ifstream file(path != nullptr ? path : "/proc/self/exe", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string Compress(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

void Ours(benchmark::State& state) {
  const std::string text = Input();
  const std::string compressed = Compress(text);
  day::unpack::inflate::Inflater inflater;
  day::unpack::inflate::OutputBuffer out;
  for (auto _ : state) {
    day::base::Budget budget{day::base::BudgetLimits{}};
    out.Clear();
    benchmark::DoNotOptimize(inflater.Inflate(day::base::AsBytes(compressed), budget, out));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}
BENCHMARK(Ours);

void Zlib(benchmark::State& state) {
  const std::string text = Input();
  std::string compressed = Compress(text);
  std::string out(text.size(), '\0');
  for (auto _ : state) {
    z_stream stream{};
    inflateInit2(&stream, -15);
    stream.next_in = reinterpret_cast<Bytef*>(compressed.data());
    stream.avail_in = static_cast<uInt>(compressed.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    benchmark::DoNotOptimize(inflate(&stream, Z_FINISH));
    inflateEnd(&stream);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}
BENCHMARK(Zlib);

}  // namespace
