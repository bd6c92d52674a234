"""A person at a browser, over real HTTP and without script: follows redirects and pages that open the next."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urljoin

import requests

from tests.support.people import PASSPHRASE

_TIMEOUT = 30  # seconds


@dataclass
class Visitor:
    """Somebody with a browser. What leaves the portal at `portal` is not fetched, only said."""

    portal: str
    browser: requests.Session = field(default_factory=requests.Session)
    page: str = ""
    address: str = ""

    def open(self, url: str) -> str:
        """Go there, and on wherever that leads. Returns the address one ends at."""
        return self._arrive(self._fetch(url))

    def submit(self, **fields: str) -> str:
        """Send the page's first form with these fields filled in."""
        form = re.search(r"<form[^>]*>", self.page)
        assert form is not None, self.page
        action = re.search(r'action="([^"]*)"', form[0])
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', self.page))
        data = {**{name: unescape(value) for name, value in hidden.items()}, **fields}
        url = urljoin(self.address, unescape(action[1])) if action else self.address
        return self._arrive(self.browser.post(url, data, allow_redirects=False, timeout=_TIMEOUT))

    def sign_in(self, username: str = "alice") -> str:
        """Fill in the sign-in page."""
        return self.submit(identifier=username, password=PASSPHRASE)

    def _fetch(self, url: str) -> requests.Response:
        return self.browser.get(url, allow_redirects=False, timeout=_TIMEOUT)

    def _arrive(self, response: requests.Response) -> str:
        for _hop in range(20):
            self.address, self.page = response.url, response.text
            onward = response.headers.get("Location") or self._opened_by_itself()
            if not onward:
                assert response.status_code == 200, (response.status_code, self.page[:3000])
                return self.address
            url = urljoin(self.address, onward)
            if not url.startswith(self.portal):
                return url
            response = self._fetch(url)
        raise AssertionError(f"it goes round in circles at {self.address}")

    def _opened_by_itself(self) -> str:
        found = re.search(r'<meta http-equiv="refresh" content="0; url=([^"]*)">', self.page)
        return unescape(found[1]) if found else ""
