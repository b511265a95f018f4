#include "go_asm.h"
#include "textflag.h"

// func vfork(p *program) int
//
// From clone3 to execve the child runs on this very frame. It calls nothing
// and writes to no stack.
TEXT ·vfork(SB),NOSPLIT,$0-16
	CALL runtime·entersyscall(SB)
	MOVQ p+0(FP), R12

	MOVQ $const_sysSigprocmask, AX
	MOVQ $const_sigSetmask, DI
	LEAQ program_all(R12), SI
	LEAQ program_mask(R12), DX
	MOVQ $const_sigsetSize, R10
	SYSCALL

	MOVQ $const_sysClone3, AX
	LEAQ program_clone(R12), DI
	MOVQ $cloneArgs__size, SI
	SYSCALL
	TESTQ AX, AX
	JZ   child
	MOVQ AX, ret+8(FP)

	MOVQ $const_sysSigprocmask, AX
	MOVQ $const_sigSetmask, DI
	LEAQ program_mask(R12), SI
	MOVQ $0, DX
	MOVQ $const_sigsetSize, R10
	SYSCALL

	CALL runtime·exitsyscall(SB)
	RET

child:
	LEAQ program_steps(R12), R13

next:
	MOVQ step_nr(R13), AX
	MOVQ step_a(R13), DI
	MOVQ step_b(R13), SI
	MOVQ step_c(R13), DX
	MOVQ step_d(R13), R10
	SYSCALL
	CMPQ AX, step_want(R13)
	JNE  fail
	ADDQ $step__size, R13
	JMP  next

fail:
	MOVQ R13, program_failed(R12)
	MOVQ AX, program_result(R12)

exit:
	MOVQ $const_sysExitGroup, AX
	MOVQ $127, DI
	SYSCALL
	JMP  exit
