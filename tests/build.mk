# SPDX-License-Identifier: GPL-2.0-only
#
# Our own code, tested: each NAME_test.c is an ATF program.
$(O)/obj/tests/sanitizers.o: private SAN_FLAGS :=

# refcr as a program. What it dumps there is not sanitized: shadow memory is none of its business.
ENGINE_TARGET := tests/engine/target.c tests/engine/rounds.c tests/engine/arch/$(ARCH)/regs.c
$(ENGINE_TARGET:%.c=$(O)/obj/%.o) $(O)/tests/engine/target: private SAN_FLAGS := $(SAN_TRAP)
$(eval $(call program,tests/engine/target,$(ENGINE_TARGET),,-lpthread))

ENGINE_TEST_LIB := $(wildcard tests/engine/lib/*.c) tests/engine/arch/$(ARCH)/fail.c
ENGINE_TESTS    := $(patsubst %.c,%,$(wildcard tests/engine/*_test.c tests/unix/*_test.c))
$(foreach t,$(ENGINE_TESTS),$(eval $(call program,$(t),$(t).c $(ENGINE_TEST_LIB) $(PROTO_LIB) $(BASE),,\
	-latf-c -lprotobuf-c $(BASE_LIBS))))
$(ENGINE_TESTS:%=$(O)/obj/%.o) $(ENGINE_TEST_LIB:%.c=$(O)/obj/%.o): $(PROTO_LIB)
kyua += $(ENGINE_TESTS)

# Parts of the engine, each by itself.
UNITS := $(O)/obj/tests/libunits.a
$(UNITS): $(patsubst %.c,$(O)/obj/%.o,$(wildcard engine/image/*.c engine/kernel/*.c) engine/memory/room.c engine/options.c engine/config.c)
	$(call say,AR,$(@F))
	@mkdir -p $(@D)
	$(Q)rm -f $@ && ar rcs $@ $^

UNIT_TESTS := $(patsubst %.c,%,$(wildcard $(foreach d,base image kernel memory options,tests/$(d)/*_test.c)))
$(foreach t,$(UNIT_TESTS),$(eval $(call program,$(t),$(t).c $(UNITS) $(PROTO_LIB) $(BASE),,\
	-latf-c -lprotobuf-c $(BASE_LIBS))))
$(UNIT_TESTS:%=$(O)/obj/%.o): $(PROTO_LIB)
kyua += $(UNIT_TESTS)
