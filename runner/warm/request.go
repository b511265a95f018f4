package warm

import (
	"strconv"

	"golang.org/x/sys/unix"

	"pmap/startmode"
)

// A request is what an interpreter needs to know of an item.
type request struct {
	dir   string   // where pmap's fds can be opened, with a slash
	files [3]int   // what becomes the item's fds 0 to 2
	same  [3]bool  // the interpreter has it already
	env   [][]byte // NAME=VALUE, what isn't the same for all items
	words [][]byte // the script or code, and all that follows it
	told  told
	greet bool // the item is to write a byte to the socket
}

// redirect adds a shell's redirection of an fd. Where the item keeps what the
// shell was given, the shell has it as saved; its stdin it has as it was.
func (r *request) redirect(dst []byte, fd int, operator string, saved int) []byte {
	switch {
	case r.same[fd] && fd == 0:
		return dst
	case r.same[fd]:
		dst = append(appendInt(append(dst, ' '), fd), ">&"...)
		return appendInt(dst, saved)
	case fd == 2 && r.files[2] == r.files[1]:
		return append(dst, " 2>&1"...)
	}
	return r.name(append(dst, operator...), fd)
}

// name adds the name of the item's file for an fd.
func (r *request) name(dst []byte, fd int) []byte {
	return appendInt(append(dst, r.dir...), r.files[fd])
}

func appendInt(dst []byte, n int) []byte { return strconv.AppendInt(dst, int64(n), 10) }

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
