package warm

import (
	"golang.org/x/sys/unix"

	"pmap/startmode"
)

// A request is what an interpreter needs to know of an item.
type request struct {
	dir   string   // where pmap's fds can be opened
	files [3]int   // what becomes the item's fds 0 to 2
	same  [3]bool  // the interpreter has it already
	env   [][]byte // NAME=VALUE, what isn't the same for all items
	words [][]byte // the script or code, and all that follows it
}

// redirect adds a shell's redirection of an fd, or nothing where the item
// keeps what the interpreter has.
func (r *request) redirect(dst []byte, fd int, operator string) []byte {
	switch {
	case r.same[fd]:
		return dst
	case fd == 2 && r.files[2] == r.files[1]:
		return append(dst, " 2>&1"...)
	}
	dst = append(dst, operator...)
	dst = append(dst, r.dir...)
	dst = append(dst, '/')
	return appendInt(dst, r.files[fd])
}

// keep duplicates the files of a request, so that they stay open until the
// item's child has opened them. They are the caller's.
func keep(files [3]int, same [3]bool) (kept [3]int, err error) {
	kept = [3]int{-1, -1, -1}
	for i, fd := range files {
		switch {
		case same[i]:
		case i == 2 && fd == files[1] && !same[1]:
			kept[2] = kept[1]
		default:
			if kept[i], err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3); err != nil {
				drop(&kept)
				return kept, err
			}
		}
	}
	return kept, nil
}

// drop closes what keep has made.
func drop(kept *[3]int) {
	for i, fd := range kept {
		if fd >= 0 && (i != 2 || fd != kept[1]) {
			unix.Close(fd)
		}
	}
	*kept = [3]int{-1, -1, -1}
}

// wordsFrom are the strings of a list from one on. They alias it.
func wordsFrom(dst [][]byte, list *startmode.Strings, from int) [][]byte {
	for i := from; i < list.Len(); i++ {
		dst = append(dst, list.At(i))
	}
	return dst
}
