# SPDX-License-Identifier: GPL-2.0-only
#
# Loads for `make bench`: tests like any other, in a tree of their own, so that the suite does not
# run them.

BENCH      := $(O)/bench
BENCH_SRC  := $(wildcard tests/bench/static/*.c)
BENCH_TEST := $(patsubst tests/bench/%.c,$(BENCH)/libexec/zdtm/%,$(BENCH_SRC))
BENCH_OBJ  := $(patsubst %.c,$(O)/obj/%.o,$(BENCH_SRC))

$(BENCH_OBJ): private CPPFLAGS += -Izdtm/lib -Wno-missing-field-initializers
$(BENCH_OBJ) $(BENCH_TEST): private SAN_FLAGS := $(SAN_TRAP)
$(foreach t,$(BENCH_SRC),$(eval $(call program,bench/libexec/zdtm/$(patsubst tests/bench/%.c,%,$(t)),$(t) $(ZDTM_LIB))))

$(BENCH)/bin/zdtm: $(O)/bin/zdtm
	$(sham_copy)
programs += $(BENCH)/bin/zdtm
