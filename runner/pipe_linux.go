package runner

import "strconv"

// reopenName is what opens the write end of the pipe whose read end r is.
func reopenName(r int) string { return "/proc/self/fd/" + strconv.Itoa(r) }
