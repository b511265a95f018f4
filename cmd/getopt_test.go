package cmd

import (
	"fmt"
	"strings"
	"testing"
)

func TestGetopt(t *testing.T) {
	options := []longOption{
		{"all", 'a', bareOption}, {"size", 's', needsValue}, {"eof", 'e', mayHaveValue},
		{"", 'L', needsValue}, {"alter", 0x80, needsValue},
	}
	for _, test := range []struct{ words, want string }{
		{"", ""},
		{"-a word -a", "a| word -a"},
		{"-as5 word", "a s=5| word"},
		{"-s 5 -L -a x", "s=5 L=-a| x"},
		{"-e 5", "e| 5"},
		{"-e5 --eof --eof=6 --eof= 7", "e=5 e e=6 e=| 7"},
		{"--size 5 --si=6 - x", "s=5 s=6| - x"},
		{"--all --alt=x", "a \x80=x|"},
		{"-a -- -a", "a| -a"},
		{"-z", "invalid option -- 'z'"},
		{"-s", "option requires an argument -- 's'"},
		{"--size", "option '--size' requires an argument"},
		{"--all=3", "option '--all' doesn't allow an argument"},
		{"--al", "option '--al' is ambiguous; possibilities: '--all' '--alter'"},
		{"--no", "unrecognized option '--no'"},
	} {
		var got []string
		rest, err := getopt(options, strings.Fields(test.words), func(g givenOption) error {
			text := string([]byte{g.letter})
			if g.given {
				text += "=" + g.text
			}
			got = append(got, text)
			return nil
		})
		text := strings.TrimSpace(fmt.Sprintf("%s| %s", strings.Join(got, " "), strings.Join(rest, " ")))
		if text == "|" {
			text = ""
		}
		if err != nil {
			text = err.Error()
		}
		if text != test.want {
			t.Errorf("%q: %q, want %q", test.words, text, test.want)
		}
	}
}
