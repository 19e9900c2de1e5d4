/*
 * Where clients and servers run.
 *
 * A client and its server take turns: where the kernel puts them decides more than what either does.
 * On one processor a request is a switch from one to the other; on two it wakes a processor that has
 * gone idle, which on a virtual machine is the hypervisor's work. The kernel settles on either and stays
 * there for a second or for a minute: the ratio of two servers then says where each was.
 */
#define _GNU_SOURCE
#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_THREADS = 1024 };

/* The threads that have been placed, and where each could run before. */
static struct { pid_t thread; cpu_set_t before; } placed[MOST_THREADS];
static volatile sig_atomic_t count_placed = 0;

int each_thread(pid_t process, int (*visit)(pid_t, void *), void *with) {
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

/* One of the allowed processors: the first, or the last, since neighbours may be halves of one core. */
static cpu_set_t one_of(const cpu_set_t *allowed, int last) {
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int n = 0; n < CPU_SETSIZE && (last || CPU_COUNT(&one) == 0); n++) {
    if (!CPU_ISSET(n, allowed)) continue;
    CPU_ZERO(&one);
    CPU_SET(n, &one);
  }
  return one;
}

void place_all(enum place place, const pid_t *servers, int count) {
  cpu_set_t allowed;
  int good = 1;
  if (place == ANYWHERE) return;
  atexit(restore);
  signal(SIGINT, interrupted);
  signal(SIGTERM, interrupted);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) CPU_ZERO(&allowed);
  cpu_set_t first = one_of(&allowed, 0), second = one_of(&allowed, place == OTHER);
  if (place == OTHER && CPU_EQUAL(&first, &second)) {
    puts("not placed: there is no other processor");
    return;
  }
  for (int n = 0; good && n < count; n++) good = each_thread(servers[n], place_thread, &first);
  if (good && place_thread(0, &second)) return;
  printf("not placed: %s\n", strerror(errno));
  restore();
}
