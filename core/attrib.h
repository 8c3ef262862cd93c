/* attrib.h - contracts that the compiler checks. Every public function that can fail is CD_USE: an ignored
 * result is a compile error, as warnings are errors here. */
#ifndef CORDON_CORE_ATTRIB_H
#define CORDON_CORE_ATTRIB_H

#define CD_USE __attribute__((warn_unused_result))
#define CD_NONNULL(...) __attribute__((nonnull(__VA_ARGS__)))
#define CD_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define CD_MALLOC __attribute__((malloc, warn_unused_result))
#define CD_UNUSED __attribute__((unused))
#define CD_NORETURN __attribute__((noreturn))

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Run-time type check for the `void *` of a callback: the object's first member is `uint32_t magic`, set by its
 * constructor and spoiled by its destructor. A mismatch is a bug of ours, never bad input, so it aborts. */
#define CD_CHECK(arg, type, mark) ((type *)cd_check((arg), (mark), __func__))
void *cd_check(void *obj, unsigned mark, const char *where);

#endif
