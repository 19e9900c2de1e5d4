"""The person at the sign-in page: reads pages, fills in forms, follows links; runs no script."""

import http.client
import ssl
import urllib.parse
from dataclasses import dataclass
from html.parser import HTMLParser

# Redirects a browser follows before it gives up.
MOST_REDIRECTS = 10


@dataclass
class Page:
    """One answer of a server."""

    url: str
    status: int
    headers: http.client.HTTPMessage
    text: str
    #: The URLs the browser has been at before and with this one.
    visited: list

    @property
    def location(self):
        """Where the answer leads to; None when nowhere."""
        target = self.headers.get("Location")
        return urllib.parse.urljoin(self.url, target) if target else None


class Browser:
    """Cookies by host and port, and one connection a request."""

    def __init__(self, trusted=None):
        """`trusted` is a certificate the person has told the browser to trust."""
        self.cookies = {}
        self.visited = []
        self.trusted = trusted

    def request(self, method, url, body=None, content_type=None):
        """Sends one request and follows nothing."""
        parts = urllib.parse.urlsplit(url)
        connection = self._connection(parts)
        headers = {"Connection": "close"}
        jar = self.cookies.setdefault(parts.netloc, {})
        if jar:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        if content_type:
            headers["Content-Type"] = content_type
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
        finally:
            connection.close()
        for cookie in response.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.split(";")[0].partition("=")
            jar[name] = value
        self.visited.append(url)
        return Page(url, response.status, response.headers, text, self.visited)

    def _connection(self, parts):
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=self.trusted)
            return http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=60, context=context)
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)

    def follow(self, page):
        """The page a chain of redirects ends on."""
        for _ in range(MOST_REDIRECTS):
            if page.status not in (301, 302, 303, 307, 308) or not page.location:
                return page
            try:
                page = self.request("GET", page.location)
            except ConnectionRefusedError:
                nothing = http.client.HTTPMessage()
                return Page(page.location, 0, nothing, "nobody listens there", self.visited)
        raise RuntimeError(f"more than {MOST_REDIRECTS} redirects from {page.url}")

    def get(self, url):
        return self.request("GET", url)

    def submit(self, page):
        """Sends the page's form, as its script does as soon as it is there."""
        form = HiddenFields(page.text)
        return self.follow(self.post_form(urllib.parse.urljoin(page.url, form.action), form.fields))

    def post_form(self, url, fields):
        return self.request(
            "POST", url, urllib.parse.urlencode(fields), "application/x-www-form-urlencoded")


class HiddenFields(HTMLParser):
    """The hidden fields of the first form, or of the first that has a field of the given name."""

    def __init__(self, page, having=None):
        super().__init__()
        self.forms = []
        self.feed(page)
        #: Where the form is sent to.
        self.action, fields = next(
            (action, form) for action, form in self.forms
            if having is None or any(name == having for name, _, _ in form))
        self.fields = {name: value for name, kind, value in fields if kind == "hidden"}

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            self.forms.append((attributes.get("action") or "", []))
        elif tag == "input" and self.forms and "name" in attributes:
            self.forms[-1][1].append(
                (attributes["name"], attributes.get("type"), attributes.get("value") or ""))
