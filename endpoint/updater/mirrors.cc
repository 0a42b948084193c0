#include "endpoint/updater/mirrors.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "libs/os/system.h"

namespace day::endpoint::updater {
namespace {

using base::ErrorKind;
constexpr int kResumesMax = 10;

std::uint64_t RandomNumber() {
  std::array<std::byte, 8> bytes{};
  (void)os::FillRandom(bytes);  // without randomness the order is fixed, and nothing worse
  return *base::ReadAt<std::uint64_t>(bytes, 0);
}

void Shuffle(std::vector<std::string>* urls) {
  for (std::size_t i = urls->size(); i > 1; --i) {
    std::swap((*urls)[i - 1], (*urls)[static_cast<std::size_t>(RandomNumber() % i)]);
  }
}

}  // namespace

Mirrors::Mirrors(MirrorOptions options) : options_(std::move(options)), client_(options_.http) {
  if (!options_.sleep_ms) {
    options_.sleep_ms = [](std::uint32_t ms) {
      std::this_thread::sleep_for(std::chrono::milliseconds(ms));
    };
  }
}

base::Result<std::string> Mirrors::FetchFrom(const std::string& url, const std::string& name) {
  const std::string address =
      url.ends_with(".upd") ? url : url + (url.ends_with('/') ? "" : "/") + name;
  DAY_TRY_ASSIGN(const net::Url parsed, net::ParseUrl(address));
  std::string body;
  const net::BodySink sink = [&](const net::HttpHead& head, base::Bytes piece) {
    if (head.body_offset == 0 && head.status == 200 && restarted_) {
      body.clear();
    }
    restarted_ = false;
    body += base::AsText(piece);
    return body.size() <= options_.limits.body_max_bytes
               ? base::OkStatus()
               : base::Status(base::MakeError(ErrorKind::kLimit, address + ": too long"));
  };
  for (int attempt = 0;; ++attempt) {
    const std::size_t before = body.size();
    restarted_ = true;
    const auto head = client_.Download(parsed, options_.limits, before, sink);
    if (head.ok() && (head->status == 200 || head->status == 206)) {
      return body;
    }
    if (head.ok()) {
      return base::MakeError(head->status == 404 ? ErrorKind::kNotFound : ErrorKind::kIo,
                             fmt::format("{}: status {}", address, head->status));
    }
    // Only a download that moved on is worth taking up.
    const bool broken =
        head.error().kind == ErrorKind::kTruncated || head.error().kind == ErrorKind::kTimeout;
    if (!broken || body.size() <= before || attempt >= kResumesMax) {
      return head.error();
    }
  }
}

base::Status Mirrors::Fetch(const std::string& name,
                            const std::function<base::Status(const std::string& bytes)>& accept) {
  base::Status last = base::MakeError(ErrorKind::kInvalidUse, "there is no mirror to ask");
  std::uint32_t pause_ms = options_.pause_ms;
  for (std::uint32_t round = 0; round < options_.rounds && !options_.urls.empty(); ++round) {
    if (round > 0) {
      // A little earlier or later than others, so that they do not come all at once.
      options_.sleep_ms(pause_ms + static_cast<std::uint32_t>(RandomNumber() % (pause_ms + 1)));
      pause_ms *= 2;
    }
    std::vector<std::string> urls = options_.urls;
    Shuffle(&urls);
    for (const std::string& url : urls) {
      const auto bytes = FetchFrom(url, name);
      last = bytes.ok() ? accept(*bytes) : base::Status(bytes.error());
      if (last.ok() || last.error().kind == ErrorKind::kCancelled) {
        return last;
      }
    }
  }
  return last;
}

}  // namespace day::endpoint::updater
