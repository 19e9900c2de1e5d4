/// The text of `sallyport-practice help`.
enum Help {
  static let text = """
    usage: sallyport-practice [option ...]
           sallyport-practice browse [--user NAME] [--deny] [--user-code CODE]
                              [--ca-file FILE] URL
           sallyport-practice faults | help | version

    An OAuth 2 and OpenID Connect server on this machine alone, to practise signing in with.

      --port N                     listen on this port; 0, the default, takes a free one
      --issuer-path PATH           a path in the issuer, such as /tenant
      --tls                        https, with a certificate made at the start
      --certificate-file FILE      write that certificate here, for clients to trust
      --certificate FILE --key FILE
                                   https, with this certificate and key (PEM)
      --client ID[,secret=S][,redirect=URI]...
                                   one more client; without a secret a public one;
                                   key=, jwks= or certificate=FILE instead of a secret,
                                   auth=METHOD for one way to authenticate alone
      --auto-approve USER          show no page: allow everything, as this user
      --id-token-alg ALG           RS256 (default), PS256, ES256 or EdDSA
      --stop-with-stdin            stop at the end of standard input
      --quiet                      print no greeting

    for testing clients:
      --access-token-lifetime SECONDS     default 300
      --refresh-token-lifetime SECONDS    default 2592000
      --no-refresh-token           give no refresh tokens
      --no-rotation                keep one refresh token for the life of a grant
      --omit-expires-in            do not say how long access tokens live
      --opaque, --jwt              form of access tokens; opaque is the default
      --resource                   serve ISSUER/resource, which wants an access token
      --require-par                want every authorization request pushed
      --dpop-nonce                 want a nonce in proofs of possession
      --signed-userinfo            sign what the userinfo endpoint says
      --device-interval SECONDS    between polls of a device; default 5
      --device-lifetime SECONDS    of a user code; default 600
      --fault NAME                 do wrong in one named way; faults lists them
      --log FILE                   a line of JSON for each request: names alone
      --log-secrets                values too, codes and tokens among them

    browse plays a person for scripts: it opens an address of the server, signs in
    as NAME (default alice), allows or denies, and follows the redirect back. With
    --user-code it types the code of a device.

    sallyport-practice(1) says more.

    """
}
