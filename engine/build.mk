# SPDX-License-Identifier: GPL-2.0-only
BASE := $(O)/obj/engine/libbase.a
$(BASE): $(patsubst %.c,$(O)/obj/%.o,$(wildcard engine/base/*.c))
	$(call say,AR,$(@F))
	$(Q)rm -f $@ && ar rcs $@ $^
BASE_LIBS := -lisal -lpthread
