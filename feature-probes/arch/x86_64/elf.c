// SPDX-License-Identifier: GPL-2.0-only
/* execve(2) of programs whose segments share pages: the first thing an engine's task does. */
#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "probe.h"

#define DECLARED                                                                                   \
	.since = "2.6.0", .kconfig = "CONFIG_BINFMT_ELF", .source = "fs/binfmt_elf.c, elf(5)"

/* exit(*data + *bss), with the two addresses filled in. */
static const unsigned char code[] = {
	0x0f, 0xb6, 0x3c, 0x25, 0, 0, 0, 0, /* movzbl data, %edi */
	0x0f, 0xb6, 0x04, 0x25, 0, 0, 0, 0, /* movzbl bss, %eax */
	0x01, 0xc7,                         /* add %eax, %edi */
	0xb8, 60,   0,    0,    0,          /* mov $SYS_exit, %eax */
	0x0f, 0x05,                         /* syscall */
};

/* DATA's segment begins at an offset that is not a page's, in the page BSS's ends in. */
enum { TEXT = 0x400000, BSS = 0x600000, DATA = 0x601a00 };

/*
 * A program of three segments. The second's end, which is not in the file, reaches into the page
 * the third begins in.
 */
static void write_program(const char *name)
{
	static unsigned char image[0x3000];
	Elf64_Ehdr *head = (void *)image;
	Elf64_Phdr *segment = (void *)(head + 1);
	const uint32_t data = DATA, bss = BSS + 0x800;
	int fd = workfile(name);

	memset(image, 0, sizeof(image));
	memcpy(head->e_ident, ELFMAG, SELFMAG);
	head->e_ident[EI_CLASS] = ELFCLASS64;
	head->e_ident[EI_DATA] = ELFDATA2LSB;
	head->e_ident[EI_VERSION] = EV_CURRENT;
	head->e_type = ET_EXEC;
	head->e_machine = EM_X86_64;
	head->e_version = EV_CURRENT;
	head->e_entry = TEXT + 0x800;
	head->e_phoff = sizeof(*head);
	head->e_ehsize = sizeof(*head);
	head->e_phentsize = sizeof(*segment);
	head->e_phnum = 3;
	segment[0] = (Elf64_Phdr){ PT_LOAD, PF_R | PF_X, 0, TEXT, TEXT, 0x1000, 0x1000, 0x1000 };
	segment[1] = (Elf64_Phdr){ PT_LOAD, PF_R | PF_W, 0x1000, BSS, BSS, 0x10, 0x1900, 0x1000 };
	segment[2] = (Elf64_Phdr){ PT_LOAD, PF_R | PF_W, 0x2a00, DATA, DATA, 0x10, 0x10, 0x1000 };
	memcpy(image + 0x800, code, sizeof(code));
	memcpy(image + 0x804, &data, sizeof(data));
	memcpy(image + 0x80c, &bss, sizeof(bss));
	image[0x2a00] = 42;
	NEED(write(fd, image, sizeof(image)));
	NEED(fchmod(fd, 0755));
	NEED(close(fd));
}

PROBE(shared_page, .what = "a program whose zeroed end shares a page with its next segment starts",
      DECLARED, .guards = "next-no-boot-elf")
{
	int status;
	pid_t pid;

	workdir();
	write_program("program");
	pid = spawn();
	if (pid == 0) {
		execl("./program", "program", NULL);
		if (errno == EACCES)
			FORBIDDEN("no program can be started from the work directory");
		DEVIATES("execve: %s", errno_name(errno));
	}
	status = reap(pid);
	if (WIFSIGNALED(status))
		DEVIATES("the program is killed by %s", strsignal(WTERMSIG(status)));
	PROMISE_EQ(WEXITSTATUS(status), 42);
}
