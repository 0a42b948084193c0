// Feeds bytes to the frame reader and to every decoder. What a decoder accepts must come back as
// the same bytes from its encoder: the encoding is canonical, so nothing is lost or invented on the
// way.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "libs/workerproto/messages.h"
#include "libs/workerproto/tool.h"

namespace {

namespace proto = day::workerproto;
using proto::MessageType;

template <typename Decode>
void RoundTrip(day::base::Bytes payload, Decode decode) {
  const auto message = decode(payload);
  if (!message.ok()) {
    return;
  }
  std::string frame;
  if (!proto::Append(message.value(), &frame).ok() ||
      frame.substr(proto::kFrameHeaderBytes) != day::base::AsText(payload)) {
    std::abort();
  }
}

void DecodeAll(MessageType type, day::base::Bytes payload) {
  switch (type) {
    case MessageType::kConfigure:
      return RoundTrip(payload, proto::DecodeConfigure);
    case MessageType::kCompileRules:
      return RoundTrip(payload, proto::DecodeCompileRules);
    case MessageType::kIncludeReply:
      return RoundTrip(payload, proto::DecodeIncludeReply);
    case MessageType::kAddSignatures:
      return RoundTrip(payload, proto::DecodeAddSignatures);
    case MessageType::kUseDatabase:
      return RoundTrip(payload, proto::DecodeUseDatabase);
    case MessageType::kScanBatch:
      return RoundTrip(payload, proto::DecodeScanBatch);
    case MessageType::kReady:
      return RoundTrip(payload, proto::DecodeReady);
    case MessageType::kIncludeRequest:
      return RoundTrip(payload, proto::DecodeIncludeRequest);
    case MessageType::kRulesCompiled:
      return RoundTrip(payload, proto::DecodeRulesCompiled);
    case MessageType::kSignaturesBuilt:
      return RoundTrip(payload, proto::DecodeSignaturesBuilt);
    case MessageType::kDatabaseReady:
      return RoundTrip(payload, proto::DecodeDatabaseReady);
    case MessageType::kRuleTable:
      return RoundTrip(payload, proto::DecodeRuleTable);
    case MessageType::kScanResults:
      return RoundTrip(payload, proto::DecodeScanResults);
    case MessageType::kYaraResults:
      return RoundTrip(payload, proto::DecodeYaraResults);
    case MessageType::kStats:
      return RoundTrip(payload, proto::DecodeStats);
    case MessageType::kToolBegin:
      return RoundTrip(payload, proto::DecodeToolBegin);
    case MessageType::kToolFile:
      return RoundTrip(payload, proto::DecodeToolFile);
    case MessageType::kToolOutput:
      return RoundTrip(payload, proto::DecodeToolOutput);
    case MessageType::kToolDone:
      return RoundTrip(payload, proto::DecodeToolDone);
    case MessageType::kToolRun:
    case MessageType::kToolFileTaken:
    case MessageType::kBuildSignatures:
    case MessageType::kShutdown:
      return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  // As a stream, in two pieces.
  proto::FrameReader reader;
  const std::string_view text = day::base::AsText(bytes);
  for (const std::string_view piece : {text.substr(0, size / 2), text.substr(size / 2)}) {
    reader.buffer()->append(piece);
    for (;;) {
      const auto frame = reader.Next();
      if (!frame.ok()) {
        break;
      }
      if (!frame->has_value()) {
        break;
      }
      DecodeAll((*frame)->type, (*frame)->payload);
    }
  }
  // As a payload of the type that the first byte names, which finds its way deeper sooner.
  if (size >= 1) {
    DecodeAll(static_cast<MessageType>(data[0]), bytes.subspan(1));
  }
  return 0;
}
