import CPlatform
import Glibc
import Platform
import Testing

/// What a program asks of the kernel for itself, each in a process of its own.
@Suite("A process's own protection")
struct ProcessShimsTests {
  @Test func dumpsAreRefused() async {
    await #expect(processExitsWith: .success) {
      #expect(sp_refuse_dumps() == 0)
      var limit = rlimit()
      #expect(getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) == 0)
      #expect(limit.rlim_cur == 0 && limit.rlim_max == 0)
      // A process that may not be dumped has root for the owner of its /proc files, and so another
      // process of the same user cannot open them; as root the mode still tells.
      var facts = stat()
      #expect(lstat("/proc/self/mem", &facts) == 0)
      #expect(facts.st_uid == 0)
    }
  }

  @Test func closedStandardDescriptorsAreOpened() async {
    await #expect(processExitsWith: .exitCode(7)) {
      close(0)
      close(1)
      close(2)
      guard sp_open_standard_descriptors() == 0 else { exit(1) }
      let next = open("/dev/null", O_RDONLY)
      exit(next > 2 ? 7 : 2)
    }
  }

  @Test func aLockIsHeldOnceAndEndsWithItsDescriptor() throws {
    let scratch = try ScratchFolder()
    let path = try scratch.write("lock", "")
    let first = try Descriptor.open(path, O_RDWR)
    let second = try Descriptor.open(path, O_RDWR)
    #expect(sp_lock_file(first.number) == 0)
    #expect(sp_lock_file(second.number) == -1)
    _ = consume first
    #expect(sp_lock_file(second.number) == 0)
  }

  @Test func theTimerFiresAtAnInstantThatHasPassed() throws {
    let timer = Descriptor(owning: sp_timer_create())
    #expect(sp_timer_set(timer.number, 1) == 0)
    #expect(waitUntil(timer.number, readyFor: POLLIN, milliseconds: 10_000))
    let far = BootInstant.now.adding(seconds: .max).nanoseconds
    #expect(sp_timer_set(timer.number, far) == 0, "an instant past all others is no error")
  }
}
