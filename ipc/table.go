package ipc

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Table is memory that processes share, with a cell for each slot, in which
// the pid of the slot's running process stands, or 0. Cells are read and
// written atomically (sync/atomic), the kernel's writes included.
type Table struct {
	fd    int
	mem   []byte
	cells []cell
}

// A cell is what is known of a slot.
type cell struct {
	pid   int32 // of its process, or 0
	_     int32
	count int64 // of items that its worker has begun
}

// NewTable makes a table of empty cells.
func NewTable(slots int) (*Table, error) {
	if slots < 1 {
		return nil, fmt.Errorf("cannot make a table of %d slots", slots)
	}
	fd, err := sharedMemory(int64(slots) * cellSize)
	if err != nil {
		return nil, fmt.Errorf("cannot make shared memory: %w", err)
	}
	return OpenTable(fd)
}

const cellSize = int64(unsafe.Sizeof(cell{}))

// OpenTable maps a table that another process made. It takes over fd, an
// inherited duplicate of that table's FD.
func OpenTable(fd int) (*Table, error) {
	unix.CloseOnExec(fd)
	mem, err := mapShared(fd)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("cannot map the table of processes: %w", err)
	}
	cells := unsafe.Slice((*cell)(unsafe.Pointer(unsafe.SliceData(mem))), len(mem)/int(cellSize))
	return &Table{fd, mem, cells}, nil
}

func mapShared(fd int) ([]byte, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, err
	}
	if st.Size < cellSize {
		return nil, errors.New("it is empty")
	}
	return unix.Mmap(fd, 0, int(st.Size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

// Cell is where the pid of a slot stands; slots count from 0. It lives until
// Close.
func (t *Table) Cell(slot int) *int32 { return &t.cells[slot].pid }

// Count is where a slot's worker counts the items that it begins, so that it
// is known after its death which it was running.
func (t *Table) Count(slot int) *int64 { return &t.cells[slot].count }

// Slots is the number of cells.
func (t *Table) Slots() int { return len(t.cells) }

// FD is the shared memory, CLOEXEC. It stays the table's.
func (t *Table) FD() int { return t.fd }

// Close unmaps the table. No cell may be used any more, by a Starter either.
func (t *Table) Close() error {
	t.cells = nil
	return errors.Join(unix.Munmap(t.mem), unix.Close(t.fd))
}
