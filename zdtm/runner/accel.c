// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accel.h"
#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "say.h"
#include "spawn.h"
#include "target.h"

/* "BOOT-ID yes" */
static char *kvm_memory(struct buf *boot_id)
{
	char *path;

	if (read_file_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot_id) < 0)
		return NULL;
	boot_id->data[strcspn(boot_id->data, "\n")] = '\0';
	if (asprintf(&path, "%s/kvm", target_cache()) < 0)
		die("out of memory");
	return path;
}

bool accel_kvm_offers(bool *proven)
{
	_cleanup_buf_ struct buf boot_id = {}, known = {};
	_cleanup_free_ char *memory = kvm_memory(&boot_id);
	const char *answer;

	*proven = false;
	if (access("/dev/kvm", R_OK | W_OK) < 0)
		return false;
	if (!memory || read_file_at(AT_FDCWD, memory, &known) < 0)
		return true;
	answer = str_after(known.data, boot_id.data);
	*proven = answer && streq(answer, " yes\n");
	return !answer || *proven;
}

void accel_kvm_remember(bool works)
{
	_cleanup_buf_ struct buf boot_id = {};
	_cleanup_free_ char *memory = kvm_memory(&boot_id);
	FILE *f = memory ? fopen(memory, "we") : NULL;

	if (!f)
		return;
	fprintf(f, "%s %s\n", boot_id.data, works ? "yes" : "no");
	fclose(f);
}

/*
 * The kernel patches its own code while it runs. Before version 10 emulation by several threads gets
 * that wrong, and guests die of an int3.
 */
static bool qemu_has_safe_threads(void)
{
	_cleanup_buf_ struct buf out = {};
	const char *at;
	uint64_t major;

	if (spawn_capture(LIST("/usr/bin/env", QEMU, "--version"), &out) != 0)
		cannot_test("there is no " QEMU " here, which boots kernels");
	at = strstr(out.data, "version ");
	if (at)
		at += strlen("version ");
	return at && scan_u64(&at, 10, &major) && major >= 10;
}

const char *accel_name(bool kvm)
{
	static const char *tcg;

	if (kvm)
		return "kvm";
	if (!tcg)
		tcg = qemu_has_safe_threads() ? "tcg,thread=multi" : "tcg,thread=single";
	return tcg;
}
