package inherited

const (
	sysRtSigaction = 13
	sysPrlimit64   = 302
)
