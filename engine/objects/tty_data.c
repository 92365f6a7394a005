// SPDX-License-Identifier: GPL-2.0-only
/* What was under way in ptys, as tty-data.img has it. */
#include <errno.h>
#include <string.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/restore/plan.h"
#include "tty_dump.h"
#include "tty_plan.h"

#define MAX_DATA 65536 /* several times what both ends of a pty can hold */

/* ---- dump ---- */

int tty_data_write(struct dump *d, const struct pty *ptys)
{
	_cleanup_image_ struct image_out out = {};
	bool any = false;
	int r = 0;

	for (const struct pty *p = ptys; r == 0 && p; p = p->hh.next) {
		TtyDataEntry in = TTY_DATA_ENTRY__INIT, echoed = TTY_DATA_ENTRY__INIT;
		const struct tty_queue *q = &p->queue;

		if (!any && !tty_queue_idle(q)) {
			any = true;
			r = image_create(&d->images, IMAGE_TTY_DATA, 0, &out);
		}
		if (r == 0 && q->output.len) {
			echoed.tty_id = tty_pty_id(p->devpts, p->key.index, true);
			echoed.data.data = (uint8_t *)q->output.data;
			echoed.data.len = q->output.len;
			r = image_put(&out, &echoed.base);
		}
		if (r < 0 || !(q->input.len || q->n_lines || q->literal || q->echo.len))
			continue;
		in.tty_id = tty_pty_id(p->devpts, p->key.index, false);
		in.data.data = (uint8_t *)q->input.data;
		in.data.len = q->input.len;
		in.lines = q->lines;
		in.n_lines = q->n_lines;
		in.has_unprocessed = q->unprocessed;
		in.unprocessed = q->unprocessed;
		in.has_literal_next = in.literal_next = q->literal;
		in.has_echo = q->echo.len;
		in.echo.data = (uint8_t *)q->echo.data;
		in.echo.len = q->echo.len;
		r = image_put(&out, &in.base);
	}
	return r < 0 || !any ? r : image_close(&out);
}

/* ---- restore ---- */

/* Of an image that does not tell lines apart: what is complete is told by its last byte. */
static int split_lines(struct restore *r, struct tty_queue *q)
{
	size_t n = 0, at = 0;

	for (size_t i = 0; i < q->input.len; i++)
		n += q->input.data[i] == '\n';
	q->lines = arena_array(&r->arena, uint32_t, n + 1);
	if (!q->lines)
		return -ENOMEM;
	for (size_t i = 0; i < q->input.len; i++)
		if (q->input.data[i] == '\n') {
			q->lines[q->n_lines++] = 2 * (i + 1 - at);
			at = i + 1;
		}
	return 0;
}

static int take_input(struct restore *r, struct plan_pty *p, const TtyDataEntry *e)
{
	struct tty_queue *q = &p->queue;
	bool lines = (p->master->img->termios->c_lflag & (ICANON | EXTPROC)) == ICANON;
	uint64_t sum = 0;

	q->input = (struct buf){ .data = (char *)e->data.data, .len = e->data.len };
	q->echo = (struct buf){ .data = (char *)e->echo.data, .len = e->echo.len };
	q->unprocessed = e->unprocessed;
	q->literal = e->literal_next;
	q->lines = e->lines;
	q->n_lines = e->n_lines;
	for (size_t i = 0; i < e->n_lines; i++)
		sum += e->lines[i] / 2;
	if (e->unprocessed > e->data.len || sum > e->data.len - e->unprocessed ||
	    (!lines && (e->n_lines || e->literal_next)) || e->n_lines > MAX_DATA ||
	    e->echo.len > MAX_DATA)
		return log_bad_image("tty-data.img: %s: its input does not add up", p->who);
	return lines && !e->n_lines ? split_lines(r, q) : 0;
}

static int take_data(struct restore *r, const TtyDataEntry *e)
{
	uint32_t other = e->tty_id ^ 1;
	struct plan_tty *t;
	bool to_master;

	HASH_FIND(hh, planned.ttys, &e->tty_id, sizeof(other), t);
	to_master = t && t->kind == TTY_MASTER;
	/* Input waits in a pty even while no slave is open. */
	if (!t)
		HASH_FIND(hh, planned.ttys, &other, sizeof(other), t);
	if (!t || !t->pty || !t->pty->master)
		return log_bad_image("tty-data.img: there is no pty %u", e->tty_id);
	if (e->data.len > MAX_DATA)
		return log_bad_image("tty-data.img: %s: %zu bytes", t->pty->who, e->data.len);
	if (!to_master)
		return take_input(r, t->pty, e);
	t->pty->queue.output = (struct buf){ .data = (char *)e->data.data, .len = e->data.len };
	return 0;
}

int tty_data_read(struct restore *r)
{
	struct image_in in;
	TtyDataEntry *e;
	int ret = image_open(&r->set, IMAGE_TTY_DATA, 0, &in);

	if (ret == -ENOENT)
		return 0;
	while (ret >= 0 && (ret = image_get(&in, &tty_data_entry__descriptor, &e)) > 0) {
		ret = take_data(r, e);
		if (ret < 0)
			return ret;
	}
	return ret < 0 ? plan_bad(r, ret) : 0;
}
