import Attributes
import OAuth
import Vault

/// What of a vault a failure is about: `vault_fault` of the answer.
package enum VaultTrouble: String, Sendable, CaseIterable {
  /// The key, or what it was made from, is another vault's.
  case wrongKey = "wrong_key"
  /// The key is right, and what it should have sealed is not what it has sealed.
  case forged
  /// What chance or another version has made of the file.
  case damaged
  /// Where the key comes from does not give it.
  case source
}

extension CourierFailure {
  /// What is wrong with the vault at `path`.
  init(_ fault: VaultFault, path: String) {
    self.init(fault.code, fault.sentence(path: path), hint: fault.hint(path: path))
    vaultFault = fault.trouble
  }

  /// The key of a vault is not to be had.
  ///
  /// - Parameter reason: a whole sentence about the source.
  static func noKey(_ reason: String, hint: String? = nil) -> CourierFailure {
    var failure = CourierFailure(.locked, reason, hint: hint)
    failure.vaultFault = .source
    return failure
  }
}

extension VaultFault {
  fileprivate var code: FailureCode {
    self == .wrongKey ? .locked : .failed
  }

  fileprivate var trouble: VaultTrouble? {
    switch self {
    case .wrongKey: .wrongKey
    case .headerForged, .recordRefused: .forged
    case .empty, .notAVault, .newerVersion, .headerDamaged, .damaged, .unknownKind: .damaged
    default: nil
    }
  }
}
