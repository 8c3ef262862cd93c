/* What the signer may ask of the kernel once it has its key: its socket, memory, time, chance, its end. All else answers
 * EPERM. Written as a BPF program by hand (seccomp(2)): it is a list of numbers, and needs no library. */
#include "core/attrib.h"
#include "proxy/signer.h"
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef NATIVE_ARCH
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define UNLESS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skip))
#define ANSWER(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define ALLOW(call) UNLESS(__NR_##call, 1), ANSWER(SECCOMP_RET_ALLOW)

bool signer_filter(void)
{
    static struct sock_filter program[] = {
        /* Another architecture's numbers mean other calls (x32 has a high bit in them and meets none of the list). */
        LOAD(arch), UNLESS(NATIVE_ARCH, 1), BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), ANSWER(SECCOMP_RET_KILL_PROCESS), LOAD(nr),
        ALLOW(recvfrom), ALLOW(sendto), ALLOW(write), ALLOW(exit_group), ALLOW(exit), ALLOW(brk), ALLOW(mmap), ALLOW(munmap),
        ALLOW(mremap), ALLOW(madvise), ALLOW(mprotect), ALLOW(futex), ALLOW(getrandom), ALLOW(clock_gettime),
        ALLOW(gettimeofday), ALLOW(getpid), ALLOW(gettid), ALLOW(rt_sigreturn), ALLOW(rt_sigprocmask), ALLOW(sigaltstack),
        ALLOW(restart_syscall), ALLOW(sched_yield), ANSWER(SECCOMP_RET_ERRNO | EPERM),
    };
    struct sock_fprog p = {(unsigned short)COUNT(program), program};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p, 0, 0) == 0;
}
#else
bool signer_filter(void) { return false; }
#endif
