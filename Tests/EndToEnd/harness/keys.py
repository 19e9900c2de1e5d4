"""Keys, signatures, certificates and JSON Web Tokens, made by the openssl command."""

import base64
import hashlib
import hmac
import json
import subprocess


def openssl(*words, data=b""):
    """Runs the openssl command."""
    done = subprocess.run(["openssl", *map(str, words)], input=data, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class RSAKey:
    algorithm = "RS256"

    def __init__(self, folder, kid="rsa-1", bits=2048):
        self.kid, self.path = kid, folder / f"{kid}.pem"
        openssl("genrsa", "-out", self.path, bits)
        modulus = openssl("rsa", "-in", self.path, "-noout", "-modulus").decode()
        self.modulus = bytes.fromhex(modulus.strip().partition("=")[2])

    @property
    def jwk(self):
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid,
                "n": b64url(self.modulus), "e": "AQAB"}

    @property
    def public_pem(self):
        return openssl("rsa", "-in", self.path, "-pubout")

    def sign(self, data):
        return openssl("dgst", "-sha256", "-sign", self.path, data=data)


class ECKey:
    algorithm = "ES256"

    def __init__(self, folder, kid="ec-1"):
        self.kid, self.path = kid, folder / f"{kid}.pem"
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.path)
        point = openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")[-64:]
        self.x, self.y = point[:32], point[32:]

    @property
    def jwk(self):
        return {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid,
                "x": b64url(self.x), "y": b64url(self.y)}

    def sign(self, data):
        return self.raw_signature(self.der_signature(data))

    def der_signature(self, data):
        return openssl("dgst", "-sha256", "-sign", self.path, data=data)

    @staticmethod
    def raw_signature(der):
        """r and s, 32 bytes each, out of the DER sequence (RFC 7518 section 3.4)."""
        numbers, rest = [], der[2:]
        for _ in range(2):
            length = rest[1]
            numbers.append(int.from_bytes(rest[2:2 + length], "big").to_bytes(32, "big"))
            rest = rest[2 + length:]
        return b"".join(numbers)


class MACKey:
    """HS256 with any bytes as the key: what must never be accepted."""

    algorithm = "HS256"

    def __init__(self, secret, kid=None):
        self.secret, self.kid = secret, kid

    def sign(self, data):
        return hmac.new(self.secret, data, hashlib.sha256).digest()


class NoKey:
    """alg none."""

    algorithm, kid = "none", None

    def sign(self, data):
        return b""


def jwt(key, claims, **header):
    """A signed token; a header parameter that is None is left out."""
    header = {"alg": key.algorithm, "typ": "JWT", "kid": key.kid, **header}
    header = {name: value for name, value in header.items() if value is not None}
    parts = [b64url(json.dumps(part).encode()) for part in (header, claims)]
    return ".".join([*parts, b64url(key.sign(".".join(parts).encode()))])


def certificate(folder, names="IP:127.0.0.1,DNS:localhost", name="server"):
    """A self-signed certificate and its key, as two PEM files."""
    paths = folder / f"{name}.crt", folder / f"{name}.key"
    openssl(
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-days", 2, "-subj", "/CN=sallyport test", "-addext", f"subjectAltName={names}",
        "-out", paths[0], "-keyout", paths[1])
    return paths
