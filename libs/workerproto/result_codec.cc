// Encodings of batches, results and the rule table.
#include "libs/wire/codec.h"
#include "libs/workerproto/messages.h"

namespace day::workerproto {
namespace {

using wire::Decoder;
using wire::Encoder;

// The smallest encodings, for Decoder::Count().
constexpr std::size_t kItemBytesMin = 24;
constexpr std::size_t kReportBytesMin = 34;
constexpr std::size_t kFindingBytesMin = 26;
constexpr std::size_t kStringMatchBytesMin = 22;
constexpr std::size_t kGapBytesMin = 8;
constexpr std::size_t kYaraRuleBytes = 12;
constexpr std::size_t kYaraMatchBytes = 21;
constexpr std::size_t kTableRuleBytesMin = 34;
constexpr std::size_t kTableStringBytesMin = 7;
constexpr std::size_t kMetaBytesMin = 6;

void EncodeFinding(const Finding& finding, Encoder* encoder) {
  encoder->U8(static_cast<std::uint8_t>(finding.source));
  encoder->Text(finding.name);
  encoder->Text(finding.rule);
  encoder->Text(finding.name_space);
  encoder->Text(finding.provenance);
  encoder->U8(static_cast<std::uint8_t>(finding.severity));
  encoder->Text(finding.inner_path);
  encoder->Count(finding.matches.size());
  for (const StringMatch& match : finding.matches) {
    encoder->Text(match.identifier);
    encoder->U64(match.offset);
    encoder->U32(match.length);
    encoder->Text(match.data);
    encoder->U8(match.xor_key);
    encoder->Bool(match.is_hex);
  }
}

Finding DecodeFinding(Decoder* decoder) {
  Finding finding;
  finding.source = decoder->Enum(Finding::Source::kHeuristic);
  finding.name = decoder->Text(kNameBytesMax);
  finding.rule = decoder->Text(kNameBytesMax);
  finding.name_space = decoder->Text(kPathBytesMax);
  finding.provenance = decoder->Text(kPathBytesMax);
  finding.severity = decoder->Enum(Severity::kCritical);
  finding.inner_path = decoder->Text(kPathBytesMax);
  finding.matches.resize(decoder->Count(kPartItemsMax, kStringMatchBytesMin));
  for (StringMatch& match : finding.matches) {
    match.identifier = decoder->Text(kNameBytesMax);
    match.offset = decoder->U64();
    match.length = decoder->U32();
    match.data = decoder->Text(kMatchDataBytesMax);
    match.xor_key = decoder->U8();
    match.is_hex = decoder->Bool();
  }
  return finding;
}

void ReadReport(Decoder* decoder, FileReport* report) {
  report->id = decoder->U64();
  report->verdict = decoder->Enum(Verdict::kFound);
  report->completeness = decoder->Enum(Completeness::kNotScanned);
  report->objects_scanned = decoder->U64();
  report->bytes_scanned = decoder->U64();
  report->findings.resize(decoder->Count(kPartItemsMax, kFindingBytesMin));
  for (Finding& finding : report->findings) {
    finding = DecodeFinding(decoder);
  }
  report->gaps.resize(decoder->Count(kPartItemsMax, kGapBytesMin));
  for (Gap& gap : report->gaps) {
    gap.inner_path = decoder->Text(kPathBytesMax);
    gap.reason = decoder->Text(kNameBytesMax);
  }
}

void EncodeYaraReport(const YaraReport& report, Encoder* encoder) {
  encoder->U64(report.id);
  encoder->U8(static_cast<std::uint8_t>(report.status));
  encoder->Text(report.error);
  encoder->U64(report.bytes_scanned);
  // Ranges follow from the order: only their lengths are sent.
  encoder->Count(report.rules.size());
  for (const YaraRule& rule : report.rules) {
    encoder->U32(rule.rule);
    encoder->U64(rule.matches_count);
  }
  encoder->Count(report.matches.size());
  for (const YaraMatch& match : report.matches) {
    encoder->U32(match.string);
    encoder->U64(match.offset);
    encoder->U32(match.length);
    encoder->U8(match.xor_key);
    encoder->U32(match.data_size);
  }
  encoder->Text(report.data);
  encoder->Count(report.too_many_matches.size());
  for (const std::uint32_t string : report.too_many_matches) {
    encoder->U32(string);
  }
  encoder->Count(report.console.size());
  for (const std::string& line : report.console) {
    encoder->Text(line);
  }
  encoder->Text(report.module_dump);
}

void DecodeYaraReport(Decoder* decoder, YaraReport* report) {
  report->id = decoder->U64();
  report->status = decoder->Enum(YaraStatus::kNotScanned);
  report->error = decoder->Text(kTextBytesMax);
  report->bytes_scanned = decoder->U64();
  std::uint64_t matches_count = 0;
  report->rules.resize(decoder->Count(kRulesMax, kYaraRuleBytes));
  for (YaraRule& rule : report->rules) {
    rule.rule = decoder->U32();
    rule.matches_begin = matches_count;
    rule.matches_count = decoder->U64();
    decoder->Check(rule.matches_count <= kPayloadBytesMax);
    matches_count += rule.matches_count;
  }
  std::uint64_t data_size = 0;
  report->matches.resize(decoder->Count(kPayloadBytesMax, kYaraMatchBytes));
  decoder->Check(report->matches.size() == matches_count);
  for (YaraMatch& match : report->matches) {
    match.string = decoder->U32();
    match.offset = decoder->U64();
    match.length = decoder->U32();
    match.xor_key = decoder->U8();
    match.data_offset = data_size;
    match.data_size = decoder->U32();
    decoder->Check(match.data_size <= kMatchDataBytesMax);
    data_size += match.data_size;
  }
  report->data = decoder->Text(kPayloadBytesMax);
  decoder->Check(report->data.size() == data_size);
  report->too_many_matches.resize(decoder->Count(kStringsMax, sizeof(std::uint32_t)));
  for (std::uint32_t& string : report->too_many_matches) {
    string = decoder->U32();
  }
  report->console.resize(decoder->Count(kPartItemsMax, sizeof(std::uint32_t)));
  for (std::string& line : report->console) {
    line = decoder->Text(kTextBytesMax);
  }
  report->module_dump = decoder->Text(kPayloadBytesMax);
}

void EncodeTableRule(const RuleTable::Rule& rule, Encoder* encoder) {
  encoder->Text(rule.identifier);
  encoder->Text(rule.name_space);
  encoder->Text(rule.file);
  encoder->U32(rule.line);
  encoder->Bool(rule.is_private);
  encoder->Bool(rule.is_global);
  encoder->U32(rule.strings_begin);
  encoder->U32(rule.strings_count);
  encoder->Count(rule.tags.size());
  for (const std::string& tag : rule.tags) {
    encoder->Text(tag);
  }
  encoder->Count(rule.metas.size());
  for (const RuleTable::Meta& meta : rule.metas) {
    encoder->Text(meta.key);
    encoder->U8(static_cast<std::uint8_t>(meta.value.index()));
    if (const auto* integer = std::get_if<std::int64_t>(&meta.value)) {
      encoder->I64(*integer);
    } else if (const auto* boolean = std::get_if<bool>(&meta.value)) {
      encoder->Bool(*boolean);
    } else if (const auto* text = std::get_if<std::string>(&meta.value)) {
      encoder->Text(*text);
    }
  }
}

void DecodeMeta(Decoder* decoder, RuleTable::Meta* meta) {
  meta->key = decoder->Text(kNameBytesMax);
  switch (decoder->U8()) {
    case 0:
      meta->value = decoder->I64();
      break;
    case 1:
      meta->value = decoder->Bool();
      break;
    case 2:
      meta->value = std::string(decoder->Text(kTextBytesMax));
      break;
    default:
      decoder->Check(false);
  }
}

RuleTable::Rule DecodeTableRule(Decoder* decoder) {
  RuleTable::Rule rule;
  rule.identifier = decoder->Text(kNameBytesMax);
  rule.name_space = decoder->Text(kPathBytesMax);
  rule.file = decoder->Text(kPathBytesMax);
  rule.line = decoder->U32();
  rule.is_private = decoder->Bool();
  rule.is_global = decoder->Bool();
  rule.strings_begin = decoder->U32();
  rule.strings_count = decoder->U32();
  rule.tags.resize(decoder->Count(kPartItemsMax, sizeof(std::uint32_t)));
  for (std::string& tag : rule.tags) {
    tag = decoder->Text(kNameBytesMax);
  }
  rule.metas.resize(decoder->Count(kPartItemsMax, kMetaBytesMin));
  for (RuleTable::Meta& meta : rule.metas) {
    DecodeMeta(decoder, &meta);
  }
  return rule;
}

}  // namespace

void AppendReport(const FileReport& report, std::string* out) {
  Encoder encoder(out);
  encoder.U64(report.id);
  encoder.U8(static_cast<std::uint8_t>(report.verdict));
  encoder.U8(static_cast<std::uint8_t>(report.completeness));
  encoder.U64(report.objects_scanned);
  encoder.U64(report.bytes_scanned);
  encoder.Count(report.findings.size());
  for (const Finding& finding : report.findings) {
    EncodeFinding(finding, &encoder);
  }
  encoder.Count(report.gaps.size());
  for (const Gap& gap : report.gaps) {
    encoder.Text(gap.inner_path);
    encoder.Text(gap.reason);
  }
}

base::Result<FileReport> DecodeReport(base::Bytes bytes) {
  Decoder decoder(bytes);
  FileReport report;
  ReadReport(&decoder, &report);
  DAY_TRY(decoder.Finish("FileReport"));
  return report;
}

base::Status Append(const ScanBatch& message, std::string* out) {
  const std::size_t begin =
      BeginFrame(MessageType::kScanBatch, static_cast<std::uint32_t>(message.items.size()), out);
  Encoder encoder(out);
  encoder.U32(message.batch);
  encoder.Count(message.items.size());
  for (const ScanItem& item : message.items) {
    encoder.U64(item.id);
    encoder.U64(item.size_hint_bytes);
    encoder.Text(item.name);
    encoder.Text(item.owner);
    encoder.Count(item.volume_bytes.size());
    for (const std::uint64_t size_bytes : item.volume_bytes) {
      encoder.U64(size_bytes);
    }
    encoder.U32(item.volume);
    encoder.Bool(item.is_left_to_another);
  }
  return EndFrame(begin, out);
}

base::Result<ScanBatch> DecodeScanBatch(base::Bytes payload) {
  Decoder decoder(payload);
  ScanBatch message;
  message.batch = decoder.U32();
  message.items.resize(decoder.Count(kBatchItemsMax, kItemBytesMin));
  for (ScanItem& item : message.items) {
    item.id = decoder.U64();
    item.size_hint_bytes = decoder.U64();
    item.name = decoder.Text(kPathBytesMax);
    item.owner = decoder.Text(kNameBytesMax);
    item.volume_bytes.resize(decoder.Count(kVolumesMax, sizeof(std::uint64_t)));
    for (std::uint64_t& size_bytes : item.volume_bytes) {
      size_bytes = decoder.U64();
    }
    item.volume = decoder.U32();
    if (item.volume != 0 && item.volume >= item.volume_bytes.size()) {
      return base::MakeError(base::ErrorKind::kMalformed, "no such volume");
    }
    item.is_left_to_another = decoder.Bool();
  }
  DAY_TRY(decoder.Finish("ScanBatch"));
  return message;
}

base::Status Append(const ScanResults& message, std::string* out) {
  const std::size_t begin = BeginFrame(MessageType::kScanResults, 0, out);
  Encoder encoder(out);
  encoder.U32(message.batch);
  encoder.Bool(message.last);
  for (const FileReport& report : message.reports) {
    AppendReport(report, out);
  }
  return EndFrame(begin, out);
}

base::Result<ScanResults> DecodeScanResults(base::Bytes payload) {
  Decoder decoder(payload);
  ScanResults message;
  message.batch = decoder.U32();
  message.last = decoder.Bool();
  // Reports run to the end of the payload, so that a worker can append them without counting.
  while (decoder.ok() && !decoder.at_end() &&
         decoder.Check(message.reports.size() < kBatchItemsMax)) {
    ReadReport(&decoder, &message.reports.emplace_back());
  }
  static_assert(kReportBytesMin > 0, "every round of the loop above consumes input");
  DAY_TRY(decoder.Finish("ScanResults"));
  return message;
}

base::Status Append(const YaraResults& message, std::string* out) {
  const std::size_t begin = BeginFrame(MessageType::kYaraResults, 0, out);
  Encoder encoder(out);
  encoder.U32(message.batch);
  encoder.Bool(message.last_of_batch);
  encoder.Bool(message.last_of_file);
  EncodeYaraReport(message.report, &encoder);
  return EndFrame(begin, out);
}

base::Result<YaraResults> DecodeYaraResults(base::Bytes payload) {
  Decoder decoder(payload);
  YaraResults message;
  message.batch = decoder.U32();
  message.last_of_batch = decoder.Bool();
  message.last_of_file = decoder.Bool();
  DecodeYaraReport(&decoder, &message.report);
  DAY_TRY(decoder.Finish("YaraResults"));
  return message;
}

base::Status Append(const RuleTablePart& message, std::string* out) {
  const std::size_t begin = BeginFrame(MessageType::kRuleTable, 0, out);
  Encoder encoder(out);
  encoder.Bool(message.last);
  encoder.Count(message.table.rules.size());
  for (const RuleTable::Rule& rule : message.table.rules) {
    EncodeTableRule(rule, &encoder);
  }
  encoder.Count(message.table.strings.size());
  for (const RuleTable::String& string : message.table.strings) {
    encoder.Text(string.identifier);
    encoder.Bool(string.is_private);
    encoder.Bool(string.is_hex);
    encoder.Bool(string.is_xor);
  }
  return EndFrame(begin, out);
}

base::Result<RuleTablePart> DecodeRuleTable(base::Bytes payload) {
  Decoder decoder(payload);
  RuleTablePart message;
  message.last = decoder.Bool();
  message.table.rules.resize(decoder.Count(kRulesMax, kTableRuleBytesMin));
  for (RuleTable::Rule& rule : message.table.rules) {
    rule = DecodeTableRule(&decoder);
  }
  message.table.strings.resize(decoder.Count(kStringsMax, kTableStringBytesMin));
  for (RuleTable::String& string : message.table.strings) {
    string.identifier = decoder.Text(kNameBytesMax);
    string.is_private = decoder.Bool();
    string.is_hex = decoder.Bool();
    string.is_xor = decoder.Bool();
  }
  DAY_TRY(decoder.Finish("RuleTable"));
  return message;
}

}  // namespace day::workerproto
