package main_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// An allowance is what a package may import beside the standard library.
type allowance struct {
	siblings string // packages of pmap
	modules  string // of others
}

// imports is the package graph. Every package is in it; what isn't allowed
// here has to be argued for here.
var imports = map[string]allowance{
	".":   {siblings: "cmd runner/worker startmode"},
	"cmd": {"runner runner/builtin runner/journal runner/report runner/results runner/template runner/warm runner/worker runner/xargs chunker startmode ipc ipc/signals", "github.com/spf13/cobra github.com/spf13/pflag github.com/mattn/go-isatty github.com/schollz/progressbar/v3 golang.org/x/sys"},

	"runner":          {"runner/journal runner/template chunker startmode ipc", "golang.org/x/sys"},
	"runner/journal":  {"ipc", "golang.org/x/sys"},
	"runner/xargs":    {"chunker startmode", "golang.org/x/sys"},
	"runner/report":   {siblings: "runner/journal"},
	"runner/results":  {siblings: "runner runner/journal runner/template chunker"},
	"runner/warm":     {"startmode ipc", "golang.org/x/sys"},
	"runner/worker":   {"runner/builtin startmode ipc", "golang.org/x/sys"},
	"runner/builtin":  {modules: "golang.org/x/sys"},
	"runner/template": {"chunker startmode", "golang.org/x/sys mvdan.cc/sh/v3"},

	"startmode":           {"startmode/inherited ipc", "golang.org/x/sys"},
	"startmode/inherited": {},

	// These import no sibling.
	"chunker":     {modules: "golang.org/x/sys"},
	"ipc":         {modules: "golang.org/x/sys"},
	"ipc/signals": {modules: "golang.org/x/sys"},
}

// ofTheCommandLine is what only main and cmd may refer to: everything else is
// given its arguments, streams and settings, and returns.
var ofTheCommandLine = map[string]string{
	"os":  "Args Exit Stdin Stdout Stderr",
	"log": "Fatal Fatalf Fatalln",
}

// enter is the one exception: the hook that makes a process of pmap's a
// guardian or worker, which main calls before anything else.
const enter = "startmode.Enter"

// sourceFile is a Go file of the program, whatever system it is for.
type sourceFile struct {
	pkg  string // its directory
	pos  *token.FileSet
	tree *ast.File
}

func sourceFiles(t *testing.T) []sourceFile {
	t.Helper()
	var files []sourceFile
	err := filepath.WalkDir(".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && name != "." && (e.Name() == "testdata" || strings.HasPrefix(e.Name(), ".")) {
			return filepath.SkipDir
		}
		if e.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		pos := token.NewFileSet()
		tree, err := parser.ParseFile(pos, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, sourceFile{path.Dir(filepath.ToSlash(name)), pos, tree})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestImports(t *testing.T) {
	files := sourceFiles(t)
	if len(files) == 0 {
		t.Fatal("no source files")
	}
	for _, f := range files {
		for _, spec := range f.tree.Imports {
			if spec.Name != nil && spec.Name.Name == "." {
				t.Errorf("%v: an import without a name hides what is used of it", f.pos.Position(spec.Pos()))
			}
			if why := forbidden(f.pkg, importPath(spec)); why != "" {
				t.Errorf("%v: %s", f.pos.Position(spec.Pos()), why)
			}
		}
	}
}

// forbidden says why pkg may not import what it does, or nothing.
func forbidden(pkg, imported string) string {
	allowed, known := imports[pkg]
	if !known {
		return fmt.Sprintf("package %s isn't in the table of imports_test.go", pkg)
	}
	if sibling, ok := strings.CutPrefix(imported, "pmap/"); ok {
		if !slices.Contains(strings.Fields(allowed.siblings), sibling) {
			return fmt.Sprintf("%s may not import %s, only: %s", pkg, sibling, allowed.siblings)
		}
		return ""
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		if imported == "flag" {
			return "flags are pflag's, in cmd"
		}
		return ""
	}
	for _, module := range strings.Fields(allowed.modules) {
		if imported == module || strings.HasPrefix(imported, module+"/") {
			return ""
		}
	}
	return fmt.Sprintf("%s may not import %s, only: %s", pkg, imported, allowed.modules)
}

func importPath(spec *ast.ImportSpec) string {
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value
	}
	return p
}

func TestBelowTheCommandLine(t *testing.T) {
	for _, f := range sourceFiles(t) {
		if f.pkg == "." || f.pkg == "cmd" {
			continue
		}
		for _, use := range commandLineUses(f) {
			t.Errorf("%s: only main and cmd may refer to it", use)
		}
	}
}

// commandLineUses lists where a file refers to what is in ofTheCommandLine.
func commandLineUses(f sourceFile) []string {
	names := importNames(f.tree)
	var uses []string
	for _, decl := range f.tree.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && f.pkg+"."+fn.Name.Name == enter {
			continue
		}
		ast.Inspect(decl, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := sel.X.(*ast.Ident)
			if ok && slices.Contains(strings.Fields(ofTheCommandLine[names[x.Name]]), sel.Sel.Name) {
				uses = append(uses, fmt.Sprintf("%v: %s.%s", f.pos.Position(sel.Pos()), names[x.Name], sel.Sel.Name))
			}
			return true
		})
	}
	return uses
}

// importNames maps the names that a file uses for what it imports.
func importNames(tree *ast.File) map[string]string {
	names := make(map[string]string)
	for _, spec := range tree.Imports {
		p := importPath(spec)
		name := path.Base(p)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = p
	}
	return names
}

// The checks themselves find what they are for.
func TestImportChecksBite(t *testing.T) {
	for _, bad := range [][2]string{
		{"chunker", "pmap/startmode"},
		{"runner", "pmap/cmd"},
		{"runner", "github.com/spf13/cobra"},
		{"startmode", "github.com/mattn/go-isatty"},
		{"cmd", "flag"},
		{"elsewhere", "os"},
	} {
		if forbidden(bad[0], bad[1]) == "" {
			t.Errorf("%s may import %s", bad[0], bad[1])
		}
	}
	const text = `package x
import o "os"
func Enter() { o.Exit(1) }
func f() { println(o.Args); g := o.Exit; g(2) }
`
	pos := token.NewFileSet()
	tree, err := parser.ParseFile(pos, "x.go", text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	if uses := commandLineUses(sourceFile{"startmode", pos, tree}); len(uses) != 2 {
		t.Errorf("found %v, want os.Args and os.Exit of f", uses)
	}
	if uses := commandLineUses(sourceFile{"runner", pos, tree}); len(uses) != 3 {
		t.Errorf("found %v, want Enter's too", uses)
	}
}

// TestStartsLight holds that the program has none of the big packages in it
// whose initialisers every start would pay for.
func TestStartsLight(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	for _, heavy := range []string{"net/http", "crypto/tls", "html/template"} {
		if slices.Contains(deps, heavy) {
			t.Errorf("the program has %s in it; go mod why %s says from where", heavy, heavy)
		}
	}
}
