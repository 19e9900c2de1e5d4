/*
 * Clients of several sockets in turn.
 *
 *   connects [-s | -o] [-k] ROUNDS SOCKET REQUEST-FILE [SOCKET REQUEST-FILE …]
 *   connects -c CLIENTS | -m CLIENTS ROUNDS SOCKET REQUEST-FILE [SOCKET REQUEST-FILE …]
 *
 * A round goes to each socket, and is
 *   without -k, -c, -m  200 times: connect, ask, read, close
 *   -k                  200 requests over one connection
 *   -c CLIENTS          so many processes at once, 500 connections each
 *   -m CLIENTS          so many connections that have all asked before the first answer is read
 *
 * One client and one server take turns: where the kernel puts the two decides more than what either
 * does. On one processor a request is a switch from one to the other; on two it wakes a processor that
 * has gone idle, which on a virtual machine the hypervisor does. The kernel settles on either and stays
 * there for a second or for a minute. So
 *   -s                  client and servers, with all their threads and children, on the same processor
 *   -o                  the client on one processor, the servers on another
 *   neither             where the kernel likes
 * What cannot be placed leaves all unplaced, and a first line that says why. At the end all processes
 * may run again where they could before.
 *
 * For each socket one line: the median rate in requests a second and, behind it, the tenth and the
 * ninetieth of a hundred; the median of its ratio to the first socket's, round by round, and the same
 * two; the processor time the server has used for a request, in microseconds.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_SOCKETS = 8, CONNECTIONS = 200, OF_EACH_PROCESS = 500, MOST_CLIENTS = 2000 };
enum { LONGEST_REQUEST = 4096, MOST_THREADS = 1024 };

struct peer {
  struct sockaddr_un address;
  char request[LONGEST_REQUEST];
  ssize_t length;
  pid_t server;
  double *rate, *ratio, *used;
};

static enum { ONE, KEPT, PROCESSES, MANY } way = ONE;
static enum { ANYWHERE, SAME, OTHER } place = ANYWHERE;
static int clients = 1;

/* The threads that have been placed, and where each could run before. */
static struct { pid_t thread; cpu_set_t before; } placed[MOST_THREADS];
static volatile sig_atomic_t count_placed = 0;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

/* All threads of a process, and of the processes it has started; ends early when a visit returns 0. */
static int each_thread(pid_t process, int (*visit)(pid_t, void *), void *with) {
  char path[64];
  int good = 1, thread, child;
  snprintf(path, sizeof path, "/proc/%d/task", process);
  DIR *threads = opendir(path);
  if (threads == NULL) return 0;
  for (struct dirent *entry; good && (entry = readdir(threads)) != NULL;) {
    if ((thread = atoi(entry->d_name)) <= 0) continue;
    good = visit(thread, with);
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", process, thread);
    FILE *children = good ? fopen(path, "re") : NULL;
    if (children == NULL) continue;
    while (good && fscanf(children, "%d", &child) == 1) good = each_thread(child, visit, with);
    fclose(children);
  }
  closedir(threads);
  return good;
}

static int add_used(pid_t thread, void *sum) {
  char path[64];
  unsigned long long nanoseconds = 0;
  snprintf(path, sizeof path, "/proc/%d/schedstat", thread);
  FILE *file = fopen(path, "re");
  if (file == NULL) return 1;
  if (fscanf(file, "%llu", &nanoseconds) == 1) *(double *)sum += nanoseconds / 1e3;
  fclose(file);
  return 1;
}

/* Microseconds a server has been running; 0 where the kernel does not tell. */
static double used(pid_t server) {
  double sum = 0;
  each_thread(server, add_used, &sum);
  return sum;
}

static void restore(void) {
  while (count_placed > 0) {
    int last = --count_placed;
    sched_setaffinity(placed[last].thread, sizeof(cpu_set_t), &placed[last].before);
  }
}

static void interrupted(int number) {
  restore();
  _exit(128 + number);
}

static int place_thread(pid_t thread, void *where) {
  int next = count_placed;
  if (next == MOST_THREADS) return errno = E2BIG, 0;
  placed[next].thread = thread;
  if (sched_getaffinity(thread, sizeof(cpu_set_t), &placed[next].before) != 0) return 0;
  count_placed = next + 1;
  return sched_setaffinity(thread, sizeof(cpu_set_t), where) == 0;
}

/* The first processor this process may use, or the last: neighbours are often one core's two halves. */
static int processor(const cpu_set_t *allowed, int last) {
  int found = -1;
  for (int n = 0; n < CPU_SETSIZE && (last || found < 0); n++)
    if (CPU_ISSET(n, allowed)) found = n;
  return found;
}

static void place_all(const struct peer *peers, int count) {
  const char *what = "this process";
  cpu_set_t allowed, servers, client;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) goto failed;
  what = "only one processor";
  errno = 0;
  if (place == OTHER && CPU_COUNT(&allowed) < 2) goto failed;
  CPU_ZERO(&servers);
  CPU_SET(processor(&allowed, 0), &servers);
  CPU_ZERO(&client);
  CPU_SET(processor(&allowed, place == OTHER), &client);
  signal(SIGINT, interrupted);
  signal(SIGTERM, interrupted);
  atexit(restore);
  for (int i = 0; i < count; i++) {
    what = peers[i].address.sun_path;
    if (!each_thread(peers[i].server, place_thread, &servers)) goto failed;
  }
  what = "this process";
  if (place_thread(0, &client)) return;
failed:
  printf("not placed: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
  restore();
}

static int reach(const struct peer *peer) {
  int number = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (number < 0) fail("socket");
  const struct sockaddr *address = (const struct sockaddr *)&peer->address;
  if (connect(number, address, sizeof peer->address) != 0) fail("connect");
  return number;
}

static void say(const struct peer *peer, int number) {
  if (send(number, peer->request, peer->length, MSG_NOSIGNAL) != peer->length) fail("send");
}

static void hear(int number) {
  char answer[65536];
  if (recv(number, answer, sizeof answer, 0) <= 0) fail("recv");
}

static void ask(const struct peer *peer, int count) {
  for (int n = 0; n < count; n++) {
    int number = reach(peer);
    say(peer, number);
    hear(number);
    close(number);
  }
}

static int ask_over_one(const struct peer *peer) {
  int number = reach(peer);
  for (int n = 0; n < CONNECTIONS; n++) {
    say(peer, number);
    hear(number);
  }
  close(number);
  return CONNECTIONS;
}

static int ask_by_processes(const struct peer *peer) {
  for (int n = 0; n < clients; n++) {
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child > 0) continue;
    ask(peer, OF_EACH_PROCESS);
    _exit(0);
  }
  for (int n = 0; n < clients; n++) {
    int status;
    if (wait(&status) < 0 || status != 0) fail("a client has failed");
  }
  return clients * OF_EACH_PROCESS;
}

static int ask_by_many(const struct peer *peer) {
  static int numbers[MOST_CLIENTS];
  for (int n = 0; n < clients; n++) say(peer, numbers[n] = reach(peer));
  for (int n = 0; n < clients; n++) {
    hear(numbers[n]);
    close(numbers[n]);
  }
  return clients;
}

/* Asks as often as a round does, and returns how often that was. */
static int ask_round(const struct peer *peer) {
  switch (way) {
  case KEPT: return ask_over_one(peer);
  case PROCESSES: return ask_by_processes(peer);
  case MANY: return ask_by_many(peer);
  default: ask(peer, CONNECTIONS); return CONNECTIONS;
  }
}

static void measure(struct peer *peer, int round) {
  double spent = used(peer->server), start = now();
  int count = ask_round(peer);
  peer->rate[round] = count / (now() - start);
  peer->used[round] = (used(peer->server) - spent) / count;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void prepare(struct peer *peer, const char *path, const char *request, int rounds) {
  peer->address.sun_family = AF_UNIX;
  strncpy(peer->address.sun_path, path, sizeof peer->address.sun_path - 1);
  int file = open(request, O_RDONLY);
  if (file < 0 || (peer->length = read(file, peer->request, LONGEST_REQUEST)) <= 0) fail(request);
  close(file);
  peer->rate = calloc(rounds, sizeof(double));
  peer->ratio = calloc(rounds, sizeof(double));
  peer->used = calloc(rounds, sizeof(double));
  struct ucred server;
  socklen_t length = sizeof server;
  int number = reach(peer);
  if (getsockopt(number, SOL_SOCKET, SO_PEERCRED, &server, &length) == 0) peer->server = server.pid;
  say(peer, number);
  hear(number);
  close(number);
}

static void tell(struct peer *peer, int rounds) {
  qsort(peer->rate, rounds, sizeof(double), ascending);
  qsort(peer->ratio, rounds, sizeof(double), ascending);
  qsort(peer->used, rounds, sizeof(double), ascending);
  int low = rounds / 10, middle = rounds / 2, high = rounds - 1 - rounds / 10;
  printf("%-44s %7.0f/s (%.0f-%.0f)  ratio %.3f (%.3f-%.3f)  processor %.1f us\n",
         peer->address.sun_path, peer->rate[middle], peer->rate[low], peer->rate[high],
         peer->ratio[middle], peer->ratio[low], peer->ratio[high], peer->used[middle]);
}

static int misused(void) {
  fprintf(stderr,
          "usage: connects [-s | -o] [-k] ROUNDS SOCKET REQUEST-FILE [SOCKET REQUEST-FILE …]\n"
          "       connects -c CLIENTS | -m CLIENTS ROUNDS SOCKET REQUEST-FILE […]\n");
  return 2;
}

int main(int argc, char **argv) {
  int option;
  while ((option = getopt(argc, argv, "+sokc:m:")) != -1) {
    switch (option) {
    case 's': place = SAME; break;
    case 'o': place = OTHER; break;
    case 'k': way = KEPT; break;
    case 'c': way = PROCESSES; break;
    case 'm': way = MANY; break;
    default: return misused();
    }
    if (optarg != NULL) clients = atoi(optarg);
  }
  if (place != ANYWHERE && way != ONE && way != KEPT) return misused();
  argc -= optind;
  argv += optind;
  if (argc < 3 || argc % 2 == 0 || clients < 1 || clients > MOST_CLIENTS) return misused();
  struct rlimit limit = {MOST_CLIENTS + 64, MOST_CLIENTS + 64};
  if (way == MANY && setrlimit(RLIMIT_NOFILE, &limit) != 0) fail("setrlimit");
  static struct peer peers[MOST_SOCKETS];
  int rounds = atoi(argv[0]), count = 0;
  for (int i = 1; i + 1 < argc && count < MOST_SOCKETS; i += 2, count++)
    prepare(&peers[count], argv[i], argv[i + 1], rounds);
  if (place != ANYWHERE) place_all(peers, count);
  for (int i = 0; i < count; i++) ask_round(&peers[i]);
  for (int round = 0; round < rounds; round++)
    for (int i = 0; i < count; i++) {
      measure(&peers[i], round);
      peers[i].ratio[round] = peers[i].rate[round] / peers[0].rate[round];
    }
  for (int i = 0; i < count; i++) tell(&peers[i], rounds);
  return 0;
}
