// Frames: how messages between a scanning process and its workers are cut out of a byte stream.
//
// A frame is a header of 16 bytes (magic, type, version, payload size, descriptor count;
// little-endian) and its payload; its descriptors arrive with it. docs/formats/worker-protocol.md
// describes every message. Both sides treat the other's bytes as hostile: sizes and counts are
// checked before memory is reserved, and a stream that breaks a rule stays broken. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "libs/base/bytes.h"
#include "libs/base/result.h"

namespace day::workerproto {

inline constexpr std::uint32_t kFrameMagic = 0x31574C44;  // "DLW1"
inline constexpr std::uint16_t kProtocolVersion = 1;
inline constexpr std::size_t kFrameHeaderBytes = 16;
inline constexpr std::uint32_t kPayloadBytesMax = 64u << 20;
inline constexpr std::uint32_t kFrameFdsMax = 64;

enum class MessageType : std::uint16_t {
  // To the worker.
  kConfigure = 1,
  kCompileRules = 2,
  kIncludeReply = 3,
  kAddSignatures = 4,
  kBuildSignatures = 5,
  kUseDatabase = 6,
  kScanBatch = 7,
  kShutdown = 8,
  kToolBegin = 9,  // tool.h
  kToolFile = 10,
  kToolRun = 11,
  // From the worker.
  kReady = 101,
  kIncludeRequest = 102,
  kRulesCompiled = 103,
  kSignaturesBuilt = 104,
  kDatabaseReady = 105,
  kRuleTable = 106,
  kScanResults = 107,
  kYaraResults = 108,
  kStats = 109,
  kToolOutput = 110,
  kToolFileTaken = 111,
  kToolDone = 112,
};

struct Frame {
  MessageType type = MessageType::kShutdown;
  std::uint32_t fd_count = 0;
  base::Bytes payload;
};

// Starts a frame at the end of `out` and returns where; EndFrame() fills in the payload's size.
std::size_t BeginFrame(MessageType type, std::uint32_t fd_count, std::string* out);
// Errors: kLimit if the payload is larger than kPayloadBytesMax; the frame is then taken back.
base::Status EndFrame(std::size_t begin, std::string* out);

// Collects bytes and gives out whole frames.
class FrameReader {
 public:
  // Where the next bytes go (os::Receive appends to it).
  std::string* buffer() { return &buffer_; }
  // How many bytes are worth receiving next: the rest of a large frame, or a default.
  std::size_t wanted_bytes() const;

  // The next whole frame, valid until buffer() is touched or Next() is called again; nothing if
  // more bytes are needed. Errors: kMalformed (wrong magic, version, size or count): give up the
  // stream.
  base::Result<std::optional<Frame>> Next();

 private:
  std::string buffer_;
  std::size_t begin_ = 0;  // of what was not given out yet
};

}  // namespace day::workerproto
