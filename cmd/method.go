package cmd

import (
	"os"
	"slices"
	"strconv"

	"pmap/ipc"
	"pmap/runner"
	"pmap/startmode"
)

// setMethod makes cfg's processes come to life as the start method has it. It
// is called before the input is opened.
func (r *execution) setMethod(cfg *runner.Config) error {
	switch r.plan.method {
	case methodSpawn:
		cfg.Parent = func(cell int) (startmode.Parent, error) {
			spec := r.spawnSpec(cfg, cell)
			return startmode.Spawn(&spec)
		}
		cfg.Chunking.MaxTasks = int(r.workers.maxTasks)
	case methodForkServer:
		f, err := startmode.StartForkServer(r.workerSpec(cfg))
		if err != nil {
			return err
		}
		r.closers = append(r.closers, func() { f.Close() })
		cfg.Parent = f.Parent
	}
	return nil
}

func (r *execution) workerSpec(cfg *runner.Config) startmode.WorkerSpec {
	return startmode.WorkerSpec{
		Starter: cfg.Starter,
		Table:   cfg.Table,
		Environ: r.environ,
		Hello:   ipc.Hello{Stops: cfg.Jobs.Terminal},
	}
}

// spawnSpec is a worker of one slot, whose cell is in the table unless it is
// -1. What it runs for itself finds the slot's number in its environment.
func (r *execution) spawnSpec(cfg *runner.Config, cell int) startmode.WorkerSpec {
	spec := r.workerSpec(cfg)
	spec.Hello.Cell, spec.Hello.Bare = cell, true
	spec.Hello.Init, spec.Hello.Fini = r.workers.init, r.workers.fini
	spec.Environ = append(slices.Clip(spec.Environ), "PMAP_PID="+strconv.Itoa(os.Getpid()), "PMAP_SLOT="+strconv.Itoa(cell+1))
	if cell >= 0 {
		spec.Cell = cfg.Table.Cell(cell)
	}
	return spec
}
