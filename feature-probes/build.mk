# SPDX-License-Identifier: GPL-2.0-only
#
# Each .c file here is a probe program, and so is each below arch/ of the CPU we build for; the
# frame all of them are linked with lies in frame/.
PROBE_ARCH  := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
PROBE_FILES := $(wildcard feature-probes/*.c feature-probes/arch/$(PROBE_ARCH)/*.c)
PROBE_FRAME := $(O)/obj/feature-probes/frame.a
PROBE_LIBS  := -latf-c -ljson-c -lcap -lrt

# What these ask about is memory of their own: in a SAN=1 build it is as ever.
PROBE_BARE := $(if $(SAN),arch_prctl clear_refs ksm maps mlock prctl_mm smaps vdso)
PROBE_BARE_FRAME := $(O)/obj/bare/feature-probes/frame.a

frame_objects = $(patsubst %.c,$(1)/%.o,$(wildcard feature-probes/frame/*.c))
$(PROBE_FRAME): $(call frame_objects,$(O)/obj)
$(PROBE_BARE_FRAME): $(call frame_objects,$(O)/obj/bare)
$(PROBE_FRAME) $(PROBE_BARE_FRAME):
	$(call say,AR,$(@F))
	$(Q)rm -f $@ && ar rcs $@ $^

$(foreach b,$(PROBE_BARE),$(O)/libexec/zdtm/feature-probes/$(b) $(patsubst %.c,$(O)/obj/%.o, \
	$(filter %/$(b).c,$(PROBE_FILES)))): private SAN_FLAGS := $(SAN_TRAP)

$(O)/obj/feature-probes/%.o $(O)/obj/bare/feature-probes/%.o $(O)/obj/tests/probes/%.o: private CPPFLAGS += \
	-Ifeature-probes -Ifeature-probes/arch/$(PROBE_ARCH)

probe = $(call program,libexec/zdtm/feature-probes/$(basename $(notdir $(1))),$(1) \
	$(if $(filter $(PROBE_BARE),$(basename $(notdir $(1)))),$(PROBE_BARE_FRAME),$(PROBE_FRAME)),,$(PROBE_LIBS))
$(foreach f,$(PROBE_FILES),$(eval $(call probe,$(f))))

# All of them in one program, which zdtm asks. Linked statically, where this machine has what it takes: a
# task with fewer mappings forks faster, and each probe is a fork.
ifndef SAN
archive = $(filter /%,$(shell $(CC) -print-file-name=lib$(1).a))
ASK_LINK := $(if $(and $(call archive,c),$(call archive,json-c),$(call archive,cap)),-static-pie)
$(eval $(call program,libexec/zdtm-ask,feature-probes/resident/main.c $(PROBE_FILES) \
	$(PROBE_FRAME),,$(ASK_LINK) -ljson-c -lcap -lrt))
endif

probes: $(patsubst %.c,$(O)/libexec/zdtm/feature-probes/%,$(notdir $(PROBE_FILES)))
.PHONY: probes

# The frame's own tests, and those of all probes together.
$(eval $(call program,tests/probes/specimen,tests/probes/specimen.c $(PROBE_FRAME),,$(PROBE_LIBS)))
PROBE_TESTS := $(patsubst %.c,%,$(wildcard tests/probes/*_test.c))
$(foreach t,$(PROBE_TESTS),$(eval $(call program,$(t),$(t).c,,-latf-c -ljson-c)))
kyua += $(PROBE_TESTS)
