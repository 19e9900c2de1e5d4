#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
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

int sp_refuse_dumps(void) {
  const struct rlimit none = {0, 0};
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
  return error != 0 ? error : posix_spawn_file_actions_addclosefrom_np(actions, 3);
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

void sp_ignore_broken_pipes(void) { signal(SIGPIPE, SIG_IGN); }

const char *sp_error_text(int number) {
  const char *text = strerrordesc_np(number);
  return text != NULL ? text : "unknown error";
}
