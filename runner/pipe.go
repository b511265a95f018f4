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
	if w, err = p.reopen(dir); err == nil {
		return w, nil
	}
	p.close()
	p.r, w, err = ipc.Pipe()
	if err != nil {
		return -1, err
	}
	p.name = nameOf(p.r)
	return w, nil
}

// reopen is open, but of the pipe that is there.
func (p *pipe) reopen(dir int) (w int, err error) {
	if p.r < 0 || dir < 0 {
		return -1, unix.EBADF
	}
	return p.name.open(dir)
}

// offer sees to it that there is a pipe, for processes that open its write end
// themselves, by the read end's name.
func (p *pipe) offer() error {
	if p.r >= 0 {
		return nil
	}
	w, err := p.open(-1)
	if err == nil {
		unix.Close(w)
	}
	return err
}

// renew puts another pipe in the place of one that somebody still holds, who gets
// EPIPE. Its read end has the same number. Where there can't be one there is none.
func (p *pipe) renew() {
	var next pipe
	next.r = -1
	err := next.offer()
	if err == nil {
		err = ipc.Replace(p.r, next.r)
	}
	next.close()
	if err != nil {
		p.close()
	}
}

// close lets go of the read end.
func (p *pipe) close() {
	if p.r >= 0 {
		unix.Close(p.r)
		p.r = -1
	}
}
