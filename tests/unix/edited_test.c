// SPDX-License-Identifier: GPL-2.0-only
/* Images of unix sockets that say what cannot be. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/files.pb-c.h"
#include "tests/engine/lib/mutate.h"
#include "tests/engine/lib/sockets.h"

/* The one end of a pair lies in the queue of another pair; its own other end is closed. */
static int with_a_socket_in_flight(void *unused)
{
	char control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { "x", 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int sk[2], sent[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sk) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, sent) < 0)
		_exit(1);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &sent[0], sizeof(int));
	if (sendmsg(sk[0], &m, 0) != 1)
		_exit(1);
	close(sent[0]);
	close(sent[1]);
	task_other = fcntl(sk[1], F_DUPFD, 20);
	return sk[0];
}

static UnixSkEntry *in_flight(const struct image *image)
{
	for (unsigned int i = 0; i < image->n; i++) {
		const FileEntry *fe = (FileEntry *)image->record[i].msg;

		if (fe->usk && !fe->usk->peer)
			return fe->usk;
	}
	atf_tc_fail("there is no socket in flight in files.img");
}

ROOT_TC(outside, "a socket that is outside can be in no queue of the tree's")
{
	struct image image;
	struct buf b = {};
	struct arena a;
	uint8_t *data;
	struct ran r;
	size_t size;
	pid_t pid;

	arena();
	pid = task(with_a_socket_in_flight, NULL);
	empty("img");
	r = refcr("dump -t %d -D img", pid);
	expect_fine(&r);
	MUST(waitpid(pid, NULL, 0));

	data = read_file("img/files.img", &size);
	arena_init(&a, false);
	ATF_REQUIRE(image_take_apart("files.img", data, size, &a, &image));
	in_flight(&image)->uflags = 1;
	ATF_REQUIRE_EQ(image_put_together(&image, &b), 0);
	write_file("img/files.img", b.data, b.len);
	r = refcr("restore -d -D img --accept-edited");
	expect_failed(&r, "which is outside, is in flight");
	expect_nobody();

	write_file("img/files.img", data, size);
	r = refcr("restore -d -D img");
	expect_fine(&r);
	end(pid);
	buf_done(&b);
	arena_done(&a);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, outside);
	return atf_no_error();
}
