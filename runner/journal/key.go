package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"golang.org/x/sys/unix"
)

// A Key names an item's work by content: half of a SHA-256, so that no two
// items of an input, whoever wrote it, have the same.
type Key [16]byte

// String is the key as the journal has it.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

// parseKey reads what String gives.
func parseKey(text []byte) (k Key, err error) {
	if len(text) != 2*len(k) {
		return k, fmt.Errorf("%q is no key", text)
	}
	_, err = hex.Decode(k[:], text)
	return k, err
}

// A Keyer makes keys. It is used by one goroutine at a time.
type Keyer struct {
	ID    Key  // of the command
	Mtime bool // with size and time of the file that an item names
	buf   []byte
}

// Key is that of an item with these values.
func (k *Keyer) Key(values [][]byte) Key {
	b := append(k.buf[:0], k.ID[:]...)
	for _, v := range values {
		b = binary.AppendUvarint(b, uint64(len(v)))
		b = append(b, v...)
		if k.Mtime {
			b = appendFile(b, v)
		}
	}
	k.buf = b
	return sumOf(b)
}

// appendFile adds size and time of the file that a value names, if one is
// there.
func appendFile(b, name []byte) []byte {
	var st unix.Stat_t
	if len(name) == 0 || unix.Stat(string(name), &st) != nil {
		return append(b, 0)
	}
	b = binary.AppendVarint(append(b, 1), st.Size)
	sec, nsec := st.Mtim.Unix()
	return binary.AppendVarint(binary.AppendVarint(b, sec), nsec)
}

// KeyOf is the key of several words.
func KeyOf(words ...string) Key {
	var b []byte
	for _, w := range words {
		b = binary.AppendUvarint(b, uint64(len(w)))
		b = append(b, w...)
	}
	return sumOf(b)
}

func sumOf(b []byte) (k Key) {
	sum := sha256.Sum256(b)
	copy(k[:], sum[:])
	return k
}
