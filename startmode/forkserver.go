package startmode

import (
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"

	"pmap/ipc"
)

// A ForkServer is one worker that makes the processes of all slots. It is
// started anew where it was killed.
type ForkServer struct {
	spec WorkerSpec

	mu      sync.Mutex
	process *WorkerProcess
	over    chan struct{} // closed: the thread that started it may end
}

// StartForkServer starts the server, for the slots of w.Table.
func StartForkServer(w WorkerSpec) (*ForkServer, error) {
	w.Hello.Cell = -1
	f := &ForkServer{spec: w}
	return f, f.start()
}

// start starts the process on a thread that lasts as long as it.
func (f *ForkServer) start() error {
	started := make(chan error)
	f.over = make(chan struct{})
	go func(over chan struct{}) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		p, err := StartWorker(&f.spec)
		f.process = p
		started <- err
		if err == nil {
			<-over
		}
	}(f.over)
	return <-started
}

// Parent connects a slot to the server. cell is the slot's in the table, from
// 0, or -1 for one that has none.
func (f *ForkServer) Parent(cell int) (Parent, error) {
	ours, theirs, err := ipc.SocketPair()
	if err != nil {
		return nil, &StartError{Op: "fork", Path: workerName, Err: err.(unix.Errno)}
	}
	defer unix.Close(theirs)
	if err := f.join(cell, theirs); err != nil {
		unix.Close(ours)
		return nil, err
	}
	conn := ipc.NewConn(ours)
	conn.SetSparing()
	return &served{conn: conn, close: conn.Close, retire: conn.Close}, nil
}

func (f *ForkServer) join(cell, conn int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	frame := ipc.AppendNumber(nil, ipc.FrameJoin, uint64(cell+1))
	if f.process != nil && f.process.Conn.Write(frame, conn) == nil {
		return nil
	}
	f.end()
	if err := f.start(); err != nil {
		return err
	}
	if err := f.process.Conn.Write(frame, conn); err != nil {
		return fmt.Errorf("cannot reach the server that starts processes: %w", err)
	}
	return nil
}

// Close ends the server. No slot may be connected any more.
func (f *ForkServer) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.end()
}

func (f *ForkServer) end() error {
	if f.process == nil {
		return nil
	}
	err := f.process.Close()
	f.process = nil
	close(f.over)
	return err
}
