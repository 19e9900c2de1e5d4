/*
 * Times whole processes in turn, A B A B …, so that a machine that changes its pace changes it for all.
 *
 *   pairs RUNS INPUT -- PROGRAM ARGUMENT… -- PROGRAM ARGUMENT… [-- …]
 *
 * Each program gets the file INPUT as standard input and /dev/null as its outputs. For each command
 * one line: the median and the fastest wall time in microseconds, and the median of its ratio to the
 * first command, pair by pair. A command that fails ends the measurement: exit status 1.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_COMMANDS = 8, WARM_UP = 5 };

extern char **environ;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

static double run(char **command, const char *input) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  pid_t child;
  int status;
  double start = now();
  if (posix_spawn(&child, command[0], &actions, NULL, command, environ) != 0) {
    perror(command[0]);
    exit(1);
  }
  waitpid(child, &status, 0);
  double taken = now() - start;
  posix_spawn_file_actions_destroy(&actions);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    fprintf(stderr, "%s: status %d\n", command[0], status);
    exit(1);
  }
  return taken;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(const double *values, int count) {
  double *sorted = malloc(count * sizeof *sorted);
  memcpy(sorted, values, count * sizeof *sorted);
  qsort(sorted, count, sizeof *sorted, ascending);
  double middle = sorted[count / 2];
  free(sorted);
  return middle;
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: pairs RUNS INPUT -- PROGRAM [ARGUMENT…] [-- PROGRAM …]\n");
    return 2;
  }
  int runs = atoi(argv[1]), commands = 0;
  char **command[MOST_COMMANDS];
  for (int i = 3; i < argc; i++) {
    if (strcmp(argv[i], "--") != 0) continue;
    argv[i] = NULL;
    if (commands < MOST_COMMANDS && i + 1 < argc) command[commands++] = argv + i + 1;
  }
  double *taken[MOST_COMMANDS], *ratio = calloc(runs, sizeof *ratio);
  for (int c = 0; c < commands; c++) {
    taken[c] = calloc(runs, sizeof **taken);
    for (int i = 0; i < WARM_UP; i++) run(command[c], argv[2]);
  }
  for (int i = 0; i < runs; i++)
    for (int c = 0; c < commands; c++) taken[c][i] = run(command[c], argv[2]);
  for (int c = 0; c < commands; c++) {
    double fastest = taken[c][0];
    for (int i = 0; i < runs; i++) {
      ratio[i] = taken[c][i] / taken[0][i];
      if (taken[c][i] < fastest) fastest = taken[c][i];
    }
    printf("%-60s median %7.0f us  fastest %7.0f us  ratio %.3f\n", command[c][0], median(taken[c], runs),
           fastest, median(ratio, runs));
  }
  return 0;
}
