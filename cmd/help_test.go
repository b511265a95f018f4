package cmd

import (
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

var optionInHelp = regexp.MustCompile(`(?m)^  (?:-(.), |    )--([a-z-]+)`)

func TestHelpHasEveryFlagOnce(t *testing.T) {
	shown := map[string]string{}
	for _, m := range optionInHelp.FindAllStringSubmatch(longHelp("pmap"), -1) {
		if _, twice := shown[m[2]]; twice {
			t.Errorf("--%s is shown twice", m[2])
		}
		shown[m[2]] = m[1]
	}
	newRootCommand(&options{}, "pmap", nil).Flags().VisitAll(func(f *pflag.Flag) {
		short, ok := shown[f.Name]
		if !ok || short != f.Shorthand {
			t.Errorf("--%s (-%s) is not in the help", f.Name, f.Shorthand)
		}
		if f.Hidden || f.Usage == "" {
			t.Errorf("--%s is hidden or has no text", f.Name)
		}
		delete(shown, f.Name)
	})
	for name := range shown {
		t.Errorf("the help shows --%s, which doesn't exist", name)
	}
}

func TestHelpFits(t *testing.T) {
	for name, text := range map[string]string{"-h": shortHelp("pmap"), "--help": longHelp("pmap")} {
		for line := range strings.Lines(text) {
			if len(strings.TrimRight(line, "\n")) > helpWidth {
				t.Errorf("%s: too wide: %q", name, line)
			}
		}
	}
}

func TestScreen(t *testing.T) {
	text := shortHelp("pmap")
	if n := strings.Count(text, "\n"); n > 45 {
		t.Errorf("-h has %d lines, which is more than a screen", n)
	}
	if n := len(optionInHelp.FindAllString(text, -1)); n != len(screen) || n < 28 || n > 32 {
		t.Errorf("-h shows %d options of %d, want about thirty", n, len(screen))
	}
}
