import Glibc
import Platform
import Testing

@Suite("Where things lie")
struct FoldersTests {
  /// The folders of a user whose /run/user folder does not exist.
  private func folders(_ variables: [String: String], userID: uid_t = 4_000_000_000) -> Folders {
    Folders(userID: userID) { variables[$0] }
  }

  @Test func theConfigurationFollowsXDGThenHome() {
    #expect(
      folders(["XDG_CONFIG_HOME": "/c", "HOME": "/h"]).configurationFile == "/c/sallyport/config")
    #expect(folders(["HOME": "/h"]).configurationFile == "/h/.config/sallyport/config")
    #expect(folders([:]).configurationFile == nil)
  }

  @Test func theStateFollowsXDGThenHome() {
    #expect(folders(["XDG_STATE_HOME": "/s/", "HOME": "/h"]).stateFolder == "/s/sallyport")
    #expect(folders(["HOME": "/h"]).stateFolder == "/h/.local/state/sallyport")
    #expect(folders(["XDG_STATE_HOME": "s"]).stateFolder == nil)
  }

  @Test(arguments: ["relative", "./c", "~/c", "c/"]) func relativePathsAreIgnored(path: String) {
    #expect(
      folders(["XDG_CONFIG_HOME": path, "HOME": "/h"]).configurationFile
        == "/h/.config/sallyport/config")
    #expect(folders(["XDG_CONFIG_HOME": path, "HOME": path]).configurationFile == nil)
    #expect(
      folders(["XDG_RUNTIME_DIR": path, "HOME": "/h"]).runtimeFolder == "/h/.cache/sallyport")
  }

  @Test func aSlashAtTheEndDoesNotCount() {
    #expect(folders(["XDG_RUNTIME_DIR": "/r/"]).socket == "/r/sallyport/agent.sock")
    #expect(folders(["HOME": "/"]).configurationFile == "//.config/sallyport/config")
  }

  @Test func theSocketIsNamedByItsVariableFirst() {
    let both = folders(["SALLYPORT_SOCK": "/s/a.sock", "XDG_RUNTIME_DIR": "/r"])
    #expect(both.socket == "/s/a.sock")
    #expect(folders(["XDG_RUNTIME_DIR": "/r"]).socket == "/r/sallyport/agent.sock")
  }

  @Test func withoutARuntimeFolderTheCacheServesAndNeverTmp() {
    #expect(folders(["HOME": "/h"]).socket == "/h/.cache/sallyport/agent.sock")
    #expect(folders(["HOME": "/h", "TMPDIR": "/tmp"]).runtimeFolder == "/h/.cache/sallyport")
    #expect(folders(["TMPDIR": "/tmp"]).socket == nil)
  }

  @Test func aRunUserFolderServesOnlyIfItIsOurs() {
    let user = geteuid()
    var facts = stat()
    let exists = lstat("/run/user/\(user)", &facts) == 0 && facts.st_uid == user
    #expect(
      folders(["HOME": "/h"], userID: user).runtimeFolder
        == (exists ? "/run/user/\(user)/sallyport" : "/h/.cache/sallyport"))
  }

  @Test func anEnvironmentTakesEmptyForUnset() {
    let environment = Environment(["A": "", "B": "x"])
    #expect(environment["A"] == nil)
    #expect(environment["B"] == "x")
    #expect(environment["C"] == nil)
    #expect(environment.entries.sorted() == ["A=", "B=x"])
  }

  @Test func theEnvironmentOfTheProcessIsRead() {
    #expect(Environment.current["PATH"] == environmentVariable("PATH"))
    #expect(environmentVariable("SALLYPORT_NO_SUCH_VARIABLE") == nil)
  }
}
