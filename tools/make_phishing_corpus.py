#!/usr/bin/env python3
"""Makes the corpora of fuzz_links and fuzz_phishing: pages with every kind of link, pairs with the lists that judge them."""
import sys
from pathlib import Path

import phishing_cases


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1] / "fuzz/corpus")
    for folder in ("links", "phishing"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name, page in phishing_cases.pages():
        (root / "links" / name).write_bytes(page.encode())
    extra = "<base href='http://b/c/d?e'><a href=x>y</a><meta content='0; url=z'><a href='h&#116tp&colon;//a&#x2E;b'>c"
    (root / "links/hidden").write_text(extra)
    lists = "".join(phishing_cases.lists().values())
    chosen = ("shown-", "real-", "tls-nul", "r-", "m-", "uk-")
    for name, real, shown in phishing_cases.pairs():
        if name.startswith(chosen) and "\n" not in shown:
            (root / "phishing" / name).write_text(f"{real}\n{shown}\n{lists}")


if __name__ == "__main__":
    main()
