package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// pkg is a package with its types.
type pkg struct {
	name, dir string
	fset      *token.FileSet
	files     []file
	info      types.Info
	types     *types.Package
}

type file struct {
	// name is the whole path.
	name   string
	source []byte
	syntax *ast.File
}

// load reads a package; `go list` compiles what it imports.
func load(target string) (*pkg, error) {
	out, err := exec.Command("go", "list", "-export", "-deps", "-json=Dir,Name,ImportPath,Export,GoFiles,DepOnly", target).Output()
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", target, err)
	}
	type listed struct {
		Dir, Name, ImportPath, Export string
		GoFiles                       []string
		DepOnly                       bool
	}
	exports := map[string]string{}
	var own listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var each listed
		if err := decoder.Decode(&each); err != nil {
			return nil, err
		}
		exports[each.ImportPath] = each.Export
		if !each.DepOnly {
			own = each
		}
	}
	p := &pkg{name: own.Name, dir: own.Dir, fset: token.NewFileSet(), info: types.Info{Types: map[ast.Expr]types.TypeAndValue{}}}
	var syntax []*ast.File
	for _, name := range own.GoFiles {
		f := file{name: filepath.Join(own.Dir, name)}
		if f.source, err = os.ReadFile(f.name); err != nil {
			return nil, err
		}
		if f.syntax, err = parser.ParseFile(p.fset, f.name, f.source, parser.ParseComments); err != nil {
			return nil, err
		}
		p.files, syntax = append(p.files, f), append(syntax, f.syntax)
	}
	lookup := func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }
	config := types.Config{Importer: importer.ForCompiler(p.fset, "gc", lookup)}
	p.types, err = config.Check(own.ImportPath, p.fset, syntax, &p.info)
	return p, err
}

// typeName is a type as a file writes it, or nothing where the file imports no package that it needs.
func (p *pkg) typeName(f *ast.File, of types.Type) string {
	isKnown := true
	name := types.TypeString(of, func(other *types.Package) string {
		if other == p.types {
			return ""
		}
		for _, spec := range f.Imports {
			if strings.Trim(spec.Path.Value, `"`) == other.Path() && spec.Name == nil {
				return other.Name()
			}
		}
		isKnown = false
		return other.Name()
	})
	if !isKnown || strings.Contains(name, "untyped") {
		return ""
	}
	return name
}
