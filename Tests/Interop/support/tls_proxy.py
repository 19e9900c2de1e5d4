"""A reverse proxy that ends TLS and tells the server which certificate a client has shown."""

import base64
import ssl

from .keys import make_certificate
from .proxy import RecordingProxy


class TLSProxy(RecordingProxy):
    """Stands in front of a server that believes to be known by another proxy's address."""

    scheme = "https"

    def __init__(self, folder, inner, header):
        super().__init__()
        folder.mkdir()
        self._inner = inner.encode()
        self._header = header
        #: What clients have to trust, and what signs their certificates.
        self.authority = make_certificate(folder, "authority", "/CN=authority")
        certificate, key = make_certificate(
            folder, "server", "/CN=localhost", "DNS:localhost", self.authority)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate, key)
        self.tls.load_verify_locations(self.authority[0])
        self.tls.verify_mode = ssl.CERT_OPTIONAL

    def trust(self, certificate):
        """Lets clients in who show this certificate, which is signed by itself."""
        self.tls.load_verify_locations(certificate)

    def added(self, exchange):
        if exchange.certificate is None:
            return []
        text = base64.b64encode(exchange.certificate).decode()
        pem = f"-----BEGIN CERTIFICATE-----{text}-----END CERTIFICATE-----"
        return [(self._header, pem)]

    def seen(self, text):
        return text.replace(self._inner, self.url.encode())
