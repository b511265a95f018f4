//go:build !linux || !(amd64 || arm64)

package startmode

func newForker(ForkOptions) Starter { return newForkExec() }
