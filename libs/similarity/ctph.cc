#include "libs/similarity/ctph.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

namespace day::similarity {
namespace {

constexpr std::size_t kWindow = 7;
constexpr std::uint64_t kBlockSizeMin = 3;
constexpr std::size_t kPiecesMax = 64;
constexpr std::size_t kLevels = 31;
constexpr std::uint32_t kSumStart = 0x28021967;
constexpr std::uint32_t kSumPrime = 0x01000193;
constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::uint64_t BlockSize(std::size_t level) { return kBlockSizeMin << level; }

// Whether the rolling hash is one below a multiple of the block size. The power of two is looked at
// first: dividing at each byte would cost as much as all the rest.
constexpr bool EndsPiece(std::uint32_t rolled, std::size_t level) {
  const std::uint32_t next = rolled + 1;
  return (next & ((1u << level) - 1)) == 0 && rolled % BlockSize(level) == BlockSize(level) - 1;
}

// A hash of the last seven bytes.
class RollingHash {
 public:
  std::uint32_t Add(std::uint8_t byte) {
    weighted_ += static_cast<std::uint32_t>(kWindow) * byte - sum_;
    sum_ += static_cast<std::uint32_t>(byte) - window_[next_];
    window_[next_] = byte;
    next_ = next_ + 1 == kWindow ? 0 : next_ + 1;
    shifted_ = (shifted_ << 5) ^ byte;
    return value();
  }
  std::uint32_t value() const { return sum_ + weighted_ + shifted_; }

 private:
  std::array<std::uint8_t, kWindow> window_{};
  std::size_t next_ = 0;
  std::uint32_t sum_ = 0;
  std::uint32_t weighted_ = 0;
  std::uint32_t shifted_ = 0;
};

// The pieces of one block size: the whole text, and the half one, which stands second in digests of
// half the block size.
struct Level {
  std::string pieces;
  std::uint32_t sum = kSumStart;
  std::uint32_t half_sum = kSumStart;
  char last = 0;       // letter of the piece that a full text goes on with
  char half_last = 0;  // of a full half text
};

// Digests of all block sizes that may be chosen at the end, in one pass.
class Hasher {
 public:
  explicit Hasher(std::uint64_t size) {
    while (BlockSize(level_min_) * kPiecesMax < size && level_min_ + 1 < kLevels) {
      ++level_min_;
    }
  }

  void Add(base::Bytes data);
  CtphDigest Finish() const;

 private:
  void EndPieces(std::uint32_t rolled);

  RollingHash rolling_;
  std::array<Level, kLevels> levels_;
  // Levels from first_ to active_ - 1 may still be chosen: the highest has not seen a piece end,
  // and below the lowest all texts are full enough to be passed over.
  std::size_t first_ = 0;
  std::size_t active_ = 1;
  std::size_t level_min_ = 0;  // that of the input's size
};

void Hasher::EndPieces(std::uint32_t rolled) {
  for (std::size_t i = first_; i < active_; ++i) {
    // Each block size is twice the one before: where this one does not end, none after it does.
    if (!EndsPiece(rolled, i)) {
      return;
    }
    Level& level = levels_[i];
    if (level.pieces.empty() && level.last == 0 && active_ == i + 1 && active_ < kLevels) {
      // The first piece of this size has ended: from here on the next size is another one.
      levels_[active_].sum = level.sum;
      levels_[active_].half_sum = level.half_sum;
      ++active_;
    }
    const char letter = kLetters[level.sum & 63];
    const char half_letter = kLetters[level.half_sum & 63];
    if (level.pieces.size() < kPiecesMax - 1) {
      level.pieces.push_back(letter);
      level.sum = kSumStart;
      if (level.pieces.size() < kPiecesMax / 2) {
        level.half_sum = kSumStart;
      } else {
        level.half_last = half_letter;
      }
    } else {
      level.last = letter;
      level.half_last = half_letter;
      if (i == first_ && first_ < level_min_ && first_ + 1 < active_ &&
          levels_[first_ + 1].pieces.size() >= kPiecesMax / 2) {
        ++first_;
      }
    }
  }
}

void Hasher::Add(base::Bytes data) {
  for (const std::byte item : data) {
    const auto byte = std::to_integer<std::uint8_t>(item);
    const std::uint32_t rolled = rolling_.Add(byte);
    for (std::size_t i = first_; i < active_; ++i) {
      levels_[i].sum = (levels_[i].sum * kSumPrime) ^ byte;
      levels_[i].half_sum = (levels_[i].half_sum * kSumPrime) ^ byte;
    }
    EndPieces(rolled);
  }
}

CtphDigest Hasher::Finish() const {
  std::size_t chosen = std::min(level_min_, active_ - 1);
  while (chosen > first_ && levels_[chosen].pieces.size() < kPiecesMax / 2) {
    --chosen;
  }
  const bool is_open = rolling_.value() != 0;
  const Level& level = levels_[chosen];
  CtphDigest digest;
  digest.block_size = BlockSize(chosen);
  digest.pieces = level.pieces;
  if (is_open) {
    digest.pieces.push_back(kLetters[level.sum & 63]);
  } else if (level.last != 0) {
    digest.pieces.push_back(level.last);
  }
  if (chosen + 1 < active_) {
    const Level& next = levels_[chosen + 1];
    digest.double_pieces = next.pieces.substr(0, kPiecesMax / 2 - 1);
    if (is_open) {
      digest.double_pieces.push_back(kLetters[next.half_sum & 63]);
    } else if (next.half_last != 0) {
      digest.double_pieces.push_back(next.half_last);
    }
  } else if (is_open) {
    digest.double_pieces.push_back(kLetters[level.sum & 63]);
  }
  return digest;
}

// Runs of more than three of a letter say little: three are kept.
std::string WithoutRuns(std::string_view text) {
  constexpr std::size_t kRunMax = 3;
  std::string out;
  for (const char c : text) {
    const bool is_run = out.size() >= kRunMax &&
                        std::all_of(out.end() - kRunMax, out.end(), [c](char o) { return o == c; });
    if (!is_run) {
      out.push_back(c);
    }
  }
  return out;
}

bool HasCommonSubstring(std::string_view a, std::string_view b) {
  for (std::size_t i = 0; i + kWindow <= a.size(); ++i) {
    if (b.find(a.substr(i, kWindow)) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

// Insertions and deletions cost one, replacements two.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 2);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

unsigned PiecesScore(std::string_view a, std::string_view b, std::uint64_t block_size) {
  if (!HasCommonSubstring(a, b)) {
    return 0;
  }
  const std::size_t distance = EditDistance(a, b) * kPiecesMax / (a.size() + b.size());
  const std::size_t score = 100 - std::min<std::size_t>(100, 100 * distance / kPiecesMax);
  // Few short pieces say little, however alike.
  constexpr std::uint64_t kLevelsThatSayLittle = (99 + kWindow) / kWindow;
  if (block_size < kLevelsThatSayLittle * kBlockSizeMin) {
    const std::uint64_t score_max = block_size / kBlockSizeMin * std::min(a.size(), b.size());
    return static_cast<unsigned>(std::min<std::uint64_t>(score, score_max));
  }
  return static_cast<unsigned>(score);
}

bool IsPieces(std::string_view text, std::size_t size_max) {
  return text.size() <= size_max && text.find_first_not_of(kLetters) == std::string_view::npos;
}

}  // namespace

CtphDigest CtphOf(base::Bytes data) {
  Hasher hasher(data.size());
  hasher.Add(data);
  return hasher.Finish();
}

std::string CtphText(const CtphDigest& digest) {
  return std::to_string(digest.block_size) + ":" + digest.pieces + ":" + digest.double_pieces;
}

std::optional<CtphDigest> ParseCtph(std::string_view text) {
  CtphDigest digest;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, digest.block_size);
  if (error != std::errc() || rest == end || *rest != ':' || digest.block_size < kBlockSizeMin ||
      digest.block_size > BlockSize(kLevels)) {
    return std::nullopt;
  }
  const std::string_view pieces(rest + 1, static_cast<std::size_t>(end - rest - 1));
  const std::size_t colon = pieces.find(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  digest.pieces = pieces.substr(0, colon);
  digest.double_pieces = pieces.substr(colon + 1);
  if (!IsPieces(digest.pieces, kPiecesMax) || !IsPieces(digest.double_pieces, kPiecesMax)) {
    return std::nullopt;
  }
  return digest;
}

unsigned CtphScore(const CtphDigest& a, const CtphDigest& b) {
  const std::string a1 = WithoutRuns(a.pieces);
  const std::string b1 = WithoutRuns(b.pieces);
  const std::string a2 = WithoutRuns(a.double_pieces);
  const std::string b2 = WithoutRuns(b.double_pieces);
  if (a.block_size == b.block_size) {
    if (a1 == b1 && a2 == b2) {
      return 100;
    }
    return std::max(PiecesScore(a1, b1, a.block_size), PiecesScore(a2, b2, a.block_size * 2));
  }
  if (a.block_size == b.block_size * 2) {
    return PiecesScore(a1, b2, a.block_size);
  }
  return a.block_size * 2 == b.block_size ? PiecesScore(a2, b1, b.block_size) : 0;
}

}  // namespace day::similarity
