/*
 * Clients of several sockets in turn.
 *
 *   connects [-s | -o] [-k | -c CLIENTS | -m CLIENTS] ROUNDS SOCKET REQUEST-FILE
 *            [SOCKET REQUEST-FILE …]
 *
 * A round goes to each socket, and is
 *   without -k, -c, -m  20 times: connect, ask, read, close
 *   -k                  20 requests over one connection
 *   -c CLIENTS          so many processes at once, 100 connections each
 *   -m CLIENTS          so many connections that have all asked before the first answer is read
 *
 * The two of one client are so short because most rounds then fit between two turns of the scheduler,
 * and whatever else runs falls out of the median; each is preceded by half as many that do not count,
 * which fetch the server back into the caches.
 *
 * Where they run:
 *   -s                  clients and servers on the same processor
 *   -o                  the clients on one processor, the servers on another
 *   neither             where the kernel likes
 * place.c says why. What cannot be placed leaves all unplaced, and a first line that tells.
 *
 * For each socket one line: the median rate in requests a second and, behind it, the tenth and the
 * ninetieth of a hundred; the median of its ratio to the first socket's, round by round, and the same
 * two; the processor time the server has used for a request, in microseconds.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "place.h"

enum { MOST_SOCKETS = 8, OF_A_ROUND = 20, OF_EACH_PROCESS = 100, MOST_CLIENTS = 2000 };
enum { LONGEST_REQUEST = 4096 };

struct peer {
  struct sockaddr_un address;
  char request[LONGEST_REQUEST];
  ssize_t length;
  pid_t server;
  double *rate, *ratio, *used;
};

static enum { ONE, KEPT, PROCESSES, MANY } way = ONE;
static enum place place = ANYWHERE;
static int clients = 1;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
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

/* Over a connection of its own each time, or over one that is kept. */
static void ask(const struct peer *peer, int kept, int count) {
  for (int n = 0; n < count; n++) {
    int number = kept < 0 ? reach(peer) : kept;
    say(peer, number);
    hear(number);
    if (kept < 0) close(number);
  }
}

static int ask_by_processes(const struct peer *peer) {
  for (int n = 0; n < clients; n++) {
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child > 0) continue;
    ask(peer, -1, OF_EACH_PROCESS);
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
static int ask_round(const struct peer *peer, int kept) {
  if (way == PROCESSES) return ask_by_processes(peer);
  if (way == MANY) return ask_by_many(peer);
  ask(peer, kept, OF_A_ROUND);
  return OF_A_ROUND;
}

static void measure(struct peer *peer, int round) {
  int kept = way == KEPT ? reach(peer) : -1;
  if (way == ONE || way == KEPT) ask(peer, kept, OF_A_ROUND / 2);
  double spent = used(peer->server), start = now();
  int count = ask_round(peer, kept);
  peer->rate[round] = count / (now() - start);
  peer->used[round] = (used(peer->server) - spent) / count;
  if (kept >= 0) close(kept);
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
          "usage: connects [-s | -o] [-k | -c CLIENTS | -m CLIENTS] ROUNDS SOCKET REQUEST-FILE\n"
          "                [SOCKET REQUEST-FILE …]\n");
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
  argc -= optind;
  argv += optind;
  if (argc < 3 || argc % 2 == 0 || clients < 1 || clients > MOST_CLIENTS) return misused();
  struct rlimit limit = {MOST_CLIENTS + 64, MOST_CLIENTS + 64};
  if (way == MANY && setrlimit(RLIMIT_NOFILE, &limit) != 0) fail("setrlimit");
  static struct peer peers[MOST_SOCKETS];
  int rounds = atoi(argv[0]), count = 0;
  for (int i = 1; i + 1 < argc && count < MOST_SOCKETS; i += 2, count++)
    prepare(&peers[count], argv[i], argv[i + 1], rounds);
  pid_t servers[MOST_SOCKETS];
  for (int i = 0; i < count; i++) servers[i] = peers[i].server;
  place_all(place, servers, count);
  for (int i = 0; i < count; i++) measure(&peers[i], 0);
  for (int round = 0; round < rounds; round++)
    for (int i = 0; i < count; i++) {
      measure(&peers[i], round);
      peers[i].ratio[round] = peers[i].rate[round] / peers[0].rate[round];
    }
  for (int i = 0; i < count; i++) tell(&peers[i], rounds);
  return 0;
}
