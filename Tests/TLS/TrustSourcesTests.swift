import COpenSSL
import Glibc
import Testing

@testable import TLS

@Suite struct TrustSourcesTests {
  private func refusal(_ sources: TrustSources) -> TLSError? {
    do throws(TLSError) {
      _ = try TLSClientContext(trusting: sources)
      return nil
    } catch { return error }
  }

  @Test func aGivenFileThatCannotBeReadIsSaid() {
    let missing = "/nonexistent/ca.pem"
    let expected = TLSError.unusable(
      reason: "/nonexistent/ca.pem cannot be read: No such file or directory")
    #expect(refusal(TrustSources(additionalFile: missing)) == expected)
    #expect(refusal(TrustSources(certificateFile: missing)) == expected)
  }

  @Test func aGivenFileWithoutACertificateIsSaid() throws {
    let folder = try ScratchFolder()
    for bytes in [[], Array("not a certificate\n".utf8)] {
      let file = folder.write(bytes, as: "ca.pem")
      #expect(
        refusal(TrustSources(additionalFile: file))
          == .unusable(reason: "\(file) holds no certificate in PEM"))
    }
  }

  @Test func emptyValuesAreAsGoodAsNone() {
    #expect(
      refusal(TrustSources(certificateFile: "", certificateDirectory: "", additionalFile: ""))
        == nil)
  }

  @Test func theEnvironmentsFileIsTrusted() throws {
    var trust = try Trust()
    trust.client = try TLSClientContext(
      trusting: TrustSources(certificateFile: "\(trust.folder.path)/ca.pem"))
    #expect(trust.handshake().error == nil)
  }

  @Test func theEnvironmentsFolderIsTrustedByItsHashedNames() throws {
    var trust = try Trust()
    let folder = try ScratchFolder()
    trust.client = try TLSClientContext(
      trusting: TrustSources(certificateDirectory: "/nonexistent:\(folder.path)"))
    #expect(trust.handshake().error != nil)
    let pem = try bytes(of: "\(trust.folder.path)/ca.pem")
    _ = folder.write(pem, as: try hashedName(ofSubject: pem))
    trust.client = try TLSClientContext(
      trusting: TrustSources(certificateDirectory: "/nonexistent:\(folder.path)"))
    #expect(trust.handshake().error == nil)
  }

  @Test func onlyNamesOfHashesAreHashedNames() throws {
    let folder = try ScratchFolder()
    #expect(!TrustSources.hasHashedNames(folder.path))
    for name in ["ca-bundle.crt", "5f15c80c.pem", "5F15C80C.0", "5f15c80c.", "5f15c80c", "5f15.0"] {
      _ = folder.write([], as: name)
    }
    #expect(!TrustSources.hasHashedNames(folder.path))
    _ = folder.write([], as: "5f15c80c.10")
    #expect(TrustSources.hasHashedNames(folder.path))
    #expect(!TrustSources.hasHashedNames("/nonexistent"))
  }

  private func bytes(of file: String) throws -> [UInt8] {
    let descriptor = open(file, O_RDONLY)
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = read(descriptor, &buffer, buffer.count)
    return Array(buffer.prefix(max(count, 0)))
  }

  private func hashedName(ofSubject pem: [UInt8]) throws -> String {
    let certificate = try #require(PEM.certificates(pem).first)
    defer { X509_free(certificate) }
    let hash = X509_NAME_hash_ex(X509_get_subject_name(certificate), nil, nil, nil)
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits + ".0"
  }
}
