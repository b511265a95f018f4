#include "go_asm.h"
#include "textflag.h"

#define SYS_write 1
#define SYS_rt_sigreturn 15

// handler writes its signal's number, one byte, into the pipe. The kernel calls
// it, on the thread's stack for signals and with all signals blocked; it keeps
// the registers, and nothing of the runtime is touched.
TEXT handler<>(SB),NOSPLIT|NOFRAME,$0
	SUBQ $16, SP
	MOVB DI, 0(SP)
	MOVL ·writeEnd(SB), DI
	MOVQ SP, SI
	MOVL $1, DX
	MOVL $SYS_write, AX
	SYSCALL
	ADDQ $16, SP
	RET

// restorer is where handler returns to.
TEXT restorer<>(SB),NOSPLIT|NOFRAME,$0
	MOVL $SYS_rt_sigreturn, AX
	SYSCALL
	INT  $3

// func handlerPC() uintptr
TEXT ·handlerPC(SB),NOSPLIT,$0-8
	LEAQ handler<>(SB), AX
	MOVQ AX, ret+0(FP)
	RET

// func restorerPC() uintptr
TEXT ·restorerPC(SB),NOSPLIT,$0-8
	LEAQ restorer<>(SB), AX
	MOVQ AX, ret+0(FP)
	RET
