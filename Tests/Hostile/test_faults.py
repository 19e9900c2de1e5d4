"""Each fault of the practice server, and what the programs make of it."""

import concurrent.futures
import shlex

import pytest
from support.case import cases
from support.occasion import OCCASIONS, go, meet

CASES = cases()
# What the practice server's redirects lead to: nobody has a reason to ask for it.
STOLEN = "/stolen"


def test_every_fault_has_a_case_and_every_case_a_fault(known_faults):
    assert sorted(CASES) == sorted(known_faults)


def test_every_fault_meets_its_file(known_faults):
    """Without a program: what the files and the practice server's own list say of each other."""
    for name, case in CASES.items():
        fault = known_faults[name]
        said = (case.section, case.occasion, case.verdict)
        assert said == (fault.section, fault.occasion, fault.verdict), f"{name} is not the fault's"
        assert case.waits or not fault.is_slow, f"{name} does not say what is waited for"
        if case.status:
            assert case.says, f"{name}: a refusal has something to say"
            assert case.helps or case.hint, f"{name}: a refusal has to help"


def test_faults_that_take_a_while(known_faults, tmp_path):
    """They mostly wait, and so they all wait at once."""
    slow = [case for case in CASES.values() if case.waits]
    for case in slow:
        (tmp_path / case.name).mkdir()
    wrong = []
    with concurrent.futures.ThreadPoolExecutor(len(slow)) as pool:
        meetings = {
            case.name: pool.submit(meet, known_faults[case.name], tmp_path / case.name)
            for case in slow}
        for case in slow:
            try:
                check(case, meetings[case.name].result())
            except Exception as error:
                wrong.append(f"{case.name}: {error!r}")
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("occasion", OCCASIONS)
def test_without_a_fault_every_occasion_works(occasion, tmp_path):
    """What is refused is refused for its fault, and not for how it is met."""
    meeting = go(occasion, tmp_path)
    meeting.result.done()
    wanted = "signed-out" if occasion == "logout" else "signed-in"
    assert state_of(meeting.account) == wanted, meeting.account
    check_secrets(meeting)
    check_requests(meeting)


@pytest.mark.parametrize("path", ["/tenant", "/a/b"])
def test_an_issuer_may_have_a_path(path, tmp_path):
    meeting = go("login", tmp_path, "--issuer-path", path)
    meeting.result.done()
    assert meeting.account["issuer"].endswith(path)


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
def test_signatures_count_whatever_they_are_made_with(algorithm, known_faults, tmp_path):
    options = ("--id-token-alg", algorithm)
    (tmp_path / "good").mkdir()
    go("login", tmp_path / "good", *options).result.done()
    for name in ["wrong-signature", "signature-zero", "signature-by-stranger"]:
        (tmp_path / name).mkdir()
        meeting = meet(known_faults[name], tmp_path / name, *options)
        meeting.result.failed(1, "signature is wrong")


def test_userinfo_is_asked_with_the_token_in_the_header(tmp_path):
    """OpenID Connect Core 1.0 section 5.3.1, RFC 6750 section 2.1."""
    meeting = go("userinfo", tmp_path)
    asked = [one for one in meeting.requests if one["path"] == "/userinfo"]
    assert len(asked) == 1 and asked[0]["query"] == [] and asked[0]["form"] == [], asked
    fields = {name.lower(): value for name, value in asked[0]["headers"]}
    assert fields["authorization"].startswith("Bearer "), fields


@pytest.mark.parametrize(
    "case", [case for case in CASES.values() if not case.waits], ids=lambda case: case.name)
def test_fault(case, known_faults, tmp_path):
    check(case, meet(known_faults[case.name], tmp_path))


def check(case, meeting):
    """Holds what came of a fault against its file, and against what holds for every one."""
    check_verdict(case, meeting)
    check_words(case, meeting)
    check_secrets(meeting)
    check_requests(meeting, case.unasked)
    check_what_is_kept(case, meeting)


def check_verdict(case, meeting):
    result = meeting.result
    assert result.status == case.status, str(result)
    assert meeting.is_served, "the agent is not the same as before"
    if result.status:
        assert result.output == "", str(result)
        check_hint(case.hint and case.hint.replace("PORT", meeting.port), meeting)


def check_hint(expected, meeting):
    """The command that would help is that of the case, with the options that were given before."""
    result = meeting.result
    if expected is None:
        assert result.hint is None, str(result)
        return
    words, wanted = shlex.split(result.hint or ""), shlex.split(expected)
    assert words[:len(wanted)] == wanted, str(result)
    assert set(words[len(wanted):]) <= set(meeting.words), str(result)


def check_words(case, meeting):
    """One line says what was checked and on what, and what anybody can do about it."""
    result = meeting.result
    for line in (result.output + result.errors).split("\n"):
        # No escape sequence, no turned text, no character that cannot be seen (CWE-150, CWE-1007).
        assert line.isprintable(), repr(line)
    said = result.complaint if case.status else result.errors
    for words in case.says + case.helps:
        assert words.replace("PORT", meeting.port) in said, f"{words!r} is missing: {result}"


def check_secrets(meeting):
    assert not meeting.shown, f"a secret is shown: {meeting.result}"
    assert not meeting.kept, f"a secret lies on the disk: {meeting.kept}"


def check_requests(meeting, unasked=()):
    """Nothing went where it does not belong, and nothing went twice."""
    asked = [request["path"] for request in meeting.requests]
    for path in [*unasked, STOLEN]:
        assert path not in asked, f"{path} was asked: {asked}"
    spent = []
    for request in meeting.requests:
        assert not {name for name, _ in request["query"]} & {"client_secret", "access_token"}
        here = [value for name, value in request["form"] if name in {"code", "refresh_token"}]
        assert not here or request["path"] == "/token", f"a grant went to {request['path']}"
        # Where a nonce is missing, the code was not looked at (RFC 9449 section 8).
        if "use_dpop_nonce" not in request["answer"]:
            spent += here
    assert len(spent) == len(set(spent)), "a code or a refresh token went twice"


def check_what_is_kept(case, meeting):
    """A refused sign-in leaves nothing; of a session only its end ends it."""
    account, before = meeting.account, meeting.account_before
    state = state_of(account)
    if before is None and case.status:
        assert meeting.after == meeting.before, "the configuration was changed"
        assert state == "signed-out", account
    elif before is None:
        assert state == "signed-in", account
    elif case.occasion == "logout":
        assert state == "signed-out", account
    else:
        assert meeting.after == meeting.before, "the configuration was changed"
        check_session(case, before, account)


def state_of(account):
    """An account that the agent knows nothing of is signed out."""
    return account["state"] if account else "signed-out"


def check_session(case, before, account):
    assert before["state"] == "signed-in", before
    assert (case.session is None) == (case.status == 0), "the case says what becomes of the session"
    if case.session == "ended":
        assert account["state"] == "signed-out", account
    else:
        assert account["state"] == "signed-in", account
        assert account["refreshable"] == before["refreshable"], account
        assert account["sub"] == before["sub"], account
