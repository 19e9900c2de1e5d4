import Attributes
import Configuration
import Platform

/// The configuration file of this user, as far as there is one.
struct Configured {
  /// Nil when neither XDG_CONFIG_HOME nor HOME tells where it would be.
  let path: String?
  /// Empty when there is no file.
  let file: ConfigurationFile

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
