// Package chunker turns input bytes into chunks of items.
//
//	bytes ─► Source ─► Splitter ─► Record ─► Item ─► Chunk
//
// Everything in it is pulled: nothing is read before somebody asks for the
// next item, and an item is handed out as soon as its delimiter has been
// read. The package starts no goroutine and knows nothing of processes.
package chunker
