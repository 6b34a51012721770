/* Preloaded into a program: an allocation in any thread but the main one ends it.
   Proves that the panel daemon's link thread lives on the memory it was started with. */
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *old, size_t size);

static void only_in_main_thread(void)
{
	static const char words[] = "memory was allocated outside the main thread\n";

	if (gettid() == getpid())
		return;
	(void)!write(STDERR_FILENO, words, sizeof words - 1);
	(void)raise(SIGABRT);
}

void *malloc(size_t size)
{
	only_in_main_thread();
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	only_in_main_thread();
	return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	only_in_main_thread();
	return __libc_realloc(old, size);
}
