# SPDX-License-Identifier: GPL-2.0-only
#
# refcr as a program, in real terminals with real shells.

$(eval $(call program,tests/tty/job_test,tests/tty/job_test.c tests/tty/term.c,,-latf-c -lutil))
$(eval $(call program,tests/tty/images_test,tests/tty/images_test.c tests/tty/term.c $(PROTO_LIB),,-latf-c -lutil -lprotobuf-c))
$(O)/obj/tests/tty/images_test.o: $(PROTO_LIB)
kyua += tests/tty/job_test tests/tty/images_test

programs += $(O)/tests/tty/runs_on
$(O)/tests/tty/runs_on: tests/tty/runs_on
	@mkdir -p $(@D)
	$(Q)install -m 755 $< $@
