package inherited

const (
	sysRtSigaction = 134
	sysPrlimit64   = 261
)
