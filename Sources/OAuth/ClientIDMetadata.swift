/// Why a URL cannot be the identifier of a client.
package enum ClientIDURLFault: Error, Equatable, CustomStringConvertible {
  case address(AddressFault)
  case notHTTPS
  case noPath
  case dotSegment

  package var description: String {
    switch self {
    case .address(let fault): "the client_id is refused: \(fault)"
    case .notHTTPS: "a client_id that is an address must be an https one"
    case .noPath: "a client_id that is an address must have a path behind its host"
    case .dotSegment: "a client_id that is an address must not have . or .. in its path"
    }
  }
}

/// A client identifier that is the address of the client's own metadata (Client ID Metadata
/// Document §3).
package struct ClientIDURL: Sendable, Hashable {
  package let text: String

  /// Whether an identifier is meant to be one: any other stays the opaque text it always was.
  package static func isMeant(by clientID: String) -> Bool {
    clientID.utf8.prefix(8).elementsEqual("https://".utf8)
  }

  package init(_ text: String) throws(ClientIDURLFault) {
    let endpoint: Endpoint
    do { endpoint = try Endpoint(text) } catch { throw .address(error) }
    guard endpoint.scheme == .https else { throw .notHTTPS }
    guard endpoint.path != "/" else { throw .noPath }
    guard !endpoint.hasDotSegment else { throw .dotSegment }
    self.text = text
  }
}

/// Where a sign-in takes its client from.
package enum ClientSource: Sendable, Hashable {
  /// The account's own `client_id`.
  case configured(String)
  /// A document whose address is the identifier.
  case metadataDocument(ClientIDURL)
  /// A registration to be made at this endpoint (RFC 7591).
  case registration(Endpoint)

  package enum Fault: Error, Equatable, CustomStringConvertible {
    case none
    case clientID(ClientIDURLFault)
    case documentsNotTaken

    package var description: String {
      switch self {
      case .none:
        "there is no client_id, and the server neither reads client metadata documents nor "
          + "registers clients"
      case .clientID(let fault): fault.description
      case .documentsNotTaken:
        "the client_id is the address of a document, and the server does not read such documents "
          + "(client_id_metadata_document_supported)"
      }
    }
  }

  /// Chooses.
  ///
  /// - Parameters:
  ///   - clientID: what the account says; it wins, and an https address in it is taken for a
  ///     metadata document.
  ///   - document: the address of a document to fall back on, used where the server says that it
  ///     reads such documents.
  package static func choose(
    clientID: String?, document: String?, metadata: ServerMetadata
  ) throws(Fault) -> ClientSource {
    let takesDocuments = metadata.has(.takesClientIDMetadataDocuments)
    if let clientID {
      guard ClientIDURL.isMeant(by: clientID) else { return .configured(clientID) }
      // Without a document of its own the server has had no chance to say it.
      guard takesDocuments || metadata.origin == .configured else { throw .documentsNotTaken }
      return .metadataDocument(try url(clientID))
    }
    if let document, takesDocuments { return .metadataDocument(try url(document)) }
    guard let endpoint = metadata.endpoint(.registration) else { throw .none }
    return .registration(endpoint)
  }

  private static func url(_ text: String) throws(Fault) -> ClientIDURL {
    do { return try ClientIDURL(text) } catch { throw .clientID(error) }
  }
}
