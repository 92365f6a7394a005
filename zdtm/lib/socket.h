// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests of unix sockets, besides zdtm.h. What fails ends the test, as with the helpers there.
 */
#ifndef ZDTM_SOCKET_H
#define ZDTM_SOCKET_H

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "zdtm.h"

/* The address of a unix socket: a path, or with a leading '@' an abstract name. */
struct t_un {
	struct sockaddr_un addr;
	socklen_t len;
};
struct t_un t_un(const char *name);

/* A new unix socket, bound unless name is NULL; one connected to a name; one that listens. */
int t_unix(int type, const char *name);
int t_unix_to(int type, const char *name);
int t_unix_listener(int type, const char *name, int backlog);
void t_unix_connect(int sk, const char *name);

/* What getsockname() and getpeername() tell, as t_un() takes it; "": it has no name. */
#define EXPECT_NAME(sk, name) zdtm_expect_name((sk), false, (name), #sk, ZDTM_HERE)
#define EXPECT_PEER(sk, name) zdtm_expect_name((sk), true, (name), #sk, ZDTM_HERE)

/* An option of SOL_SOCKET that is one number. */
int t_sockopt(int sk, int option);
void t_set_sockopt(int sk, int option, int value);

/* Sends a text as one message. The next message is this text; of a stream: the next bytes are. */
void t_send(int sk, const char *text);
#define EXPECT_RECV(sk, text) zdtm_expect_recv((sk), (text), #sk, ZDTM_HERE)
/* There is nothing to receive; and there never will be. */
#define EXPECT_EMPTY(sk)      EXPECT_ERRNO(recv((sk), &(char){ 0 }, 1, MSG_DONTWAIT), EAGAIN)
#define EXPECT_EOF(sk)        EXPECT_EQ(recv((sk), &(char){ 0 }, 1, MSG_DONTWAIT), 0)

/*
 * A message of text with descriptors; the next message, which is this text, and its descriptors,
 * as many as were expected.
 */
void t_send_fds(int sk, const char *text, const int *fds, unsigned int n);
#define EXPECT_RECV_FDS(sk, text, fds, n)                                                          \
	zdtm_expect_recv_fds((sk), (text), (fds), (n), #sk, ZDTM_HERE)

#ifndef ZDTM_HARNESS_H
#define t_send(...)          ZDTM_AT(t_send, __VA_ARGS__)
#define t_send_fds(...)      ZDTM_AT(t_send_fds, __VA_ARGS__)
#define t_set_sockopt(...)   ZDTM_AT(t_set_sockopt, __VA_ARGS__)
#define t_sockopt(...)       ZDTM_AT(t_sockopt, __VA_ARGS__)
#define t_unix(...)          ZDTM_AT(t_unix, __VA_ARGS__)
#define t_unix_connect(...)  ZDTM_AT(t_unix_connect, __VA_ARGS__)
#define t_unix_listener(...) ZDTM_AT(t_unix_listener, __VA_ARGS__)
#define t_unix_to(...)       ZDTM_AT(t_unix_to, __VA_ARGS__)
#endif

bool zdtm_expect_name(int sk, bool peer, const char *name, const char *sk_text,
		      struct zdtm_here here);
bool zdtm_expect_recv(int sk, const char *text, const char *sk_text, struct zdtm_here here);
bool zdtm_expect_recv_fds(int sk, const char *text, int *fds, unsigned int n, const char *sk_text,
			  struct zdtm_here here);

#endif
