package cmd

import "golang.org/x/sys/unix"

// inMemory reports whether a directory's files lie in memory.
func inMemory(dir string) bool {
	var st unix.Statfs_t
	return unix.Statfs(dir, &st) == nil && st.Type == unix.TMPFS_MAGIC
}
