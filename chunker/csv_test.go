package chunker

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// csvRows reads text as CSV, in reads of those sizes, with blocks of a few
// bytes.
func csvRows(text string, sep byte, sizes []int) (rows [][]string, err error) {
	src := newSource(&pieces{input: text, sizes: sizes}, 64, Options{CSV: sep, Mark: true, Name: "f"})
	src.split.size = 8
	c := NewColumns(Named{src, "f"}, ColumnOptions{Cut: CutCSV(sep)})
	for {
		it, err := c.Next()
		if err != nil {
			return rows, err
		}
		var row []string
		for _, v := range it.Row.Columns {
			row = append(row, string(v))
		}
		rows = append(rows, row)
	}
}

var anySizes = rapid.SliceOfN(rapid.IntRange(1, 12), 0, 6)

// What AppendCSV writes is read again, by CSV's own package in Go's library as
// well, wherever the reads end.
func TestCSVRoundTrip(t *testing.T) {
	column := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "é", `"`, ",", "\n", " ", "\r", ";", ""}), 0, 6)
	rapid.Check(t, func(t *rapid.T) {
		var want [][]string
		var text []byte
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			var row []string
			var columns [][]byte
			for range rapid.IntRange(1, 4).Draw(t, "columns") {
				v := strings.Join(column.Draw(t, "column"), "")
				row, columns = append(row, v), append(columns, []byte(v))
			}
			want, text = append(want, row), AppendCSV(text, columns)
		}
		got, err := csvRows(string(text), ',', anySizes.Draw(t, "sizes"))
		if d := cmp.Diff(want, got); d != "" || err != io.EOF {
			t.Fatalf("%q: %v: -want +got\n%s", text, err, d)
		}
		r := csv.NewReader(strings.NewReader(strings.ReplaceAll(string(text), "\r", "R")))
		r.FieldsPerRecord = -1
		library, err := r.ReadAll()
		if d := cmp.Diff(len(want), len(library)); d != "" || err != nil {
			t.Fatalf("%q: %v: -want +library\n%s", text, err, d)
		}
	})
}

// FuzzCSV holds that whatever Go's library takes for CSV is read as it reads
// it.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n", "\"a\nb\",c\n", "a,\"b\"\"c\"\n\"\"", "a,\"b", "a,b\"c\n", "\"a\"b\n", ",\n,", "\"\",\"\"\n", "\xef\xbb\xbf\"a\n\"\n", "a\r\n\"b\r\n\"\r\n"} {
		f.Add(s, uint8(3))
	}
	f.Fuzz(func(t *testing.T, text string, size uint8) {
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\xef\xbb\xbf")))
		r.FieldsPerRecord = -1
		want, err := r.ReadAll()
		if err != nil || strings.Contains(text, "\r") || strings.Contains(text, `""`) {
			return // the library changes some of these, and leaves out blank lines, quoted or not
		}
		var got [][]string
		rows, err := csvRows(text, ',', []int{int(size)})
		for _, row := range rows {
			if len(row) > 1 || row[0] != "" {
				got = append(got, row)
			}
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" || err != io.EOF && !strings.Contains(text, "\x00") {
			t.Errorf("%q: %v: -want +got\n%s", text, err, d)
		}
	})
}

func TestCSVErrors(t *testing.T) {
	for text, want := range map[string]error{
		"a\n\"b\nc\n": errOpenQuote,
		"a\nb,\"c":    errOpenQuote,
		"a\n\"b\"c\n": errAfterQuote,
	} {
		rows, err := csvRows(text, ',', []int{2})
		if len(rows) != 1 || !errors.Is(err, want) || !strings.HasPrefix(err.Error(), "f: record 2 ") {
			t.Errorf("%q: %d rows, %v", text, len(rows), err)
		}
	}
}

// A quote inside a column that doesn't begin with one is a byte like any other.
func TestCSVLenient(t *testing.T) {
	got, err := csvRows("5\" disk,a\nb;\"c\n", ',', nil)
	if d := cmp.Diff([][]string{{`5" disk`, "a"}, {`b;"c`}}, got); d != "" || err != io.EOF {
		t.Errorf("%v: %s", err, d)
	}
}
