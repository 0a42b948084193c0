#include "libs/unpack/script/batch.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string>

#include "libs/unpack/script/decode.h"

namespace day::unpack::script {
namespace {

constexpr std::size_t kChangesMin = 6;
constexpr std::size_t kLookBytes = 16 * 1024;

std::string LowerOf(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), Lower);
  return lower;
}

// A number in front of `text`, which may be negative; moves behind it.
std::int64_t TakeNumber(std::string_view& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  constexpr std::int64_t kMax = 1'000'000;
  return std::clamp(value, -kMax, kMax);
}

// ":~start,count" of a value; negative numbers count from its end.
std::string Substring(const std::string& value, std::string_view range) {
  const auto size = static_cast<std::int64_t>(value.size());
  std::int64_t start = TakeNumber(range);
  start = std::clamp<std::int64_t>(start < 0 ? size + start : start, 0, size);
  std::int64_t end = size;
  if (range.starts_with(',')) {
    range.remove_prefix(1);
    const std::int64_t count = TakeNumber(range);
    end = count < 0 ? size + count : start + count;
  }
  end = std::clamp(end, start, size);
  return value.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(end - start));
}

std::string Substituted(const std::string& value, std::string_view from, std::string_view to) {
  std::string result;
  const std::string lower = LowerOf(value);
  const std::string wanted = LowerOf(from);
  std::size_t at = 0;
  for (std::size_t found = lower.find(wanted);
       found != std::string::npos && !wanted.empty() && result.size() < kVariableBytesMax;
       found = lower.find(wanted, at)) {
    result.append(value, at, found - at).append(to);
    at = found + wanted.size();
  }
  return result.append(value, at);
}

class Batch {
 public:
  explicit Batch(std::string_view text)
      : text_(text), room_(kGrowthMax * text.size() + kBatchFreeBytes) {}

  Folded Run() {
    Folded folded;
    for (std::size_t at = 0; at < text_.size();) {
      const std::size_t end = std::min(text_.find('\n', at), text_.size());
      std::string line = Line(text_.substr(at, end - at));
      Set(line);
      folded.text += line;
      folded.text += '\n';
      at = end + 1;
      if (folded.text.size() > room_) {
        folded.text += text_.substr(std::min(at, text_.size()));
        folded.is_cut = true;
        break;
      }
    }
    folded.is_material = changes_ >= kChangesMin;
    return folded;
  }

 private:
  // One line without carets and with its variables' values.
  std::string Line(std::string_view line) {
    std::string out;
    bool quoted = false;
    for (std::size_t i = 0; i < line.size() && out.size() <= room_; ++i) {
      const char c = line[i];
      quoted = c == '"' ? !quoted : quoted;
      if (c == '^' && !quoted && i + 1 < line.size()) {
        const bool in_word = !out.empty() && IsWordCharacter(out.back());
        changes_ += in_word && IsWordCharacter(line[i + 1]) ? 1U : 0U;
        out += line[++i] == '\r' ? ' ' : line[i];
        continue;
      }
      if (c == '%' || c == '!') {
        const std::size_t close = line.substr(i + 1, kNameMax).find(c);
        const auto value =
            close == std::string_view::npos ? std::nullopt : ValueOf(line.substr(i + 1, close));
        if (value) {
          out += *value;
          ++changes_;
          i += close + 1;
          continue;
        }
      }
      out += c;
    }
    return out;
  }

  std::optional<std::string> ValueOf(std::string_view expression) const {
    const std::size_t colon = expression.find(':');
    const auto variable = variables_.find(LowerOf(expression.substr(0, colon)));
    if (variable == variables_.end()) {
      return std::nullopt;
    }
    const std::string& value = variable->second;
    if (colon == std::string_view::npos) {
      return value;
    }
    const std::string_view rest = expression.substr(colon + 1);
    if (rest.starts_with('~')) {
      return Substring(value, rest.substr(1));
    }
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) {
      return std::nullopt;
    }
    return Substituted(value, rest.substr(0, equals), rest.substr(equals + 1));
  }

  // set name=value, set "name=value"; several behind & are found too.
  void Set(std::string_view line) {
    for (std::size_t at = 0; at < line.size() && variables_.size() < kVariablesMax;) {
      std::size_t end = line.find('&', at);
      end = std::min(end, line.size());
      std::string_view command = line.substr(at, end - at);
      at = end + 1;
      constexpr std::string_view kFront = " \t@(";
      command.remove_prefix(std::min(command.find_first_not_of(kFront), command.size()));
      if (!StartsWithWord(command, "set ") && !StartsWithWord(command, "set\t")) {
        continue;
      }
      command.remove_prefix(4);
      command.remove_prefix(std::min(command.find_first_not_of(" \t"), command.size()));
      if (command.starts_with('"')) {
        command = command.substr(1, std::min(command.rfind('"'), command.size()) - 1);
      }
      while (command.ends_with('\r')) {
        command.remove_suffix(1);
      }
      const std::size_t equals = command.find('=');
      if (equals == std::string_view::npos || equals == 0 || equals > kNameMax ||
          command.size() - equals > kVariableBytesMax) {
        continue;
      }
      variables_[LowerOf(command.substr(0, equals))] = std::string(command.substr(equals + 1));
    }
  }

  static constexpr std::size_t kNameMax = 256;

  std::string_view text_;
  std::size_t room_;
  std::map<std::string, std::string> variables_;
  std::size_t changes_ = 0;
};

}  // namespace

bool IsBatch(std::string_view text) {
  const std::string sample = LowerOf(text.substr(0, kLookBytes));
  const auto has = [&sample](std::string_view word) {
    return sample.find(word) != std::string::npos;
  };
  const auto carets = std::count(sample.begin(), sample.end(), '^');
  return has("@echo off") || (has(":~") && has("%")) ||
         (has("set ") && std::count(sample.begin(), sample.end(), '%') >= 4) ||
         (carets >= 4 && (has("cmd") || has("c^m") || has("p^o") || has("powe")));
}

Folded UnfoldBatch(std::string_view text) { return Batch(text).Run(); }

}  // namespace day::unpack::script
