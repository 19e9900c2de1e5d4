"""Keys and certificates of a client, made by openssl: the server gets the public half."""

import base64
import hashlib
import json
import subprocess

#: What `openssl genpkey` is told for a key of each algorithm.
KINDS = {
    "RS256": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "PS256": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "ES256": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "EdDSA": ["ED25519"],
}


def openssl(*words, input=None):
    """What openssl writes."""
    return subprocess.run(
        ["openssl", *map(str, words)], input=input, check=True, capture_output=True).stdout


def make_key(path, algorithm):
    """Makes a private key that only its owner can read."""
    path.touch(mode=0o600)
    path.write_bytes(openssl("genpkey", "-quiet", "-algorithm", *KINDS[algorithm]))
    return path


def public_jwk(path, algorithm, key_id):
    """The public half, as RFC 7517 writes it."""
    der = openssl("pkey", "-in", path, "-pubout", "-outform", "DER")
    if algorithm == "EdDSA":
        key = {"kty": "OKP", "crv": "Ed25519", "x": encoded(der[-32:])}
    elif algorithm == "ES256":
        key = {"kty": "EC", "crv": "P-256", "x": encoded(der[-64:-32]), "y": encoded(der[-32:])}
    else:
        modulus = openssl("rsa", "-in", path, "-noout", "-modulus").decode().strip()
        number = bytes.fromhex(modulus.partition("=")[2])
        key = {"kty": "RSA", "n": encoded(number), "e": encoded((65537).to_bytes(3, "big"))}
    return {**key, "kid": key_id, "alg": algorithm, "use": "sig"}


def certified_jwk(certificate, key, key_id):
    """The public half in its certificate (RFC 7517 section 4.7)."""
    der = openssl("x509", "-in", certificate, "-outform", "DER")
    jwk = public_jwk(key, "ES256", key_id)
    return {**jwk, "x5c": [base64.b64encode(der).decode()]}


def thumbprint(jwk):
    """RFC 7638, of an elliptic curve key."""
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    text = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return encoded(hashlib.sha256(text.encode()).digest())


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make_certificate(folder, name, subject, names=None, authority=None):
    """Makes a certificate, signed by itself or by an authority; gives its file and its key's."""
    key = make_key(folder / f"{name}.key", "ES256")
    path = folder / f"{name}.pem"
    words = ["req", "-x509", "-new", "-key", key, "-subj", subject, "-days", "2", "-out", path]
    if names:
        words += ["-addext", f"subjectAltName={names}"]
    if authority:
        words += ["-CA", authority[0], "-CAkey", authority[1]]
        words += ["-addext", "basicConstraints=critical,CA:FALSE"]
    openssl(*words)
    return path, key
