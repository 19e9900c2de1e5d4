/*
 * What Glibc's Swift module hides behind feature macros, or spells as variadic functions.
 *
 * This header includes no system header and defines no feature macro: either clashes with the
 * Glibc module of the Swift files that import it. The bodies, in platform.c, include what they need.
 *
 * Every function returns -1 and sets errno when the system call behind it fails, unless it says so.
 */
#ifndef SALLYPORT_CPLATFORM_H
#define SALLYPORT_CPLATFORM_H

/* SO_PEERCRED of a connected Unix socket: who was at the other end when it connected. */
int sp_peer_credentials(int socket, int *pid, unsigned int *uid, unsigned int *gid);

/* accept4(2) with SOCK_CLOEXEC and SOCK_NONBLOCK. */
int sp_accept(int listener);

/* memfd_secret(2): pages that only this process can read. ENOSYS where the kernel lacks it. */
int sp_memfd_secret(void);

/* PR_SET_DUMPABLE 0 and RLIMIT_CORE 0: no core file, no ptrace, no /proc/PID/mem for other processes of
 * the same user; and no backtrace by Swift's runtime. */
int sp_refuse_dumps(void);

/* Fills with zeros in a way no optimiser removes. */
void sp_wipe(void *bytes, unsigned long count);

/* A timer of CLOCK_BOOTTIME, which counts suspended time; close-on-exec, non-blocking. */
int sp_timer_create(void);

/* Sets the timer to an absolute CLOCK_BOOTTIME instant in nanoseconds; 0 disarms it. */
int sp_timer_set(int timer, unsigned long long instant);

/* CLOCK_BOOTTIME now, in nanoseconds. */
unsigned long long sp_boot_clock(void);

/* CLOCK_REALTIME now, in nanoseconds since the Unix epoch. */
long long sp_wall_clock(void);

/* What a poller has to tell of one descriptor. */
struct sp_event {
  unsigned long long token; /* the number it was added with */
  int events;               /* the bits of poll(2), which are those of epoll(7) */
};

/* epoll_create1(2); close-on-exec. */
int sp_poller_create(void);

/* epoll_ctl(2): waits for EVENTS of a descriptor that is new to the poller, or that it knows. */
int sp_poller_add(int poller, int descriptor, int events, unsigned long long token);
int sp_poller_change(int poller, int descriptor, int events, unsigned long long token);
int sp_poller_remove(int poller, int descriptor);

/* epoll_wait(2) without a time limit, for at most COUNT events and never more than 64. Returns how many
 * there are. */
int sp_poller_wait(int poller, struct sp_event *events, int count);

/* recv(2) with MSG_PEEK: the bytes stay where they are. */
long sp_peek(int socket, void *bytes, unsigned long count);

/* Blocks the COUNT signals and returns a descriptor that reports them; close-on-exec, non-blocking. */
int sp_signal_descriptor(const int *signals, int count);

/* The number of the next pending signal of a signal descriptor, or 0 when none is pending. */
int sp_signal_next(int descriptor);

/* The properties of a new process. */
struct sp_child {
  const char *path;        /* run as it is, never searched in PATH */
  char *const *arguments;  /* NULL at the end */
  char *const *environment;
  int standard[3];         /* descriptors to become 0, 1 and 2; -1 for /dev/null */
  int kept;                /* descriptor to become 3; -1 for none */
  int new_session;         /* nonzero: setsid(2) before the program starts */
};

/* posix_spawn(3) with all other descriptors closed and signals at their defaults. Returns the
 * process id, or -1. */
int sp_spawn(const struct sp_child *child);

/* getentropy(3). */
int sp_entropy(void *bytes, unsigned long count);

/* pipe2(2) with O_CLOEXEC. */
int sp_pipe(int *pair);

/* The process's environment, NULL at the end. */
char **sp_environment(void);

/* flock(2), LOCK_EX | LOCK_NB. */
int sp_lock_file(int descriptor);

/* renameat2(2) inside FOLDER with RENAME_NOREPLACE: EEXIST when there is a TARGET. */
int sp_rename_to_new(int folder, const char *name, const char *target);

/* SO_PEERPIDFD of a connected Unix socket: the process that connected, as a descriptor that can mean no
 * other one. ENOPROTOOPT before Linux 6.5. */
int sp_peer_pidfd(int socket);

/* pidfd_open(2); close-on-exec. */
int sp_pidfd_open(int pid);

/* Makes standard descriptors that are closed point to /dev/null, so that no socket lands on 0, 1 or 2. */
int sp_open_standard_descriptors(void);

/* SIGPIPE and SIGXFSZ ignored: a reader that has gone, and a file that may not grow any more
 * (RLIMIT_FSIZE), are an errno, not a death. */
void sp_ignore_failed_writes(void);

/* Has the kernel take back the pages of the program's code. They come from its file again when they are
 * used again. */
void sp_release_code(void);

/* malloc_trim(3): gives free memory back to the kernel. */
void sp_release_memory(void);

/* strerror(3) of a number, in static storage. */
const char *sp_error_text(int number);

#endif
