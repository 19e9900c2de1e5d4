import Testing

@testable import Configuration

/// Reads a configuration from text.
func read(_ text: String) throws(ConfigurationFault) -> ConfigurationFile {
  try read(Array(text.utf8))
}

func read(_ bytes: [UInt8]) throws(ConfigurationFault) -> ConfigurationFile {
  let result: Result<ConfigurationFile, ConfigurationFault> = bytes.withUnsafeBytes { bytes in
    do throws(ConfigurationFault) { return .success(try ConfigurationFile(parsing: bytes)) } catch {
      return .failure(error)
    }
  }
  return try result.get()
}

/// The fault of a text that must not be read.
func fault(_ text: String) throws -> ConfigurationFault {
  try fault(Array(text.utf8))
}

func fault(_ bytes: [UInt8]) throws -> ConfigurationFault {
  try #require(throws: ConfigurationFault.self) { try read(bytes) }
}

/// An account named `work` with these lines.
func account(_ lines: String, name: String = "work") throws -> AccountSettings {
  let file = try read("[\(name)]\n\(lines)\n")
  return try #require(file.account(name))
}
