// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread and another process, both blocked in a call of System V or POSIX IPC: neither comes back before
 * what it waits for has happened. The kernel itself repeats the calls of message queues; that of
 * semaphores it ends with EINTR at any stop, and only whoever made it stop knows that no signal did.
 * criu 4.2 does not look.
 */
#include <mqueue.h>
#include <semaphore.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <time.h>

#include "zdtm.h"

enum {
	SEMOP,
	SEMOP_ZERO,
	SEMOP_UNDO,
	SEMTIMEDOP,
	MSGRCV,
	MSGSND,
	MQ_RECEIVE,
	MQ_SEND,
	SEM_WAIT
}; /* variant->arg */
enum { THREAD, PROCESS, WAITERS };

static const long numbers[] = { SYS_semtimedop,      SYS_semtimedop,   SYS_semtimedop,
				SYS_semtimedop,      SYS_msgrcv,       SYS_msgsnd,
				SYS_mq_timedreceive, SYS_mq_timedsend, SYS_futex };

static struct {
	pthread_t thread;
	pid_t process;
	int id;
	mqd_t queue;
	sem_t *semaphore;
	struct {
		pid_t tid;
		bool may_wake;
	} * of; /* shared, one for each */
} was;

struct message {
	long type;
	char text[1000];
};

/* One semaphore for each waiter, and messages of one type for each. */
static void blocks(long who)
{
	const struct timespec *end =
		variant->arg == SEMTIMEDOP ? &(const struct timespec){ .tv_sec = 1000 } : NULL;
	struct sembuf op = { who, variant->arg == SEMOP_ZERO ? 0 : -2,
			     variant->arg == SEMOP_UNDO ? SEM_UNDO : 0 };
	struct message m = { .type = who + 1 };

	was.of[who].tid = gettid();
	t_wake(0);
	switch (variant->arg) {
	case MSGRCV:
		EXPECT_EQ(SYS(msgrcv(was.id, &m, sizeof(m.text), who + 1, 0)), 3);
		break;
	case MSGSND:
		SYS(msgsnd(was.id, &m, sizeof(m.text), 0));
		break;
	case MQ_RECEIVE:
		EXPECT_EQ(SYS(mq_receive(was.queue, m.text, sizeof(m.text), NULL)), 3);
		break;
	case MQ_SEND:
		SYS(mq_send(was.queue, m.text, 3, 0));
		break;
	case SEM_WAIT:
		SYS(sem_wait(was.semaphore));
		break;
	default:
		SYS(semtimedop(was.id, &op, 1, end));
	}
	EXPECT(was.of[who].may_wake);
}

static void wake(long who)
{
	struct sembuf op = { who, variant->arg == SEMOP_ZERO ? -1 : 1, 0 };
	struct message m = { .type = who + 1 };

	switch (variant->arg) {
	case MSGRCV:
		SYS(msgsnd(was.id, &m, 3, 0));
		break;
	case MSGSND:
		SYS(msgrcv(was.id, &m, sizeof(m.text), 0, 0));
		break;
	case MQ_RECEIVE:
		SYS(mq_send(was.queue, m.text, 3, 0));
		break;
	case MQ_SEND:
		SYS(mq_receive(was.queue, m.text, sizeof(m.text), NULL));
		break;
	case SEM_WAIT:
		SYS(sem_post(was.semaphore));
		break;
	default:
		SYS(semop(was.id, &op, 1));
	}
}

static void make(void)
{
	const unsigned short one[WAITERS] = { 1, 1 };
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = sizeof(((struct message *)0)->text) };
	struct message m = { .type = 100 };

	switch (variant->arg) {
	case MSGRCV:
	case MSGSND:
		was.id = SYS(msgget(IPC_PRIVATE, 0600));
		if (variant->arg == MSGSND)
			while (msgsnd(was.id, &m, sizeof(m.text), IPC_NOWAIT) == 0)
				;
		break;
	case MQ_RECEIVE:
	case MQ_SEND:
		was.queue = SYS(mq_open("/queue", O_RDWR | O_CREAT | O_EXCL, 0600, &attr));
		if (variant->arg == MQ_SEND)
			SYS(mq_send(was.queue, m.text, 3, 0));
		break;
	case SEM_WAIT:
		was.semaphore = SYS(mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0));
		SYS(sem_init(was.semaphore, true, 0));
		break;
	default:
		was.id = SYS(semget(IPC_PRIVATE, WAITERS, 0600));
		SYS(semctl(was.id, 0, SETALL, one));
	}
}

static void setup(void)
{
	was.of = SYS(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	make();
	was.thread = t_thread(blocks, THREAD);
	was.process = t_fork(blocks, PROCESS);
	for (int who = 0; who < WAITERS; who++)
		t_wait(0);
	for (int who = 0; who < WAITERS; who++)
		t_wait_syscall(was.of[who].tid, numbers[variant->arg]);
}

static void check(void)
{
	for (int who = 0; who < WAITERS; who++)
		t_wait_syscall(was.of[who].tid, numbers[variant->arg]);
	/* Who sends first nobody promises. */
	for (int who = 0; who < WAITERS; who++)
		was.of[who].may_wake = true;
	for (int who = 0; who < WAITERS; who++)
		wake(who);
	t_thread_join(was.thread);
	t_join(was.process);
}

ZDTM_TEST = {
	.doc = "who was blocked in a call of System V or POSIX IPC still is, until it is time",
	.object = "task",
	.variants = VARIANTS(
		{ "semop", SEMOP }, { "semop_zero", SEMOP_ZERO }, { "semop_undo", SEMOP_UNDO },
		{ "semtimedop", SEMTIMEDOP }, { "msgrcv", MSGRCV }, { "msgsnd", MSGSND },
		{ "mq_receive", MQ_RECEIVE }, { "mq_send", MQ_SEND }, { "sem_wait", SEM_WAIT }),
	.setup = setup,
	.check = check,
};
