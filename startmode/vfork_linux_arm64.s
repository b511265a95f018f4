#include "go_asm.h"
#include "textflag.h"

// func vfork(p *program) int
//
// From clone3 to execve the child runs on this very frame. It calls nothing
// and writes to no stack.
TEXT ·vfork(SB),NOSPLIT,$0-16
	BL   runtime·entersyscall(SB)
	MOVD p+0(FP), R19

	MOVD $const_sysSigprocmask, R8
	MOVD $const_sigSetmask, R0
	ADD  $program_all, R19, R1
	ADD  $program_mask, R19, R2
	MOVD $const_sigsetSize, R3
	SVC

	MOVD $const_sysClone3, R8
	ADD  $program_clone, R19, R0
	MOVD $cloneArgs__size, R1
	SVC
	CBZ  R0, child
	MOVD R0, ret+8(FP)

	MOVD $const_sysSigprocmask, R8
	MOVD $const_sigSetmask, R0
	ADD  $program_mask, R19, R1
	MOVD $0, R2
	MOVD $const_sigsetSize, R3
	SVC

	BL   runtime·exitsyscall(SB)
	RET

child:
	ADD  $program_steps, R19, R20

next:
	MOVD step_nr(R20), R8
	MOVD step_a(R20), R0
	MOVD step_b(R20), R1
	MOVD step_c(R20), R2
	MOVD step_d(R20), R3
	SVC
	MOVD step_want(R20), R9
	CMP  R9, R0
	BNE  fail
	ADD  $step__size, R20
	B    next

fail:
	MOVD R20, program_failed(R19)
	MOVD R0, program_result(R19)

exit:
	MOVD $const_sysExitGroup, R8
	MOVD $127, R0
	SVC
	B    exit
