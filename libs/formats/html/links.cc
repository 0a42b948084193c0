#include "libs/formats/html/links.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "libs/formats/html/entities.h"

namespace day::formats::html {
namespace {

// Names of HTML 5 with which addresses are hidden; the rest are in entities.cc.
constexpr std::pair<std::string_view, char> kHidingNames[] = {
    {"&period;", '.'}, {"&colon;", ':'}, {"&sol;", '/'},      {"&commat;", '@'}, {"&num;", '#'},
    {"&Tab;", '\t'},   {"&quest;", '?'}, {"&NewLine;", '\n'}, {"&apos;", '\''},  {"&percnt;", '%'},
    {"&equals;", '='}, {"&bsol;", '\\'}, {"&lowbar;", '_'},   {"&hyphen;", '-'},
};
// Full stops that name systems, or readers, take for one.
constexpr std::string_view kFullStops[] = {"\xE3\x80\x82", "\xEF\xBC\x8E", "\xEF\xB9\x92",
                                           "\xEF\xBD\xA1"};
constexpr std::string_view kBig5Stops[] = {"\xA1\x43", "\xA1\x44", "\xA1\x4F"};
constexpr std::string_view kSchemes[] = {"http:", "https:", "ftp:"};
constexpr std::size_t kDigitsMax = 8;

constexpr char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
constexpr bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0'; }
constexpr bool IsWide(char c) { return static_cast<unsigned char>(c) >= 0x80; }

bool StartsWithWord(std::string_view text, std::string_view word) {
  return text.size() >= word.size() && std::equal(word.begin(), word.end(), text.begin(),
                                                  [](char a, char b) { return a == Lower(b); });
}

void AppendUtf8(std::uint32_t code, std::string* out) {
  const auto tail = [&](unsigned shift) {
    *out += static_cast<char>(0x80 | ((code >> shift) & 0x3F));
  };
  if (code < 0x80) {
    *out += static_cast<char>(code);
  } else if (code < 0x800) {
    *out += static_cast<char>(0xC0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    *out += static_cast<char>(0xE0 | (code >> 12));
    tail(6);
    tail(0);
  } else if (code < 0x110000) {
    *out += static_cast<char>(0xF0 | (code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

// A reference without its ";", which programs that show mails forgive for numbers.
std::optional<Reference> ReadBareNumber(std::string_view text) {
  const bool is_hex = text.size() > 2 && Lower(text[2]) == 'x';
  const std::size_t begin = is_hex ? 3 : 2;
  if (text.size() <= begin || text[1] != '#') {
    return std::nullopt;
  }
  const std::string_view digits = text.substr(begin, kDigitsMax);
  Reference reference;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(),
                                             reference.code, is_hex ? 16 : 10);
  reference.length = begin + static_cast<std::size_t>(stop - digits.data());
  return error == std::errc{} ? std::optional(reference) : std::nullopt;
}

// Decodes what stands at the start of `text`, and says how much of it that was.
std::size_t DecodeOne(std::string_view text, std::string* out) {
  if (text.front() == '&') {
    auto reference = ReadReference(text);
    reference = reference ? reference : ReadBareNumber(text);
    if (reference) {
      AppendUtf8(reference->code, out);
      return reference->length;
    }
    for (const auto& [name, c] : kHidingNames) {
      if (text.starts_with(name)) {
        *out += c;
        return name.size();
      }
    }
  } else if (IsWide(text.front())) {
    for (const std::string_view stop : kFullStops) {
      if (text.starts_with(stop)) {
        *out += '.';
        return stop.size();
      }
    }
    for (const std::string_view stop : kBig5Stops) {
      if (text.starts_with(stop) && (out->empty() || !IsWide(out->back()))) {
        *out += '.';
        return stop.size();
      }
    }
  }
  *out += text.front();
  return 1;
}

std::string Decode(std::string_view text, std::size_t bytes_max) {
  std::string out;
  while (!text.empty() && out.size() < bytes_max) {
    text.remove_prefix(DecodeOne(text, &out));
  }
  // A reference may have given a full stop of another script, as U+3002.
  for (const std::string_view stop : kFullStops) {
    for (std::size_t at = out.find(stop); at != std::string::npos; at = out.find(stop, at)) {
      out.replace(at, stop.size(), ".");
    }
  }
  return out;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && IsBlank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

// An address as it is followed: no blanks around it, no tabs and line ends in it.
std::string Address(std::string_view value, std::size_t bytes_max) {
  std::string out = Decode(value, bytes_max);
  const std::string_view trimmed = Trimmed(out);
  std::string address;
  address.reserve(trimmed.size());
  std::copy_if(trimmed.begin(), trimmed.end(), std::back_inserter(address),
               [](char c) { return c != '\t' && c != '\n' && c != '\r' && c != '\0'; });
  return address;
}

// The length of "SCHEME:" at the start; 0: none.
std::size_t SchemeLength(std::string_view address) {
  for (std::size_t i = 0; i < address.size(); ++i) {
    const char c = Lower(address[i]);
    if (c == ':') {
      return i == 0 ? 0 : i + 1;
    }
    const bool is_letter = c >= 'a' && c <= 'z';
    const bool is_other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    if (!is_letter && !(i > 0 && is_other)) {
      return 0;
    }
  }
  return 0;
}

// Attributes that are looked at; views into the page.
struct Tag {
  std::string name;
  bool is_end = false;
  std::optional<std::string_view> href, src, dynsrc, action, title, content;
};

class LinkReader {
 public:
  LinkReader(std::string_view page, const LinkLimits& limits) : page_(page), limits_(limits) {}

  PageLinks Run() {
    while (at_ < page_.size() && out_.cut.empty()) {
      const std::size_t angle = std::min(page_.find('<', at_), page_.size());
      Show(page_.substr(at_, angle - at_));
      at_ = angle;
      if (at_ < page_.size()) {
        Angle();
      }
    }
    EndAnchor();
    if (out_.links.empty()) {
      ReadText();
    }
    return std::move(out_);
  }

 private:
  // What is shown between tags, if it is in an anchor.
  void Show(std::string_view text) {
    if (anchor_) {
      shown_ += text.substr(
          0, limits_.link_bytes_max * 4 - std::min(limits_.link_bytes_max * 4, shown_.size()));
    }
  }

  void Angle() {
    const std::string_view rest = page_.substr(at_);
    if (rest.starts_with("<!")) {
      const bool is_comment = rest.starts_with("<!--");
      const std::size_t end = is_comment ? page_.find("-->", at_ + 2) : page_.find('>', at_);
      at_ = end == std::string_view::npos ? page_.size() : end + (is_comment ? 3u : 1u);
      return;
    }
    ++at_;
    while (at_ < page_.size() && IsBlank(page_[at_])) {
      ++at_;
    }
    const char c = at_ < page_.size() ? Lower(page_[at_]) : '\0';
    if (c != '/' && !(c >= 'a' && c <= 'z')) {
      Show(rest.substr(0, 1));
      return;
    }
    Act(ReadTag());
  }

  Tag ReadTag() {
    Tag tag;
    tag.is_end = page_[at_] == '/';
    at_ += tag.is_end ? 1u : 0u;
    for (; at_ < page_.size() && !EndsName(page_[at_]); ++at_) {
      if (tag.name.size() < kTagNameMax) {
        tag.name += Lower(page_[at_]);
      }
    }
    while (at_ < page_.size() && page_[at_] != '>') {
      if (IsBlank(page_[at_]) || page_[at_] == '/') {
        ++at_;
      } else {
        ReadAttribute(&tag);
      }
    }
    at_ += at_ < page_.size() ? 1u : 0u;
    return tag;
  }

  static bool EndsName(char c) { return IsBlank(c) || c == '>' || c == '/'; }

  void SkipBlanks() {
    while (at_ < page_.size() && IsBlank(page_[at_])) {
      ++at_;
    }
  }

  void ReadAttribute(Tag* tag) {
    const std::size_t begin = at_;
    ++at_;  // whatever it is, also "="
    while (at_ < page_.size() && !EndsName(page_[at_]) && page_[at_] != '=') {
      ++at_;
    }
    const std::string_view name = page_.substr(begin, at_ - begin);
    const std::size_t after = at_;
    SkipBlanks();
    if (at_ >= page_.size() || page_[at_] != '=') {
      at_ = after;
      return;
    }
    ++at_;
    SkipBlanks();
    const std::string_view value = ReadValue();
    const std::pair<std::string_view, std::optional<std::string_view>*> kKnown[] = {
        {"href", &tag->href},     {"src", &tag->src},     {"dynsrc", &tag->dynsrc},
        {"action", &tag->action}, {"title", &tag->title}, {"content", &tag->content}};
    for (const auto& [known, place] : kKnown) {
      if (known.size() == name.size() && StartsWithWord(name, known) && !*place) {
        *place = value;
      }
    }
  }

  // A value in quotes that never end is read as one without.
  std::string_view ReadValue() {
    const char quote = at_ < page_.size() ? page_[at_] : '\0';
    if (quote == '"' || quote == '\'') {
      if (NextQuote(quote) < page_.size()) {
        const std::size_t end = NextQuote(quote);
        const std::string_view value = page_.substr(at_ + 1, end - at_ - 1);
        at_ = end + 1;
        return value;
      }
      ++at_;
    }
    const std::size_t begin = at_;
    while (at_ < page_.size() && !IsBlank(page_[at_]) && page_[at_] != '>') {
      ++at_;
    }
    return page_.substr(begin, at_ - begin);
  }

  // Behind the quote at `at_`. Remembers where there are none, so that a page of quotes without
  // ends is searched once.
  std::size_t NextQuote(char quote) {
    std::size_t& next = quote == '"' ? next_double_ : next_single_;
    if (next <= at_) {
      next = std::min(page_.find(quote, at_ + 1), page_.size());
    }
    return next;
  }

  void Act(const Tag& tag) {
    if (tag.is_end) {
      if (tag.name == "a") {
        EndAnchor();
      } else if (tag.name == "form") {
        form_.clear();
      }
      return;
    }
    if (tag.name == "a") {
      BeginAnchor(tag);
    } else if (tag.name == "area") {
      AddInside(LinkKind::kArea, tag.href);
    } else if (tag.name == "img") {
      AddInside(LinkKind::kImage, tag.src);
      AddInside(LinkKind::kImage, tag.dynsrc);
    } else if (tag.name == "iframe" || tag.name == "frame") {
      AddInside(LinkKind::kFrame, tag.src);
    } else if (tag.name == "form" && tag.action) {
      form_ = Add(LinkKind::kForm, *tag.action);
    } else if (tag.name == "base" && tag.href && base_.empty()) {
      SetBase(Address(*tag.href, limits_.link_bytes_max));
    } else if (tag.name == "meta" && tag.content) {
      AddRefresh(*tag.content);
    } else if (tag.name == "script" || tag.name == "style") {
      SkipRaw(tag.name);
    }
  }

  // What stands in <script> and <style> is no page.
  void SkipRaw(std::string_view name) {
    std::size_t end = page_.find("</", at_);
    while (end != std::string_view::npos && !StartsWithWord(page_.substr(end + 2), name)) {
      end = page_.find("</", end + 2);
    }
    at_ = std::min(end, page_.size());
  }

  // <base href>: what stands before a path, and before a name.
  void SetBase(std::string base) {
    const std::size_t scheme = SchemeLength(base);
    if (scheme == 0 || !std::string_view(base).substr(scheme).starts_with("//")) {
      return;
    }
    const std::size_t path = std::min(base.find_first_of("/?#", scheme + 2), base.size());
    base_host_ = base.substr(0, path);
    const std::size_t slash = base.find_last_of('/', base.find_first_of("?#"));
    base_ =
        slash == std::string::npos || slash < path ? base_host_ + "/" : base.substr(0, slash + 1);
  }

  std::string Resolve(std::string address) const {
    if (address.empty() || SchemeLength(address) != 0) {
      return address;
    }
    if (address.starts_with("//")) {
      return "http:" + address;
    }
    if (base_.empty() || address.front() == '#') {
      return address;
    }
    return (address.front() == '/' ? base_host_ : base_) + address;
  }

  // The address, added; empty if it is, or if there are too many.
  std::string Add(LinkKind kind, std::string_view value) {
    std::string target = Resolve(Address(value, limits_.link_bytes_max));
    if (target.empty()) {
      return target;
    }
    if (out_.links.size() >= limits_.links_max) {
      out_.cut = "html_links_max";
      return {};
    }
    const bool is_decoded = target != value.substr(0, limits_.link_bytes_max);
    out_.links.push_back({kind, target, {}, is_decoded});
    return target;
  }

  // Something in an anchor or a form: a reader sees it, and is led to those.
  void AddInside(LinkKind kind, const std::optional<std::string_view>& value) {
    const std::string target = value ? Add(kind, *value) : std::string();
    if (target.empty()) {
      return;
    }
    if (anchor_) {
      out_.pairs.push_back({out_.links[*anchor_].target, target, false, kind == LinkKind::kImage});
    }
    AddForm(target);
  }

  void AddForm(const std::string& shown) {
    if (!form_.empty()) {
      out_.pairs.push_back({form_, shown, false, false});
    }
  }

  void BeginAnchor(const Tag& tag) {
    if (!tag.href) {
      return;
    }
    EndAnchor();
    const std::string target = Add(LinkKind::kAnchor, *tag.href);
    if (target.empty()) {
      return;
    }
    anchor_ = out_.links.size() - 1;
    if (tag.title) {
      out_.pairs.push_back({target, Decode(*tag.title, limits_.link_bytes_max), false, false});
    }
    AddForm(target);
  }

  void EndAnchor() {
    if (!anchor_) {
      return;
    }
    Link& link = out_.links[*anchor_];
    const std::string shown = Decode(shown_, limits_.link_bytes_max);
    for (const char c : Trimmed(shown)) {
      if (!IsBlank(c)) {
        link.shown += c;
      } else if (!link.shown.ends_with(' ')) {
        link.shown += ' ';
      }
    }
    out_.pairs.push_back({link.target, link.shown, true, false});
    anchor_.reset();
    shown_.clear();
  }

  void AddRefresh(std::string_view content) {
    for (std::size_t at = content.find('='); at != std::string_view::npos && at >= 3;
         at = content.find('=', at + 1)) {
      if (StartsWithWord(content.substr(at - 3), "url")) {
        std::string_view url = Trimmed(content.substr(at + 1));
        while (!url.empty() && (url.front() == '\'' || url.front() == '"')) {
          url.remove_prefix(1);
        }
        Add(LinkKind::kRefresh, url.substr(0, url.find_first_of("'\"")));
        return;
      }
    }
  }

  void ReadText() {
    for (std::size_t colon = page_.find(':');
         colon != std::string_view::npos && out_.cut.empty();) {
      std::size_t end = colon + 1;
      for (const std::string_view scheme : kSchemes) {
        const std::size_t length = scheme.size() - 1;
        if (colon >= length && StartsWithWord(page_.substr(colon - length), scheme)) {
          end = std::min(page_.find_first_of(" \n\t\r", colon), page_.size());
          const std::string_view url = page_.substr(colon - length, end - (colon - length));
          AddPlain(url.substr(0, limits_.link_bytes_max));
          break;
        }
      }
      colon = page_.find(':', end);
    }
  }

  void AddPlain(std::string_view url) {
    if (out_.links.size() >= limits_.links_max) {
      out_.cut = "html_links_max";
      return;
    }
    out_.links.push_back({LinkKind::kText, std::string(url), {}, false});
    out_.pairs.push_back({std::string(url), {}, true, false});
  }

  static constexpr std::size_t kTagNameMax = 16;

  std::string_view page_;
  const LinkLimits& limits_;
  PageLinks out_;
  std::size_t at_ = 0;
  std::size_t next_single_ = 0;  // the next quotes
  std::size_t next_double_ = 0;
  std::optional<std::size_t> anchor_;  // the link whose text is being read
  std::string shown_;                  // as it stands in the page
  std::string form_;                   // the action of the form around
  std::string base_;
  std::string base_host_;
};

}  // namespace

std::string_view LinkKindName(LinkKind kind) {
  switch (kind) {
    case LinkKind::kAnchor:
      return "a";
    case LinkKind::kArea:
      return "area";
    case LinkKind::kImage:
      return "img";
    case LinkKind::kFrame:
      return "iframe";
    case LinkKind::kForm:
      return "form";
    case LinkKind::kRefresh:
      return "refresh";
    case LinkKind::kText:
      break;
  }
  return "text";
}

PageLinks ReadLinks(base::Bytes page, const LinkLimits& limits) {
  const base::Bytes head = base::ClippedSlice(page, 0, limits.input_bytes_max);
  PageLinks out = LinkReader(base::AsText(head), limits).Run();
  if (head.size() < page.size() && out.cut.empty()) {
    out.cut = "html_links_bytes_max";
  }
  return out;
}

}  // namespace day::formats::html
