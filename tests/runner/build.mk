# SPDX-License-Identifier: GPL-2.0-only
#
# The runner's own tests. They use a tree of their own, with tests that end in every way a test can
# end and engines that only pretend: zdtm takes what lies beside it.

SHAM      := $(O)/tests/runner/tree
SHAM_SRC  := $(wildcard tests/runner/static/*.c)
SHAM_TEST := $(patsubst tests/runner/%.c,$(SHAM)/libexec/zdtm/%,$(SHAM_SRC))
SHAM_OBJ  := $(patsubst %.c,$(O)/obj/%.o,$(SHAM_SRC))

$(SHAM_OBJ): private CPPFLAGS += -Izdtm/lib -Wno-missing-field-initializers
$(SHAM_OBJ) $(SHAM_TEST): private SAN_FLAGS := $(SAN_TRAP)
$(foreach t,$(SHAM_SRC),$(eval $(call program,tests/runner/tree/libexec/zdtm/$(patsubst tests/runner/%.c,%,$(t)),$(t) $(ZDTM_LIB))))

SHAM_ENGINES := $(patsubst tests/runner/%,$(SHAM)/%,$(wildcard tests/runner/engines/*))
SHAM_CI := $(CI_TOOLS:$(O)/%=$(SHAM)/%)
SHAM_LOOK := $(SHAM)/ktap.py $(SHAM)/page.py
programs += $(SHAM)/bin/zdtm $(SHAM_ENGINES) $(SHAM_CI) $(SHAM_LOOK)

sham_copy = @mkdir -p $(@D) && ln -f $< $@ 2>/dev/null || cp $< $@
$(SHAM)/bin/zdtm: $(O)/bin/zdtm
	$(sham_copy)
$(SHAM_CI): $(SHAM)/%: $(O)/%
	$(sham_copy)
$(SHAM_ENGINES) $(SHAM_LOOK): $(SHAM)/%: tests/runner/%
	$(sham_copy)

$(foreach t,runner_test kernels_test page_test,$(eval $(call program,tests/runner/$(t),tests/runner/$(t).c tests/runner/command.c,,-latf-c -ljson-c)))
$(eval $(call program,tests/runner/klog_test,tests/runner/klog_test.c zdtm/runner/klog.c $(BASE),,-latf-c $(BASE_LIBS)))
kyua += tests/runner/runner_test tests/runner/kernels_test tests/runner/page_test tests/runner/klog_test
