// Package chunker turns input bytes into chunks of items.
//
//	bytes ─► Source ─► Splitter ─► Record ─► Item ─► Chunk
//	bytes ─► ShareSource ─► cutter ─► Share ─► Chunk
//
// An item goes into a job's command; a share is what a job reads as its stdin:
// many records, as they stand in the input.
//
// A Source is a Stream, and so is what is made of several: Columns cuts records
// into rows, Link takes one record of each, Product combines all, Shuffle and
// Select choose the items and their order.
//
//	Source ─► Columns ─┐
//	Source ─► Columns ─┴ Link ─┐
//	Values ────────────────────┴ Product ─► Shuffle ─► Select ─► items
//
// Everything in it is pulled: nothing is read before somebody asks for the
// next item, and an item is handed out as soon as its delimiter has been
// read. The package starts no goroutine and knows nothing of processes.
package chunker
