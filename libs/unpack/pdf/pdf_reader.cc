#include "libs/unpack/pdf/pdf_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "libs/base/find.h"

namespace day::unpack::pdf {
namespace {

constexpr std::string_view kEndOfFile = "%%EOF";
constexpr std::size_t kTrailersMax = 64;
constexpr std::size_t kIdsMax = 8;
constexpr std::size_t kFileNameBytesMax = 1024;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The number that ends at `end`; moves `end` in front of it and of the blanks before.
std::uint32_t NumberBefore(std::string_view text, std::size_t& end) {
  constexpr std::size_t kDigitsMax = 10;
  while (end > 0 && IsWhite(text[end - 1])) {
    --end;
  }
  std::size_t start = end;
  while (start > 0 && end - start < kDigitsMax && IsDigit(text[start - 1])) {
    --start;
  }
  std::uint64_t value = 0;
  for (std::size_t i = start; i < end; ++i) {
    value = value * 10 + static_cast<std::uint64_t>(text[i] - '0');
  }
  end = start;
  return static_cast<std::uint32_t>(value);
}

// Whether two numbers stand there, as in front of "obj".
bool HasNumbersBefore(std::string_view text, std::size_t end) {
  for (int number = 0; number < 2; ++number) {
    const std::size_t start = end;
    while (end > 0 && IsWhite(text[end - 1])) {
      --end;
    }
    if (end == start || end == 0 || !IsDigit(text[end - 1])) {
      return false;
    }
    while (end > 0 && IsDigit(text[end - 1])) {
      --end;
    }
  }
  return true;
}

// Whether an object says that it is an encryption dictionary, in a way that damage leaves.
bool NamesStandardSecurity(std::string_view object) {
  constexpr std::size_t kLookedAtMax = 256;
  return object.substr(0, kLookedAtMax).find("/Standard") != std::string_view::npos;
}

// Whether what stands behind an end of file goes on as a PDF file.
bool IsContinued(std::string_view rest) {
  for (const std::string_view word : {"xref", "trailer", "startxref", "<<", "%"}) {
    if (rest.starts_with(word) && !rest.starts_with("%!")) {
      return true;
    }
  }
  std::size_t at = 0;
  for (int number = 0; number < 2; ++number) {
    const std::size_t start = at;
    while (at < rest.size() && IsDigit(rest[at])) {
      ++at;
    }
    if (at == start) {
      return false;
    }
    while (at < rest.size() && IsWhite(rest[at])) {
      ++at;
    }
  }
  return rest.substr(at).starts_with("obj");
}

// A file's own name, without what would forge paths or lines.
std::string FileNameOf(std::string bytes) {
  std::string name = TextOf(std::move(bytes)).substr(0, kFileNameBytesMax);
  for (char& c : name) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7F') {
      c = '?';
    }
  }
  return name;
}

}  // namespace

PdfReader::PdfReader(base::Bytes file)
    : file_(file),
      text_(base::AsText(file)),
      table_(kWorkFreeBytes + kWorkRatioMax * std::uint64_t{file.size()}) {}

bool PdfReader::HasHeader(base::Bytes file) {
  const std::string_view start = base::AsText(base::ClippedSlice(file, 0, kHeaderBytesMax));
  return base::FindBy(start, "%PDF-", 0) != std::string_view::npos ||
         (start.starts_with("%!PS-Adobe-") &&
          start.substr(0, 40).find(" PDF-") != std::string_view::npos);
}

bool PdfReader::IsPdf(base::Bytes file) {
  if (HasHeader(file)) {
    return true;
  }
  const std::string_view text = base::AsText(file);
  const std::string_view start = text.substr(0, kHeaderBytesMax);
  const std::string_view end = text.substr(text.size() - std::min(text.size(), kHeaderBytesMax));
  return end.find("startxref") != std::string_view::npos &&
         end.find(kEndOfFile) != std::string_view::npos &&
         start.find(" 0 obj") != std::string_view::npos;
}

void PdfReader::NoteLimit(std::string_view name) {
  if (problem_.empty()) {
    problem_ = "limit " + std::string(name);
  }
}

std::optional<Part> PdfReader::Next(base::Budget& budget, inflate::Inflater& inflater,
                                    inflate::OutputBuffer& buffer) {
  while (stage_ != Stage::kEnd) {
    std::optional<Part> part;
    switch (stage_) {
      case Stage::kStart:
        ReadFile(budget);
        break;
      case Stage::kObjectStreams:
        part = NextStream(/*object_streams=*/true, budget, inflater, buffer);
        break;
      case Stage::kStreams:
        part = NextStream(/*object_streams=*/false, budget, inflater, buffer);
        break;
      case Stage::kScripts:
        part = NextScript(budget, buffer);
        break;
      case Stage::kActions:
        part = Actions(budget, buffer);
        break;
      case Stage::kLinks:
        part = Links(budget, buffer);
        break;
      case Stage::kTrailing:
        part = Trailing(budget);
        break;
      case Stage::kEnd:
        break;
    }
    if (part) {
      return part;
    }
    // Everything in object streams is known before other streams are named.
    if (stage_ == Stage::kObjectStreams) {
      NameFiles(budget);
    }
    at_ = 0;
    stage_ = static_cast<Stage>(static_cast<std::uint8_t>(stage_) + 1);
  }
  if (table_.out_of_work()) {
    NoteLimit("pdf_work_max");
  }
  return std::nullopt;
}

// Finds every "obj", wherever it stands.
void PdfReader::ReadFile(base::Budget& budget) {
  constexpr std::string_view kWord = "obj";
  constexpr std::size_t kRare = 2;
  for (std::size_t at = base::FindBy(text_, kWord, kRare); at != std::string_view::npos;
       at = base::FindBy(text_, kWord, kRare, at + kWord.size())) {
    const char before = at > 0 ? text_[at - 1] : ' ';
    const char behind = at + kWord.size() < text_.size() ? text_[at + kWord.size()] : ' ';
    if ((IsRegular(before) && !IsDigit(before)) ||
        (IsLetter(behind) && !HasNumbersBefore(text_, at))) {
      continue;
    }
    if (table_.out_of_work()) {
      break;
    }
    ReadObjectAt(at, budget);
  }
  ReadTrailers(budget);
  FindTrailing();
  FindUnnamedStreams(FindLooseStreams());
  if (is_encrypted_ || !encryption_.empty()) {
    OpenSecurity(budget);
  }
}

void PdfReader::ReadObjectAt(std::size_t word, base::Budget& budget) {
  std::size_t at = word;
  Object object;
  object.generation = NumberBefore(text_, at);
  object.number = NumberBefore(text_, at);
  object.text = text_.substr(word + 3);
  if (!table_.Parse(object.text, 0, Extent::kIndirectObject, kTokensMax, budget, parsed_)) {
    return;
  }
  if (parsed_.tokens.empty()) {
    return;
  }
  if (!table_.Add(object)) {
    NoteLimit("pdf_objects_max");
    return;
  }
  if (parsed_.stop == ParsedObject::Stop::kTooManyTokens) {
    NoteLimit("pdf_tokens_max");
  }
  const auto index = static_cast<std::uint32_t>(table_.objects().size() - 1);
  const Value root = RootOf(parsed_);
  if (parsed_.stop == ParsedObject::Stop::kStream) {
    AddStream(object, parsed_);
    if (root.Find("Type").IsName("XRef")) {
      NoteTrailer(root);
    }
  } else if ((root.Find("Filter").Is(TokenKind::kName) && root.Find("O") && root.Find("U")) ||
             NamesStandardSecurity(object.text.substr(0, parsed_.end))) {
    encryption_.push_back(index);
  }
  hides_names_ = hides_names_ || parsed_.has_hidden_name;
  if (!CollectFindings(parsed_, object, table_, findings_)) {
    NoteLimit("pdf_actions_max");
  }
}

// Where the data starts behind the word "stream", which ends here.
std::size_t PdfReader::DataBehind(std::size_t word) const {
  std::size_t line = word;
  while (line < text_.size() && (text_[line] == ' ' || text_[line] == '\t')) {
    ++line;
  }
  if (text_.substr(line).starts_with("\r\n")) {
    return line + 2;
  }
  return line < text_.size() && (text_[line] == '\n' || text_[line] == '\r') ? line + 1 : word;
}

void PdfReader::AddStream(const Object& object, const ParsedObject& parsed) {
  const Value root = RootOf(parsed);
  Stream stream;
  stream.object = object;
  stream.data =
      DataBehind(static_cast<std::size_t>(object.text.data() - text_.data()) + parsed.end);
  stream.end = FindEndOfStream(stream.data);
  // By what it has, whatever it is called: some readers do not look at the type.
  stream.is_object_stream =
      root.Find("Type").IsName("ObjStm") || (root.Find("N") && root.Find("First"));
  streams_.push_back(stream);
}

std::uint64_t PdfReader::FindEndOfStream(std::uint64_t data_offset) {
  const auto data = static_cast<std::size_t>(data_offset);
  if (data < endstream_from_ || data > endstream_) {
    endstream_from_ = data;
    endstream_ = std::min(base::FindBy(text_, "endstream", 8, data), text_.size());
    (void)table_.SpendWork(endstream_ - std::min(data, endstream_));
  }
  return endstream_;
}

void PdfReader::NoteTrailer(Value dictionary) {
  if (dictionary.Find("Encrypt")) {
    is_encrypted_ = true;
  } else {
    has_plain_trailer_ = true;
  }
  const Value id = dictionary.Find("ID").FirstChild();
  if (id.IsString() && ids_.size() < kIdsMax) {
    ids_.push_back(id.Bytes());
  }
}

void PdfReader::ReadTrailers(base::Budget& budget) {
  constexpr std::string_view kWord = "trailer";
  constexpr std::size_t kRare = 4;
  std::size_t count = 0;
  for (std::size_t at = base::FindBy(text_, kWord, kRare);
       at != std::string_view::npos && count < kTrailersMax;
       at = base::FindBy(text_, kWord, kRare, at + kWord.size()), ++count) {
    if (!table_.Parse(text_, at + kWord.size(), Extent::kOneValue, kTokensMax, budget, parsed_)) {
      return;
    }
    const Value root(parsed_, 0);
    if (!root.Is(TokenKind::kDictionary)) {
      continue;
    }
    NoteTrailer(root);
    if (const Value direct = root.Find("Encrypt"); direct.Is(TokenKind::kDictionary)) {
      Object object;
      object.text = text_.substr(static_cast<std::size_t>(direct.text().data() - text_.data()));
      if (table_.Add(object)) {
        encryption_.push_back(static_cast<std::uint32_t>(table_.objects().size() - 1));
      }
    }
    Object trailer;
    trailer.text = text_.substr(at + kWord.size());
    if (!CollectFindings(parsed_, trailer, table_, findings_)) {
      NoteLimit("pdf_actions_max");
    }
  }
}

// The first end of file outside of streams behind which something else starts.
void PdfReader::FindTrailing() {
  std::size_t stream = 0;
  for (std::size_t at = base::FindBy(text_, kEndOfFile, 0); at != std::string_view::npos;
       at = base::FindBy(text_, kEndOfFile, 0, at + kEndOfFile.size())) {
    while (stream < streams_.size() && streams_[stream].end < at) {
      ++stream;
    }
    if (stream < streams_.size() && streams_[stream].data <= at &&
        streams_[stream].end < text_.size()) {
      continue;
    }
    std::size_t rest = at + kEndOfFile.size();
    while (rest < text_.size() && IsWhite(text_[rest])) {
      ++rest;
    }
    if (rest < text_.size() && !IsContinued(text_.substr(rest))) {
      trailing_ = rest;
      return;
    }
  }
}

// The objects in a decoded object stream: pairs of numbers and offsets stand in front.
void PdfReader::ReadObjectStream(base::Bytes content, base::Budget& budget) {
  const Value dictionary = RootOf(parsed_);
  const std::int64_t first = table_.Resolve(dictionary.Find("First"), budget).Integer();
  if (content.size() > kKeptBytesMax - std::min(kKeptBytesMax, kept_bytes_)) {
    NoteLimit("pdf_object_streams_max");
    return;
  }
  kept_bytes_ += content.size();
  const std::string_view text = kept_.emplace_back(base::AsText(content));
  ParsedObject pairs;
  const std::string_view head =
      text.substr(0, static_cast<std::size_t>(std::clamp<std::int64_t>(
                         first, 0, static_cast<std::int64_t>(text.size()))));
  if (!table_.Parse(head, 0, Extent::kIndirectObject, kTokensMax, budget, pairs)) {
    return;
  }
  ParsedObject parsed;
  for (std::uint32_t i = 0; i + 1 < pairs.tokens.size(); i += 2) {
    const std::int64_t offset = first + Value(pairs, i + 1).Integer();
    if (offset < 0 || offset >= static_cast<std::int64_t>(text.size())) {
      continue;
    }
    Object object;
    object.number = static_cast<std::uint32_t>(Value(pairs, i).Integer());
    object.in_object_stream = true;
    object.text = text.substr(static_cast<std::size_t>(offset));
    if (!table_.Parse(object.text, 0, Extent::kOneValue, kTokensMax, budget, parsed)) {
      return;
    }
    if (!table_.Add(object)) {
      NoteLimit("pdf_objects_max");
      return;
    }
    if (!CollectFindings(parsed, object, table_, findings_)) {
      NoteLimit("pdf_actions_max");
    }
  }
}

// Gives the streams of embedded files their names, and finds out which streams are scripts.
void PdfReader::NameFiles(base::Budget& budget) {
  for (const Finding& finding : findings_) {
    if (finding.kind == Finding::Kind::kScriptReference) {
      script_objects_.insert(finding.target);
    } else if (finding.kind == Finding::Kind::kFileName) {
      file_names_.try_emplace(finding.stream, FileNameOf(StringOf(finding, budget)));
    } else if (finding.kind == Finding::Kind::kFileNames) {
      const std::string name = FileNameOf(StringOf(finding, budget));
      for (const Object* object : table_.Find(finding.stream, 1)) {
        ParsedObject files;
        if (!table_.Parse(object->text, 0, Extent::kOneValue, kTokensMax, budget, files)) {
          return;
        }
        for (Value at = Value(files, 0).FirstChild(); at; at = at.NextSibling()) {
          if (at.IsReference()) {
            file_names_.try_emplace(at.Integer(), name);
          }
        }
      }
    }
  }
}

std::string PdfReader::Decrypted(const Object& object, std::string bytes) const {
  if (!security_ || object.in_object_stream) {
    return bytes;
  }
  return security_->Decrypt(security_->strings(), object.number, object.generation, bytes);
}

std::string PdfReader::StringOf(const Finding& finding, base::Budget& budget) {
  if (finding.text.empty() && finding.target != 0) {
    for (const Object* object : table_.Find(finding.target, 1)) {
      ParsedObject parsed;
      if (table_.Parse(object->text, 0, Extent::kOneValue, kTokensMax, budget, parsed)) {
        return Decrypted(*object, Value(parsed, 0).Bytes());
      }
    }
    return {};
  }
  ParsedObject token;
  token.tokens.push_back(
      {finding.is_hex ? TokenKind::kHexString : TokenKind::kString, 1, Token::kNone, finding.text});
  Object object;
  object.number = finding.number;
  object.generation = finding.generation;
  object.in_object_stream = !finding.is_encrypted;
  return Decrypted(object, Value(token, 0).Bytes());
}

Part PdfReader::TextPart(std::string name, std::string_view text, base::Budget& budget,
                         inflate::OutputBuffer& buffer) {
  Part part;
  part.name = std::move(name);
  const base::BudgetLimits& limits = budget.limits();
  const std::uint64_t left =
      limits.bytes_out_max - std::min(limits.bytes_out_max, budget.bytes_out());
  const std::uint64_t room = std::min(left, limits.file_bytes_max);
  if (text.size() > room) {
    const base::Limit limit =
        left < limits.file_bytes_max ? base::Limit::kBytesOut : base::Limit::kFileBytes;
    (void)budget.Exceed(limit);
    part.gap = "limit " + std::string(base::LimitName(limit));
    text = text.substr(0, static_cast<std::size_t>(room));
  }
  (void)budget.SpendBytesOut(text.size());
  buffer.Clear();
  if (!buffer.Append(base::AsBytes(text))) {
    part.gap = "no memory";
  }
  part.content = buffer.bytes();
  return part;
}

std::optional<Part> PdfReader::NextScript(base::Budget& budget, inflate::OutputBuffer& buffer) {
  while (at_ < findings_.size()) {
    const Finding& finding = findings_[at_++];
    const bool is_reference = finding.kind == Finding::Kind::kScriptReference;
    if (finding.kind != Finding::Kind::kScript &&
        !(is_reference && script_objects_.erase(finding.target) == 1)) {
      continue;
    }
    const std::string script = TextOf(StringOf(finding, budget));
    if (script.empty()) {
      continue;
    }
    Part part = TextPart("(javascript " + std::to_string(++scripts_) + ")", script, budget, buffer);
    part.is_script = true;
    return part;
  }
  return std::nullopt;
}

std::optional<Part> PdfReader::Actions(base::Budget& budget, inflate::OutputBuffer& buffer) {
  std::string lines;
  for (; at_ < findings_.size() && lines.size() < budget.limits().file_bytes_max; ++at_) {
    const Finding& finding = findings_[at_];
    if (finding.kind != Finding::Kind::kAction) {
      continue;
    }
    lines += finding.label;
    if (!finding.text.empty() || finding.target != 0) {
      lines += ' ';
      lines += TextOf(StringOf(finding, budget));
    }
    lines += '\n';
  }
  if (lines.empty()) {
    return std::nullopt;
  }
  return TextPart("(actions)", lines, budget, buffer);
}

std::optional<Part> PdfReader::Links(base::Budget& budget, inflate::OutputBuffer& buffer) {
  std::set<std::string> lines;
  std::string text;
  std::string_view action;
  for (; at_ < findings_.size() && text.size() < budget.limits().file_bytes_max; ++at_) {
    const Finding& finding = findings_[at_];
    if (finding.kind != Finding::Kind::kAction) {
      continue;
    }
    if (finding.text.empty() && finding.target == 0) {
      action = finding.label;  // its targets follow
      continue;
    }
    const bool is_address = finding.label == "URI";
    const bool is_form = action == "SubmitForm" && finding.label == "file";
    std::string target = TextOf(StringOf(finding, budget));
    if (target.empty() || (!is_address && !is_form && target.find("://") == std::string::npos)) {
      continue;
    }
    std::replace_if(
        target.begin(), target.end(), [](char c) { return c >= 0 && c < ' '; }, '?');
    std::string line(is_address ? "a" : is_form ? "form" : action);
    line += ' ' + target + '\n';
    if (lines.insert(line).second) {
      text += line;
    }
  }
  if (text.empty()) {
    return std::nullopt;
  }
  Part part = TextPart("(links)", text, budget, buffer);
  part.is_links = true;
  return part;
}

std::optional<Part> PdfReader::Trailing(base::Budget& budget) {
  if (trailing_ == 0) {
    return std::nullopt;
  }
  Part part;
  part.name = "(trailing data)";
  part.is_rest = true;
  part.content = file_.subspan(std::exchange(trailing_, 0));
  const std::uint64_t left =
      budget.limits().bytes_out_max - std::min(budget.limits().bytes_out_max, budget.bytes_out());
  if (part.content.size() > left) {
    (void)budget.Exceed(base::Limit::kBytesOut);
    part.gap = "limit " + std::string(base::LimitName(base::Limit::kBytesOut));
    part.content = part.content.first(static_cast<std::size_t>(left));
  }
  (void)budget.SpendBytesOut(part.content.size());
  return part;
}

}  // namespace day::unpack::pdf
