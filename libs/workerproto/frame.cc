#include "libs/workerproto/frame.h"

#include <algorithm>
#include <cstring>

#include "libs/wire/codec.h"

namespace day::workerproto {
namespace {

constexpr std::size_t kReceiveBytes = 64u << 10;
constexpr std::size_t kPayloadSizeOffset = 8;

}  // namespace

std::size_t BeginFrame(MessageType type, std::uint32_t fd_count, std::string* out) {
  const std::size_t begin = out->size();
  wire::Encoder encoder(out);
  encoder.U32(kFrameMagic);
  encoder.U16(static_cast<std::uint16_t>(type));
  encoder.U16(kProtocolVersion);
  encoder.U32(0);
  encoder.U32(fd_count);
  return begin;
}

base::Status EndFrame(std::size_t begin, std::string* out) {
  const std::size_t size = out->size() - begin - kFrameHeaderBytes;
  if (size > kPayloadBytesMax) {
    out->resize(begin);
    return base::MakeError(base::ErrorKind::kLimit, "a message is larger than the protocol allows");
  }
  std::string encoded;
  wire::Encoder(&encoded).U32(static_cast<std::uint32_t>(size));
  out->replace(begin + kPayloadSizeOffset, encoded.size(), encoded);
  return base::OkStatus();
}

std::size_t FrameReader::wanted_bytes() const {
  const std::size_t held = buffer_.size() - begin_;
  if (held >= kFrameHeaderBytes) {
    const base::Bytes header = base::AsBytes(std::string_view(buffer_).substr(begin_));
    const std::size_t size = base::ReadAt<std::uint32_t>(header, kPayloadSizeOffset).value_or(0);
    if (size <= kPayloadBytesMax && size + kFrameHeaderBytes > held) {
      return std::max(kReceiveBytes, size + kFrameHeaderBytes - held);
    }
  }
  return kReceiveBytes;
}

base::Result<std::optional<Frame>> FrameReader::Next() {
  const base::Bytes held = base::AsBytes(std::string_view(buffer_).substr(begin_));
  if (held.size() >= kFrameHeaderBytes) {
    base::ByteReader reader(held);
    const std::uint32_t magic = reader.U32();
    Frame frame;
    frame.type = static_cast<MessageType>(reader.U16());
    const std::uint16_t version = reader.U16();
    const std::uint32_t size = reader.U32();
    frame.fd_count = reader.U32();
    if (magic != kFrameMagic || version != kProtocolVersion || size > kPayloadBytesMax ||
        frame.fd_count > kFrameFdsMax) {
      return base::MakeError(base::ErrorKind::kMalformed, "not a frame of this protocol version");
    }
    if (reader.remaining() >= size) {
      frame.payload = reader.Take(size);
      begin_ += kFrameHeaderBytes + size;
      return std::optional<Frame>(frame);
    }
  }
  buffer_.erase(0, begin_);
  begin_ = 0;
  return std::optional<Frame>();
}

}  // namespace day::workerproto
