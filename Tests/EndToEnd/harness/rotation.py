"""A server whose refresh tokens are good for one use each."""

import json
import threading
import time
from dataclasses import dataclass, field

from .server import Answer, Server
from .waiting import PATIENCE


class Gate:
    """A place where requests wait until a test lets them go on."""

    def __init__(self):
        self.waiting = 0
        self._open = threading.Event()
        self._breaks = False
        self._lock = threading.Lock()

    def pass_through(self):
        with self._lock:
            self.waiting += 1
        assert self._open.wait(PATIENCE)
        if self._breaks:
            raise ConnectionAbortedError

    def open(self):
        self._open.set()

    def break_off(self):
        """Whoever waits is never served, and what it wanted is not done."""
        self._breaks = True
        self._open.set()


@dataclass
class Family:
    """All tokens that came of one sign-in."""

    refresh_token: str
    access_token: str
    is_revoked: bool = False
    # When what has happened: "asked", "rotated", "answered".
    events: list = field(default_factory=list)

    def happened(self, name, until):
        """How often it had happened at some moment."""
        return sum(1 for time, event in list(self.events) if event == name and time <= until)


class RotatingServer(Server):
    """Each refresh token is good once; who comes with a used one ends its family.

    That is RFC 9700 section 4.14.2: of two that have the same token nobody can tell who stole it.
    """

    def __init__(self, **options):
        super().__init__(**options)
        # By refresh token, those that are used up too; and in the order of the sign-ins.
        self.families = {}
        self.begun = []
        # Where requests for one family wait: before the token is replaced, and before the answer.
        self.before_rotation = {}
        self.before_answer = {}

    def grant(self, request):
        token = request.form.get("refresh_token")
        if token is None:
            return self._begin(request)
        family = self.families.get(token)
        if family is None:
            return Answer.error("invalid_grant", "this refresh token was never given")
        self._note(family, "asked")
        self._wait(self.before_rotation, family)
        with self._lock:
            if family.is_revoked or token != family.refresh_token:
                family.is_revoked = True
                self.sessions.pop(family.refresh_token, None)
                return Answer.error("invalid_grant", "this refresh token was used before")
            answer = super().grant(request)
            self._adopt(answer, family)
            self._note(family, "rotated")
        self._wait(self.before_answer, family)
        answer.family = family
        return answer

    def _begin(self, request):
        answer = super().grant(request)
        if answer.status == 200:
            self.begun.append(Family("", ""))
            self._adopt(answer, self.begun[-1])
        return answer

    def _adopt(self, answer, family):
        tokens = json.loads(answer.body)
        family.refresh_token, family.access_token = tokens["refresh_token"], tokens["access_token"]
        self.families[family.refresh_token] = family

    @staticmethod
    def _wait(gates, family):
        gate = gates.get(id(family))
        if gate:
            gate.pass_through()

    def hold(self, family, before):
        """Has the next requests of a family wait, before "rotation" or the "answer"."""
        gate = Gate()
        gates = {"rotation": self.before_rotation, "answer": self.before_answer}[before]
        gates[id(family)] = gate
        return gate

    def let_pass(self, family):
        """Holds nobody of the family any more."""
        self.before_rotation.pop(id(family), None)
        self.before_answer.pop(id(family), None)

    @staticmethod
    def _note(family, event):
        family.events.append((time.monotonic(), event))

    def _send(self, answer, connection):
        if family := getattr(answer, "family", None):
            self._note(family, "answered")
        super()._send(answer, connection)
