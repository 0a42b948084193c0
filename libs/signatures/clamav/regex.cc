#include "libs/signatures/clamav/regex.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace day::signatures::clamav {
namespace {

constexpr std::uint64_t kSliceBytes = 4096;
// Few, because each may look through the rest of the subject for a rare first byte.
constexpr std::uint64_t kSlicesMax = 64;

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct FreeData {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};
struct FreeContext {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};

std::uint32_t OptionsOf(std::string_view flags) {
  constexpr std::array<std::pair<char, std::uint32_t>, 7> kOptions = {{
      {'i', PCRE2_CASELESS},
      {'s', PCRE2_DOTALL},
      {'m', PCRE2_MULTILINE},
      {'x', PCRE2_EXTENDED},
      {'A', PCRE2_ANCHORED},
      {'E', PCRE2_DOLLAR_ENDONLY},
      {'U', PCRE2_UNGREEDY},
  }};
  std::uint32_t options =
      PCRE2_USE_OFFSET_LIMIT | PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
  for (const auto& [flag, option] : kOptions) {
    if (flags.find(flag) != std::string_view::npos) {
      options |= option;
    }
  }
  return options;
}

}  // namespace

struct Regex::State {
  std::unique_ptr<pcre2_code, FreeCode> code;
  std::unique_ptr<pcre2_match_data, FreeData> data;
  std::unique_ptr<pcre2_match_context, FreeContext> context;
};

Regex::Regex(std::unique_ptr<State> state) : state_(std::move(state)) {}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

base::Result<Regex> Regex::Compile(std::string_view pattern, std::string_view flags) {
  auto state = std::make_unique<State>();
  int error = 0;
  PCRE2_SIZE offset = 0;
  state->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                  OptionsOf(flags), &error, &offset, nullptr));
  if (state->code == nullptr) {
    std::array<PCRE2_UCHAR, 128> text{};
    (void)pcre2_get_error_message(error, text.data(), text.size());
    return base::MakeError(base::ErrorKind::kUnsupported,
                           "regex: " + std::string(reinterpret_cast<const char*>(text.data())),
                           offset);
  }
  state->data.reset(pcre2_match_data_create(1, nullptr));
  state->context.reset(pcre2_match_context_create(nullptr));
  if (state->data == nullptr || state->context == nullptr) {
    return base::MakeError(base::ErrorKind::kUnsupported, "regex: no memory");
  }
  (void)pcre2_set_match_limit(state->context.get(), kRegexMatchLimit);
  (void)pcre2_set_depth_limit(state->context.get(), kRegexDepthLimit);
  return Regex(std::move(state));
}

std::optional<Regex::Match> Regex::Find(base::Bytes subject, std::uint64_t from, bool anchored,
                                        const std::function<bool()>& go_on, bool* limited) {
  // An empty subject still needs an address.
  static constexpr char kNothing = '\0';
  const auto* text = subject.empty() ? reinterpret_cast<PCRE2_SPTR>(&kNothing)
                                     : reinterpret_cast<PCRE2_SPTR>(subject.data());
  // PCRE2 counts its work for each start anew, so starts are given to it in slices.
  const std::uint64_t slice = std::max<std::uint64_t>(kSliceBytes, subject.size() / kSlicesMax);
  for (; from <= subject.size(); from += slice) {
    if (!go_on()) {
      *limited = true;
      return std::nullopt;
    }
    (void)pcre2_set_offset_limit(state_->context.get(),
                                 static_cast<PCRE2_SIZE>(from + (anchored ? 0 : slice - 1)));
    const int found =
        pcre2_match(state_->code.get(), text, subject.size(), static_cast<PCRE2_SIZE>(from),
                    anchored ? PCRE2_ANCHORED : 0u, state_->data.get(), state_->context.get());
    if (found >= 0) {
      const PCRE2_SIZE* const ends = pcre2_get_ovector_pointer(state_->data.get());
      // \K may set the beginning behind the end.
      return ends[1] < ends[0] ? std::nullopt : std::optional(Match{ends[0], ends[1]});
    }
    if (found != PCRE2_ERROR_NOMATCH) {
      *limited = true;
      return std::nullopt;
    }
    if (anchored) {
      break;
    }
  }
  return std::nullopt;
}

}  // namespace day::signatures::clamav
