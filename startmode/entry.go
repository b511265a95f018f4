package startmode

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"pmap/ipc"
)

// The environment of a guardian: the fd of its alive pipe, pmap's session, and
// the directory that goes with pmap.
const (
	dirEnv      = "PMAP_GUARDIAN_DIR"
	guardianEnv = "PMAP_GUARDIAN"
	sessionEnv  = "PMAP_GUARDIAN_SESSION"
)

// Enter is the first thing that main calls. It returns at once unless this
// process was started by StartGuardian; then it is the guardian, and exits.
func Enter() {
	value, ok := os.LookupEnv(guardianEnv)
	if !ok {
		return
	}
	session, err := strconv.Atoi(os.Getenv(sessionEnv))
	os.Unsetenv(guardianEnv)
	os.Unsetenv(sessionEnv)
	dir := os.Getenv(dirEnv)
	os.Unsetenv(dirEnv)
	if err != nil || value != strconv.Itoa(aliveFD) || !isPipe(aliveFD) {
		return // somebody else's variable
	}
	t, err := ipc.OpenTable(tableFD)
	if err != nil {
		os.Exit(1)
	}
	guard(t, session, dir)
	os.Exit(0)
}

func isPipe(fd int) bool {
	var st unix.Stat_t
	return unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFIFO
}
