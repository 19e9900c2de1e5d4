"""A server of the Model Context Protocol with the SDK's own authorization; run as a program.

usage: mcp_program.py PORT URL RESOURCE SCOPES

Every endpoint, document and check is the SDK's; what is here keeps what it hands over, and lets
the one person there is agree to everything at once. RESOURCE may be empty: then the server says
nothing about itself, as those made before RFC 9728.
"""

import secrets
import sys
import time

from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    OAuthAuthorizationServerProvider,
    RefreshToken,
    construct_redirect_uri,
)
from mcp.server.auth.settings import AuthSettings, ClientRegistrationOptions, RevocationOptions
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.auth import OAuthToken

LIFETIME = 3600


class Provider(OAuthAuthorizationServerProvider):
    """Keeps clients, codes and tokens in memory."""

    def __init__(self):
        self.clients, self.codes, self.access, self.refresh = {}, {}, {}, {}

    async def get_client(self, client_id):
        return self.clients.get(client_id)

    async def register_client(self, client_info):
        self.clients[client_info.client_id] = client_info

    async def authorize(self, client, params):
        code = AuthorizationCode(
            code=secrets.token_urlsafe(32), scopes=params.scopes or [],
            expires_at=time.time() + 60, client_id=client.client_id,
            code_challenge=params.code_challenge, redirect_uri=params.redirect_uri,
            redirect_uri_provided_explicitly=params.redirect_uri_provided_explicitly,
            resource=params.resource, subject="alice")
        self.codes[code.code] = code
        return construct_redirect_uri(
            str(params.redirect_uri), code=code.code, state=params.state)

    async def load_authorization_code(self, client, authorization_code):
        return self.codes.get(authorization_code)

    async def exchange_authorization_code(self, client, authorization_code):
        del self.codes[authorization_code.code]
        return self._tokens(client, authorization_code.scopes, authorization_code)

    async def load_refresh_token(self, client, refresh_token):
        return self.refresh.get(refresh_token)

    async def exchange_refresh_token(self, client, refresh_token, scopes):
        del self.refresh[refresh_token.token]
        return self._tokens(client, scopes or refresh_token.scopes, refresh_token)

    async def load_access_token(self, token):
        return self.access.get(token)

    async def revoke_token(self, token):
        self.access.pop(token.token, None)
        self.refresh.pop(token.token, None)

    def _tokens(self, client, scopes, grant):
        facts = {"client_id": client.client_id, "scopes": scopes, "resource": grant.resource,
                 "subject": grant.subject}
        expiry = int(time.time()) + LIFETIME
        access = AccessToken(token=secrets.token_urlsafe(32), expires_at=expiry, **facts)
        refresh = RefreshToken(token=secrets.token_urlsafe(32), **facts)
        self.access[access.token] = access
        self.refresh[refresh.token] = refresh
        return OAuthToken(
            access_token=access.token, token_type="Bearer", expires_in=LIFETIME,
            scope=" ".join(scopes), refresh_token=refresh.token)


def main(port, url, resource, scopes):
    scopes = scopes.split()
    auth = AuthSettings(
        issuer_url=url, resource_server_url=resource or None, required_scopes=scopes,
        validate_token_resource=bool(resource),
        client_registration_options=ClientRegistrationOptions(enabled=True, valid_scopes=scopes),
        revocation_options=RevocationOptions(enabled=True))
    server = MCPServer("practice", auth_server_provider=Provider(), auth=auth)

    @server.tool()
    def greet(name: str) -> str:
        return f"hello, {name}"

    server.run(
        "streamable-http", port=int(port), json_response=True, stateless_http=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
