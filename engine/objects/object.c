// SPDX-License-Identifier: GPL-2.0-only
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
