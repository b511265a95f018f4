// Package results keeps what jobs print: in a folder in GNU parallel's form, in
// files without a place of their own, or in the rows of a CSV file.
//
//	DIR/1/VALUE/stdout          one value
//	DIR/1/VALUE/2/VALUE/stdout  two columns
//	DIR/1/ITEM/1/ITEM/stdout    two items in one command
//
// Beside stdout there are stderr, and seq, the job's number.
package results
