// Normalises any bytes as HTML, as text, as a script and as encoded scripts; sizes stay bounded.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "libs/formats/html/normalise.h"
#include "libs/formats/html/page_tag.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace html = day::formats::html;
  const day::base::Bytes bytes = std::as_bytes(std::span(data, size));
  const html::NormalisedHtml page = html::NormaliseHtml(bytes, {});
  std::size_t total = 0;
  for (const std::string& script : page.scripts) {
    total += script.size();
    (void)html::NormaliseScript(script);
  }
  for (const html::Data& part : page.data) {
    total += part.content.size();
  }
  if (page.markup.size() > 2 * size + 16 || page.text.size() > 2 * size + 16 || total > 2 * size) {
    std::abort();
  }
  const std::string_view text = day::base::AsText(bytes);
  if (html::NormaliseText(bytes).size() > size ||
      html::NormaliseScript(text).size() > 3 * size + 16) {
    std::abort();
  }
  (void)html::DecodeEncodedScripts(text, 100);
  const auto tag = html::FindPageTag(bytes);
  if (tag && (*tag >= size || text[*tag] != '<')) {
    std::abort();
  }
  return 0;
}
