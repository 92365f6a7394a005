// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include "engine/arch/arch.h"
#include "engine/base/cleanup.h"
#include "engine/inject/inject.h"

#define CS_64 0x33 /* __USER_CS */

/* Results of an interrupted call that the kernel turns into a restart: include/linux/errno.h. */
#define ERESTARTSYS           512
#define ERESTARTNOINTR        513
#define ERESTARTNOHAND        514
#define ERESTART_RESTARTBLOCK 516

const char *arch_unsupported(const arch_regs *regs)
{
	return regs->cs == CS_64 ? NULL : "a 32-bit task";
}

enum arch_call arch_interrupted_call(const arch_regs *regs)
{
	if ((int64_t)regs->orig_rax < 0)
		return ARCH_CALL_NONE;
	switch (-(int64_t)regs->rax) {
	case ERESTARTSYS:
	case ERESTARTNOINTR:
	case ERESTARTNOHAND:
		return ARCH_CALL_RESTART;
	case ERESTART_RESTARTBLOCK:
		return ARCH_CALL_BLOCK;
	}
	return ARCH_CALL_NONE;
}

bool arch_call_failed(const arch_regs *regs, int err)
{
	return (int64_t)regs->orig_rax >= 0 && (int64_t)regs->rax == -err;
}

void arch_call_args(const arch_regs *regs, long *nr, uint64_t arg[6])
{
	*nr = regs->orig_rax;
	arg[0] = regs->rdi;
	arg[1] = regs->rsi;
	arg[2] = regs->rdx;
	arg[3] = regs->r10;
	arg[4] = regs->r8;
	arg[5] = regs->r9;
}

void arch_repeat_call(arch_regs *regs)
{
	regs->rip -= 2; /* back onto the syscall instruction */
	regs->rax = regs->orig_rax;
	regs->orig_rax = -1;
}

/* Makes them as after the call, with this result. */
static void finish_call(arch_regs *regs, int64_t result)
{
	regs->rax = result;
	regs->orig_rax = -1;
}

bool arch_loaded_number(const uint8_t code[ARCH_CODE_BEFORE], long *nr)
{
	/*
	 * mov $number, %eax: b8 and 32 bits. The last one before the instruction counts, if it is not
	 * that of another function, which has ended before: c3.
	 */
	for (int i = ARCH_CODE_BEFORE - 5; i >= 0; i--) {
		uint32_t v;

		memcpy(&v, code + i + 1, sizeof(v));
		if (code[i] == 0xb8 && v < 1024) {
			*nr = v;
			return !memchr(code + i + 5, 0xc3, ARCH_CODE_BEFORE - 5 - i);
		}
	}
	return false;
}

void arch_set_number(arch_regs *regs, long nr)
{
	regs->rax = nr;
}

void arch_image_call(const CoreEntry *core, long *nr, uint64_t arg[6])
{
	const UserX86RegsEntry *e = core->thread_info->gpregs;

	*nr = e->ax;
	arg[0] = e->di;
	arg[1] = e->si;
	arg[2] = e->dx;
	arg[3] = e->r10;
	arg[4] = e->r8;
	arg[5] = e->r9;
}

void arch_resume_block(arch_regs *regs)
{
	regs->rip += 2;
	regs->orig_rax = regs->rax;
	regs->rax = -ERESTART_RESTARTBLOCK;
}

void arch_skip_call(arch_regs *regs, int64_t result)
{
	regs->rip += 2;
	finish_call(regs, result);
}

bool arch_in_block(const arch_regs *regs)
{
	return arch_interrupted_call(regs) == ARCH_CALL_BLOCK;
}

void arch_set_call(arch_regs *regs, uint64_t ip, long nr, const uint64_t arg[6])
{
	regs->orig_rax = -1;
	regs->rip = ip;
	regs->rax = nr;
	regs->rdi = arg[0];
	regs->rsi = arg[1];
	regs->rdx = arg[2];
	regs->r10 = arg[3];
	regs->r8 = arg[4];
	regs->r9 = arg[5];
}

int64_t arch_call_result(const arch_regs *regs)
{
	return regs->rax;
}

void arch_enter_gate(arch_regs *regs, const struct gate_entry *e)
{
	/* -1: there is no system call to restart. */
	regs->orig_rax = -1;
	regs->rip = e->at;
	regs->rbx = e->pid;
	regs->rbp = e->tid;
	regs->r15 = e->sig;
	regs->r12 = e->is_mmap;
	regs->r13 = e->list;
	regs->rax = e->nr;
	regs->rdi = e->arg[0];
	regs->rsi = e->arg[1];
	regs->rdx = e->arg[2];
	regs->r10 = e->arg[3];
	regs->r8 = e->arg[4];
	regs->r9 = e->arg[5];
}

uint64_t arch_ip(const arch_regs *regs)
{
	return regs->rip;
}

void arch_set_ip(arch_regs *regs, uint64_t ip)
{
	regs->rip = ip;
}

int64_t arch_gate_result(const arch_regs *regs)
{
	return regs->r14;
}

void arch_fill_gate(struct gate_data *g, const arch_regs *regs, uint64_t mask)
{
	arch_regs r = *regs;

	switch (arch_interrupted_call(regs)) {
	case ARCH_CALL_NONE:
		break;
	case ARCH_CALL_RESTART:
		arch_repeat_call(&r);
		break;
	case ARCH_CALL_BLOCK:
		/* The kernel still has the block: nothing we did used it. */
		r.orig_rax = SYS_restart_syscall;
		arch_repeat_call(&r);
		break;
	}
	*g = (struct gate_data){
		.all_blocked = -1,
		.mask = mask,
		.flags = r.eflags,
		.rax = r.rax,
		.rbx = r.rbx,
		.rcx = r.rcx,
		.rdx = r.rdx,
		.rsi = r.rsi,
		.rdi = r.rdi,
		.rbp = r.rbp,
		.rsp = r.rsp,
		.r8 = r.r8,
		.r9 = r.r9,
		.r10 = r.r10,
		.r11 = r.r11,
		.r12 = r.r12,
		.r13 = r.r13,
		.r14 = r.r14,
		.r15 = r.r15,
		.rip = r.rip,
	};
}

void arch_leave_gate(arch_regs *regs, const struct gate_data *g)
{
	regs->orig_rax = -1;
	regs->eflags = g->flags;
	regs->rax = g->rax;
	regs->rbx = g->rbx;
	regs->rcx = g->rcx;
	regs->rdx = g->rdx;
	regs->rsi = g->rsi;
	regs->rdi = g->rdi;
	regs->rbp = g->rbp;
	regs->rsp = g->rsp;
	regs->r8 = g->r8;
	regs->r9 = g->r9;
	regs->r10 = g->r10;
	regs->r11 = g->r11;
	regs->r12 = g->r12;
	regs->r13 = g->r13;
	regs->r14 = g->r14;
	regs->r15 = g->r15;
	regs->rip = g->rip;
}

/* user_x86_regs_entry field, struct user_regs_struct member */
#define REGS(X)                                                                                    \
	X(r15, r15)                                                                                \
	X(r14, r14)                                                                                \
	X(r13, r13)                                                                                \
	X(r12, r12)                                                                                \
	X(bp, rbp)                                                                                 \
	X(bx, rbx)                                                                                 \
	X(r11, r11)                                                                                \
	X(r10, r10)                                                                                \
	X(r9, r9)                                                                                  \
	X(r8, r8)                                                                                  \
	X(ax, rax)                                                                                 \
	X(cx, rcx)                                                                                 \
	X(dx, rdx)                                                                                 \
	X(si, rsi)                                                                                 \
	X(di, rdi)                                                                                 \
	X(orig_ax, orig_rax)                                                                       \
	X(ip, rip)                                                                                 \
	X(cs, cs)                                                                                  \
	X(flags, eflags)                                                                           \
	X(sp, rsp)                                                                                 \
	X(ss, ss)                                                                                  \
	X(fs_base, fs_base)                                                                        \
	X(gs_base, gs_base)                                                                        \
	X(ds, ds)                                                                                  \
	X(es, es)                                                                                  \
	X(fs, fs)                                                                                  \
	X(gs, gs)

static void dump_regs(const arch_regs *regs, UserX86RegsEntry *e)
{
#define X(field, member) e->field = regs->member;
	REGS(X)
#undef X
	e->has_mode = true;
	e->mode = USER_X86_REGS_MODE__NATIVE;
}

static void restore_regs(const UserX86RegsEntry *e, arch_regs *regs)
{
#define X(field, member) regs->member = e->field;
	REGS(X)
#undef X
}

/* The FXSAVE area: Intel SDM volume 1, 10.5.1. */
struct fxsave {
	uint16_t cwd, swd, twd, fop;
	uint64_t rip, rdp;
	uint32_t mxcsr, mxcsr_mask;
	uint32_t st[32], xmm[64];
	uint32_t padding[24];
};
_Static_assert(sizeof(struct fxsave) == 512, "FXSAVE area");

#define XSTATE_BV 512 /* offset of the XSAVE header's bitmap of components */
#define XHEADER   576 /* where components begin */

enum xfeature {
	XFEATURE_ALL = 0,
	XFEATURE_YMM = 2,
	XFEATURE_BNDREGS,
	XFEATURE_BNDCSR,
	XFEATURE_OPMASK,
	XFEATURE_ZMM_HI256,
	XFEATURE_HI16_ZMM,
	XFEATURE_PKRU = 9,
};

/* Leaf 13. A guest's CPUID is its host's business, and takes that long: each is asked for once. */
struct xsave_leaf {
	uint32_t a, b, d;
	bool known;
};

static struct xsave_leaf cpuid_xsave(enum xfeature sub)
{
	static struct xsave_leaf leaves[XFEATURE_PKRU + 1];
	struct xsave_leaf l = { .known = true };
	uint32_t c = sub;

	/* Who comes at the same time finds the same. */
	if (__atomic_load_n(&leaves[sub].known, __ATOMIC_ACQUIRE))
		return leaves[sub];
	__asm__ volatile("cpuid" : "=a"(l.a), "=b"(l.b), "+c"(c), "=d"(l.d) : "a"(0xd));
	leaves[sub].a = l.a;
	leaves[sub].b = l.b;
	leaves[sub].d = l.d;
	__atomic_store_n(&leaves[sub].known, true, __ATOMIC_RELEASE);
	return l;
}

/* Size of the state of all components user space may use here, and which they are. */
static size_t xstate_size(uint64_t *features)
{
	struct xsave_leaf l = cpuid_xsave(XFEATURE_ALL);

	if (features)
		*features = (uint64_t)l.d << 32 | l.a;
	return l.b;
}

/* The words of a component as the image has them: where they are in the area, in the message. */
struct component {
	enum xfeature feature;
	size_t word;     /* bytes */
	size_t n_member; /* offsets in UserX86XsaveEntry */
	size_t data_member;
};
#define COMPONENT(f, field, type)                                                                  \
	{                                                                                          \
		f, sizeof(type), offsetof(UserX86XsaveEntry, n_##field),                           \
			offsetof(UserX86XsaveEntry, field)                                         \
	}
static const struct component components[] = {
	COMPONENT(XFEATURE_YMM, ymmh_space, uint32_t),
	COMPONENT(XFEATURE_BNDREGS, bndreg_state, uint64_t),
	COMPONENT(XFEATURE_BNDCSR, bndcsr_state, uint64_t),
	COMPONENT(XFEATURE_OPMASK, opmask_reg, uint64_t),
	COMPONENT(XFEATURE_ZMM_HI256, zmm_upper, uint64_t),
	COMPONENT(XFEATURE_HI16_ZMM, hi16_zmm, uint64_t),
	COMPONENT(XFEATURE_PKRU, pkru, uint32_t),
};

/* Offset and size of a component in the area; false when this CPU lacks it. */
static bool component_at(enum xfeature f, size_t *offset, size_t *size)
{
	struct xsave_leaf l;
	uint64_t have;

	xstate_size(&have);
	if (!(have & (1ULL << f)))
		return false;
	l = cpuid_xsave(f);
	*size = l.a;
	*offset = l.b;
	return l.a != 0;
}

void arch_dump_prepare(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(components); i++) {
		size_t offset, size;

		(void)component_at(components[i].feature, &offset, &size);
	}
}

static UserX86FpregsEntry *dump_fpregs(const struct arch_thread *t)
{
	struct {
		UserX86FpregsEntry fp;
		UserX86XsaveEntry xsave;
		uint32_t st[32], xmm[64];
		uint8_t area[]; /* the components stay where they are in a copy */
	} *m = calloc(1, sizeof(*m) + t->xstate_len);
	const struct fxsave *fx = (const void *)t->xstate;

	if (!m)
		return NULL;
	user_x86_fpregs_entry__init(&m->fp);
	user_x86_xsave_entry__init(&m->xsave);
	m->fp.cwd = fx->cwd;
	m->fp.swd = fx->swd;
	m->fp.twd = fx->twd;
	m->fp.fop = fx->fop;
	m->fp.rip = fx->rip;
	m->fp.rdp = fx->rdp;
	m->fp.mxcsr = fx->mxcsr;
	m->fp.mxcsr_mask = fx->mxcsr_mask;
	memcpy(m->st, fx->st, sizeof(m->st));
	memcpy(m->xmm, fx->xmm, sizeof(m->xmm));
	m->fp.st_space = m->st;
	m->fp.n_st_space = ARRAY_SIZE(m->st);
	m->fp.xmm_space = m->xmm;
	m->fp.n_xmm_space = ARRAY_SIZE(m->xmm);
	if (t->xstate_len <= XHEADER)
		return &m->fp;

	m->fp.xsave = &m->xsave;
	memcpy(&m->xsave.xstate_bv, t->xstate + XSTATE_BV, sizeof(m->xsave.xstate_bv));
	memcpy(m->area, t->xstate, t->xstate_len);
	for (size_t i = 0; i < ARRAY_SIZE(components); i++) {
		const struct component *c = &components[i];
		size_t offset, size;

		if (!component_at(c->feature, &offset, &size) || offset + size > t->xstate_len)
			continue;
		*(size_t *)((char *)&m->xsave + c->n_member) = size / c->word;
		*(void **)((char *)&m->xsave + c->data_member) = m->area + offset;
	}
	return &m->fp;
}

int arch_dump_thread(const struct arch_thread *t, uint64_t clear_tid, CoreEntry *core)
{
	struct {
		ThreadInfoX86 info;
		UserX86RegsEntry regs;
	} *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	thread_info_x86__init(&m->info);
	user_x86_regs_entry__init(&m->regs);
	dump_regs(&t->regs, &m->regs);
	m->info.clear_tid_addr = clear_tid;
	m->info.gpregs = &m->regs;
	m->info.fpregs = dump_fpregs(t);
	if (!m->info.fpregs) {
		free(m);
		return -ENOMEM;
	}
	m->info.has_xstate = true;
	m->info.xstate.data = t->xstate;
	m->info.xstate.len = t->xstate_len;
	core->mtype = CORE_ENTRY__MARCH__X86_64;
	core->thread_info = &m->info;
	return 0;
}

void arch_dump_done(CoreEntry *core)
{
	if (!core->thread_info)
		return;
	free(core->thread_info->fpregs);
	free(core->thread_info);
	core->thread_info = NULL;
}

int arch_check_core(const CoreEntry *core, const char **why)
{
	const ThreadInfoX86 *info = core->thread_info;
	uint64_t have, used = 0;

	if (core->mtype != CORE_ENTRY__MARCH__X86_64) {
		*why = "is of another CPU architecture";
		return -EBADMSG;
	}
	if (!info || !info->gpregs || !info->fpregs) {
		*why = "has no registers";
		return -EBADMSG;
	}
	if (info->gpregs->cs != CS_64 ||
	    (info->gpregs->has_mode && info->gpregs->mode != USER_X86_REGS_MODE__NATIVE)) {
		*why = "is of a 32-bit task: not supported yet";
		return -EBADMSG;
	}
	if (info->has_xstate && info->xstate.len < XHEADER) {
		*why = "has a register area that is too short";
		return -EBADMSG;
	}
	if (info->fpregs->n_st_space > 32 || info->fpregs->n_xmm_space > 64) {
		*why = "has more registers than the CPU";
		return -EBADMSG;
	}
	if (info->has_xstate)
		memcpy(&used, info->xstate.data + XSTATE_BV, sizeof(used));
	else if (info->fpregs->xsave)
		used = info->fpregs->xsave->xstate_bv;
	if ((info->has_xstate && info->xstate.len > xstate_size(&have)) ||
	    (xstate_size(&have), used & ~have)) {
		*why = "uses CPU features this machine lacks (XSAVE components)";
		return -EBADMSG;
	}
	return 0;
}

static int build_xstate(const UserX86FpregsEntry *fp, uint8_t *area, size_t len)
{
	const UserX86XsaveEntry *x = fp->xsave;
	struct fxsave *fx = (void *)area;

	fx->cwd = fp->cwd;
	fx->swd = fp->swd;
	fx->twd = fp->twd;
	fx->fop = fp->fop;
	fx->rip = fp->rip;
	fx->rdp = fp->rdp;
	fx->mxcsr = fp->mxcsr;
	fx->mxcsr_mask = fp->mxcsr_mask;
	memcpy(fx->st, fp->st_space, fp->n_st_space * sizeof(uint32_t));
	memcpy(fx->xmm, fp->xmm_space, fp->n_xmm_space * sizeof(uint32_t));
	if (len <= XHEADER)
		return 0;
	/* x87 and SSE, if nothing tells more. */
	memcpy(area + XSTATE_BV, x ? &x->xstate_bv : &(uint64_t){ 3 }, sizeof(uint64_t));
	for (size_t i = 0; x && i < ARRAY_SIZE(components); i++) {
		const struct component *c = &components[i];
		size_t n = *(size_t *)((char *)x + c->n_member), offset, size;
		const void *data = *(void **)((char *)x + c->data_member);

		if (!n)
			continue;
		if (!component_at(c->feature, &offset, &size)) {
			if (x->xstate_bv & (1ULL << c->feature))
				return -EBADMSG;
			continue;
		}
		if (n * c->word > size || offset + size > len)
			return -EBADMSG;
		memcpy(area + offset, data, n * c->word);
	}
	return 0;
}

int arch_restore_thread(const CoreEntry *core, struct arch_thread *ret)
{
	const ThreadInfoX86 *info = core->thread_info;

	ret->regs = (arch_regs){};
	restore_regs(info->gpregs, &ret->regs);
	ret->xstate_len = xstate_size(NULL);
	ret->xstate = calloc(1, ret->xstate_len);
	if (!ret->xstate)
		return -ENOMEM;
	if (info->has_xstate) {
		memcpy(ret->xstate, info->xstate.data, info->xstate.len);
		return 0;
	}
	return build_xstate(info->fpregs, ret->xstate, ret->xstate_len);
}

uint64_t arch_clear_tid(const CoreEntry *core)
{
	return core->thread_info->clear_tid_addr;
}

int arch_ask_ldt(struct batch *b)
{
	/* One descriptor's worth tells that there are any: modify_ldt(2). */
	return batch_call(b, SYS_modify_ldt, 0, batch_out(b, 8), 8);
}

uint64_t arch_thread_pointer(const arch_regs *regs)
{
	return regs->fs_base;
}
