/* In glibc's static library pthread_create sets this pointer of each thread to the thread's state of the name resolver,
 * and the object that defines it brings the resolver, and with it sockets. Defined here, for the static program only,
 * that object is not linked. Nothing reads it but the resolver. Should a glibc name it otherwise, a test of the
 * program's symbols says so.
 */
// NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the name is the purpose.
extern _Thread_local void *__libc_resp;
// NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
_Thread_local void *__libc_resp;
