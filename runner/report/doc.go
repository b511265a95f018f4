// Package report reads journals (pmap-journal(5)) and says what happened in
// their runs: figures for a person or a program, and a trace for a viewer.
//
//	FILE.jsonl ──► Read ──┬─► tracer ──► Chrome's trace format
//	                      └─► account ──► Report
//
// A journal is read once, line by line. What is kept of an entry is how long it
// took, eight bytes.
package report
