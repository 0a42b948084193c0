#include "libs/update/delta.h"

#include <zstd.h>

#include <algorithm>
#include <memory>

#include "libs/update/bundle.h"

namespace day::update {
namespace {

// A whole bundle is compressed once and fetched by all who start; a delta is small at any level,
// and at high ones takes seconds.
constexpr int kLevelWhole = 17;
constexpr int kLevelDelta = 12;
constexpr int kWindowLogMin = 20;
constexpr int kWindowLogMax = 28;

struct FreeCompressor {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeDecompressor {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// A window that reaches back over the content and the whole base.
int WindowLog(std::size_t size_bytes) {
  int log = kWindowLogMin;
  while (log < kWindowLogMax && (std::size_t{1} << log) < size_bytes) {
    ++log;
  }
  return log;
}

}  // namespace

base::Result<std::string> Compress(base::Bytes base, base::Bytes content) {
  const std::unique_ptr<ZSTD_CCtx, FreeCompressor> context(ZSTD_createCCtx());
  std::string out(ZSTD_compressBound(content.size()), '\0');
  bool ready = context != nullptr;
  const auto set = [&](ZSTD_cParameter parameter, int value) {
    ready = ready && ZSTD_isError(ZSTD_CCtx_setParameter(context.get(), parameter, value)) == 0;
  };
  set(ZSTD_c_compressionLevel, base.empty() ? kLevelWhole : kLevelDelta);
  set(ZSTD_c_windowLog, WindowLog(base.size() + content.size()));
  if (!base.empty()) {
    set(ZSTD_c_enableLongDistanceMatching, 1);
    ready =
        ready && ZSTD_isError(ZSTD_CCtx_refPrefix(context.get(), base.data(), base.size())) == 0;
  }
  const std::size_t size =
      ready ? ZSTD_compress2(context.get(), out.data(), out.size(), content.data(), content.size())
            : 0;
  if (!ready || ZSTD_isError(size) != 0) {
    return base::MakeError(base::ErrorKind::kInternal, "zstd cannot compress");
  }
  out.resize(size);
  return out;
}

base::Result<std::string> Decompress(base::Bytes base, base::Bytes compressed,
                                     std::uint64_t size_bytes) {
  if (size_bytes > kBundleMaxBytes) {
    return base::MakeError(base::ErrorKind::kLimit, "the content is larger than 256 MiB");
  }
  const base::Error malformed =
      base::MakeError(base::ErrorKind::kMalformed, "not the compressed content it should be");
  // A frame that says another size needs no memory at all.
  const unsigned long long said = ZSTD_getFrameContentSize(compressed.data(), compressed.size());
  if (said != size_bytes) {
    return malformed;
  }
  const std::unique_ptr<ZSTD_DCtx, FreeDecompressor> context(ZSTD_createDCtx());
  if (context == nullptr ||
      ZSTD_isError(ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kWindowLogMax)) ||
      ZSTD_isError(ZSTD_DCtx_refPrefix(context.get(), base.data(), base.size()))) {
    return base::MakeError(base::ErrorKind::kInternal, "zstd cannot decompress");
  }
  std::string out(static_cast<std::size_t>(size_bytes), '\0');
  const std::size_t size = ZSTD_decompressDCtx(context.get(), out.data(), out.size(),
                                               compressed.data(), compressed.size());
  if (ZSTD_isError(size) != 0 || size != out.size()) {
    return malformed;
  }
  return out;
}

}  // namespace day::update
