#include "libs/wire/codec.h"
#include "libs/workerproto/tool.h"

namespace day::workerproto {
namespace {

using wire::Decoder;
using wire::Encoder;

constexpr std::size_t kOptionBytesMin = 8;  // two lengths

}  // namespace

base::Status Append(const ToolBegin& message, std::string* out) {
  const std::size_t begin = BeginFrame(MessageType::kToolBegin, 0, out);
  Encoder encoder(out);
  encoder.Text(message.tool);
  encoder.Count(message.options.size());
  for (const auto& [key, value] : message.options) {
    encoder.Text(key);
    encoder.Text(value);
  }
  return EndFrame(begin, out);
}

base::Result<ToolBegin> DecodeToolBegin(base::Bytes payload) {
  Decoder decoder(payload);
  ToolBegin message;
  message.tool = decoder.Text(kNameBytesMax);
  message.options.resize(decoder.Count(kToolOptionsMax, kOptionBytesMin));
  for (auto& [key, value] : message.options) {
    key = decoder.Text(kNameBytesMax);
    value = decoder.Text(kNameBytesMax);
  }
  DAY_TRY(decoder.Finish("ToolBegin"));
  return message;
}

base::Status Append(const ToolFile& message, std::string* out) {
  const std::size_t begin = BeginFrame(MessageType::kToolFile, 1, out);
  Encoder encoder(out);
  encoder.U8(static_cast<std::uint8_t>(message.role));
  encoder.Text(message.path);
  encoder.U64(message.size_bytes);
  return EndFrame(begin, out);
}

base::Result<ToolFile> DecodeToolFile(base::Bytes payload) {
  Decoder decoder(payload);
  ToolFile message;
  message.role = decoder.Enum(ToolFileRole::kTarget);
  message.path = decoder.Text(kPathBytesMax);
  message.size_bytes = decoder.U64();
  DAY_TRY(decoder.Finish("ToolFile"));
  return message;
}

base::Status Append(const ToolOutput& message, std::string* out) {
  const std::size_t begin = BeginFrame(MessageType::kToolOutput, 0, out);
  Encoder encoder(out);
  encoder.U8(static_cast<std::uint8_t>(message.kind));
  encoder.Text(message.name);
  encoder.Text(message.bytes);
  return EndFrame(begin, out);
}

base::Result<ToolOutput> DecodeToolOutput(base::Bytes payload) {
  Decoder decoder(payload);
  ToolOutput message;
  message.kind = decoder.Enum(ToolOutput::Kind::kFile);
  message.name = decoder.Text(kNameBytesMax);
  message.bytes = decoder.Text(kTextBytesMax);
  DAY_TRY(decoder.Finish("ToolOutput"));
  return message;
}

base::Status Append(const ToolDone& message, std::string* out) {
  const std::size_t begin = BeginFrame(MessageType::kToolDone, 0, out);
  Encoder(out).U8(message.exit_code);
  return EndFrame(begin, out);
}

base::Result<ToolDone> DecodeToolDone(base::Bytes payload) {
  Decoder decoder(payload);
  ToolDone message;
  message.exit_code = decoder.U8();
  DAY_TRY(decoder.Finish("ToolDone"));
  return message;
}

}  // namespace day::workerproto
