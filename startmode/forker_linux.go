//go:build amd64 || arm64

package startmode

import "runtime"

// The assembly for arm64 is built and vetted, but has never run on such a
// machine. Until it has, the fast path is amd64's alone.
const vforkTried = runtime.GOARCH == "amd64"

func newForker(opts ForkOptions) Starter {
	if opts.NoClone3 || !vforkTried {
		return newForkExec()
	}
	return newVforker()
}
