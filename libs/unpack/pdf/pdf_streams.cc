// PdfReader's streams: where their data is, how it is encrypted and by which filters it is decoded.
#include <algorithm>
#include <utility>

#include "libs/base/find.h"
#include "libs/unpack/pdf/pdf_reader.h"
#include "libs/unpack/pdf/written_filters.h"

namespace day::unpack::pdf {
namespace {

// Whether a stream may end here: an end of line, and its word.
bool IsEndOfStream(std::string_view rest) {
  constexpr std::size_t kWhiteMax = 4;
  std::size_t at = 0;
  while (at < std::min(kWhiteMax, rest.size()) && IsWhite(rest[at])) {
    ++at;
  }
  rest.remove_prefix(at);
  return rest.starts_with("endstream") || rest.starts_with("endobj");
}

// What stands behind the last "obj", or all of it.
std::string_view BehindObjectWord(std::string_view text) {
  constexpr std::string_view kWord = "obj";
  const std::size_t found = text.rfind(kWord);
  return found == std::string_view::npos ? text : text.substr(found + kWord.size());
}

bool IsLimit(std::string_view gap) { return gap.starts_with("limit "); }

bool HasFilters(const auto& reading) {
  return std::any_of(reading.steps.begin(), reading.steps.end(), [](const auto& step) {
    return step.filter != Filter::kImage && step.filter != Filter::kCrypt;
  });
}

}  // namespace

// The next part of the streams of this sort.
std::optional<Part> PdfReader::NextStream(bool object_streams, base::Budget& budget,
                                          inflate::Inflater& inflater,
                                          inflate::OutputBuffer& buffer) {
  while (true) {
    while (reading_ < readings_.size()) {
      Part part = DecodeReading(budget, inflater, buffer);
      ++reading_;
      if (object_streams && !part.content.empty()) {
        ReadObjectStream(part.content, budget);
        table_.Forget();
      }
      if ((!part.content.empty() || !part.gap.empty()) && !IsNoise(part)) {
        return part;
      }
    }
    // An encrypted file that says elsewhere that it is not: its streams as they are, too.
    if (security_ && has_plain_trailer_ && !is_plain_copy_ && !readings_.empty()) {
      is_plain_copy_ = true;
      reading_ = 0;
      continue;
    }
    is_plain_copy_ = false;
    readings_.clear();
    reading_ = 0;
    do {
      if (at_ >= streams_.size()) {
        return std::nullopt;
      }
      ++at_;
    } while (streams_[at_ - 1].is_object_stream != object_streams);
    if (!OpenStream(budget)) {
      return std::nullopt;
    }
  }
}

// Words that look like a damaged stream, as programs that read PDF have them: texts with zeros
// between them.
bool PdfReader::IsNoise(const Part& part) const {
  constexpr std::size_t kBytesMin = 16;
  const Stream& stream = streams_[at_ - 1];
  return stream.is_loose && !part.gap.empty() && part.content.size() < kBytesMin &&
         stream.object.text.find('\0') != std::string_view::npos;
}

// Reads the dictionary of the stream before at_.
bool PdfReader::OpenStream(base::Budget& budget) {
  const Stream& stream = streams_[at_ - 1];
  const std::string_view text = stream.object.text;
  table_.Forget();
  if (!table_.Parse(text, 0, Extent::kIndirectObject, kTokensMax, budget, parsed_)) {
    at_ = streams_.size();
    return false;
  }
  data_ = DataOf(stream, budget);
  readings_ = ReadingsOf(RootOf(parsed_), budget);
  AddWrittenReading();
  return true;
}

base::Bytes PdfReader::DataOf(const Stream& stream, base::Budget& budget) {
  const auto data = static_cast<std::size_t>(std::min<std::uint64_t>(stream.data, text_.size()));
  const Value length = table_.Resolve(RootOf(parsed_).Find("Length"), budget);
  if (length.IsNumber() && length.Integer() >= 0 &&
      static_cast<std::uint64_t>(length.Integer()) <= text_.size() - data) {
    const auto size = static_cast<std::size_t>(length.Integer());
    if (IsEndOfStream(text_.substr(data + size))) {
      return file_.subspan(data, size);
    }
  }
  return DataOf(stream);
}

// Up to the end that was found.
base::Bytes PdfReader::DataOf(const Stream& stream) const {
  const auto data = static_cast<std::size_t>(std::min<std::uint64_t>(stream.data, text_.size()));
  auto end = static_cast<std::size_t>(std::max<std::uint64_t>(stream.end, data));
  if (end < text_.size()) {  // the end of line in front of "endstream" is not data
    if (end > data && text_[end - 1] == '\n') {
      --end;
    }
    if (end > data && text_[end - 1] == '\r') {
      --end;
    }
  }
  return file_.subspan(data, end - data);
}

// Adds the streams whose objects or dictionaries are too damaged to lead to them. Returns where
// each "endstream" stands.
std::vector<std::size_t> PdfReader::FindLooseStreams() {
  constexpr std::string_view kWord = "stream";
  constexpr std::size_t kRare = 2;
  constexpr std::size_t kDictionaryMax = 4096;
  constexpr std::size_t kBehindWordMax = 8;
  std::vector<std::uint64_t> known;
  known.reserve(streams_.size());
  for (const Stream& stream : streams_) {
    known.push_back(stream.data);
  }
  std::sort(known.begin(), known.end());
  std::vector<std::size_t> end_words;
  std::size_t behind_last = 0;
  for (std::size_t at = base::FindBy(text_, kWord, kRare); at != std::string_view::npos;
       at = base::FindBy(text_, kWord, kRare, at + kWord.size())) {
    const std::size_t behind = at + kWord.size();
    const bool is_end = at >= 3 && text_.substr(at - 3, 3) == "end";
    if (is_end) {
      end_words.push_back(at - 3);
      behind_last = behind;
      continue;
    }
    // A few damaged characters may stand behind the word.
    const std::size_t line_end = text_.substr(behind, kBehindWordMax).find_first_of("\r\n");
    const std::size_t data =
        line_end == std::string_view::npos ? behind : DataBehind(behind + line_end);
    if (data == behind || std::binary_search(known.begin(), known.end(), data)) {
      behind_last = behind;
      continue;
    }
    if (streams_.size() >= kObjectsMax) {
      NoteLimit("pdf_objects_max");
      return end_words;
    }
    const std::size_t begin = std::max(behind_last, at - std::min(at, kDictionaryMax));
    std::string_view dictionary = text_.substr(begin, at - begin);
    dictionary = BehindObjectWord(dictionary);
    behind_last = behind;
    Stream stream;
    stream.object.text = dictionary;
    stream.is_loose = true;
    stream.data = data;
    stream.end = FindEndOfStream(data);
    if (!FiltersWrittenIn(dictionary, DataOf(stream)).empty()) {
      streams_.push_back(stream);
    }
  }
  return end_words;
}

// Adds the streams whose own word is damaged: there is an "endstream", and no stream that it ends.
void PdfReader::FindUnnamedStreams(const std::vector<std::size_t>& end_words) {
  constexpr std::string_view kWord = "endstream";
  std::vector<std::uint64_t> ends;
  ends.reserve(streams_.size());
  for (const Stream& stream : streams_) {
    ends.push_back(stream.end);
  }
  std::sort(ends.begin(), ends.end());
  std::size_t behind_last = 0;
  for (const std::size_t at : end_words) {
    const std::size_t begin = std::exchange(behind_last, at + kWord.size());
    if (std::binary_search(ends.begin(), ends.end(), at) || streams_.size() >= kObjectsMax) {
      continue;
    }
    const std::string_view between = text_.substr(begin, at - begin);
    const std::size_t dictionary_end = between.find(">>");
    const std::size_t line_end = between.find_first_of("\r\n", dictionary_end);
    if (dictionary_end == std::string_view::npos || line_end == std::string_view::npos) {
      continue;
    }
    Stream stream;
    std::string_view dictionary = between.substr(0, dictionary_end + 2);
    dictionary = BehindObjectWord(dictionary);
    stream.object.text = dictionary;
    stream.is_loose = true;
    // The word may stand in a line of its own.
    const std::size_t next = std::min(between.find_first_not_of("\r\n", line_end), between.size());
    const std::size_t own = between.substr(next, kWord.size() + 2).find_first_of("\r\n");
    stream.data = begin + (own == std::string_view::npos ? next : next + own + 1);
    stream.end = at;
    if (!FiltersWrittenIn(stream.object.text, DataOf(stream)).empty()) {
      streams_.push_back(stream);
    }
  }
}

// Another reading, if the words of the dictionary say something else than its entries.
void PdfReader::AddWrittenReading() {
  constexpr std::size_t kDictionaryMax = 4096;
  const Stream& stream = streams_[at_ - 1];
  const std::string_view dictionary = stream.object.text.substr(
      0, stream.is_loose ? kDictionaryMax : std::min(parsed_.end, kDictionaryMax));
  Reading written;
  written.is_guess = !stream.is_loose;
  for (const WrittenFilter& filter : FiltersWrittenIn(dictionary, data_)) {
    written.steps.push_back({filter.filter, filter.parameters, {}});
  }
  const auto is_same = [&written](const Reading& reading) {
    std::vector<FilterStep> steps = reading.steps;
    std::erase_if(steps, [](const FilterStep& step) {
      return step.filter == Filter::kCrypt || step.filter == Filter::kImage;
    });
    return steps == written.steps && reading.gap.empty();
  };
  if (!written.steps.empty() && std::none_of(readings_.begin(), readings_.end(), is_same)) {
    readings_.push_back(std::move(written));
  }
}

// Every way in which viewers may read the dictionary: an entry that stands there twice, or an
// object that does.
std::vector<PdfReader::Reading> PdfReader::ReadingsOf(Value dictionary, base::Budget& budget) {
  const auto all = [&dictionary](std::string_view key, std::string_view abbreviation) {
    auto values = dictionary.FindAll(key, kReadingsMax);
    return values.empty() ? dictionary.FindAll(abbreviation, kReadingsMax) : values;
  };
  std::vector<Value> parameters = all("DecodeParms", "DP");
  if (parameters.empty()) {
    parameters.emplace_back();
  }
  std::vector<Reading> readings;
  const auto add = [&readings](Reading reading) {
    const bool known = std::any_of(readings.begin(), readings.end(), [&](const Reading& other) {
      return other.steps == reading.steps && other.gap == reading.gap;
    });
    if (!known && readings.size() < kReadingsMax) {
      readings.push_back(std::move(reading));
    }
  };
  for (const Value filter : all("Filter", "F")) {
    for (const Value filters : table_.ResolveAll(filter, kReadingsMax, budget)) {
      for (const Value parameter : parameters) {
        add(ReadingOf(filters, table_.Resolve(parameter, budget), budget));
      }
    }
  }
  if (readings.empty()) {
    readings.emplace_back();
  }
  return readings;
}

PdfReader::Reading PdfReader::ReadingOf(Value filters, Value parameters, base::Budget& budget) {
  Reading reading;
  if (!filters.Is(TokenKind::kArray)) {
    const Value single = parameters.Is(TokenKind::kArray)
                             ? table_.Resolve(parameters.FirstChild(), budget)
                             : parameters;
    AddStep(filters, single, budget, reading);
    return reading;
  }
  Value parameter = parameters.Is(TokenKind::kArray) ? parameters.FirstChild() : parameters;
  for (Value filter = filters.FirstChild(); filter && reading.gap.empty();
       filter = filter.NextSibling()) {
    if (reading.steps.size() >= kFiltersMax) {
      reading.gap = "limit pdf_filters_max";
      break;
    }
    AddStep(table_.Resolve(filter, budget), table_.Resolve(parameter, budget), budget, reading);
    // One dictionary beside an array of filters: viewers take it for all of them.
    if (parameters.Is(TokenKind::kArray)) {
      parameter = parameter.NextSibling();
    }
  }
  return reading;
}

void PdfReader::AddStep(Value filter, Value parameters, base::Budget& budget, Reading& reading) {
  if (!filter.Is(TokenKind::kName)) {
    return;
  }
  const std::string name = filter.Name();
  const auto known = FilterByName(name);
  if (!known) {
    reading.gap = "unsupported: filter " + name.substr(0, 40);
    return;
  }
  FilterStep step;
  step.filter = *known;
  const auto number = [&](std::string_view key, std::int64_t& value) {
    const Value entry = table_.Resolve(parameters.Find(key), budget);
    value = entry.IsNumber() ? entry.Integer() : value;
  };
  if (step.filter == Filter::kFlate || step.filter == Filter::kLzw) {
    number("Predictor", step.parameters.predictor);
    number("Colors", step.parameters.colors);
    number("BitsPerComponent", step.parameters.bits_per_component);
    number("Columns", step.parameters.columns);
    number("EarlyChange", step.parameters.early_change);
  } else if (step.filter == Filter::kCrypt) {
    step.crypt_name = table_.Resolve(parameters.Find("Name"), budget).Name();
    step.crypt_name = step.crypt_name.empty() ? "Identity" : step.crypt_name;
  }
  reading.steps.push_back(std::move(step));
}

Cipher PdfReader::CipherOf(const Reading& reading) const {
  if (!security_ || is_plain_copy_) {
    return Cipher::kIdentity;
  }
  const Value type = RootOf(parsed_).Find("Type");
  if (type.IsName("XRef") || (type.IsName("Metadata") && !security_->encrypts_metadata())) {
    return Cipher::kIdentity;
  }
  for (const FilterStep& step : reading.steps) {
    if (step.filter == Filter::kCrypt) {
      return security_->ByName(step.crypt_name);
    }
  }
  return type.IsName("EmbeddedFile") ? security_->files() : security_->streams();
}

std::string PdfReader::PartName() const {
  const Object& object = streams_[at_ - 1].object;
  std::string name =
      "object " + std::to_string(object.number) + " " + std::to_string(object.generation);
  if (const auto file = file_names_.find(object.number);
      file != file_names_.end() && !file->second.empty()) {
    name = file->second;
  }
  const std::size_t reading = reading_ + (is_plain_copy_ ? readings_.size() : 0);
  return reading == 0 ? name : name + " (" + std::to_string(reading + 1) + ")";
}

Part PdfReader::DecodeReading(base::Budget& budget, inflate::Inflater& inflater,
                              inflate::OutputBuffer& buffer) {
  const Reading& reading = readings_[reading_];
  const Object& object = streams_[at_ - 1].object;
  Part part;
  part.name = PartName();
  part.is_script = script_objects_.contains(object.number);
  const Cipher cipher = CipherOf(reading);
  base::Bytes input = data_;
  if (cipher != Cipher::kIdentity && cipher != Cipher::kUnknown) {
    decrypted_ = security_->Decrypt(cipher, object.number, object.generation, base::AsText(data_));
    input = base::AsBytes(decrypted_);
  }
  part.gap = Run(reading, input, budget, inflater, buffer, part.content);
  if (reading.is_guess && !IsLimit(part.gap)) {
    part.gap.clear();
  }
  if (cipher != Cipher::kIdentity && !part.gap.empty() && !IsLimit(part.gap) &&
      HasFilters(reading)) {
    // A stream that its writer forgot to encrypt.
    const std::string gap = Run(reading, data_, budget, inflater, buffer, part.content);
    if (gap.empty()) {
      part.gap.clear();
    } else if (!IsLimit(gap)) {
      part.gap = Run(reading, input, budget, inflater, buffer, part.content);
    }
  }
  if (cipher == Cipher::kUnknown && !(HasFilters(reading) && part.gap.empty())) {
    part.content = {};
    part.gap = "unsupported: crypt filter";
  }
  const bool is_clear_text = is_encrypted_ && !security_;
  if ((is_clear_text || is_plain_copy_) && !IsLimit(part.gap) &&
      !(HasFilters(reading) && part.gap.empty())) {
    // Encrypted, which problem() says; or the other reading of what was given already. What came
    // out of filters before they failed may not have been encrypted.
    const bool keep = is_plain_copy_ ? !HasFilters(reading) : HasFilters(reading);
    part.content = keep ? part.content : base::Bytes();
    part.gap.clear();
  }
  return part;
}

// Runs the data through the filters. The gap's reason; `content` is what came out.
std::string PdfReader::Run(const Reading& reading, base::Bytes input, base::Budget& budget,
                           inflate::Inflater& inflater, inflate::OutputBuffer& buffer,
                           base::Bytes& content) {
  inflate::OutputBuffer* out = &buffer;
  inflate::OutputBuffer* other = &spare_;
  std::string gap = reading.gap;
  bool is_copy = true;
  content = input;
  for (const FilterStep& step : reading.steps) {
    if (step.filter == Filter::kImage) {
      break;
    }
    if (step.filter == Filter::kCrypt) {
      continue;
    }
    out->Clear();
    std::string reason = Decode(step.filter, step.parameters, content, budget, inflater, *out);
    if (HasPredictor(step.parameters)) {
      const std::string wrong = UndoPredictor(step.parameters, *out);
      reason = reason.empty() ? wrong : reason;
    }
    is_copy = false;
    content = out->bytes();
    std::swap(out, other);
    gap = reason.empty() ? gap : reason;
    if (IsLimit(reason)) {
      return gap;
    }
  }
  if (is_copy) {
    const base::BudgetLimits& limits = budget.limits();
    const std::uint64_t left =
        limits.bytes_out_max - std::min(limits.bytes_out_max, budget.bytes_out());
    const std::uint64_t room = std::min(left, limits.file_bytes_max);
    if (content.size() > room) {
      const base::Limit limit =
          left < limits.file_bytes_max ? base::Limit::kBytesOut : base::Limit::kFileBytes;
      (void)budget.Exceed(limit);
      gap = "limit " + std::string(base::LimitName(limit));
      content = content.first(static_cast<std::size_t>(room));
    }
    (void)budget.SpendBytesOut(content.size());
  }
  return gap;
}

}  // namespace day::unpack::pdf
