extension AuthorizationServer {
  /// What this server is, for whoever opens its address.
  func home() -> Reply {
    let places = Self.announced.map { name, place -> HTML in
      "<dt>\(name)</dt><dd><code>\(settings.address(of: place))</code></dd>\n"
    }
    let metadata = settings.issuer + "/.well-known/openid-configuration"
    return .page(
      Page(
        title: "Practice server",
        content: """
          <h1>A server to practise signing in with</h1>
          <p>It speaks OAuth 2 and OpenID Connect, on this machine alone, and asks nobody for a
          password. Point a client at its issuer:</p>
          <dl>
          <dt>issuer</dt><dd><code>\(settings.issuer)</code></dd>
          <dt>client_id</dt>
          \(markup: clientList)
          \(markup: places)</dl>
          <p><a href="\(metadata)">Everything it announces</a></p>
          """))
  }

  private var clientList: [HTML] {
    settings.clients.values.sorted { $0.id < $1.id }.map { client in
      let kind = client.isPublic ? "public" : "with a secret"
      return "<dd><code>\(client.id)</code> <span class=\"soft\">(\(kind))</span></dd>\n"
    }
  }
}
