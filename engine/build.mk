# SPDX-License-Identifier: GPL-2.0-only
BASE := $(O)/obj/engine/libbase.a
$(BASE): $(patsubst %.c,$(O)/obj/%.o,$(wildcard engine/base/*.c))
	$(call say,AR,$(@F))
	$(Q)rm -f $@ && ar rcs $@ $^
BASE_LIBS := -lisal -lpthread

ARCH := $(shell uname -m)

NL_CPPFLAGS := $(shell $(PKG) --cflags libnl-3.0)

ENGINE_SRC := $(wildcard engine/*.c $(foreach d,arch/$(ARCH) check check/arch/$(ARCH) kernel image inject objects memory task restore,engine/$(d)/*.c))
PARASITE_SRC := $(wildcard parasite/*.c parasite/arch/$(ARCH)/*.S)

$(eval $(call program,sbin/refcr,$(ENGINE_SRC) $(PARASITE_SRC) $(PROTO_LIB) $(BASE),,-z now -lprotobuf-c -lcap -lnl-3 $(BASE_LIBS)))
$(ENGINE_SRC:%.c=$(O)/obj/%.o): $(PROTO_LIB)
$(patsubst %,$(O)/obj/engine/check/%.o,netlink network nftables socket): private CPPFLAGS += $(NL_CPPFLAGS)
