#include <sys/types.h>

enum place { ANYWHERE, SAME, OTHER };

/* All threads of a process and of the processes it has started; ends early when a visit returns 0. */
int each_thread(pid_t process, int (*visit)(pid_t thread, void *with), void *with);

/* Places this process and the servers, and says so on standard output where that cannot be done. At the
   end of this process all may run again where they could before. */
void place_all(enum place, const pid_t *servers, int count);
