# SPDX-License-Identifier: GPL-2.0-only
#
# make run        install what is missing, build, run the probes and tests on the running kernel
# make check      everything that must pass before a commit
# make            build into build/ (SAN=1: with address and undefined-behaviour sanitizers, into build-san/)
# make bench      refcr against $CRIU, side by side
# make install    PREFIX=/usr/local DESTDIR=
# make fmt        lay the sources out with clang-format
#
# The build tree has the shape of an installed one (bin/, sbin/, libexec/zdtm/, share/man/), so that
# programs find each other the same way in both. Each area lists its own files in its build.mk.

ifdef SAN
O ?= build-san
SAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif
O      ?= build
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
define program
programs += $(O)/$(1)
$(O)/$(1): $$(patsubst %.c,$(O)/obj/%.o,$$(patsubst %.S,$(O)/obj/%.o,$(2)))
	$$(call say,LINK,$(1))
	@mkdir -p $$(@D)
	$(Q)$(CC) $(OPT) $(SAN_FLAGS) $(LDFLAGS) -o $$@ $$(filter %.o %.a,$$^) $(4)
$$(patsubst %.c,$(O)/obj/%.o,$$(filter %.c,$(2))): private CPPFLAGS += $(3)
endef

$(O)/obj/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(SAN_FLAGS) -MMD -MP -c -o $@ $<

$(O)/obj/%.o: %.S
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(OPT) -MMD -MP -c -o $@ $<

include proto/build.mk parasite/build.mk engine/build.mk zdtm/build.mk feature-probes/build.mk tests/build.mk

programs: $(programs)

-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)

clean:
	rm -rf $(O)

.PHONY: all programs clean
.DELETE_ON_ERROR:
