/*
 * The least a server can do: take a connection, read once, answer, close. What it reaches is the bound
 * of the kernel and of the client that asks.
 *
 *   empty SOCKET BYTES-OF-THE-ANSWER
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LONGEST_ANSWER = 65536 };

int main(int argc, char **argv) {
  static char answer[LONGEST_ANSWER], request[4096];
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
  if (length < 1 || length > LONGEST_ANSWER || strlen(argv[1]) >= sizeof address.sun_path) {
    fprintf(stderr, "usage: empty SOCKET BYTES-OF-THE-ANSWER\n");
    return 2;
  }
  strcpy(address.sun_path, argv[1]);
  memset(answer, 'x', length);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 128) != 0) {
    perror(argv[1]);
    return 1;
  }
  for (;;) {
    int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0) continue;
    if (read(client, request, sizeof request) > 0) send(client, answer, length, MSG_NOSIGNAL);
    close(client);
  }
}
