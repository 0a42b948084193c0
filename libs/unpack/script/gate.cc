#include "libs/unpack/script/gate.h"

#include <algorithm>
#include <array>
#include <cstring>

// Vectors are passed between functions that are always inlined, so no ABI is concerned.
#pragma GCC diagnostic ignored "-Wpsabi"

#define DAY_INLINE __attribute__((always_inline)) inline

namespace day::unpack::script {
namespace {

constexpr std::size_t kLanes = 32;
constexpr std::size_t kBlockBytes = kLanes;
constexpr std::size_t kLookAhead = 3;

// Comparisons give 255 where they hold. Without AVX2 the compiler makes two registers of it.
using Vector = unsigned char __attribute__((vector_size(kLanes)));

struct Window {
  std::size_t disguises = 0;
  bool has_long_word = false;
};

DAY_INLINE Vector Load(const char* data) {
  Vector vector;
  std::memcpy(&vector, data, sizeof(vector));
  return vector;
}

DAY_INLINE Vector Is(const Vector& v, char c) {
  return reinterpret_cast<Vector>(v == static_cast<unsigned char>(c));
}

DAY_INLINE Vector Between(const Vector& v, char first, char last) {
  return reinterpret_cast<Vector>(v - static_cast<unsigned char>(first) <=
                                  static_cast<unsigned char>(last - first));
}

DAY_INLINE bool HasAny(const Vector& v) {
  std::array<unsigned long long, kLanes / 8> words;
  std::memcpy(words.data(), &v, sizeof(v));
  return (words[0] | words[1] | words[2] | words[3]) != 0;
}

// Where a disguise starts. Up to kLanes + kLookAhead bytes are read. `others` is what stands
// in no long word.
DAY_INLINE Vector Disguises(const char* at, Vector& others) {
  const Vector c0 = Load(at);
  const Vector c1 = Load(at + 1);
  const Vector c2 = Load(at + 2);
  const Vector l0 = c0 | 0x20;
  const Vector l1 = c1 | 0x20;
  const Vector letter0 = Between(l0, 'a', 'z');
  others = ~(letter0 | Between(c0, '/', '9') | Is(c0, '+'));

  const Vector quote1 = Is(c1, '"') | Is(c1, '\'');
  const Vector quote2 = Is(c2, '"') | Is(c2, '\'');
  const Vector join = (Is(c0, '+') | Is(c0, '&')) & (quote1 | (Is(c1, ' ') & quote2));
  const Vector escape = Is(c0, '\\') & (Is(l1, 'x') | Is(l1, 'u') | Between(c1, '0', '7'));
  const Vector percent = Is(c0, '%') & (Is(l1, 'u') | Is(Load(at + 3), '%'));
  const Vector inside = letter0 & (Is(c1, '^') | Is(c1, '`')) & Between(c2 | 0x20, 'a', 'z');
  const Vector other = (Is(c0, ':') & Is(c1, '~')) | (Is(c0, '}') & Is(c1, '{'));
  // chr(1 chrw(&H code(1 char]
  const Vector digit = Between(c2, '0', '9') | Is(c2, '&');
  const Vector call = ((Is(l0, 'r') | Is(l0, 'e') | Is(l0, 'w')) & Is(c1, '(') & digit) |
                      (Is(l0, 'r') & Is(c1, ']'));
  return join | escape | percent | inside | other | call;
}

// REQUIRES: `size` is at most kWindowBytes and whole blocks; kLookAhead bytes follow.
DAY_INLINE Window LookAt(const char* data, std::size_t size) {
  Window window;
  Vector sum{};
  for (std::size_t at = 0; at < size; at += kBlockBytes) {
    Vector others{};
    sum -= Disguises(data + at, others);
    window.has_long_word = window.has_long_word || !HasAny(others);
  }
  for (std::size_t i = 0; i < kLanes; ++i) {
    window.disguises += sum[i];
  }
  return window;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) Window LookAtAvx2(const char* data, std::size_t size) {
  return LookAt(data, size);
}
#endif

Window LookAtPlain(const char* data, std::size_t size) { return LookAt(data, size); }

using Look = Window (*)(const char*, std::size_t);

Look BestLook() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    return &LookAtAvx2;
  }
#endif
  return &LookAtPlain;
}

Window LookAtText(Look look, std::string_view text, std::size_t at) {
  const std::size_t size = std::min(kWindowBytes, text.size() - at);
  if (size == kWindowBytes && text.size() - at >= size + kLanes) {
    return look(text.data() + at, size);
  }
  // The end, with blanks behind it.
  std::array<char, kWindowBytes + kLanes> copy;
  std::memcpy(copy.data(), text.data() + at, size);
  const std::size_t blocks = (size + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
  std::memset(copy.data() + size, ' ', blocks - size + kLookAhead);
  return look(copy.data(), blocks);
}

}  // namespace

Signs FindSigns(std::string_view text, std::size_t signs_min) {
  const Look look = BestLook();
  Signs signs;
  const auto grow = [&text](std::vector<Stretch>& stretches, std::size_t at) {
    if (stretches.empty() || stretches.back().end != at) {
      stretches.push_back({at, at});
    }
    stretches.back().end = std::min(at + kWindowBytes, text.size());
  };
  for (std::size_t at = 0; at < text.size(); at += kWindowBytes) {
    const Window window = LookAtText(look, text, at);
    if (window.disguises >= signs_min) {
      grow(signs.disguises, at);
    }
    if (window.has_long_word) {
      grow(signs.long_words, at);
    }
  }
  return signs;
}

std::size_t CountSigns(std::string_view text) {
  return text.empty() ? 0 : LookAtText(BestLook(), text.substr(0, kWindowBytes), 0).disguises;
}

}  // namespace day::unpack::script
