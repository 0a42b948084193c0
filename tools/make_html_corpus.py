#!/usr/bin/env python3
"""Makes the corpora of fuzz_html and fuzz_structured: pages, scripts and texts with every construct that is read."""
import sys
from pathlib import Path

PAGES = {
    "page": b"<HTML>\n <BODY  Class=\"Foo  Bar\" onLoad=A>Hello &amp; &lt;b&gt; &#65;&#x42; &eacute;<!-- c --><B>b</B></BODY></HTML>",
    "quotes": b"<a href='it\"s' b=\"x'y\" c = d e>t</a >< b>q</ b ><img src='x.png' alt=\"a > b\"><br/>",
    "declarations": b"a<!-- c --> b<!--x-->c<!- y ->d<!x>e<!-->f--><?php echo 1 ?><!DOCTYPE html",
    "data": b"<img src=\"data:text/plain;base64,SGVsbG8=\"><a href=data:,A%20b>y</a><object data='DATA: a/b ; base64,\nQU JD'>",
    "script": b"<script>var a = \"H\" + 'W'; // c\n/* d */ document.write( unescape(\"%41%u0042\") ); function F(x, y) { return x.y + /a[/]b/i; }</script>",
    "style": b"<style> a { b : c } <!-- x --></style><p style=\"x : y\">z<unclosed a=\"v",
    "references": b"x&lt y; &bogus; &AMP; &#x26;lt; &#x100; &#128512; &#0; &#; &",
    "encoded": b"#@~^DgAAAA==\\ko$K6,JC\x7fV^GJqAQAAA==^#~@ #@~^AAAA",
    "wide": "\ufeffFOO  bar".encode("utf-16-le"),
    "links": b"<a href=http://a.example>www.<b>b</b>.example</a><a href=//two>2<a href=three>3",
}
NUMBERS = {
    "cards": b"4111-1111-1111-1111, 5555 5555 5555 4444\n378282246310005.",
    "ssns": b"123-45-6789 and 123456789, 772-99-9999",
}


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1] / "fuzz/corpus")
    for folder, cases in (("html", PAGES), ("structured", NUMBERS)):
        (root / folder).mkdir(parents=True, exist_ok=True)
        for name, data in cases.items():
            (root / folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
