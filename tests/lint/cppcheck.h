/* cppcheck does not read system headers; these macros of theirs look like loops. */
#define json_array_foreach(a, i, v) for (i = 0; i < json_array_size(a) && (v = json_array_get(a, i)) != 0; i++)
#define json_object_foreach(o, k, v)                                                                  \
	for (void *at = json_object_iter(o);                                                          \
	     at != 0 && (k = json_object_iter_key(at)) != 0 && (v = json_object_iter_value(at)) != 0; \
	     at = json_object_iter_next(o, at))
