/*
 * One client that connects, asks, reads the answer and closes, at several sockets in turn.
 *
 *   connects ROUNDS SOCKET REQUEST-FILE [SOCKET REQUEST-FILE …]
 *
 * A round is 200 connections to each socket. For each socket one line: the median rate in requests a
 * second, and the median of its ratio to the first socket's, round by round.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MOST_SOCKETS = 4, CONNECTIONS = 200, LONGEST_REQUEST = 4096 };

struct peer {
  struct sockaddr_un address;
  char request[LONGEST_REQUEST];
  ssize_t length;
  double *rate;
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void ask(const struct peer *peer) {
  char answer[65536];
  int socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(socket_, (const struct sockaddr *)&peer->address, sizeof peer->address) != 0) fail("connect");
  if (send(socket_, peer->request, peer->length, MSG_NOSIGNAL) != peer->length) fail("send");
  if (recv(socket_, answer, sizeof answer, 0) <= 0) fail("recv");
  close(socket_);
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values, int count) {
  qsort(values, count, sizeof *values, ascending);
  return values[count / 2];
}

int main(int argc, char **argv) {
  if (argc < 4 || argc % 2 != 0) {
    fprintf(stderr, "usage: connects ROUNDS SOCKET REQUEST-FILE [SOCKET REQUEST-FILE …]\n");
    return 2;
  }
  static struct peer peers[MOST_SOCKETS];
  int rounds = atoi(argv[1]), count = 0;
  for (int i = 2; i + 1 < argc && count < MOST_SOCKETS; i += 2, count++) {
    struct peer *peer = &peers[count];
    peer->address.sun_family = AF_UNIX;
    strncpy(peer->address.sun_path, argv[i], sizeof peer->address.sun_path - 1);
    int file = open(argv[i + 1], O_RDONLY);
    if (file < 0 || (peer->length = read(file, peer->request, LONGEST_REQUEST)) <= 0) fail(argv[i + 1]);
    close(file);
    peer->rate = calloc(rounds, sizeof *peer->rate);
    for (int n = 0; n < CONNECTIONS; n++) ask(peer);
  }
  for (int round = 0; round < rounds; round++)
    for (int i = 0; i < count; i++) {
      double start = now();
      for (int n = 0; n < CONNECTIONS; n++) ask(&peers[i]);
      peers[i].rate[round] = CONNECTIONS / (now() - start);
    }
  double *ratio = calloc(rounds, sizeof *ratio);
  for (int i = count - 1; i >= 0; i--) {
    for (int round = 0; round < rounds; round++) ratio[round] = peers[i].rate[round] / peers[0].rate[round];
    peers[i].length = (ssize_t)(median(ratio, rounds) * 1000);
  }
  for (int i = 0; i < count; i++)
    printf("%-50s median %7.0f requests/s  ratio %.3f\n", peers[i].address.sun_path,
           median(peers[i].rate, rounds), peers[i].length / 1000.0);
  return 0;
}
