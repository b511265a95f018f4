package startmode

func newForker(ForkOptions) Starter { return forkExec{} }
