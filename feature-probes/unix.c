// SPDX-License-Identifier: GPL-2.0-only
/* Unix sockets: their queues, names and peers. */
#include <linux/kcmp.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/un.h>

#include "frame/net.h"
#include "probe.h"
#include "uapi/socket.h"

#define SO_PEERGROUPS_ 59 /* 4.13 */

#define DECLARED(release, page) .since = release, .kconfig = "CONFIG_UNIX", .source = page

static void pair(int type, int sk[2])
{
	NEED(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, sk));
}

static int get_int(int sk, int option)
{
	socklen_t len = sizeof(int);
	int value = -99;

	NEED(getsockopt(sk, SOL_SOCKET, option, &value, &len));
	return value;
}

static int set_int(int sk, int option, int value)
{
	return setsockopt(sk, SOL_SOCKET, option, &value, sizeof(value));
}

static int bound(int type, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int sk = NEED(socket(AF_UNIX, type | SOCK_NONBLOCK, 0));

	strcpy(addr.sun_path, path);
	NEED(bind(sk, (struct sockaddr *)&addr,
		  offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1));
	return sk;
}

static int connected(int type, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int sk = NEED(socket(AF_UNIX, type | SOCK_NONBLOCK, 0));

	strcpy(addr.sun_path, path);
	NEED(connect(sk, (struct sockaddr *)&addr, sizeof(addr)));
	return sk;
}

PROBE(peek_off_stream, .what = "SO_PEEK_OFF walks a stream queue without taking anything from it",
      .since = "3.4", .commit = "ef64a54f6e55", .kconfig = "CONFIG_UNIX", .source = "socket(7)")
{
	char got[16] = "";
	int sk[2];

	pair(SOCK_STREAM, sk);
	PROMISE_EQ(get_int(sk[1], SO_PEEK_OFF), -1);
	NEED(send(sk[0], "abcdef", 6, 0));
	NEED(send(sk[0], "ghij", 4, 0));
	OFFERED(set_int(sk[1], SO_PEEK_OFF, 0), "SO_PEEK_OFF", EOPNOTSUPP, ENOPROTOOPT);
	PROMISE_EQ(NEED(recv(sk[1], got, 4, MSG_PEEK)), 4);
	PROMISE_MEM(got, "abcd", 4);
	PROMISE_EQ(NEED(recv(sk[1], got, 4, MSG_PEEK)), 4);
	PROMISE_MEM(got, "efgh", 4);
	PROMISE_EQ(get_int(sk[1], SO_PEEK_OFF), 8);
	/* Taking bytes moves the offset back by as many. */
	PROMISE_EQ(NEED(recv(sk[1], got, 3, 0)), 3);
	PROMISE_MEM(got, "abc", 3);
	PROMISE_EQ(get_int(sk[1], SO_PEEK_OFF), 5);
	PROMISE_EQ(NEED(recv(sk[1], got, 16, MSG_PEEK)), 2);
	PROMISE_MEM(got, "ij", 2);
	PROMISE_FAILS(recv(sk[1], got, 16, MSG_PEEK), EAGAIN);
	NEED(set_int(sk[1], SO_PEEK_OFF, -1));
	PROMISE_EQ(NEED(recv(sk[1], got, 16, MSG_PEEK)), 7);
}

PROBE(peek_off_packets, .what = "SO_PEEK_OFF walks a queue of packets, of which none is taken",
      .since = "3.4", .commit = "ef64a54f6e55", .kconfig = "CONFIG_UNIX", .source = "socket(7)")
{
	static const int types[] = { SOCK_DGRAM, SOCK_SEQPACKET };
	char got[16];
	int sk[2];

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		pair(types[i], sk);
		NEED(send(sk[0], "one", 3, 0));
		NEED(send(sk[0], "three", 5, 0));
		OFFERED(set_int(sk[1], SO_PEEK_OFF, 0), "SO_PEEK_OFF", EOPNOTSUPP, ENOPROTOOPT);
		PROMISE_EQ(NEED(recv(sk[1], got, 16, MSG_PEEK)), 3);
		PROMISE_EQ(NEED(recv(sk[1], got, 16, MSG_PEEK)), 5);
		PROMISE_MEM(got, "three", 5);
		PROMISE_FAILS(recv(sk[1], got, 16, MSG_PEEK), EAGAIN);
		NEED(set_int(sk[1], SO_PEEK_OFF, -1));
		PROMISE_EQ(NEED(recv(sk[1], got, 16, 0)), 3);
		PROMISE_EQ(NEED(recv(sk[1], got, 16, 0)), 5);
	}
}

PROBE(rights_peeked, .what = "MSG_PEEK gives copies of descriptors in flight and leaves them there",
      DECLARED("2.2", "unix(7)"))
{
	struct stat st, now;
	int sk[2], fd, again;
	char room[CMSG_SPACE(sizeof(int))];
	char byte;
	struct iovec iov = { &byte, 1 };

	pair(SOCK_STREAM, sk);
	fd = workfile("sent");
	NEED(lseek(fd, 77, SEEK_SET));
	NEED(fstat(fd, &st));
	NEED(send_fd(sk[0], fd));
	for (int i = 0; i < 3; i++) {
		struct msghdr msg = { .msg_iov = &iov,
				      .msg_iovlen = 1,
				      .msg_control = room,
				      .msg_controllen = sizeof(room) };

		PROMISE_EQ(NEED(recvmsg(sk[1], &msg, MSG_PEEK)), 1);
		PROMISE(CMSG_FIRSTHDR(&msg));
		PROMISE_EQ(CMSG_FIRSTHDR(&msg)->cmsg_type, SCM_RIGHTS);
		memcpy(&again, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(again));
		NEED(fstat(again, &now));
		PROMISE_EQ(now.st_ino, st.st_ino);
		/* The same open file, not another one of that inode. */
		PROMISE_EQ(NEED(lseek(again, 0, SEEK_CUR)), 77 + i);
		NEED(lseek(again, 78 + i, SEEK_SET));
	}
	PROMISE_EQ(NEED(lseek(NEED(recv_fd(sk[1])), 0, SEEK_CUR)), 80);
}

PROBE(scm_fds, .what = "fdinfo counts the descriptors that wait in a unix socket", .since = "5.6",
      .commit = "3c32da19a858", .kconfig = "CONFIG_UNIX CONFIG_PROC_FS",
      .source = "net/unix/af_unix.c")
{
	int sk[2];

	pair(SOCK_STREAM, sk);
	PROMISE_EQ(atoi(OFFERED(fdinfo_field(0, sk[1], "scm_fds"), "scm_fds in fdinfo", ENODATA)),
		   0);
	NEED(send_fd(sk[0], 0));
	NEED(send_fd(sk[0], 1));
	PROMISE_EQ(atoi(NEED(fdinfo_field(0, sk[1], "scm_fds"))), 2);
	PROMISE_EQ(atoi(NEED(fdinfo_field(0, sk[0], "scm_fds"))), 0);
	close(NEED(recv_fd(sk[1])));
	PROMISE_EQ(atoi(NEED(fdinfo_field(0, sk[1], "scm_fds"))), 1);
}

PROBE(scm_fds_listener,
      .what = "with a listener those count that came over connections nobody has accepted yet",
      .since = "6.1", .commit = "de4370892443", .kconfig = "CONFIG_UNIX CONFIG_PROC_FS",
      .source = "net/unix/af_unix.c")
{
	int listener, client;

	workdir();
	listener = bound(SOCK_STREAM, "listener");
	NEED(listen(listener, 4));
	client = connected(SOCK_STREAM, "listener");
	NEED(send_fd(client, 0));
	if (atoi(OFFERED(fdinfo_field(0, listener, "scm_fds"), "scm_fds in fdinfo", ENODATA)) == 0)
		ABSENT("with a listener nothing is counted");
	PROMISE_EQ(atoi(NEED(fdinfo_field(0, listener, "scm_fds"))), 1);
}

#define UNIXFILE                                                                                   \
	.since = "4.12", .commit = "ba94f3088b79", .kconfig = "CONFIG_UNIX",                       \
	.source = "net/unix/af_unix.c"

PROBE(siocunixfile, .what = "SIOCUNIXFILE opens the file a socket is bound to, wherever it is now",
      UNIXFILE, .capability = "CAP_NET_ADMIN")
{
	struct stat st, now;
	int sk, fd;

	/* Where it would count: it is the owner of the network namespace that asks. */
	need_privilege("CAP_NET_ADMIN");
	quiet_network();
	workdir();
	sk = bound(SOCK_STREAM, "socket");
	NEED(stat("socket", &st));
	fd = OFFERED(ioctl(sk, SIOCUNIXFILE_), "SIOCUNIXFILE", EINVAL, ENOTTY);
	NEED(fstat(fd, &now));
	PROMISE_EQ(now.st_ino, st.st_ino);
	PROMISE_EQ(NEED(fcntl(fd, F_GETFL)) & O_PATH, O_PATH);
	PROMISE_EQ(NEED(fcntl(fd, F_GETFD)), FD_CLOEXEC);
	NEED(rename("socket", "moved"));
	fd = NEED(ioctl(sk, SIOCUNIXFILE_));
	PROMISE(str_ends_with(link_text("/proc/self/fd/%d", fd), "/moved"));
	NEED(unlink("moved"));
	fd = NEED(ioctl(sk, SIOCUNIXFILE_));
	PROMISE(str_ends_with(link_text("/proc/self/fd/%d", fd), "/moved (deleted)"));
	PROMISE_FAILS(ioctl(NEED(socket(AF_UNIX, SOCK_STREAM, 0)), SIOCUNIXFILE_), ENOENT);
}

PROBE(siocunixfile_refused, .what = "SIOCUNIXFILE wants CAP_NET_ADMIN: EPERM", UNIXFILE)
{
	pid_t pid = spawn();

	if (pid == 0) {
		lose_privileges();
		workdir();
		PROMISE_FAILS(ioctl(NEED(socket(AF_UNIX, SOCK_STREAM, 0)), SIOCUNIXFILE_), EPERM);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(names, .what = "getsockname gives exactly the bytes a socket was bound to",
      DECLARED("2.2", "unix(7)"))
{
	static const char *const paths[] = { "socket", "./other", "dir/../third" };
	struct sockaddr_un addr, got;
	socklen_t len;
	int sk;

	workdir();
	NEED(mkdir("dir", 0755));
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		sk = bound(SOCK_DGRAM, paths[i]);
		len = sizeof(got);
		memset(&got, 0xff, sizeof(got));
		NEED(getsockname(sk, (struct sockaddr *)&got, &len));
		PROMISE_EQ(len, offsetof(struct sockaddr_un, sun_path) + strlen(paths[i]) + 1);
		PROMISE_STR(got.sun_path, paths[i]);
	}
	/* An abstract name has any bytes, and is as long as it was said to be. */
	addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(addr.sun_path, "\0a\0b\xff", 5);
	addr.sun_path[5] = getpid() & 0xff;
	addr.sun_path[6] = getpid() >> 8;
	sk = NEED(socket(AF_UNIX, SOCK_DGRAM, 0));
	NEED(bind(sk, (struct sockaddr *)&addr, 2 + 7));
	len = sizeof(got);
	NEED(getsockname(sk, (struct sockaddr *)&got, &len));
	PROMISE_EQ(len, 2 + 7);
	PROMISE_MEM(got.sun_path, addr.sun_path, 7);
}

PROBE(peercred, .what = "SO_PEERCRED tells who connected or listened, and goes on telling it",
      DECLARED("2.2", "unix(7)"))
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int listener, client, server;
	pid_t pid;

	workdir();
	NEED(chmod(".", 0777));
	listener = bound(SOCK_STREAM, "listener");
	NEED(chmod("listener", 0777));
	NEED(listen(listener, 4));
	pid = spawn();
	if (pid == 0) {
		lose_privileges();
		client = connected(SOCK_STREAM, "listener");
		NEED(getsockopt(client, SOL_SOCKET, SO_PEERCRED, &cred, &len));
		PROMISE_EQ(cred.pid, getppid());
		reach(1);
		linger();
	}
	await(1);
	server = NEED(accept(listener, NULL, NULL));
	for (int i = 0; i < 2; i++) {
		NEED(getsockopt(server, SOL_SOCKET, SO_PEERCRED, &cred, &len));
		PROMISE_EQ(cred.pid, pid);
		if (have_cap(CAP_SETUID))
			PROMISE_EQ(cred.uid, NOBODY);
		if (i == 0)
			end_task(pid);
	}
}

PROBE(peerpidfd, .what = "SO_PEERPIDFD gives a pidfd of the peer, and of a dead one, if any",
      .since = "6.5", .commit = "7b26952a91cf", .kconfig = "CONFIG_UNIX", .source = "unix(7)")
{
	int channel[2], sk[2], pidfd = -1;
	socklen_t len = sizeof(pidfd);
	pid_t pid;

	pair(SOCK_DGRAM, channel);
	pid = spawn();
	if (pid == 0) {
		pair(SOCK_STREAM, sk);
		NEED(send_fd(channel[1], sk[0]));
		reach(1);
		linger();
	}
	await(1);
	sk[0] = NEED(recv_fd(channel[0]));
	OFFERED(getsockopt(sk[0], SOL_SOCKET, SO_PEERPIDFD, &pidfd, &len), "SO_PEERPIDFD",
		ENOPROTOOPT);
	PROMISE_EQ(atoi(NEED(fdinfo_field(0, pidfd, "Pid"))), pid);
	PROMISE_EQ(NEED(fcntl(pidfd, F_GETFD)), FD_CLOEXEC);
	end_task(pid);
	/* Newer kernels give one of the dead task, older ones refuse; none may give another's. */
	if (getsockopt(sk[0], SOL_SOCKET, SO_PEERPIDFD, &pidfd, &len) == 0)
		PROMISE_EQ(atoi(NEED(fdinfo_field(0, pidfd, "Pid"))), -1);
	else
		PROMISE(errno == ESRCH || errno == EINVAL || errno == ENODATA);
}

PROBE(pass_flags, .what = "SO_PASSCRED, SO_PASSSEC and SO_PASSPIDFD read back as they were set",
      DECLARED("2.6.18", "unix(7)"))
{
	static const int options[] = { SO_PASSCRED, SO_PASSSEC, SO_PASSPIDFD };
	int sk[2];

	pair(SOCK_DGRAM, sk);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		socklen_t len = sizeof(int);
		int value = -1;

		/* Not all of them on all kernels; SO_PASSSEC not without CONFIG_SECURITY_NETWORK, since 6.16. */
		if (getsockopt(sk[0], SOL_SOCKET, options[i], &value, &len) < 0) {
			PROMISE(errno == ENOPROTOOPT || errno == EOPNOTSUPP);
			continue;
		}
		PROMISE_EQ(value, 0);
		NEED(set_int(sk[0], options[i], 1));
		PROMISE_EQ(get_int(sk[0], options[i]), 1);
		PROMISE_EQ(get_int(sk[1], options[i]), 0);
	}
}

PROBE(passrights, .what = "a socket with SO_PASSRIGHTS off is sent no descriptors", .since = "6.16",
      .commit = "77cbe1a6d873", .kconfig = "CONFIG_UNIX", .source = "unix(7)")
{
	socklen_t len = sizeof(int);
	int sk[2], on = -1;

	pair(SOCK_STREAM, sk);
	OFFERED(getsockopt(sk[1], SOL_SOCKET, SO_PASSRIGHTS, &on, &len), "SO_PASSRIGHTS",
		ENOPROTOOPT);
	PROMISE_EQ(on, 1);
	NEED(send_fd(sk[0], 0));
	NEED(recv_fd(sk[1]));
	NEED(set_int(sk[1], SO_PASSRIGHTS, 0));
	PROMISE_EQ(get_int(sk[1], SO_PASSRIGHTS), 0);
	PROMISE_FAILS(send_fd(sk[0], 0), EPERM);
}

PROBE(name_released, .what = "the name of a socket closed in flight is free again within a second",
      DECLARED("2.2", "unix(7)"), .guards = "unix-abstract-async-release")
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	uint64_t start, worst = 0;
	socklen_t len;

	len = 3 + sprintf(addr.sun_path + 1, "probe-%d", getpid());
	for (int i = 0; i < 5; i++) {
		int name = NEED(socket(AF_UNIX, SOCK_DGRAM, 0)), sk[2];

		start = now_ms();
		while (bind(name, (struct sockaddr *)&addr, len) < 0) {
			PROMISE_EQ(errno, EADDRINUSE);
			if (now_ms() - start > 1000)
				DEVIATES("the name is still taken after a second");
			usleep(200);
		}
		worst = now_ms() - start > worst ? now_ms() - start : worst;
		/* A cycle: each end lies in the other's queue, and the name with them. */
		pair(SOCK_DGRAM, sk);
		NEED(send_fd(sk[0], name));
		NEED(send_fd(sk[0], sk[0]));
		NEED(send_fd(sk[1], sk[1]));
		close(sk[0]);
		close(sk[1]);
		close(name);
		/* Collecting starts when the next socket is closed, by somebody else. */
		close(NEED(socket(AF_UNIX, SOCK_DGRAM, 0)));
	}
	NOTE("it took up to %lu ms", (unsigned long)worst);
}

PROBE(peergroups, .what = "SO_PEERGROUPS tells the groups of who connected", .since = "4.13",
      .commit = "28b5ba2aa0f5", .kconfig = "CONFIG_UNIX", .source = "unix(7)")
{
	gid_t own[64], theirs[64];
	socklen_t len = sizeof(theirs);
	int sk[2], n = NEED(getgroups(64, own));

	pair(SOCK_STREAM, sk);
	OFFERED(getsockopt(sk[0], SOL_SOCKET, SO_PEERGROUPS_, theirs, &len), "SO_PEERGROUPS",
		ENOPROTOOPT);
	PROMISE_EQ(len, n * sizeof(gid_t));
	PROMISE_MEM(theirs, own, len);
	if (n == 0)
		return;
	len = sizeof(gid_t) - 1;
	PROMISE_FAILS(getsockopt(sk[0], SOL_SOCKET, SO_PEERGROUPS_, theirs, &len), ERANGE);
	PROMISE_EQ(len, n * sizeof(gid_t));
}

PROBE(length_left, .what = "SIOCINQ counts what is left of a piece that was read in part",
      DECLARED("2.4", "unix(7)"))
{
	char got[4];
	int sk[2], n = 0;

	pair(SOCK_STREAM, sk);
	NEED(send(sk[0], "abcdefghij", 10, 0));
	NEED(send(sk[0], "kl", 2, 0));
	PROMISE_EQ(NEED(recv(sk[1], got, 4, 0)), 4);
	NEED(ioctl(sk[1], SIOCINQ, &n));
	/* All of it, from f4e1fb04c123 (6.17) to c1f07a7f2d47. */
	PROMISE_EQ(n, 8);
}

PROBE(oob, .what = "SIOCATMARK tells where the urgent byte is, MSG_OOB and MSG_PEEK which it is",
      .since = "5.15", .commit = "314001f0bf92", .kconfig = "CONFIG_AF_UNIX_OOB",
      .source = "unix(7)")
{
	char got[8] = "";
	int sk[2], mark = -1;

	pair(SOCK_STREAM, sk);
	NEED(send(sk[0], "ab", 2, 0));
	OFFERED(send(sk[0], "u", 1, MSG_OOB), "MSG_OOB of unix sockets", EOPNOTSUPP);
	NEED(send(sk[0], "cd", 2, 0));
	NEED(ioctl(sk[1], SIOCATMARK, &mark));
	PROMISE_EQ(mark, 0);
	PROMISE_EQ(recv(sk[1], got, 1, MSG_OOB | MSG_PEEK), 1);
	PROMISE_EQ(got[0], 'u');
	/* A read does not go past the mark. */
	PROMISE_EQ(recv(sk[1], got, sizeof(got), 0), 2);
	PROMISE_MEM(got, "ab", 2);
	NEED(ioctl(sk[1], SIOCATMARK, &mark));
	PROMISE_EQ(mark, 1);
	PROMISE_EQ(recv(sk[1], got, 1, MSG_OOB), 1);
	PROMISE_EQ(got[0], 'u');
}

PROBE(oob_taken, .what = "what was sent behind an urgent byte is read once that byte was taken",
      .since = "5.15", .commit = "314001f0bf92", .kconfig = "CONFIG_AF_UNIX_OOB",
      .source = "unix(7)")
{
	char got[8] = "";
	int sk[2];

	pair(SOCK_STREAM, sk);
	OFFERED(send(sk[0], "u", 1, MSG_OOB), "MSG_OOB of unix sockets", EOPNOTSUPP);
	NEED(send(sk[0], "cd", 2, 0));
	PROMISE_EQ(recv(sk[1], got, 1, MSG_OOB), 1);
	/* 6.1 says EAGAIN there. */
	PROMISE_EQ(recv(sk[1], got, sizeof(got), 0), 2);
	PROMISE_MEM(got, "cd", 2);
}

GAP(peercred_set, .what = "nobody sets by whom a socket was connected", .kconfig = "CONFIG_UNIX",
    .source = "unix(7)")
{
	const struct ucred cred = { .pid = 1, .uid = 0, .gid = 0 };
	int sk[2];

	pair(SOCK_STREAM, sk);
	TRIED_TO("setsockopt SO_PEERCRED",
		 setsockopt(sk[0], SOL_SOCKET, SO_PEERCRED, &cred, sizeof(cred)));
	TRIED_TO("setsockopt SO_PEERGROUPS",
		 setsockopt(sk[0], SOL_SOCKET, SO_PEERGROUPS_, &cred, sizeof(cred)));
	TRIED_TO("setsockopt SO_PEERPIDFD",
		 setsockopt(sk[0], SOL_SOCKET, SO_PEERPIDFD, &cred, sizeof(cred)));
}

/* Sends one byte in the name of a task. */
static int send_as(int sk, pid_t pid)
{
	struct ucred cred = { .pid = pid, .uid = getuid(), .gid = getgid() };
	union {
		char room[CMSG_SPACE(sizeof(cred))];
		struct cmsghdr align;
	} control = {};
	struct iovec byte = { .iov_base = "", .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &byte,
			      .msg_iovlen = 1,
			      .msg_control = control.room,
			      .msg_controllen = sizeof(control.room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_CREDENTIALS;
	c->cmsg_len = CMSG_LEN(sizeof(cred));
	memcpy(CMSG_DATA(c), &cred, sizeof(cred));
	return sendmsg(sk, &msg, 0);
}

GAP(credentials_of_dead, .what = "nobody queues a message of a sender that is gone",
    .kconfig = "CONFIG_UNIX", .source = "unix(7)")
{
	pid_t gone = spawn_idle();
	int sk[2];

	pair(SOCK_DGRAM, sk);
	NEED(set_int(sk[1], SO_PASSCRED, 1));
	NEED(send_as(sk[0], getpid()));
	end_task(gone);
	TRIED_TO("SCM_CREDENTIALS", send_as(sk[0], gone));
}

GAP(stream_boundaries,
    .what = "nobody tells where one write ends and the next begins in a stream queue",
    .kconfig = "CONFIG_UNIX", .source = "unix(7)")
{
	int with[2], without[2], a = -1, b = -1;

	pair(SOCK_STREAM, with);
	pair(SOCK_STREAM, without);
	NEED(send(with[0], "12345", 5, 0));
	NEED(send(with[0], "12345", 5, 0));
	NEED(send(without[0], "1234512345", 10, 0));
	tried_files(with[1], without[1]);
	NEED(ioctl(with[1], FIONREAD, &a));
	NEED(ioctl(without[1], FIONREAD, &b));
	PROMISE_EQ(a, b);
	TRIED("FIONREAD");
}
