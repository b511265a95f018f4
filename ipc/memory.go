package ipc

// Memory makes an empty file that lies in memory, has no name and is CLOEXEC.
// It is the caller's.
func Memory() (fd int, err error) { return sharedMemory(0) }
