// SPDX-License-Identifier: GPL-2.0-only
/* Sets that were made to deceive: their checksums are right, what they say is not. */
#include <protobuf-c/protobuf-c.h>

#include "set.h"

#define MAX_FILES 8

/* An inventory with a list of its own, and the checksum that belongs to it. */
static void put_inventory(int dir, ImageFile *files, size_t n)
{
	InventoryEntry inv = set_inventory();
	ImageFile *list[MAX_FILES];
	uint8_t packed[4096];
	uint32_t word[2] = { 0x58313116 }, crc;
	struct buf b = {};

	for (size_t i = 0; i < n; i++)
		list[i] = &files[i];
	inv.files = list;
	inv.n_files = n;
	inv.has_self_crc32c = true;
	word[1] = inventory_entry__pack(&inv, packed);
	crc = crc32c(0, packed, word[1] - 6);
	memcpy(packed + word[1] - 4, &crc, sizeof(crc));
	ATF_REQUIRE_EQ(buf_append(&b, word, sizeof(word)), 0);
	ATF_REQUIRE_EQ(buf_append(&b, packed, word[1]), 0);
	set_put(dir, "inventory.img", b.data, b.len);
	buf_done(&b);
}

static ImageFile file(const char *name, uint64_t size, uint32_t crc)
{
	ImageFile f = IMAGE_FILE__INIT;

	f.name = (char *)name;
	f.has_size = f.has_crc32c = true;
	f.size = size;
	f.crc32c = crc;
	return f;
}

static void expect_bad(int dir, ImageFile *files, size_t n, const char *blamed, const char *why)
{
	struct image_set s;
	struct arena a;

	put_inventory(dir, files, n);
	arena_init(&a, false);
	ATF_CHECK_EQ_MSG(image_set_open(dir, &a, false, &s), -EBADMSG, "%s: %s", blamed, why);
	ATF_CHECK_STREQ(s.file, blamed);
	ATF_CHECK_MSG(s.why && strstr(s.why, why), "'%s' is not in: %s", why, s.why ?: "-");
	image_set_close(&s);
	arena_done(&a);
}

UNIT(lists, "lists of files that name what is not there, or what is no image")
{
	int dir = set_dir("img");
	const uint32_t crc = crc32c(0, "0123456789", 10);
	ImageFile f[MAX_FILES];
	char longest[300];

	set_put(dir, "fs-1.img", "0123456789", 10);
	f[0] = file("fs-1.img", 10, crc);
	put_inventory(dir, f, 1);
	ATF_CHECK_EQ(set_check(dir, false, NULL), -ENOENT); /* it is fine: only no pstree.img */

	f[1] = f[0];
	expect_bad(dir, f, 2, "fs-1.img", "listed twice");
	f[0] = file("fs-1.img", 10, crc + 1);
	expect_bad(dir, f, 1, "fs-1.img", "checksum");
	f[0] = file("fs-1.img", 11, crc);
	expect_bad(dir, f, 1, "fs-1.img", "truncated");
	f[0] = file("fs-1.img", UINT64_MAX, crc);
	expect_bad(dir, f, 1, "fs-1.img", "truncated");
	f[0] = file("fs-1.img", 9, crc);
	expect_bad(dir, f, 1, "fs-1.img", "longer");
	f[0] = file("fs-2.img", 10, crc);
	expect_bad(dir, f, 1, "fs-2.img", "missing");

	f[0] = file("../img/fs-1.img", 10, crc);
	expect_bad(dir, f, 1, "inventory.img", "makes no sense");
	f[0] = file("/etc/passwd", 10, crc);
	expect_bad(dir, f, 1, "inventory.img", "makes no sense");
	f[0] = file("fs-1.img", 10, crc);
	f[0].has_size = false;
	expect_bad(dir, f, 1, "inventory.img", "makes no sense");
	f[0].has_size = true;
	f[0].has_crc32c = false;
	expect_bad(dir, f, 1, "inventory.img", "makes no sense");
	f[0].name = NULL;
	expect_bad(dir, f, 1, "inventory.img", "makes no sense");

	f[0] = file("", 0, 0);
	expect_bad(dir, f, 1, "", "missing");
	f[0] = file("..", 0, 0);
	expect_bad(dir, f, 1, "..", "not a regular file");
	memset(longest, 'x', 299);
	longest[299] = '\0';
	f[0] = file(longest, 10, crc);
	put_inventory(dir, f, 1);
	ATF_CHECK(set_check(dir, false, NULL) < 0);
	ATF_REQUIRE_EQ(symlinkat("fs-1.img", dir, "fs-3.img"), 0);
	f[0] = file("fs-3.img", 10, crc);
	expect_bad(dir, f, 1, "fs-3.img", "not a regular file");
	close(dir);
}

UNIT(foreign, "an inventory of another engine vouches for nothing, and none is expected of it")
{
	const uint8_t body[] = { 0x08, 2 }; /* img_version = 2 */
	uint32_t word[2] = { 0x58313116, sizeof(body) };
	int dir = set_dir("img");
	struct buf b = {};
	struct image_set s;
	struct arena a;

	ATF_REQUIRE_EQ(buf_append(&b, word, sizeof(word)), 0);
	ATF_REQUIRE_EQ(buf_append(&b, body, sizeof(body)), 0);
	set_put(dir, "inventory.img", b.data, b.len);
	arena_init(&a, false);
	ATF_CHECK_EQ(image_set_open(dir, &a, false, &s), 0);
	ATF_CHECK(!s.sealed);
	image_set_close(&s);

	/* With any field of ours, known or not, it is one of ours and must be whole. */
	ATF_REQUIRE_EQ(buf_append(&b, "\xf0\x3e\x01", 3), 0); /* field 1006 = 1 */
	word[1] += 3;
	memcpy(b.data + 4, &word[1], 4);
	set_put(dir, "inventory.img", b.data, b.len);
	ATF_CHECK_EQ(image_set_open(dir, &a, false, &s), -EBADMSG);
	image_set_close(&s);
	arena_done(&a);
	buf_done(&b);
	close(dir);
}

/* ---- records ---- */

static const char head[8] = "\x19\x43\x56\x54\x30\x30\x27\x50"; /* of pstree.img */

static int read_pstree(int dir, const void *data, size_t n, unsigned int *records)
{
	struct image_set s = { .fd = dir };
	struct arena a;
	struct image_in in;
	PstreeEntry *e;
	int r;

	*records = 0;
	set_put(dir, "pstree.img", data, n);
	arena_init(&a, false);
	s.arena = &a;
	r = image_open(&s, IMAGE_PSTREE, 0, &in);
	while (r >= 0 && (r = image_get(&in, &pstree_entry__descriptor, &e)) > 0)
		++*records;
	arena_done(&a);
	return r;
}

static void expect_records(int dir, const char *body, size_t n, int r, unsigned int records)
{
	unsigned int got;
	char data[200];

	memcpy(data, head, sizeof(head));
	memcpy(data + sizeof(head), body, n);
	ATF_CHECK_EQ_MSG(read_pstree(dir, data, sizeof(head) + n, &got), r, "%zu bytes", n);
	ATF_CHECK_EQ(got, records);
}

#define ONE "\x08\0\0\0\x08\x01\x10\0\x18\x01\x20\x01" /* pid 1, ppid 0, pgid 1, sid 1 */

UNIT(records, "lengths that lead nowhere, and messages that are none")
{
	int dir = set_dir("img");
	unsigned int n;

	expect_records(dir, "", 0, 0, 0);
	expect_records(dir, ONE, 12, 0, 1);
	expect_records(dir, ONE ONE, 24, 0, 2);
	/* What is left is too little for a length, */
	expect_records(dir, ONE "\0", 13, -EBADMSG, 1);
	expect_records(dir, ONE "\x08\0\0", 15, -EBADMSG, 1);
	/* for what it says, */
	expect_records(dir, ONE, 11, -EBADMSG, 0);
	expect_records(dir, "\xff\xff\xff\xff", 4, -EBADMSG, 0);
	expect_records(dir, "\xff\xff\xff\x7f" ONE, 16, -EBADMSG, 0);
	/* no message at all, */
	expect_records(dir, "\0\0\0\0", 4, -EBADMSG, 0);
	expect_records(dir, "\x02\0\0\0\x08\x01", 6, -EBADMSG, 0);
	expect_records(dir, "\x04\0\0\0\xff\xff\xff\xff", 8, -EBADMSG, 0);
	/* or of another kind. */
	expect_records(dir, "\x04\0\0\0\x0a\x02hi", 8, -EBADMSG, 0);

	ATF_CHECK_EQ(read_pstree(dir, head, 7, &n), -EBADMSG);
	ATF_CHECK_EQ(read_pstree(dir, "", 0, &n), -EBADMSG);
	ATF_CHECK_EQ(read_pstree(dir, "\x19\x43\x56\x54\x30\x30\x27\x51", 8, &n), -EBADMSG);
	close(dir);
}

UNIT(counts, "a list in a message as long as the file: no more memory than that calls for")
{
	int dir = set_dir("img");
	size_t n = 1 << 20;
	uint32_t len = n - 12;
	char *data = malloc(n);
	unsigned int records;

	/* threads = 1, over and over; then what is required. */
	memcpy(data, head, 8);
	memcpy(data + 8, &len, 4);
	for (size_t i = 12; i < n; i += 2)
		memcpy(data + i, "\x28\x01", 2);
	memcpy(data + 12, "\x08\x01\x10\0\x18\x01\x20\x01", 8);
	ATF_CHECK_EQ(read_pstree(dir, data, n, &records), 0);
	ATF_CHECK_EQ(records, 1);

	/* A field that says to be longer than the message. */
	memcpy(data + n - 12, "\x2a\xff\xff\xff\xff\x0f\x01\x01\x01\x01\x01\x01", 12);
	ATF_CHECK_EQ(read_pstree(dir, data, n, &records), -EBADMSG);
	free(data);
	close(dir);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, lists);
	ATF_TP_ADD_TC(tp, foreign);
	ATF_TP_ADD_TC(tp, records);
	ATF_TP_ADD_TC(tp, counts);
	return atf_no_error();
}
