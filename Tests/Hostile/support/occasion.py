"""How each fault is met: what a person does, and with what options and settings."""

from dataclasses import dataclass

from harness.home import Home, Result

from .practice import Practice

# Seconds the person has; enough for a machine that does much else.
PATIENT = 40
# Where nobody comes, or the server never answers.
IMPATIENT = 3
ACCOUNT = "work"
# What is there before, and stays.
OTHERS = "# mine\n[other]\nissuer = https://auth.example\nclient_id = x\n"


@dataclass(frozen=True)
class Occasion:
    """One way to a fault."""

    # Options of the server.
    server: tuple[str, ...] = ()
    # Settings of the account that no option stands for.
    settings: tuple[tuple[str, str], ...] = ()
    # Words of `login` that come on top.
    words: tuple[str, ...] = ()
    # The fact of the server that is signed in for, in place of an issuer and a client.
    target: str | None = None
    # What is done once the sign-in has worked; nothing where that is the occasion.
    then: tuple[str, ...] = ()
    # Whether that is there to print an access token.
    prints_token: bool = False
    # The account that is signed in to; the one of a resource has its host's name.
    account: str = ACCOUNT


OCCASIONS = {
    "login": Occasion(),
    "login-tls": Occasion(server=("--tls",)),
    "refresh": Occasion(then=("refresh", ACCOUNT)),
    "logout": Occasion(then=("logout", ACCOUNT)),
    "userinfo": Occasion(then=("status", ACCOUNT, "--userinfo")),
    "device": Occasion(
        server=("--auto-approve", "alice", "--device-interval", "1"), words=("--device",)),
    "dpop": Occasion(settings=(("dpop_bound_access_tokens", "yes"),)),
    "par": Occasion(settings=(("require_pushed_authorization_requests", "yes"),)),
    "jarm": Occasion(settings=(("response_mode", "jwt"),)),
    "form-post": Occasion(settings=(("response_mode", "form_post"),)),
    "narrow": Occasion(then=("token", ACCOUNT, "--scope", "openid"), prints_token=True),
    "exchange": Occasion(
        then=("token", ACCOUNT, "--audience", "https://api.example/"), prints_token=True),
    "register": Occasion(server=("--resource",), target="resource", account="localhost"),
    "resource": Occasion(server=("--resource",), target="resource", account="localhost"),
}


@dataclass
class Meeting:
    """What came of it."""

    result: Result
    # The command that signed in.
    words: list
    # The configuration before and after.
    before: str
    after: str
    # What the agent says of the account: none when it knows nothing of it.
    account: dict | None
    # The same before the last command, where there was one before it.
    account_before: dict | None
    # The server's port, which is another one each time.
    port: str
    # Whether the agent is still the one that was asked, and answers.
    is_served: bool
    # What the server was asked.
    requests: list
    # Secrets that were found: in what was shown, and in which files.
    shown: set
    kept: dict


class Person(Home):
    """A home whose browser is the practice server's."""

    def __init__(self, practice):
        super().__init__()
        browser = f"{self.programs / 'sallyport-practice'} browse --user alice"
        if "ca_file" in practice.facts:
            browser += f" --ca-file {practice['ca_file']}"
        self.environment["BROWSER"] = browser

    def account(self, name):
        """What the agent says of an account, asked without a program in between."""
        with self.connect() as connection:
            connection.send(action="status")
            while block := connection.block():
                if block.get("account") == name:
                    return block
                if block.get("event") == "done" or "error" in block:
                    return None
            return None

    def files_with(self, secrets):
        """The secrets that lie in a file, by its name."""
        found = {}
        for path in self.root.rglob("*"):
            if path.is_file() and not path.is_symlink():
                data = path.read_bytes()
                here = {one for one in secrets if one.encode() in data}
                if here:
                    found[str(path.relative_to(self.root))] = here
        return found


def meet(fault, folder, *options):
    """Meets a fault, in a home and with a server of its own."""
    limit = IMPATIENT if fault.is_slow else PATIENT
    return go(fault.occasion, folder, "--fault", fault.name, *options, limit=limit)


def go(name, folder, *options, limit=PATIENT):
    """Does what an occasion is, with a server of these options."""
    occasion = OCCASIONS[name]
    options = [*occasion.server, *options]
    if "--tls" in options:
        options += ["--certificate-file", folder / "ca.pem"]
    # The key that is made fastest.
    if "--id-token-alg" not in options:
        options += ["--id-token-alg", "ES256"]
    with Practice(folder, *options) as practice:
        home = Person(practice)
        try:
            return _go(occasion, limit, practice, home)
        finally:
            home.close()


def _go(occasion, limit, practice, home):
    home.write_config(OTHERS)
    words = _login(occasion, limit, practice, home)
    before = home.config.read_text()
    result = home.run(*words)
    account_before = None
    if occasion.then:
        result.done()
        before = home.config.read_text()
        account_before = home.account(occasion.account)
        result = home.run(*occasion.then)
    pid = home.agent_pid
    account = home.account(occasion.account)
    secrets = practice.secrets()
    return Meeting(
        result=result, words=words, before=before, after=home.config.read_text(), account=account,
        account_before=account_before, port=practice["port"],
        is_served=home.agent_pid == pid, requests=practice.requests,
        shown=_shown(secrets, result, occasion),
        kept=home.files_with(secrets))


def _shown(secrets, result, occasion):
    """The secrets that a command has printed, and has no reason to."""
    printable = {"access_token"} if occasion.prints_token else set()
    return {value for value, name in secrets.items()
            if value in result.errors or (value in result.output and name not in printable)}


def _login(occasion, limit, practice, home):
    """The command that signs in; an account that needs more than options is configured first."""
    words = ["login", *occasion.words, "--timeout", limit]
    settings = {"redirect_uri": home.redirect_uri, "scope": "openid profile"}
    if "ca_file" in practice.facts:
        settings["ca_file"] = practice["ca_file"]
    if occasion.target:
        words.append(practice[occasion.target])
        del settings["scope"]
    else:
        settings |= {"issuer": practice["issuer"], "client_id": practice["client_id"]}
        words.append(ACCOUNT)
    if occasion.settings:
        home.configure(ACCOUNT, **settings, **dict(occasion.settings))
        return words
    for key, value in settings.items():
        words += [f"--{key.replace('_', '-')}", value]
    return words
