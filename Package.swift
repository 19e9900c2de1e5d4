// swift-tools-version: 6.2
import PackageDescription

// `packaging/build` sets SALLYPORT_LINK=static-pie: the client and the agent then link as static
// position-independent executables and start as fast as C. SwiftPM's own run path cannot be kept
// out from here, and a static PIE crashes on it before main, so a plain `swift build -c release`
// keeps the toolchain's default link, which runs wherever the toolchain is installed.
let linksStatically = Context.environment["SALLYPORT_LINK"] == "static-pie"

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

// A section for each function: without it the linker moves those of a module in one piece.
let inSections: [SwiftSetting] =
  linksStatically
  ? [.unsafeFlags(["-Xfrontend", "-function-sections"], .when(configuration: .release))] : []

/// How `program` is linked: the packed form of the 17,000 relative relocations is 20 KB to read at
/// start instead of 400 KB. The functions that run at all lie side by side (`packaging/link-order`
/// finds them): half of the agent's resident memory, and some page faults of every client, are saved.
func staticPIE(_ program: String) -> [LinkerSetting] {
  guard linksStatically else { return [] }
  let order = "\(Context.packageDirectory)/packaging/\(program).order"
  return [
    .unsafeFlags(
      [
        "-static-executable", "-use-ld=lld", "-Xclang-linker", "-static-pie",
        "-Xlinker", "--gc-sections", "-Xlinker", "--pack-dyn-relocs=relr",
        "-Xlinker", "--symbol-ordering-file=\(order)", "-Xlinker", "--no-warn-symbol-ordering",
      ], .when(configuration: .release))
  ]
}

/// A library target of this package, with the settings all of them share.
func library(
  _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict + inSections)
}

/// A program: one thin `main.swift` over a library target.
func program(
  _ name: String, _ dependencies: [Target.Dependency], linkerSettings: [LinkerSetting] = []
) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, swiftSettings: strict + inSections,
    linkerSettings: linkerSettings)
}

/// The tests of the library `name`, in the folder of the same name.
func tests(of name: String, _ more: [Target.Dependency] = [], resources: [Resource] = []) -> Target
{
  .testTarget(
    name: "\(name)Tests", dependencies: [.target(name: name)] + more, path: "Tests/\(name)",
    resources: resources, swiftSettings: strict)
}

let package = Package(
  name: "sallyport",
  products: [
    .executable(name: "sallyport", targets: ["sallyport"]),
    .executable(name: "sallyport-agent", targets: ["sallyport-agent"]),
    .executable(name: "sallyport-courier", targets: ["sallyport-courier"]),
    .executable(name: "sallyport-practice", targets: ["sallyport-practice"]),
  ],
  targets: [
    // What the system has.
    .systemLibrary(name: "COpenSSL"),
    .target(name: "CPlatform"),

    // Values and small owners; none of them talks to a network.
    library("Secrets", ["Attributes", "CPlatform"]),
    library("Attributes", []),
    library("Platform", ["CPlatform"]),
    library("Vault", ["Attributes", "CPlatform", "Platform"], exclude: ["README.md"]),
    library("Configuration", ["Attributes", "Platform"]),
    library("OAuth"),
    library("HTTP1"),
    library("TLS", ["COpenSSL"]),

    // What the programs do.
    library("Command", ["Attributes", "CPlatform", "Configuration", "Platform"]),
    library(
      "Agent", ["Attributes", "CPlatform", "Configuration", "Platform", "Secrets", "Vault"]),
    library("Courier", ["Attributes", "CPlatform", "HTTP1", "OAuth", "Platform", "TLS", "Vault"]),
    library("PracticeServer", ["Attributes", "HTTP1", "OAuth", "Platform", "TLS"]),

    // The programs.
    program("sallyport", ["Command"], linkerSettings: staticPIE("sallyport")),
    program("sallyport-agent", ["Agent"], linkerSettings: staticPIE("sallyport-agent")),
    program("sallyport-courier", ["Courier"]),
    program("sallyport-practice", ["PracticeServer"]),

    tests(of: "Secrets"),
    tests(of: "Attributes"),
    tests(of: "Platform"),
    tests(of: "Vault", ["Platform", "TLS"]),
    tests(of: "Configuration"),
    tests(of: "OAuth", ["TLS"]),
    tests(of: "HTTP1"),
    tests(of: "TLS"),
    tests(of: "Command"),
    tests(of: "Agent", ["Secrets"]),
    tests(of: "Courier"),
    tests(of: "PracticeServer"),
  ]
)
