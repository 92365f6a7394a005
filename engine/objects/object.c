// SPDX-License-Identifier: GPL-2.0-only
#include "engine/base/cleanup.h"
#include "engine/base/str.h"
#include "object.h"

#define OBJECT(name) extern const struct object name##_object;
#include "engine/objects.def"
#undef OBJECT

const struct object *const objects[] = {
#define OBJECT(name) &name##_object,
#include "engine/objects.def"
#undef OBJECT
	NULL,
};

const struct object *object_by_type(FdTypes type)
{
	for (unsigned int i = 0; objects[i]; i++)
		if (objects[i]->type == type)
			return objects[i];
	return NULL;
}

const char *object_type_name(FdTypes type)
{
	const ProtobufCEnumValue *v =
		protobuf_c_enum_descriptor_get_value(&fd_types__descriptor, type);

	return v ? v->name : "a type we do not know";
}

static bool stands_in(const struct object *const *list, unsigned int n, const char *name)
{
	for (unsigned int i = 0; i < n; i++)
		if (streq(list[i]->name, name))
			return true;
	return false;
}

/* What it waits for is there, or there is no such module. */
static bool may_follow(const struct object *o, const struct object *const *before, unsigned int n)
{
	for (const char *const *after = o->after; after && *after; after++)
		if (stands_in(objects, ARRAY_SIZE(objects) - 1, *after) &&
		    !stands_in(before, n, *after))
			return false;
	return true;
}

const struct object *const *objects_in_order(void)
{
	static const struct object *order[ARRAY_SIZE(objects)];
	unsigned int n = 0, before;

	if (order[0])
		return order;
	/* Rounds, as few as the modules' wishes take: nobody knows an order of them all. */
	do {
		before = n;
		for (unsigned int i = 0; objects[i]; i++)
			if (!stands_in(order, n, objects[i]->name) &&
			    may_follow(objects[i], order, n))
				order[n++] = objects[i];
	} while (n > before);
	return order;
}
