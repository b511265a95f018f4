// Package journal writes and reads the record of a run: JSON lines, one for each
// try that has ended.
//
//	Run, Entry ──► Append… ──► File ──► FILE.jsonl ──► Fields ──► ReadDone
//	                           one write per line,                what has succeeded
//	                           fdatasync once a second
//
// The format is described in pmap-journal(5). The package knows nothing of the
// pool: whoever uses it says what ended, and how.
package journal
