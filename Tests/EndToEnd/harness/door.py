"""A sign-in that waits at its listener."""

from . import browser


class Door:
    """A sign-in that waits at its listener."""

    def __init__(self, home, server, *words, **settings):
        home.configure_for(server, **settings)
        self.home, self.server = home, server
        self.login = home.start_login("work", *words)
        self.authorization = server.authorize(self.login.url)
        self.port = self.authorization.port
        self.host = f"127.0.0.1:{self.port}"
        self.right = self.authorization.target()

    def send(self, data):
        return browser.send(self.port, data)

    def ask(self, target, host=None, **options):
        return self.send(browser.request(target, host or self.host, **options))

    def completes(self, address="127.0.0.1"):
        """The sign-in still waits; the right answer comes, and it works."""
        assert self.login.process.poll() is None, str(self.login.finish())
        assert self.server.token_requests == []
        page = browser.visit(self.authorization.callback(), address)
        assert page.status == 200 and "is signed in" in page.text, page.raw
        result = self.login.finish().done()
        assert len(self.server.token_requests) == 1
        assert self.home.token().startswith("at-")
        return result
