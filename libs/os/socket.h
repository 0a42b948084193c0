// Local stream sockets that carry bytes and descriptors between a parent and its child.
//
// Bytes arrive in order; descriptors arrive no later than the last byte of the Send() they went
// with. Framing is the caller's. Thread safety: one thread an end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/os/fd.h"

namespace day::os {

// Descriptors in one Send(); the kernel's own limit is 253.
inline constexpr std::size_t kSendFdsMax = 64;

base::Result<std::pair<Fd, Fd>> SocketPair();

enum class Wait : std::uint8_t { kBlock, kNever };

// Sends a prefix of `bytes`, and with it all of `fds` (REQUIRES: at most kSendFdsMax, and bytes not
// empty). Returns how many bytes went: 0 (and no descriptor) if it would have to wait.
// Errors: kCancelled if the other end is gone, as ErrnoError.
base::Result<std::size_t> SendSome(int socket, base::Bytes bytes, std::span<const int> fds,
                                   Wait wait);
// Sends everything, waiting as needed.
base::Status SendAll(int socket, base::Bytes bytes, std::span<const int> fds);

// Appends what has arrived, at most size_max_bytes, to `bytes` and `fds`. Returns the number of
// bytes: nothing has arrived if it is 0 and `wait` is kNever. Errors: kCancelled if the other end
// is gone; kMalformed if descriptors were lost; as ErrnoError.
base::Result<std::size_t> Receive(int socket, std::string* bytes, std::vector<Fd>* fds,
                                  std::size_t size_max_bytes, Wait wait);

}  // namespace day::os
