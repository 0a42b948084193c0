// Encodings of the messages that set up a worker and compile databases.
#include "libs/wire/codec.h"
#include "libs/workerproto/messages.h"

namespace day::workerproto {
namespace {

using wire::Decoder;
using wire::Encoder;

// The smallest encodings, for Decoder::Count().
constexpr std::size_t kExternalBytesMin = 6;
constexpr std::size_t kSourceBytesMin = 24;
constexpr std::size_t kDiagnosticBytesMin = 29;
constexpr std::size_t kFileSummaryBytesMin = 45;

void EncodeExternals(const std::vector<External>& externals, Encoder* encoder) {
  encoder->Count(externals.size());
  for (const External& external : externals) {
    encoder->Text(external.identifier);
    encoder->U8(static_cast<std::uint8_t>(external.value.index()));
    if (const auto* integer = std::get_if<std::int64_t>(&external.value)) {
      encoder->I64(*integer);
    } else if (const auto* real = std::get_if<double>(&external.value)) {
      encoder->F64(*real);
    } else if (const auto* boolean = std::get_if<bool>(&external.value)) {
      encoder->Bool(*boolean);
    } else if (const auto* text = std::get_if<std::string>(&external.value)) {
      encoder->Text(*text);
    }
  }
}

std::vector<External> DecodeExternals(Decoder* decoder) {
  std::vector<External> externals(decoder->Count(kExternalsMax, kExternalBytesMin));
  for (External& external : externals) {
    external.identifier = decoder->Text(kNameBytesMax);
    switch (decoder->U8()) {
      case 0:
        external.value = decoder->I64();
        break;
      case 1:
        external.value = decoder->F64();
        break;
      case 2:
        external.value = decoder->Bool();
        break;
      case 3:
        external.value = std::string(decoder->Text(kTextBytesMax));
        break;
      default:
        decoder->Check(false);
    }
  }
  return externals;
}

void EncodeNames(const std::vector<std::string>& names, Encoder* encoder) {
  encoder->Count(names.size());
  for (const std::string& name : names) {
    encoder->Text(name);
  }
}

std::vector<std::string> DecodeNames(std::size_t count_max, Decoder* decoder) {
  std::vector<std::string> names(decoder->Count(count_max, sizeof(std::uint32_t)));
  for (std::string& name : names) {
    name = decoder->Text(kNameBytesMax);
  }
  return names;
}

void EncodeAlerts(const Alerts& alerts, Encoder* encoder) {
  encoder->Bool(alerts.encrypted_archives);
  encoder->Bool(alerts.encrypted_documents);
  encoder->Bool(alerts.macros);
  encoder->Bool(alerts.broken);
  encoder->Bool(alerts.exceeded_limits);
  encoder->Bool(alerts.structured);
  encoder->Bool(alerts.credit_cards_only);
  encoder->Bool(alerts.broken_media);
  encoder->Bool(alerts.phishing_links);
  encoder->Bool(alerts.phishing_ssl);
  encoder->Bool(alerts.phishing_cloak);
  encoder->Bool(alerts.phishing_signatures);
  encoder->Bool(alerts.deceptive);
  encoder->Bool(alerts.crossing_partitions);
  encoder->Bool(alerts.precedence);
  encoder->Bool(alerts.unwanted);
  EncodeNames(alerts.unwanted_only, encoder);
  EncodeNames(alerts.unwanted_but, encoder);
  encoder->U8(alerts.ssn_format);
  encoder->U32(alerts.card_count_min);
  encoder->U32(alerts.ssn_count_min);
}

Alerts DecodeAlerts(Decoder* decoder) {
  Alerts alerts;
  alerts.encrypted_archives = decoder->Bool();
  alerts.encrypted_documents = decoder->Bool();
  alerts.macros = decoder->Bool();
  alerts.broken = decoder->Bool();
  alerts.exceeded_limits = decoder->Bool();
  alerts.structured = decoder->Bool();
  alerts.credit_cards_only = decoder->Bool();
  alerts.broken_media = decoder->Bool();
  alerts.phishing_links = decoder->Bool();
  alerts.phishing_ssl = decoder->Bool();
  alerts.phishing_cloak = decoder->Bool();
  alerts.phishing_signatures = decoder->Bool();
  alerts.deceptive = decoder->Bool();
  alerts.crossing_partitions = decoder->Bool();
  alerts.precedence = decoder->Bool();
  alerts.unwanted = decoder->Bool();
  alerts.unwanted_only = DecodeNames(kCategoriesMax, decoder);
  alerts.unwanted_but = DecodeNames(kCategoriesMax, decoder);
  alerts.ssn_format = decoder->U8();
  alerts.card_count_min = decoder->U32();
  alerts.ssn_count_min = decoder->U32();
  return alerts;
}

void EncodeSettings(const ScanSettings& settings, Encoder* encoder) {
  encoder->U8(static_cast<std::uint8_t>(settings.mode));
  encoder->U64(settings.timeout_ms);
  encoder->I64(settings.deadline_ns);
  encoder->U64(settings.file_bytes_max);
  encoder->U32(settings.budget.depth_max);
  encoder->U64(settings.budget.files_max);
  encoder->U64(settings.budget.bytes_out_max);
  encoder->U64(settings.budget.file_bytes_max);
  encoder->U64(settings.budget.ratio_max);
  encoder->U64(settings.budget.steps_max);
  encoder->U32(settings.matches_per_finding_max);
  EncodeAlerts(settings.alerts, encoder);
  encoder->Bool(settings.official_signatures);
  encoder->Bool(settings.want_matches);
  encoder->Bool(settings.want_data);
  encoder->Bool(settings.want_console);
  encoder->Bool(settings.negate);
  encoder->Bool(settings.fast);
  encoder->U64(settings.rule_matches_max);
}

ScanSettings DecodeSettings(Decoder* decoder) {
  ScanSettings settings;
  settings.mode = decoder->Enum(ScanMode::kYara);
  settings.timeout_ms = decoder->U64();
  settings.deadline_ns = decoder->I64();
  settings.file_bytes_max = decoder->U64();
  settings.budget.depth_max = decoder->U32();
  settings.budget.files_max = decoder->U64();
  settings.budget.bytes_out_max = decoder->U64();
  settings.budget.file_bytes_max = decoder->U64();
  settings.budget.ratio_max = decoder->U64();
  settings.budget.steps_max = decoder->U64();
  settings.matches_per_finding_max = decoder->U32();
  settings.alerts = DecodeAlerts(decoder);
  settings.official_signatures = decoder->Bool();
  settings.want_matches = decoder->Bool();
  settings.want_data = decoder->Bool();
  settings.want_console = decoder->Bool();
  settings.negate = decoder->Bool();
  settings.fast = decoder->Bool();
  settings.rule_matches_max = decoder->U64();
  return settings;
}

}  // namespace

bool ScanSettings::operator==(const ScanSettings& other) const {
  std::string mine;
  std::string theirs;
  Encoder my_encoder(&mine);
  Encoder their_encoder(&theirs);
  EncodeSettings(*this, &my_encoder);
  EncodeSettings(other, &their_encoder);
  return mine == theirs;
}

base::Status AppendEmpty(MessageType type, std::string* out) {
  return EndFrame(BeginFrame(type, 0, out), out);
}

base::Status Append(const Configure& message, std::string* out) {
  const std::size_t begin = BeginFrame(MessageType::kConfigure, 1, out);
  Encoder encoder(out);
  encoder.U64(message.memory_max_bytes);
  encoder.U64(message.memory_file_max_bytes);
  encoder.Bool(message.preload_magic);
  return EndFrame(begin, out);
}

base::Result<Configure> DecodeConfigure(base::Bytes payload) {
  Decoder decoder(payload);
  Configure message;
  message.memory_max_bytes = decoder.U64();
  message.memory_file_max_bytes = decoder.U64();
  message.preload_magic = decoder.Bool();
  DAY_TRY(decoder.Finish("Configure"));
  return message;
}

base::Status Append(const Ready& message, std::string* out) {
  const std::size_t begin = BeginFrame(MessageType::kReady, 0, out);
  Encoder(out).Bool(message.landlock);
  return EndFrame(begin, out);
}

base::Result<Ready> DecodeReady(base::Bytes payload) {
  Decoder decoder(payload);
  Ready message;
  message.landlock = decoder.Bool();
  DAY_TRY(decoder.Finish("Ready"));
  return message;
}

base::Status Append(const CompileRules& message, std::string* out) {
  const std::size_t begin = BeginFrame(MessageType::kCompileRules, 1, out);
  Encoder encoder(out);
  encoder.Count(message.sources.size());
  for (const CompileRules::Source& source : message.sources) {
    encoder.Text(source.name_space);
    encoder.Text(source.path);
    encoder.U64(source.offset);
    encoder.U64(source.size_bytes);
  }
  EncodeExternals(message.externals, &encoder);
  encoder.Bool(message.includes_allowed);
  encoder.Bool(message.strict_escape);
  encoder.Bool(message.yara_x_extensions);
  encoder.U64(message.strings_per_rule_max);
  encoder.Bool(message.stop_at_bad_file);
  return EndFrame(begin, out);
}

base::Result<CompileRules> DecodeCompileRules(base::Bytes payload) {
  Decoder decoder(payload);
  CompileRules message;
  message.sources.resize(decoder.Count(kSourcesMax, kSourceBytesMin));
  for (CompileRules::Source& source : message.sources) {
    source.name_space = decoder.Text(kPathBytesMax);
    source.path = decoder.Text(kPathBytesMax);
    source.offset = decoder.U64();
    source.size_bytes = decoder.U64();
  }
  message.externals = DecodeExternals(&decoder);
  message.includes_allowed = decoder.Bool();
  message.strict_escape = decoder.Bool();
  message.yara_x_extensions = decoder.Bool();
  message.strings_per_rule_max = decoder.U64();
  message.stop_at_bad_file = decoder.Bool();
  DAY_TRY(decoder.Finish("CompileRules"));
  return message;
}

base::Status Append(const IncludeRequest& message, std::string* out) {
  const std::size_t begin = BeginFrame(MessageType::kIncludeRequest, 0, out);
  Encoder(out).Text(message.path);
  return EndFrame(begin, out);
}

base::Result<IncludeRequest> DecodeIncludeRequest(base::Bytes payload) {
  Decoder decoder(payload);
  IncludeRequest message;
  message.path = decoder.Text(kPathBytesMax);
  DAY_TRY(decoder.Finish("IncludeRequest"));
  return message;
}

base::Status Append(const IncludeReply& message, std::string* out) {
  const std::size_t begin = BeginFrame(MessageType::kIncludeReply, message.found ? 1 : 0, out);
  Encoder encoder(out);
  encoder.Bool(message.found);
  encoder.U64(message.size_bytes);
  return EndFrame(begin, out);
}

base::Result<IncludeReply> DecodeIncludeReply(base::Bytes payload) {
  Decoder decoder(payload);
  IncludeReply message;
  message.found = decoder.Bool();
  message.size_bytes = decoder.U64();
  DAY_TRY(decoder.Finish("IncludeReply"));
  return message;
}

base::Status Append(const RulesCompiled& message, std::string* out) {
  const std::size_t begin = BeginFrame(MessageType::kRulesCompiled, message.ok ? 1 : 0, out);
  Encoder encoder(out);
  encoder.Bool(message.ok);
  encoder.Text(message.error);
  encoder.U64(message.size_bytes);
  encoder.U32(message.rule_count);
  encoder.U32(message.string_count);
  EncodeNames(message.modules, &encoder);
  encoder.Count(message.diagnostics.size());
  for (const Diagnostic& diagnostic : message.diagnostics) {
    encoder.U8(static_cast<std::uint8_t>(diagnostic.severity));
    encoder.Text(diagnostic.code);
    encoder.Text(diagnostic.path);
    encoder.U32(diagnostic.line);
    encoder.U32(diagnostic.column);
    encoder.Text(diagnostic.message);
    encoder.Text(diagnostic.yara_text);
    encoder.Text(diagnostic.human_text);
  }
  return EndFrame(begin, out);
}

base::Result<RulesCompiled> DecodeRulesCompiled(base::Bytes payload) {
  Decoder decoder(payload);
  RulesCompiled message;
  message.ok = decoder.Bool();
  message.error = decoder.Text(kTextBytesMax);
  message.size_bytes = decoder.U64();
  message.rule_count = decoder.U32();
  message.string_count = decoder.U32();
  message.modules = DecodeNames(kModulesMax, &decoder);
  message.diagnostics.resize(decoder.Count(kDiagnosticsMax, kDiagnosticBytesMin));
  for (Diagnostic& diagnostic : message.diagnostics) {
    diagnostic.severity = decoder.Enum(Diagnostic::Severity::kAdvice);
    diagnostic.code = decoder.Text(kNameBytesMax);
    diagnostic.path = decoder.Text(kPathBytesMax);
    diagnostic.line = decoder.U32();
    diagnostic.column = decoder.U32();
    diagnostic.message = decoder.Text(kTextBytesMax);
    diagnostic.yara_text = decoder.Text(kTextBytesMax);
    diagnostic.human_text = decoder.Text(kTextBytesMax);
  }
  DAY_TRY(decoder.Finish("RulesCompiled"));
  return message;
}

base::Status Append(const AddSignatures& message, std::string* out) {
  const std::size_t begin = BeginFrame(MessageType::kAddSignatures, 1, out);
  Encoder encoder(out);
  encoder.Text(message.name);
  encoder.U64(message.size_bytes);
  return EndFrame(begin, out);
}

base::Result<AddSignatures> DecodeAddSignatures(base::Bytes payload) {
  Decoder decoder(payload);
  AddSignatures message;
  message.name = decoder.Text(kPathBytesMax);
  message.size_bytes = decoder.U64();
  DAY_TRY(decoder.Finish("AddSignatures"));
  return message;
}

base::Status Append(const SignaturesBuilt& message, std::string* out) {
  const std::size_t begin = BeginFrame(MessageType::kSignaturesBuilt, message.ok ? 1 : 0, out);
  Encoder encoder(out);
  encoder.Bool(message.ok);
  encoder.Text(message.error);
  encoder.U64(message.size_bytes);
  encoder.U64(message.signature_count);
  encoder.Count(message.files.size());
  for (const SignaturesBuilt::FileSummary& file : message.files) {
    encoder.Text(file.name);
    encoder.Text(file.type);
    encoder.Text(file.title);
    encoder.Text(file.note);
    encoder.Bool(file.is_used);
    encoder.U64(file.signatures);
    encoder.U64(file.lines_skipped);
    encoder.U64(file.ignored);
    encoder.Count(file.reasons.size());
    for (const auto& [reason, count] : file.reasons) {
      encoder.Text(reason);
      encoder.U64(count);
    }
    encoder.Count(file.diagnostics.size());
    for (const std::string& diagnostic : file.diagnostics) {
      encoder.Text(diagnostic);
    }
  }
  return EndFrame(begin, out);
}

base::Result<SignaturesBuilt> DecodeSignaturesBuilt(base::Bytes payload) {
  Decoder decoder(payload);
  SignaturesBuilt message;
  message.ok = decoder.Bool();
  message.error = decoder.Text(kTextBytesMax);
  message.size_bytes = decoder.U64();
  message.signature_count = decoder.U64();
  message.files.resize(decoder.Count(kSourcesMax, kFileSummaryBytesMin));
  for (SignaturesBuilt::FileSummary& file : message.files) {
    file.name = decoder.Text(kPathBytesMax);
    file.type = decoder.Text(kNameBytesMax);
    file.title = decoder.Text(kNameBytesMax);
    file.note = decoder.Text(kNameBytesMax);
    file.is_used = decoder.Bool();
    file.signatures = decoder.U64();
    file.lines_skipped = decoder.U64();
    file.ignored = decoder.U64();
    file.reasons.resize(decoder.Count(kDiagnosticsMax, sizeof(std::uint32_t) + 8));
    for (auto& [reason, count] : file.reasons) {
      reason = decoder.Text(kNameBytesMax);
      count = decoder.U64();
    }
    file.diagnostics.resize(decoder.Count(kDiagnosticsMax, sizeof(std::uint32_t)));
    for (std::string& diagnostic : file.diagnostics) {
      diagnostic = decoder.Text(kTextBytesMax);
    }
  }
  DAY_TRY(decoder.Finish("SignaturesBuilt"));
  return message;
}

base::Status Append(const UseDatabase& message, std::string* out) {
  const std::size_t fd_count = (message.has_rules ? 1u : 0u) + (message.has_signatures ? 1u : 0u) +
                               message.module_data.size();
  const std::size_t begin =
      BeginFrame(MessageType::kUseDatabase, static_cast<std::uint32_t>(fd_count), out);
  Encoder encoder(out);
  encoder.Bool(message.has_rules);
  encoder.U64(message.rules_bytes);
  encoder.Bool(message.has_signatures);
  encoder.U64(message.signatures_bytes);
  encoder.Count(message.module_data.size());
  for (const auto& [module, size_bytes] : message.module_data) {
    encoder.Text(module);
    encoder.U64(size_bytes);
  }
  EncodeExternals(message.externals, &encoder);
  EncodeNames(message.dump_modules, &encoder);
  encoder.Bool(message.want_rule_table);
  encoder.Bool(message.want_metas);
  EncodeSettings(message.settings, &encoder);
  return EndFrame(begin, out);
}

base::Result<UseDatabase> DecodeUseDatabase(base::Bytes payload) {
  Decoder decoder(payload);
  UseDatabase message;
  message.has_rules = decoder.Bool();
  message.rules_bytes = decoder.U64();
  message.has_signatures = decoder.Bool();
  message.signatures_bytes = decoder.U64();
  message.module_data.resize(decoder.Count(kModulesMax, 12));
  for (auto& [module, size_bytes] : message.module_data) {
    module = decoder.Text(kNameBytesMax);
    size_bytes = decoder.U64();
  }
  message.externals = DecodeExternals(&decoder);
  message.dump_modules = DecodeNames(kModulesMax, &decoder);
  message.want_rule_table = decoder.Bool();
  message.want_metas = decoder.Bool();
  message.settings = DecodeSettings(&decoder);
  DAY_TRY(decoder.Finish("UseDatabase"));
  return message;
}

base::Status Append(const DatabaseReady& message, std::string* out) {
  const std::size_t begin = BeginFrame(MessageType::kDatabaseReady, 0, out);
  Encoder encoder(out);
  encoder.Bool(message.ok);
  encoder.Text(message.error);
  encoder.U32(message.rule_count);
  encoder.U32(message.string_count);
  encoder.U64(message.signature_count);
  return EndFrame(begin, out);
}

base::Result<DatabaseReady> DecodeDatabaseReady(base::Bytes payload) {
  Decoder decoder(payload);
  DatabaseReady message;
  message.ok = decoder.Bool();
  message.error = decoder.Text(kTextBytesMax);
  message.rule_count = decoder.U32();
  message.string_count = decoder.U32();
  message.signature_count = decoder.U64();
  DAY_TRY(decoder.Finish("DatabaseReady"));
  return message;
}

base::Status Append(const Stats& message, std::string* out) {
  const std::size_t begin = BeginFrame(MessageType::kStats, 0, out);
  Encoder encoder(out);
  encoder.U64(message.files);
  encoder.U64(message.bytes);
  encoder.U64(message.cpu_ns);
  return EndFrame(begin, out);
}

base::Result<Stats> DecodeStats(base::Bytes payload) {
  Decoder decoder(payload);
  Stats message;
  message.files = decoder.U64();
  message.bytes = decoder.U64();
  message.cpu_ns = decoder.U64();
  DAY_TRY(decoder.Finish("Stats"));
  return message;
}

}  // namespace day::workerproto
