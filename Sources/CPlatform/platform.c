#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

int sp_peer_credentials(int socket, int *pid, unsigned int *uid, unsigned int *gid) {
  struct ucred peer;
  socklen_t length = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return -1;
  *pid = peer.pid;
  *uid = peer.uid;
  *gid = peer.gid;
  return 0;
}

int sp_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

/* The kernel wants O_CLOEXEC, whatever the manual page says. */
int sp_memfd_secret(void) { return (int)syscall(SYS_memfd_secret, (unsigned int)O_CLOEXEC); }

/* Swift's runtime has handlers for these where it finds its swift-backtrace: that writes registers, and
 * the bytes they point to, to standard error. */
static void leave_crashes_to_kernel(void) {
  const int crashes[] = {SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV};
  for (unsigned long i = 0; i < sizeof crashes / sizeof crashes[0]; i++) signal(crashes[i], SIG_DFL);
}

int sp_refuse_dumps(void) {
  const struct rlimit none = {0, 0};
  leave_crashes_to_kernel();
  if (setrlimit(RLIMIT_CORE, &none) != 0) return -1;
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void sp_wipe(void *bytes, unsigned long count) { explicit_bzero(bytes, count); }

int sp_timer_create(void) { return timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK); }

int sp_timer_set(int timer, unsigned long long instant) {
  struct itimerspec setting = {{0, 0}, {(time_t)(instant / 1000000000ULL), (long)(instant % 1000000000ULL)}};
  return timerfd_settime(timer, TFD_TIMER_ABSTIME, &setting, NULL);
}

unsigned long long sp_boot_clock(void) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (unsigned long long)now.tv_sec * 1000000000ULL + (unsigned long long)now.tv_nsec;
}

long long sp_wall_clock(void) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_REALTIME, &now);
  return (long long)now.tv_sec * 1000000000LL + now.tv_nsec;
}

int sp_poller_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int control(int poller, int operation, int descriptor, int events, unsigned long long token) {
  struct epoll_event event = {.events = (uint32_t)events, .data.u64 = token};
  return epoll_ctl(poller, operation, descriptor, &event);
}

int sp_poller_add(int poller, int descriptor, int events, unsigned long long token) {
  return control(poller, EPOLL_CTL_ADD, descriptor, events, token);
}

int sp_poller_change(int poller, int descriptor, int events, unsigned long long token) {
  return control(poller, EPOLL_CTL_MOD, descriptor, events, token);
}

int sp_poller_remove(int poller, int descriptor) {
  return control(poller, EPOLL_CTL_DEL, descriptor, 0, 0);
}

int sp_poller_wait(int poller, struct sp_event *events, int count) {
  enum { MOST = 64 };
  struct epoll_event come[MOST];
  int found = epoll_wait(poller, come, count < MOST ? count : MOST, -1);
  for (int i = 0; i < found; i++)
    events[i] = (struct sp_event){.token = come[i].data.u64, .events = (int)come[i].events};
  return found;
}

long sp_peek(int socket, void *bytes, unsigned long count) {
  return recv(socket, bytes, count, MSG_PEEK);
}

int sp_signal_descriptor(const int *signals, int count) {
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
  if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -1;
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int sp_signal_next(int descriptor) {
  struct signalfd_siginfo info;
  ssize_t count = read(descriptor, &info, sizeof info);
  return count == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

static int describe_descriptors(posix_spawn_file_actions_t *actions, const struct sp_child *child) {
  int error = 0;
  for (int i = 0; i < 3 && error == 0; i++) {
    int source = child->standard[i];
    error = source < 0
        ? posix_spawn_file_actions_addopen(actions, i, "/dev/null", O_RDWR, 0)
        : posix_spawn_file_actions_adddup2(actions, source, i);
  }
  /* Last, so that no source of the others is overwritten; where it is 3 already, dup2 clears
   * FD_CLOEXEC (POSIX, posix_spawn_file_actions_adddup2). */
  if (error == 0 && child->kept >= 0) error = posix_spawn_file_actions_adddup2(actions, child->kept, 3);
  return error != 0 ? error : posix_spawn_file_actions_addclosefrom_np(actions, child->kept >= 0 ? 4 : 3);
}

static int describe_signals(posix_spawnattr_t *attributes, int new_session) {
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (new_session) flags |= POSIX_SPAWN_SETSID;
  int error = posix_spawnattr_setsigmask(attributes, &none);
  if (error == 0) error = posix_spawnattr_setsigdefault(attributes, &all);
  return error != 0 ? error : posix_spawnattr_setflags(attributes, flags);
}

int sp_spawn(const struct sp_child *child) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  pid_t pid = -1;
  int error = posix_spawn_file_actions_init(&actions);
  if (error != 0) { errno = error; return -1; }
  error = posix_spawnattr_init(&attributes);
  if (error == 0) {
    error = describe_descriptors(&actions, child);
    if (error == 0) error = describe_signals(&attributes, child->new_session);
    if (error == 0)
      error = posix_spawn(&pid, child->path, &actions, &attributes, child->arguments, child->environment);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) { errno = error; return -1; }
  return pid;
}

int sp_entropy(void *bytes, unsigned long count) { return getentropy(bytes, count); }

int sp_pipe(int *pair) { return pipe2(pair, O_CLOEXEC); }

char **sp_environment(void) { return environ; }

int sp_lock_file(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB); }

int sp_rename_to_new(int folder, const char *name, const char *target) {
  return renameat2(folder, name, folder, target, RENAME_NOREPLACE);
}

int sp_peer_pidfd(int socket) {
  int descriptor = -1;
  socklen_t length = sizeof descriptor;
  return getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &descriptor, &length) == 0 ? descriptor : -1;
}

int sp_pidfd_open(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int sp_open_standard_descriptors(void) {
  for (int i = 0; i < 3; i++) {
    if (fcntl(i, F_GETFD) != -1) continue;
    if (errno != EBADF) return -1;
    /* The lowest free number is i: all below it are open by now. */
    if (open("/dev/null", O_RDWR) != i) return -1;
  }
  return 0;
}

void sp_ignore_failed_writes(void) {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
}

/* From the linker: the first byte of the program, and the one behind its code. All between is read only. */
extern const char __executable_start[], etext[];

void sp_release_code(void) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)__executable_start & ~(page - 1);
  uintptr_t end = (uintptr_t)etext & ~(page - 1);
  if (end > start) madvise((void *)start, end - start, MADV_DONTNEED);
}

void sp_release_memory(void) { malloc_trim(0); }

const char *sp_error_text(int number) {
  const char *text = strerrordesc_np(number);
  return text != NULL ? text : "unknown error";
}
