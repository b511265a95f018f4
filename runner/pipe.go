package runner

import (
	"golang.org/x/sys/unix"

	"pmap/ipc"
)

// A pipe carries one stream of a slot's jobs. Where the system allows it, its
// read end serves the next job too, once every process of this one has let go
// of the write end.
type pipe struct {
	r    int // -1: none
	name endName
}

// open makes the write end for a job; it is the caller's to close. dir is what
// openEnds returned.
func (p *pipe) open(dir int) (w int, err error) {
	if p.r >= 0 && dir >= 0 {
		if w, err := p.name.open(dir); err == nil {
			return w, nil
		}
	}
	p.close()
	p.r, w, err = ipc.Pipe()
	if err != nil {
		return -1, err
	}
	p.name = nameOf(p.r)
	return w, nil
}

// close lets go of the read end: somebody who still holds the other gets
// EPIPE.
func (p *pipe) close() {
	if p.r >= 0 {
		unix.Close(p.r)
		p.r = -1
	}
}
