#include "libs/rules/modules/basic/hash_module.h"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "libs/crypto/hash.h"
#include "libs/rules/module/schema.h"
#include "libs/rules/modules/basic/range.h"
#include "libs/rules/modules/basic/result_ring.h"

namespace day::rules::modules::basic {
namespace {

using module::Argument;
using module::Field;
using module::Function;
using module::Index;
using module::Kind;
using module::Value;

enum Id : std::uint16_t { kMd5 = 1, kSha1, kSha256, kChecksum32, kCrc32 };

constexpr Field kFields[] = {
    Always(Function("md5", kMd5, "ii", Kind::kString)),
    Always(Function("md5", kMd5, "s", Kind::kString)),
    Always(Function("sha1", kSha1, "ii", Kind::kString)),
    Always(Function("sha1", kSha1, "s", Kind::kString)),
    Always(Function("sha256", kSha256, "ii", Kind::kString)),
    Always(Function("sha256", kSha256, "s", Kind::kString)),
    Always(Function("checksum32", kChecksum32, "ii", Kind::kInteger)),
    Always(Function("checksum32", kChecksum32, "s", Kind::kInteger)),
    Always(Function("crc32", kCrc32, "ii", Kind::kInteger)),
    Always(Function("crc32", kCrc32, "s", Kind::kInteger)),
};
constexpr Field kRoot = module::Struct("hash", kFields);

struct CacheKey {
  std::uint16_t function;
  std::uint64_t offset;
  std::uint64_t size;
  bool operator==(const CacheKey&) const = default;
};

struct CacheKeyHash {
  std::size_t operator()(const CacheKey& key) const {
    std::uint64_t mixed = (key.offset * 0x9E3779B97F4A7C15ull) ^ (key.size << 7) ^ key.function;
    mixed ^= mixed >> 29;
    return static_cast<std::size_t>(mixed * 0xBF58476D1CE4E5B9ull);
  }
};

// What a function gave: digits for the digests, a number for the sums.
struct Result {
  std::string digits;
  std::uint32_t number = 0;
};

std::uint32_t Checksum32(base::Bytes data) {
  std::uint32_t sum = 0;
  for (const std::byte byte : data) {
    sum += std::to_integer<std::uint32_t>(byte);
  }
  return sum;
}

class HashInstance final : public module::FunctionsInstance {
 public:
  void Bind(const module::ScanInput& input) override {
    FunctionsInstance::Bind(input);
    cache_.clear();
    results_.Clear();
  }

  Value Call(std::uint16_t id, std::span<const Index>,
             std::span<const Argument> arguments) override {
    if (arguments.size() == 1) {
      return Fresh(id, Compute(id, base::AsBytes(arguments[0].value.text)));
    }
    const auto range =
        FileRange(input().data, arguments[0].value.integer, arguments[1].value.integer);
    if (!range) {
      return Value::Undefined();
    }
    const CacheKey key{id, static_cast<std::uint64_t>(arguments[0].value.integer), range->size()};
    if (const auto found = cache_.find(key); found != cache_.end()) {
      return View(id, found->second);
    }
    if (cache_.size() >= kHashCacheEntriesMax) {
      return Fresh(id, Compute(id, *range));
    }
    return View(id, cache_.emplace(key, Compute(id, *range)).first->second);
  }

 private:
  static bool IsDigest(std::uint16_t id) { return id != kChecksum32 && id != kCrc32; }

  static Value View(std::uint16_t id, const Result& result) {
    return IsDigest(id) ? Value::String(result.digits) : Value::Integer(result.number);
  }

  Value Fresh(std::uint16_t id, Result result) {
    return IsDigest(id) ? Value::String(results_.Keep(std::move(result.digits)))
                        : Value::Integer(result.number);
  }

  Result Compute(std::uint16_t id, base::Bytes data) {
    switch (id) {
      case kMd5:
        return {.digits = crypto::ToHexDigest(Hasher(md5_).Hash(data))};
      case kSha1:
        return {.digits = crypto::ToHexDigest(Hasher(sha1_).Hash(data))};
      case kSha256:
        return {.digits = crypto::ToHexDigest(Hasher(sha256_).Hash(data))};
      case kChecksum32:
        return {.digits = {}, .number = Checksum32(data)};
      default:
        return {.digits = {}, .number = crypto::Crc32(data)};
    }
  }

  // Hashers are made when first needed: most rules never hash.
  template <typename T>
  static T& Hasher(std::optional<T>& slot) {
    return slot ? *slot : slot.emplace();
  }

  std::optional<crypto::Md5Hasher> md5_;
  std::optional<crypto::Sha1Hasher> sha1_;
  std::optional<crypto::Sha256Hasher> sha256_;
  std::unordered_map<CacheKey, Result, CacheKeyHash> cache_;
  ResultRing results_;
};

}  // namespace

std::unique_ptr<module::Module> CreateHashModule() {
  return module::MakeModule(kRoot, module::Format::kAny,
                            [] { return std::make_unique<HashInstance>(); });
}

}  // namespace day::rules::modules::basic
