package template

import "testing"

func TestDisplay(t *testing.T) {
	tests := []struct {
		name string
		cfg  Config
		item string
		want string
	}{
		{"words", words("gzip", "-9", "a b"), "it's", `gzip -9 'a b' 'it'\''s'`},
		{"plain words", words("echo", "x{}y", "--in={}"), "a/b", "echo xa/by --in=a/b"},
		{"bare", words("wc <{} >{.}.n"), "a b.c", "wc <'a b.c' >'a b'.n"},
		{"plain", words("wc <{} >{.}.n"), "ab.c", "wc <ab.c >ab.n"},
		{"in double quotes", words(`f "x {}"; g`), "a\"$b`c\\", `f "x a\"\$b\` + "`" + `c\\"; g`},
		{"in single quotes", words(`f 'x {}'; g`), "it's $x", `f 'x it'\''s $x'; g`},
		{"here-document", words("cat <<E\n{}\nE"), "a $b", "cat <<E\na \\$b\nE"},
		{"quoted here-document", words("cat <<'E'\n{} $x\nE"), "a $b", "cat <<'E'\na $b $x\nE"},
		{"arithmetic", words("f $(({%}-1)) $((1-{}))"), "-7", "f $((3-1)) $((1-(-7)))"},
		{"comments", words("f {} # {}\ng"), "a", "f a # {}\ng"},
		{"appended", words("cat >o"), "a b", "cat 'a b' >o"},
		{"a digit before a redirection", words("cat>o"), "2", "cat '2'>o"},
		{"a digit before a redirection", words("f {}>o"), "2", "f '2'>o"},
		{"a keyword", words("{} x; f"), "if", "'if' x; f"},
		{"an assignment", words("{}=b x; f"), "a", "'a'=b x; f"},
		{"a tilde", words("f ~{}; g"), "root", "f ~'root'; g"},
		{"beside a name", words(`f $x{} "$x{}"; g`), "y", `f $x'y' "$x""y"; g`},
		{"a literal", words("f '{{}}' {}; g"), "y", "f '{}' y; g"},
		{"the shell skipped", words(`cat "{}" '{.}'`), "a b", `cat "a b" 'a b'`},
		{"ends the here-document", words("cat <<'E'\n{}\nE"), "x\nE", "set -- 'x\nE'; pmap_item=$1; cat <<E\n${pmap_item}\nE"},
		{"in backquotes", words("f `g {}`"), "a`b", "set -- 'a`b'; pmap_item=$1; f `g \"$pmap_item\"`"},
		{"in a default", words(`f "${x:-{}}"`), "a}b", `set -- 'a}b'; pmap_item=$1; f "${x:-${pmap_item}}"`},
		{"plain in a default", words(`f "${x:-{}}"`), "ab", `f "${x:-ab}"`},
		{"ANSI quotes", under("bash", `f $'\n{}' x; g`), "it's", `f $'\n''it'\''s'$'' x; g`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(mustCompile(t, tt.cfg).Display([]byte(">"), newJob(tt.item))); got != ">"+tt.want {
				t.Errorf("got  %s\nwant >%s", got, tt.want)
			}
		})
	}
}
