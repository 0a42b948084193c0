"""Mails and lists for the comparison of phishing alerts (tools/compare_heuristics.py): what is found, what is not, and
what hides a link. Names of hosts are of the reserved kind, or made up."""
import base64
import hashlib
import quopri

WATCHED = ["H:bank.example.com", "H:paybank.com", "H:shop.co.uk", "R:.+\\.evil\\.org([/?].*)?:.+\\.trusted\\.net",
           "H:levels.com:1-9999", "H:future.com:9000-", "H:imgs.com"]
ALLOWED = ["M:mail.partner.com:paybank.com", "X:.+\\.cdn\\.net([/?].*)?:.+\\.paybank\\.com", "Y:http://click\\.org:.+\\.paybank\\.com",
           "M:news.org:bank.example.com"]
HASHED = {"S1:F": ["bad.org/", "bad.net/path/", "bad.com/a.html", "bad.info/q?x=1"], "S2:F": ["phish.org/"],
          "S:F": ["malware.org/"], "S:W": ["ok.bad.com/a.html"]}


def lists():
    hashes = [f"{kind}:{hashlib.sha256(text.encode()).hexdigest()}" for kind, texts in HASHED.items() for text in texts]
    return {"a.pdb": "\n".join(WATCHED) + "\n", "a.wdb": "\n".join(ALLOWED) + "\n",
            "a.gdb": "\n".join(["S:P:01020304", *hashes]) + "\n"}


def mail(body, kind="text/html", encoding="7bit", parts=False):
    data = body.encode() if isinstance(body, str) else body
    if encoding == "base64":
        data = base64.encodebytes(data)
    elif encoding == "quoted-printable":
        data = quopri.encodestring(data)
    head = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: Hello\r\nMIME-Version: 1.0\r\n"
    part = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + data
    if not parts:
        return head + part
    plain = b"Content-Type: text/plain\r\n\r\nHello\r\n"
    return (head + b"Content-Type: multipart/alternative; boundary=XX\r\n\r\n--XX\r\n" + plain + b"\r\n--XX\r\n" + part +
            b"\r\n--XX--\r\n")


def page(link):
    return f"<html><body><p>Dear customer,</p>\n{link}\n<p>Bye.</p></body></html>\n"


def anchor(real, shown):
    return page(f'<a href="{real}">{shown}</a>')


def pairs():
    """Name, where a link leads, what is shown."""
    evil = "http://evil.example.org/login"
    shown = {
        "host": "www.paybank.com", "bare": "paybank.com", "http": "http://www.paybank.com/", "https": "https://www.paybank.com/",
        "path": "http://www.paybank.com/a/b?c=d", "deep": "http://a.b.c.paybank.com", "words": "Click here",
        "words-host": "Go to paybank.com", "words-www": "Please visit www.paybank.com", "behind": "www.paybank.com now",
        "spaced": "w w w . p a y b a n k . c o m", "dot": "www.paybank.com.", "caps": "WWW.PAYBANK.COM", "prefix": "notpaybank.com",
        "other": "www.other.com", "inside": "paybank.com.example.org", "mailto": "mailto:a@paybank.com", "mail": "a@paybank.com",
        "port": "http://www.paybank.com:80/", "query": "www.paybank.com?x", "slash": "www.paybank.com/", "ftp": "ftp://paybank.com",
        "scheme": "foo://www.paybank.com", "one-slash": "http:/www.paybank.com", "broken": "http:www.paybank.com",
        "brackets": "&lt;http://www.paybank.com&gt;", "semicolon": "www.paybank.com;", "quotes": '"www.paybank.com"',
        "tld": "www.paybank.com-now", "uk": "www.shop.co.uk", "uk-sub": "a.www.shop.co.uk", "example": "www.bank.example.com",
        "example-bare": "bank.example.com", "parent": "example.com", "user": "http://x@www.paybank.com", "levels": "www.levels.com",
        "future": "www.future.com", "backslash": "http:\\\\www.paybank.com", "asp": "asp.net", "percent": "www.paybank%2ecom",
        "number": "10.1.2.3", "empty": "", "blank": " ", "one": "x", "tags": "<b>www</b>.<i>paybank</i>.com", "br": "www.paybank.com<br>",
        "newline": "www.\npaybank.com", "exclam": "www.paybank.com!", "twodots": "www..paybank.com", "arrow": "-> www.paybank.com",
        "trusted": "www.trusted.net", "same-site": "www.evil.example.org", "underscore": "my_host.paybank.com",
    }
    for name, text in shown.items():
        yield f"shown-{name}", evil, text
    real = {
        "same": "http://www.paybank.com/", "sub": "http://x.paybank.com/a", "ip": "http://10.1.2.3/", "ip-port": "http://10.1.2.3:8080/x",
        "user": "http://www.paybank.com@evil.org/", "user-word": "http://user@evil.org/", "nul": "http://evil.org%00.paybank.com/",
        "nul-path": "http://evil.org/%00", "https": "https://evil.org/", "ftp": "ftp://evil.org/", "noscheme": "evil.org/x",
        "noscheme-tld": "evil.zzz/x", "relative": "login.html", "root": "/login", "anchor": "#top", "mailto": "mailto:a@evil.org",
        "script": "javascript:go()", "allowed-m": "http://mail.partner.com/x", "allowed-sub": "http://x.mail.partner.com/",
        "allowed-x": "http://a.cdn.net/x?y", "allowed-y": "http://click.org/?u=http://evil.org", "not-allowed": "http://partner.com/",
        "percent-host": "http://%65vil.org/", "double-percent": "http://%2565vil.org/", "port": "http://evil.org:81/", "dots": "http://evil..org/",
        "leading-dot": "http://.evil.org/", "space": " http://evil.org/", "redirect": "http://google.com/url?q=http://www.paybank.com/",
        "ip-hex": "http://0x7f.0.0.1/", "ip-dword": "http://2130706433/", "local": "http://localhost/", "query": "http://evil.org?www.paybank.com",
        "co": "http://paybank.co.uk/", "watched-r": "http://x.evil.org/", "long": "http://" + "a" * 300 + ".org/", "scheme-rel": "https:evil.org",
        "backslash": "http:\\\\evil.org\\x", "amp": "http://evil.org/?a=1&amp;b=2", "entity": "http://evil&#46;org/", "ftp-user": "ftp://a@evil.org/",
    }
    for name, link in real.items():
        yield f"real-{name}", link, "http://www.paybank.com/"
        yield f"bare-{name}", link, "www.paybank.com"
        yield f"tls-{name}", link, "https://www.paybank.com/"
        yield f"unlisted-{name}", link, "https://www.unlisted.com/"
    yield "r-listed", "http://www.evil.org/", "www.trusted.net"
    yield "r-path", "http://www.evil.org/x/y?z", "http://www.trusted.net/x"
    yield "r-other", "http://www.evil.com/", "www.trusted.net"
    yield "m-news", "http://news.org/x", "bank.example.com"
    yield "m-news-sub", "http://news.org/x", "www.bank.example.com"
    yield "uk-same", "http://other.shop.co.uk/", "www.shop.co.uk"
    yield "uk-other", "http://evil.co.uk/", "www.shop.co.uk"


def pages():
    evil, shown = "http://evil.example.org/login", "www.paybank.com"
    link = f'<a href="{evil}">{shown}</a>'
    yield "form", page(f'<form action="{evil}"><a href="http://{shown}/">x</a></form>')
    yield "form-same", page(f'<form action="http://{shown}/"><a href="http://{shown}/x">x</a></form>')
    yield "form-closed", page(f'<form action="{evil}"></form><a href="http://{shown}/">x</a>')
    yield "form-img", page(f'<form action="{evil}"><img src="http://{shown}/logo.gif"></form>')
    yield "img", page(f'<a href="{evil}"><img src="http://{shown}/logo.gif"></a>')
    yield "img-listed", page(f'<a href="{evil}"><img src="http://www.imgs.com/logo.gif"></a>')
    yield "img-alone", page(f'<img src="http://{shown}/logo.gif">')
    yield "img-dynsrc", page(f'<a href="{evil}"><img dynsrc="http://{shown}/logo.gif"></a>')
    yield "iframe", page(f'<a href="{evil}"><iframe src="http://{shown}/"></iframe></a>')
    yield "iframe-alone", page(f'<iframe src="{evil}"></iframe>')
    yield "area", page(f'<a href="{evil}"><area href="http://{shown}/"></a>')
    yield "title", page(f'<a href="{evil}" title="http://{shown}/">here</a>')
    yield "title-words", page(f'<a href="{evil}" title="your bank">here</a>')
    yield "single", page(f"<a href='{evil}'>{shown}</a>")
    yield "unquoted", page(f"<a href={evil}>{shown}</a>")
    yield "caps", page(f'<A HREF="{evil}">{shown}</A>')
    yield "blanks", page(f'<a  href = "{evil}" >{shown}</a >')
    yield "attributes", page(f'<a class=x id="y" href="{evil}" target=_blank>{shown}</a>')
    yield "noend", f'<html><body><a href="{evil}">{shown}'
    yield "noclose", page(f'<a href="{evil}">{shown}<a href="http://x.org/">x</a>')
    yield "nested", page(f'<a href="{evil}"><b><i>{shown}</i></b></a>')
    yield "comment", f"<html><!-- {link} --><body>x</body></html>"
    yield "commented-in", page(f'<a href="{evil}">www.pay<!-- x -->bank.com</a>')
    yield "script", f"<html><script>var x = '{link}';</script></html>"
    yield "style", f"<html><style>{link}</style></html>"
    yield "two", page(link + '<a href="http://x.example/">www.x.example</a>')
    yield "entity-shown", page(f'<a href="{evil}">www&#46;paybank&#46;com</a>')
    yield "nbsp", page(f'<a href="{evil}">{shown}&nbsp;</a>')
    yield "fullstop", page(f'<a href="{evil}">www\u3002paybank\u3002com</a>')
    yield "fullstop-real", page(f'<a href="http://evil\u3002org/">{shown}</a>')
    yield "umlaut", page(f'<a href="http://p\u00e4ybank.com/">{shown}</a>')
    yield "cyrillic", page(f'<a href="http://p\u0430ybank.com/">{shown}</a>')
    yield "punycode", page(f'<a href="http://xn--pybank-4ve.com/">{shown}</a>')
    yield "newline-value", page(f'<a\nhref="{evil}"\n>{shown}\n</a>')
    yield "space-value", page(f'<a href="http://evil.example.org/a b">{shown}</a>')
    yield "base", page(f'<base href="http://evil.example.org/"><a href="login.html">{shown}</a>')
    yield "area-alone", page(f'<map><area href="{evil}" alt="{shown}"></map>')
    yield "gt", page(f'<a href="{evil}" title="a > b">{shown}</a>')
    yield "clean", page('<a href="http://www.python.org/">www.python.org</a>')
    yield "none", page("no links at all")
    yield "plain", f"Hello, look at http://{shown}/ please.\n"


def hash_links():
    for name, link in {"host": "http://bad.org/", "host-noslash": "http://bad.org", "host-path": "http://bad.org/x/y",
                       "sub": "http://a.b.bad.org/", "deep": "http://a.b.c.d.e.f.bad.org/", "path": "http://bad.net/path/",
                       "path-below": "http://bad.net/path/x.html", "path-above": "http://bad.net/", "file": "http://bad.com/a.html",
                       "file-query": "http://bad.com/a.html?x", "query": "http://bad.info/q?x=1", "query-other": "http://bad.info/q?x=2",
                       "two": "http://phish.org/x", "zero": "http://malware.org/x", "allowed": "http://ok.bad.com/a.html",
                       "caps": "http://BAD.ORG/", "percent": "http://%62ad.org/", "dotdot": "http://bad.net/x/../path/", "dot": "http://bad.net/./path/",
                       "user": "http://u@bad.org/", "https": "https://bad.org/", "noscheme": "bad.org/", "slashes": "http:///bad.org/",
                       "port": "http://bad.org:80/", "fragment": "http://bad.com/a.html#x", "other": "http://good.org/"}.items():
        yield f"hash-{name}", anchor(link, "here")
        yield f"hashtext-{name}", f"See {link} for more\n"


def cases():
    """Files by name."""
    files = {}
    for name, real, shown in pairs():
        files[name] = mail(anchor(real, shown))
    for name, body in pages():
        for encoding in ("7bit", "base64", "quoted-printable"):
            files[f"page-{name}-{encoding}"] = mail(body, "text/html; charset=utf-8", encoding, parts=encoding != "7bit")
    for name, body in hash_links():
        files[name] = mail(body, "text/html" if "<a" in body else "text/plain")
    body = anchor("http://evil.example.org/", "www.paybank.com")
    files |= {"kind-plain": mail(body, "text/plain"), "kind-none": b"From: a@b\nTo: c@d\nSubject: x\n\n" + body.encode(),
              "kind-file": body.encode(), "kind-parts": mail(body, parts=True), "kind-xml": mail(body, "text/xml"),
              "kind-attached": mail(body, 'text/html\r\nContent-Disposition: attachment; filename="a.html"', parts=True),
              "kind-inline": mail(body, 'text/html\r\nContent-Disposition: inline; filename="a.html"', parts=True),
              "kind-forwarded": b"From: a@b\nTo: c@d\nSubject: x\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n" + mail(body),
              "kind-long": mail(page("x" * 70 + "\n") * 2000 + body)}
    return files
