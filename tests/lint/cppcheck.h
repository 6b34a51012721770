/* cppcheck does not read system headers; these macros of theirs look like loops, or like nothing it knows. */
#define json_array_foreach(a, i, v) for (i = 0; i < json_array_size(a) && (v = json_array_get(a, i)) != 0; i++)
#define json_object_foreach(o, k, v)                                                                                 \
	for (void *member_ = json_object_iter(o);                                                                    \
	     member_ != 0 && (k = json_object_iter_key(member_)) != 0 && (v = json_object_iter_value(member_)) != 0; \
	     member_ = json_object_iter_next(o, member_))
#define JSON_INTEGER_FORMAT "lld"
