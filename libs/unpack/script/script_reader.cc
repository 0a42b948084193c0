#include "libs/unpack/script/script_reader.h"

#include <algorithm>
#include <utility>

#include "libs/unpack/script/batch.h"
#include "libs/unpack/script/blobs.h"
#include "libs/unpack/script/decode.h"
#include "libs/unpack/script/gate.h"

namespace day::unpack::script {
namespace {

// Fewer signs than this are in every program.
constexpr std::size_t kSignsMin = 8;
// In a short text fewer count.
constexpr std::size_t kShortBytes = 16 * 1024;
constexpr std::size_t kShortSignsMin = 5;

// The stretches with the beginnings and ends of their lines, if those are near; put together in
// `storage` if there are several.
std::string_view Select(std::string_view text, const std::vector<Stretch>& stretches,
                        std::string& storage) {
  constexpr std::size_t kNear = 16 * 1024;
  storage.clear();
  std::size_t last_end = 0;
  for (const Stretch& stretch : stretches) {
    const std::size_t from = std::max(stretch.begin - std::min(stretch.begin, kNear), last_end);
    if (stretch.end <= last_end) {
      continue;
    }
    const std::size_t front = std::max(stretch.begin, from) - from;
    const std::size_t line = text.substr(from, front).rfind('\n');
    const std::size_t begin = line == std::string_view::npos ? from : from + line + 1;
    last_end = stretch.end + std::min(text.substr(stretch.end, kNear).find('\n'),
                                      std::min(kNear, text.size() - stretch.end));
    const std::string_view part = text.substr(begin, last_end - begin);
    if (stretches.size() == 1) {
      return part;
    }
    storage += part;
    storage += '\n';
  }
  return storage;
}

bool IsUtf16(std::string_view text) { return text.starts_with("\xFF\xFE"); }

}  // namespace

ScriptReader::ScriptReader(base::Bytes text, Certainty certainty)
    : rest_(base::AsText(text)), certainty_(certainty) {
  if (IsUtf16(rest_)) {
    // By the mark; what is no UTF-16 behind it becomes something odd, and no harm is done.
    converted_ = Utf16ToUtf8(rest_.substr(2));
    rest_ = converted_;
    is_utf16_ = NextPiece();
    rest_ = {};
    return;
  }
  NextPiece();
}

// Goes on to the next piece that shows signs; false if there is none.
bool ScriptReader::NextPiece() {
  while (!rest_.empty()) {
    const std::string_view piece = rest_.substr(0, kPieceBytesMax);
    rest_.remove_prefix(piece.size());
    const std::size_t signs_min = piece.size() <= kShortBytes ? kShortSignsMin : kSignsMin;
    const Signs signs = FindSigns(piece, certainty_ == Certainty::kScript ? 1 : signs_min);
    text_ = Select(piece, signs.disguises, layer_);
    words_ = Select(piece, signs.long_words, words_storage_);
    folds_ = !text_.empty();
    layers_ = 0;
    blob_at_ = 0;
    has_piece_ = folds_ || !words_.empty();
    if (has_piece_) {
      return true;
    }
  }
  return false;
}

// Evaluates what the last layer has; false if nothing much changed.
bool ScriptReader::NextLayer() {
  if (!folds_ || layers_ >= kLayersMax) {
    return false;
  }
  const std::uint64_t work_max = kWorkFreeBytes + kWorkRatioMax * text_.size();
  Folded folded = IsBatch(text_) ? UnfoldBatch(text_) : Fold(text_, GuessLanguage(text_), work_max);
  if (folded.is_cut && problem_.empty()) {
    problem_ = "limit script_work_max";
  }
  std::move(folded.blobs.begin(), folded.blobs.end(), std::back_inserter(numbers_));
  folds_ = folded.is_material;
  if (!folded.is_material) {
    return false;
  }
  layer_ = std::move(folded.text);
  text_ = layer_;
  words_ = layer_;
  ++layers_;
  return true;
}

Part ScriptReader::MakePart(std::string name, std::string_view content, base::Budget& budget,
                            inflate::OutputBuffer& buffer) {
  Part part;
  part.name = std::move(name);
  const base::BudgetLimits& limits = budget.limits();
  const std::uint64_t left =
      limits.bytes_out_max - std::min(limits.bytes_out_max, budget.bytes_out());
  const std::uint64_t room = std::min(left, limits.file_bytes_max);
  if (content.size() > room) {
    const base::Limit limit =
        left < limits.file_bytes_max ? base::Limit::kBytesOut : base::Limit::kFileBytes;
    (void)budget.Exceed(limit);
    part.gap = "limit " + std::string(base::LimitName(limit));
    content = content.substr(0, static_cast<std::size_t>(room));
  }
  (void)budget.SpendBytesOut(content.size());
  buffer.Clear();
  if (!buffer.Append(base::AsBytes(content))) {
    part.gap = "no memory";
  }
  part.content = buffer.bytes();
  return part;
}

std::optional<Part> ScriptReader::Next(base::Budget& budget, inflate::OutputBuffer& buffer) {
  if (is_utf16_) {
    if (converted_.empty()) {
      return std::nullopt;
    }
    Part part = MakePart("(utf-8)", std::exchange(converted_, {}), budget, buffer);
    part.is_script = true;
    return part;
  }
  do {
    if (NextLayer()) {
      const bool is_first = ++layers_given_ == 1;
      return MakePart(
          is_first ? "(deobfuscated)" : "(deobfuscated " + std::to_string(layers_given_) + ")",
          layer_, budget, buffer);
    }
    folds_ = false;
    if (!numbers_.empty()) {
      const std::string bytes = std::move(numbers_.back());
      numbers_.pop_back();
      return MakePart("(numbers " + std::to_string(++numbers_given_) + ")", bytes, budget, buffer);
    }
    auto blob = FindBlob(words_, blob_at_);
    if (blob && blobs_ < kBlobsMax) {
      Part part = MakePart("(" + std::string(blob->form) + " " + std::to_string(++blobs_) + ")",
                           blob->content, budget, buffer);
      part.is_script = blob->is_text;
      return part;
    }
    if (blob) {
      problem_ = "limit script_blobs_max";
    }
  } while (NextPiece());
  return std::nullopt;
}

}  // namespace day::unpack::script
