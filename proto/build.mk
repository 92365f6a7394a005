# SPDX-License-Identifier: GPL-2.0-only
# One object per .proto, collected in an archive the engine links.
PROTO_GEN := $(patsubst proto/%.proto,$(O)/gen/proto/%.pb-c.c,$(wildcard proto/*.proto))
PROTO_LIB := $(O)/obj/proto/libproto.a

$(O)/gen/proto/%.pb-c.c $(O)/gen/proto/%.pb-c.h &: proto/%.proto
	$(call say,PROTO,$<)
	@mkdir -p $(O)/gen
	$(Q)protoc-c --c_out=$(O)/gen --proto_path=. $<

$(O)/obj/proto/%.pb-c.o: $(O)/gen/proto/%.pb-c.c $(PROTO_GEN)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(SAN_FLAGS) -c -o $@ $<

# Needs all of them to be there.
$(O)/obj/proto/apart.o: $(PROTO_GEN)

$(PROTO_LIB): $(patsubst $(O)/gen/proto/%.c,$(O)/obj/proto/%.o,$(PROTO_GEN)) $(O)/obj/proto/apart.o
	$(call say,AR,$(@F))
	$(Q)rm -f $@ && ar rcs $@ $^

.SECONDARY: $(PROTO_GEN)
