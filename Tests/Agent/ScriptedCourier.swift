import Glibc
import Platform
import Testing

/// A courier that does what a test says: a shell script in the test's folder.
///
/// Before a job's commands run, the script has read its order and written it to `order.JOB.N`, the
/// number of the job's start; it has greeted; and `$account`, `$state` and the like are set.
struct ScriptedCourier {
  /// The commands of a job, in the shell's words.
  var login = "authorize; signed_in 1"
  var refresh = "signed_in $n"
  var revoke = "say event=done revoked=yes"
  var device =
    "say event=device user_code=ABCD verification_uri=https://as.example/device; signed_in 1"
  var exchange = "narrowed x$n"
  var prove = "say event=done dpop=proof-$n"
  var userinfo = "say event=done sub=248 claim.name=Jane 'userinfo={\"sub\":\"248\"}'"
  var endSession = "say event=end-session url=http://127.0.0.1:1/x; say event=done"
  var unregister = "say event=done deleted=yes"
  /// See ``FakeSealer``.
  var seal = "seal"
  var unseal = "unseal"
  var export = "export_all"
  var `import` = "import_all"
  var version = "0.1.0"
  /// Whether starts and orders are written down: where there are very many it takes too long.
  var keepsRecords = true

  /// The commands all jobs can use.
  private static let commands = """
    # One block: an argument a line.
    say() { printf '%s\\n' "$@" ''; }
    # Waits until the test opens the gate.
    await() { read -r _ < "$dir/gate.$1"; }
    # Tells the test that this point is reached, and that the courier lives: its end is EOF.
    alive() { exec 9> "$dir/life.$1"; echo here >&9; }
    authorize() {
      say event=authorize "url=https://as.example/authorize?state=$state" "state=$state" \\
        "redirect_uri=${1:-http://localhost:3000/callback}"
    }
    # The answer of a sign-in or a refresh: tokens with the number $1, valid for ${2:-3600} seconds.
    signed_in() {
      say event=done "access_token=at-$1" token_type=Bearer "expires_in=${2:-3600}" \\
        "refresh_token=rt-$1" scope=openid sub=248 username=jane "issuer=$issuer" \\
        session.token_endpoint=https://as.example/token
    }
    # The answer of a job that was to bring a narrower token: the token $1, the scope ${2:-narrow}.
    narrowed() {
      say event=done "access_token=at-$1" token_type=Bearer "expires_in=${3:-3600}" \\
        "scope=${2:-narrow}"
    }
    refuse() { say "error=$1" "error_description=$2" ${3:+"$3"}; leave 1; }
    # Hangs up before the test sees the end of the courier's life.
    leave() { exec 0<&- 1>&-; exit "$1"; }
    """

  /// Finds the number of this start, and writes the order down.
  private static let record = """
    printf '%s' "$order" > "$dir/order.$$"
    # Whoever sees that it has started can read the whole order.
    until ln "$dir/order.$$" "$dir/order.$job.$n" 2> /dev/null; do n=$((n + 1)); done
    mkdir "$dir/started.$job.$n"
    """

  /// Writes the script into `scratch` and returns the program's path.
  func install(in scratch: ScratchFolder) throws -> String {
    // A courier of an agent before may still be reading its own.
    unlink(scratch("courier.sh"))
    try scratch.write(
      "courier.sh",
      """
      dir=${0%/*}
      \(Self.commands)
      \(FakeSealer.commands)
      order= issuer=https://as.example
      while IFS= read -r line && [ -n "$line" ]; do
        order="$order$line
      "
        case $line in
        job=*) job=${line#job=} ;;
        account=*) account=${line#account=} ;;
        issuer=*) issuer=${line#issuer=} ;;
        vault.path=*) path=${line#*=} ;;
        vault.header=*) header=${line#*=} ;;
        vault.create=*) create=${line#*=} ;;
        vault.rewrite=*) rewrite=${line#*=} ;;
        vault.sequence=*) sequence=${line#*=} ;;
        passphrase=*) passphrase=${line#*=} ;;
        esac
      done
      n=1
      \(keepsRecords ? Self.record : "")
      state=state-$job-$n
      say version=\(version)
      case $job in
      login) \(login) ;;
      refresh) \(refresh) ;;
      revoke) \(revoke) ;;
      device) \(device) ;;
      exchange) \(exchange) ;;
      prove) \(prove) ;;
      userinfo) \(userinfo) ;;
      end-session) \(endSession) ;;
      unregister) \(unregister) ;;
      seal) \(seal) ;;
      unseal) \(unseal) ;;
      export) \(export) ;;
      import) \(self.import) ;;
      esac
      leave 0

      """)
    try #require(symlink(Self.launcher.path, scratch("courier")) == 0 || errno == EEXIST)
    return scratch("courier")
  }

  /// One executable file for all tests: writing one for each would race with the starting of
  /// others' (ETXTBSY).
  private static let launcher = Launcher()

  private final class Launcher: Sendable {
    let path: String
    private let scratch: ScratchFolder?

    init() {
      let scratch = try? ScratchFolder()
      let script = "#!/bin/sh\n. \"${0%/*}/courier.sh\"\n"
      path = (try? scratch?.write("launcher", script, mode: 0o755)) ?? ""
      self.scratch = scratch
      // Statics have no end.
      atexit { ScriptedCourier.launcher.scratch?.remove() }
    }
  }
}
