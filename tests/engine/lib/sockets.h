// SPDX-License-Identifier: GPL-2.0-only
/* Unix sockets, and a tree to be dumped that consists of one task with such a socket. */
#ifndef TESTS_ENGINE_SOCKETS_H
#define TESTS_ENGINE_SOCKETS_H

#include <sys/types.h>
#include <sys/un.h>

#include "lib.h"

#define MUST(call) must((long)(call), #call)
long must(long r, const char *text);

struct sockaddr_un sock_path(const char *name);
int bound(int type, const char *name);
int connected(int type, const char *name);
void expect_recv(int sk, const char *text);

/*
 * A task of a session of its own that has the socket that `make` gives for its descriptor 3, and for 4
 * the one it leaves in task_other. It sends whenever it is told to.
 */
pid_t task(int (*make)(void *arg), void *arg);
extern int task_other;
void expect_tick(pid_t pid, int sk);
/* Ours, or one that was restored and is nobody's. */
void end(pid_t pid);

void expect_refused(pid_t pid, const char *options, const char *says);

#endif
