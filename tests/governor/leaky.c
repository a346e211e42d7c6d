/* A library that is loaded before the program and looks up one name, as a careless dependency might: what `hearth
   airgap prove` must catch. Only where a filter watches, so that the test itself asks no name server. */
#include <netdb.h>
#include <stddef.h>
#include <sys/prctl.h>

__attribute__((constructor)) static void leak(void) {
  struct addrinfo* found = NULL;
  if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 2) return; /* SECCOMP_MODE_FILTER */
  if (getaddrinfo("leak.invalid", "443", NULL, &found) == 0) freeaddrinfo(found);
}
