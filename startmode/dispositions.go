package startmode

import (
	"os/signal"

	"golang.org/x/sys/unix"

	"pmap/startmode/inherited"
)

// IgnoredAtStart reports whether sig was ignored when pmap was started, as
// nohup, a shell's trap or the background of a script have it. It is to stay
// ignored, by pmap and by its jobs. Both starters see to that as long as pmap
// doesn't ask to be notified of such a signal (os/signal.Notify), and doesn't
// ignore one (os/signal.Ignore) that was not: a job ignores what pmap ignores
// at the time of its start, and has the default for everything else.
//
// The Go runtime takes over most signals before anything could look. Only of
// HUP, INT and those that stop and continue a job it can be known.
func IgnoredAtStart(sig unix.Signal) bool {
	return sig > 0 && ignoredAtStart>>(sig-1)&1 != 0
}

// ignoredAtStart has bit n-1 set for signal n.
var ignoredAtStart = inherited.Ignored | knownToRuntime()

// knownToRuntime is what os/signal can tell before it is first used, which is
// all there is where package inherited knows nothing.
func knownToRuntime() (set uint64) {
	for _, sig := range []unix.Signal{unix.SIGHUP, unix.SIGINT} {
		if signal.Ignored(sig) {
			set |= 1 << (sig - 1)
		}
	}
	return set
}
