# SPDX-License-Identifier: GPL-2.0-only
# The restorer is copied out of the program and runs elsewhere: nothing in it may refer to anything
# outside its section, nor touch the FPU.
$(O)/obj/parasite/restorer.o: private CFLAGS += -fPIE -fno-stack-protector -fcf-protection=none \
	-mgeneral-regs-only -fno-jump-tables -fno-tree-loop-distribute-patterns
$(O)/obj/parasite/restorer.o: private SAN_FLAGS := $(SAN_TRAP)
