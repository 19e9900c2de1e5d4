import Attributes
import Configuration
import Platform

/// The configuration file of this user, as far as there is one.
struct Configured {
  /// Nil when neither XDG_CONFIG_HOME nor HOME tells where it would be.
  let path: String?
  /// Empty when there is no file.
  let file: ConfigurationFile

  /// The account that a name means; without a name the only one there is.
  func account(_ name: String?) -> AccountSettings? {
    if let name { return file.account(name) }
    return file.accounts.count == 1 ? file.accounts[0] : nil
  }

  /// Reads and checks the file.
  static func load() throws(Failure) -> Configured {
    guard let path = Folders().configurationFile else {
      return Configured(path: nil, file: ConfigurationFile())
    }
    do {
      let file = try ConfigurationReader.load(path: path)
      return Configured(path: path, file: file ?? ConfigurationFile())
    } catch { throw error.failure(path: path) }
  }
}
