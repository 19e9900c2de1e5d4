"""Programs that take a token from here: curl, and what kubectl runs."""

import datetime
import json
import subprocess


def shell(sallyport, command, **environment):
    """Runs a command as a person types it."""
    return subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, check=True, cwd=sallyport.home,
        env={**sallyport.environment, **environment}).stdout


def test_curl_takes_a_header(sallyport, server):
    sallyport.configure_for(server, server.public)
    sallyport.sign_in(server)
    answer = shell(
        sallyport, 'curl -sS -H "$(sallyport token --format header)" "$URL"',
        URL=f"{server.issuer}/userinfo")
    assert json.loads(answer)["sub"] == sallyport.status()["sub"]


def test_kubectl_gets_its_credential(sallyport, server):
    sallyport.configure_for(server, server.public)
    sallyport.sign_in(server)
    asked = {
        "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
        "spec": {"interactive": False}}
    answer = json.loads(shell(
        sallyport, "sallyport token work --format exec-credential",
        KUBERNETES_EXEC_INFO=json.dumps(asked)))
    assert answer["apiVersion"] == asked["apiVersion"] and answer["kind"] == "ExecCredential"
    assert answer["status"]["token"] == sallyport.run("token").done().line
    expires = datetime.datetime.fromisoformat(
        answer["status"]["expirationTimestamp"].replace("Z", "+00:00"))
    assert expires.timestamp() == sallyport.status()["expires_at"]
