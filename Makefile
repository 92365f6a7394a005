# SPDX-License-Identifier: GPL-2.0-only
#
# make run        install what is missing, build, run the probes and tests on the running kernel
# make matrix     the same in every kernel line of Debian's archive: out/matrix.html
# make check      everything that must pass before a commit (SAN=1: what sanitizers find in it)
# make            build into build/ (SAN=1: with address and undefined-behaviour sanitizers, into build-san/)
# make bench      refcr against $CRIU, side by side
# make install    PREFIX=/usr/local DESTDIR=
# make fmt        lay the sources out with clang-format
#
# The build tree has the shape of an installed one (bin/, sbin/, libexec/zdtm/, share/man/), so that
# programs find each other the same way in both. Each area lists its own files in its build.mk.

ifdef SAN
O   ?= build-san
OPT ?= -O1 -g
# What GCC then knows too little of to warn about.
SAN_QUIET := -Wno-maybe-uninitialized -Wno-format-truncation
SAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer \
	$(SAN_QUIET)
# Where a sanitizer's own memory and library would be in the way: SIGILL at what is undefined.
SAN_TRAP  := -fsanitize=undefined -fsanitize-undefined-trap-on-error $(SAN_QUIET)
SAN_OBJ   := $(O)/obj/tests/sanitizers.o
endif
O      ?= build
$(if $(O),,$(error O= is empty: that would build into the root of this machine))
PREFIX ?= /usr/local
V      ?= 0
Q      := $(if $(filter 0,$(V)),@)
say     = $(if $(filter 0,$(V)),@printf '  %-6s %s\n' $(1) $(2))

VERSION := 0.1

CC       := gcc
OPT      ?= -O2 -g
CPPFLAGS += -D_GNU_SOURCE -DZDTM_VERSION='"$(VERSION)"' -I. -I$(O)/gen
CFLAGS   += -std=gnu11 $(OPT) -Wall -Wextra -Werror -Wmissing-prototypes -Wshadow -Wno-unused-parameter
PKG      := pkg-config

all: programs

programs :=# every file a build makes
kyua     :=# ATF test programs, by their path in the build tree

# How a program is made: $(call program,PATH IN $(O),SOURCES AND ARCHIVES,EXTRA CPPFLAGS,LIBS)
# And made anew when it is to be linked with something else than last time, of which a .link file tells.
linked_with = $(strip $(CC) $(OPT) $(LDFLAGS) $(2) $(4))
define program
programs += $(O)/$(1)
ifneq "$$(file <$(O)/obj/$(1).link)" "$(linked_with)"
$(O)/$(1): FORCE
endif
$(O)/$(1): $$(patsubst %.c,$(O)/obj/%.o,$$(patsubst %.S,$(O)/obj/%.o,$(2))) | $(SAN_OBJ)
	$$(call say,LINK,$(1))
	@mkdir -p $$(@D)
	$(Q)$(CC) $(OPT) $$(filter-out $(SAN_TRAP),$$(SAN_FLAGS)) $(LDFLAGS) -o $$@ $$(filter %.o %.a,$$^) \
		$$(if $$(findstring address,$$(SAN_FLAGS)),$(SAN_OBJ)) $(4)
	@mkdir -p $(O)/obj/$$(dir $(1)) && printf %s '$(linked_with)' >$(O)/obj/$(1).link
$$(patsubst %.c,$(O)/obj/%.o,$$(filter %.c,$(2))): private CPPFLAGS += $(3)
endef

$(O)/obj/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(SAN_FLAGS) -MMD -MP -c -o $@ $<

# The same for programs without any sanitizer's memory, from sources that others use, too.
$(O)/obj/bare/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(SAN_TRAP) -MMD -MP -c -o $@ $<

$(O)/obj/%.o: %.S
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(OPT) -MMD -MP -c -o $@ $<

# `make run` only calls others, and begins where there may not be a compiler to be asked for anything.
ifneq ($(MAKECMDGOALS),run)
include proto/build.mk parasite/build.mk engine/build.mk zdtm/build.mk feature-probes/build.mk \
	tests/build.mk tests/runner/build.mk tests/tty/build.mk tests/bench/build.mk
endif

MAN := $(wildcard docs/*.[1-8])
programs += $(foreach m,$(MAN),$(O)/share/man/man$(subst .,,$(suffix $(m)))/$(notdir $(m)))
$(O)/share/man/man1/% $(O)/share/man/man8/%: docs/%
	$(Q)install -D -m 644 $< $@

# What kyua runs. The folders are prerequisites because a program whose source has gone must go, too.
SUITE := $(filter $(O)/libexec/zdtm/%,$(programs))
$(O)/libexec/zdtm/Kyuafile: $(SUITE) scripts/kyuafile zdtm/static zdtm/transition feature-probes
	$(call say,KYUA,libexec/zdtm)
	$(Q)scripts/kyuafile $(@D) $(SUITE:$(@D)/%=%)
$(O)/tests/Kyuafile: $(kyua:%=$(O)/%) scripts/kyuafile
	$(call say,KYUA,tests)
	$(Q)scripts/kyuafile $(@D) $(kyua:tests/%=%)
programs += $(O)/libexec/zdtm/Kyuafile $(O)/tests/Kyuafile

programs: $(programs)

-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)

run:
	$(Q)scripts/install-deps
	$(Q)$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$$(nproc)) programs
	$(Q)$(O)/bin/zdtm matrix -o out; status=$$?; cp out/host.json out/results.json; exit $$status

matrix: programs
	$(O)/bin/zdtm matrix --kernels all -o out

check: programs
	$(Q)scripts/$(if $(SAN),check-sanitizers,check)

bench: programs
	$(Q)scripts/bench

INSTALLED = $(filter $(O)/bin/% $(O)/sbin/% $(O)/libexec/% $(O)/share/%,$(programs)) \
	$(wildcard $(O)/libexec/zdtm/*/Kyuafile)
install: programs
	$(Q)for f in $(INSTALLED:$(O)/%=%); do \
		install -D -m $$([ -x $(O)/$$f ] && echo 755 || echo 644) $(O)/$$f $(DESTDIR)$(PREFIX)/$$f || exit 1; \
	done

fmt:
	$(Q)git ls-files '*.c' '*.h' | xargs clang-format -i

clean:
	rm -rf $(O)

FORCE:

.PHONY: FORCE all programs run matrix check bench install fmt clean
.DELETE_ON_ERROR:
