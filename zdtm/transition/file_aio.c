// SPDX-License-Identifier: GPL-2.0-only
/*
 * POSIX AIO, which the C library does with threads of its own: requests on a file without a name,
 * some always under way, each of which ends with all of its bytes.
 */
#include <aio.h>

#include "zdtm.h"

#define SIZE     1024
#define REQUESTS 4

enum { TURNING };

static struct {
	int fd;
	struct blob data[REQUESTS];
	pid_t child;
} was;

static void read_on(long unused)
{
	static char to[REQUESTS][SIZE];
	struct aiocb request[REQUESTS] = {};

	for (int n = 0; !t_over(); n++) {
		for (int i = 0; i < REQUESTS; i++) {
			request[i] = (struct aiocb){
				.aio_fildes = was.fd,
				.aio_offset = i * SIZE,
				.aio_buf = memset(to[i], 0, SIZE),
				.aio_nbytes = SIZE,
			};
			SYS(aio_read(&request[i]));
		}
		for (int i = 0; i < REQUESTS; i++) {
			const struct aiocb *one[] = { &request[i] };

			while (aio_error(one[0]) == EINPROGRESS)
				aio_suspend(one, 1, NULL);
			EXPECT_EQ(aio_return(&request[i]), SIZE);
			EXPECT_MEM_IS(to[i], &was.data[i]);
		}
		if (n == 10)
			t_wake(TURNING);
	}
}

static void setup(void)
{
	was.fd = SYS(open("victim", O_RDWR | O_CREAT, 0600));
	for (int i = 0; i < REQUESTS; i++)
		was.data[i] = t_fill(was.fd, SIZE);
	SYS(unlink("victim"));
	was.child = t_fork(read_on, 0);
	t_wait(TURNING);
}

static void check(void)
{
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "POSIX AIO under way ends well",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
