// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the zdtm inside a guest tells the one outside as it goes: a line of JSON for everything that
 * begins or ends, so that when the guest dies it is known what it was at.
 *
 *	{"about": {"kernel": {...}}}		before anything else
 *	{"begin": "static/foo h"}		a run; "probes kcmp": a program's questions, or one of them
 *	{"run": {"name": "static/foo", ...}}	is over; all that a report wants to know of it
 *	{"end": "probes kcmp"}
 *	{"probe": {"name": "kcmp.same", ...}}
 *	{"tick": 1}				nothing has happened for EVENTS_TICK seconds
 *	{"exit": 0}				said by the guest's init: the command has ended
 */
#ifndef ZDTM_EVENTS_H
#define ZDTM_EVENTS_H

#include <json-c/json.h>
#include <stdbool.h>

#include "session.h"

/* ---- Inside. Nothing is told to nobody: all of these do nothing unless it was opened. ------------ */

void events_open(const char *path);
bool events_are_heard(void);

void events_about(const struct kernel *k);
void events_tick(void);
void events_begin(const char *what);
void events_end(const char *what);
void events_run(const struct run *run);
void events_probe(const struct probe *p, const char *as);

/* While runs are under way there is a sign of life this often. Seconds. */
#define EVENTS_TICK 5

/* Where the runs in a guest leave what is worth keeping. */
#define INSIDE_LOGS "/zdtm/work/logs"

#define PROBES_LABEL "probes "

/* "static/foo h", as a run is called here. To be freed. */
char *run_label(const struct run *run);

/* ---- Outside ------------------------------------------------------------------------------------ */

/* What the member "run" of a line tells, into the run's result. `probes` may explain a failure. */
void events_take_run(struct json_object *told, struct run *run, const struct probes *probes);

/* What a "probe" tells. */
void events_take_probe(struct json_object *told, struct probe *p);

#endif
