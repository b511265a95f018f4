package journal

import (
	"encoding/base64"
	"encoding/json"
	"testing"
	"unicode/utf8"
)

// FuzzText holds texts against encoding/json: what is written is read back, by
// both.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"", "plain", "a\"b\\c\n\t\r\x00\x1f\x7f", "é€😀", "a\xffb", "\xe2\x82", `\"`, `\\`, "\ufffd"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		line := append(AppendTextField([]byte{'{'}, "x", text), '}')
		var got struct {
			X   string
			X64 *string
		}
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if utf8.Valid(text) && got.X != string(text) {
			t.Errorf("%q became %q", text, got.X)
		}
		if (got.X64 == nil) != utf8.Valid(text) {
			t.Fatalf("%q: base64 is there: %v", text, got.X64 != nil)
		}
		if got.X64 != nil {
			if raw, err := base64.StdEncoding.DecodeString(*got.X64); err != nil || string(raw) != string(text) {
				t.Errorf("%q became %q, %v", text, raw, err)
			}
		}
		err := Fields(line, func(name, value []byte) bool {
			if string(name) == "x" {
				if back, err := Text(value); err != nil || string(back) != got.X {
					t.Errorf("%s was read as %q, %v", value, back, err)
				}
			}
			return true
		})
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
	})
}

// FuzzFields holds the reader against encoding/json: what that takes for an
// object, this takes for the same one.
func FuzzFields(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1}`, `{"a":"b\"c","d":[1,{"e":"]"}],"f":null}`, ` { "a" : -1.5e3 , "b" : true } `,
		`{"a":"\\"}`, `{"a":{"b":{}}}`, `[1]`, `{"a"}`, `{"a":1,}`, `{"a":"b}`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		found := map[string]string{}
		err := Fields(line, func(name, value []byte) bool {
			if key, err := Text([]byte(`"` + string(name) + `"`)); err == nil {
				found[string(key)] = string(value)
			}
			return true
		})
		var want map[string]json.RawMessage
		if !utf8.Valid(line) || json.Unmarshal(line, &want) != nil || want == nil {
			return // it may be taken or not; it must only not be misread without end
		}
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		for key, value := range want {
			if found[key] != string(value) {
				t.Errorf("%q: %q is %q, want %q", line, key, found[key], value)
			}
		}
	})
}

func TestEscapedWhereverItIsCut(t *testing.T) {
	const text = "é€😀\"\\\n\x01x"
	want, _ := AppendText(nil, []byte(text))
	for cut := range len(text) {
		got := AppendEscaped(AppendEscaped([]byte{'"'}, []byte(text[:cut])), []byte(text[cut:]))
		if string(got)+`"` != string(want) {
			t.Errorf("cut at %d: %s", cut, got)
		}
	}
}

func TestMicros(t *testing.T) {
	for micros, want := range map[int64]string{0: "0", 1: "0.000001", 1_500_000: "1.5", 1763789123_000001: "1763789123.000001", -250_000: "-0.25"} {
		text := AppendMicros(nil, micros)
		if string(text) != want {
			t.Errorf("%d is written as %s, want %s", micros, text, want)
		}
		if back, err := Micros(text); err != nil || back != micros {
			t.Errorf("%s is read as %d, %v", text, back, err)
		}
	}
	if n, err := Micros([]byte("1e-3")); err != nil || n != 1000 {
		t.Errorf("1e-3 is read as %d, %v", n, err)
	}
}
