# SPDX-License-Identifier: GPL-2.0-only
#
# Tests are found by their place: a new file in static/ or transition/ is a new program, and so is one
# there below arch/ of the CPU we build for.

ZDTM_ARCH := zdtm/arch/$(ARCH)
TEST_SRC  := $(foreach d,zdtm $(ZDTM_ARCH),$(wildcard $(d)/static/*.c $(d)/transition/*.c))
test_name  = $(patsubst $(ZDTM_ARCH)/%,zdtm/%,$(1:.c=))
TESTS     := $(foreach t,$(TEST_SRC),$(O)/libexec/$(call test_name,$(t)))

# A test is what gets dumped: no sanitizer's shadow memory in it, whatever the rest is built with.
ZDTM_LIB := $(O)/obj/zdtm/libzdtm.a
$(O)/obj/zdtm/lib/%.o $(O)/obj/zdtm/static/%.o $(O)/obj/zdtm/transition/%.o \
$(O)/obj/$(ZDTM_ARCH)/%.o: private SAN_FLAGS := $(SAN_TRAP)
$(ZDTM_LIB): $(patsubst %.c,$(O)/obj/%.o,$(wildcard zdtm/lib/*.c))
	$(call say,AR,$(@F))
	$(Q)rm -f $@ && ar rcs $@ $^

# A variant is { "name", arg }: what else it might have is absent.
$(patsubst %.c,$(O)/obj/%.o,$(TEST_SRC)): private CPPFLAGS += -Izdtm/lib -Wno-missing-field-initializers
$(TESTS): private SAN_FLAGS := $(SAN_TRAP)
$(foreach t,$(TEST_SRC),$(eval $(call program,libexec/$(call test_name,$(t)),$(t) $(ZDTM_LIB),,-lm)))

ZDTM_RUNNER := $(wildcard zdtm/runner/*.c) zdtm/runner/page_assets.S
$(O)/obj/zdtm/runner/page_assets.o: zdtm/runner/page.css zdtm/runner/page.js
$(eval $(call program,bin/zdtm,$(ZDTM_RUNNER) $(PROTO_LIB) $(BASE),,-lprotobuf-c $(BASE_LIBS) -ljson-c -lcap -lz))
$(O)/obj/zdtm/runner/change.o: $(PROTO_LIB)

# Scripts that fetch kernels and make guests, for the runner's --kernel.
CI_TOOLS := $(addprefix $(O)/libexec/zdtm-ci/,fetch-kernel finish-kernel tree-kernel guest-image guest-early guest-init)
programs += $(CI_TOOLS)
$(CI_TOOLS): $(O)/libexec/zdtm-ci/%: ci/%
	$(Q)install -D -m 755 $< $@
