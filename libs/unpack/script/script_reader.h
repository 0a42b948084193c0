// What is disguised in a script, or in any text, as parts of their own.
//
//   ScriptReader reader(text, Certainty::kScript);
//   while (std::optional<Part> part = reader.Next(budget, buffer)) { ... }
//   reader.problem();
//
// Parts, each only if there is something to it:
//   "(utf-8)"            a text in UTF-16, for another reader; then nothing else
//   "(deobfuscated)"     constant expressions evaluated (fold.h, batch.h), in the parts of the text
//                        that show signs of them; "(deobfuscated 2)" what that is when it is done
//                        again, at most kLayersMax times
//   "(base64 1)", "(hex 1)", "(numbers 1)"   files and texts that are written as digits (blobs.h)
// Nothing is run, and variables are not followed but in batch files: scripts can be disguised in
// ways that this does not turn back. It is a further view for rules; the text itself is scanned
// as it is.
//
// Limits: texts beyond kTextBytesMax are looked at up to there ("script_bytes_max"), kBlobsMax
// ("script_blobs_max"), and the work of nested decoders, kWorkRatioMax times the text
// ("script_work_max"). The Budget pays for every byte given. Memory: some copies of the text.
// Linear. Ownership: views into `buffer`, valid until the next Next(). Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/inflate/output_buffer.h"
#include "libs/unpack/script/fold.h"

namespace day::unpack::script {

inline constexpr std::size_t kPieceBytesMax = 32 * 1024 * 1024;
inline constexpr std::size_t kLayersMax = 3;
inline constexpr std::size_t kBlobsMax = 1000;
inline constexpr std::uint64_t kWorkRatioMax = 8;
inline constexpr std::uint64_t kWorkFreeBytes = 1024 * 1024;

struct Part {
  std::string name;
  base::Bytes content;
  bool is_script = false;  // of a form in which scripts are hidden: to be looked at as one
  std::string gap;         // "" or "limit ..."
};

enum class Certainty : std::uint8_t {
  kText,    // only if it shows signs of it
  kScript,  // it was taken from where scripts stand
};

class ScriptReader {
 public:
  ScriptReader(base::Bytes text, Certainty certainty);

  // Whether there may be anything to give: one quick pass over the text.
  bool HasSigns() const { return has_piece_; }

  std::optional<Part> Next(base::Budget& budget, inflate::OutputBuffer& buffer);

  // The limit that was met, as a gap's reason; or empty. Complete at the end.
  std::string_view problem() const { return problem_; }

 private:
  bool NextPiece();
  bool NextLayer();
  Part MakePart(std::string name, std::string_view content, base::Budget& budget,
                inflate::OutputBuffer& buffer);

  std::string_view rest_;  // behind the piece that is read
  Certainty certainty_;
  std::string_view text_;  // what is disguised of the piece; the last layer of it
  std::string layer_;
  std::string words_storage_;
  std::size_t layers_ = 0;  // of this piece
  std::size_t layers_given_ = 0;
  bool is_utf16_ = false;
  std::string converted_;  // all of it, to UTF-8
  bool has_piece_ = false;
  bool folds_ = false;                // another layer may follow
  std::string_view words_;            // where files may stand in base64
  std::vector<std::string> numbers_;  // lists of numbers still to be given
  std::size_t numbers_given_ = 0;
  std::size_t blob_at_ = 0;
  std::size_t blobs_ = 0;
  std::string problem_;
};

}  // namespace day::unpack::script
