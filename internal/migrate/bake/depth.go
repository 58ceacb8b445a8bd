package bake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// Bounds of one expression. The language's own reader and evaluation recurse for each bracket and each operator.
const (
	maxNesting   = 100
	maxOperators = 500
)

// tooDeep is an expression beyond the bounds.
type tooDeep struct {
	at      hcl.Range
	message string
}

// checkDepth reports where a file has expressions beyond the bounds. What else is wrong with it is left for its reader.
func (r *reader) checkDepth(file File) bool {
	check := hclDepth
	if path.Ext(file.Name) == ".json" {
		check = jsonDepth
	}
	deep := check(file)
	if deep != nil {
		at := diagnostic.Span{File: file.Name, Line: deep.at.Start.Line, Column: deep.at.Start.Column}
		r.found.Errorf(diagnostic.Import, at, "%s", deep.message)
	}
	return deep == nil
}

func hclDepth(file File) *tooDeep {
	tokens, _ := hclsyntax.LexConfig(file.Content, file.Name, hcl.InitialPos) // the reader reports what is no token
	return depthOf(tokens)
}

// depthOf counts the brackets that are open, and the operators of an expression: a comma ends it, and so does a line within braces.
func depthOf(tokens hclsyntax.Tokens) *tooDeep {
	var open []hclsyntax.TokenType
	operators := 0
	for _, token := range tokens {
		switch token.Type {
		case hclsyntax.TokenOParen, hclsyntax.TokenOBrack, hclsyntax.TokenOBrace, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			if open = append(open, token.Type); len(open) > maxNesting {
				return &tooDeep{token.Range, fmt.Sprintf("more than %d brackets are nested here", maxNesting)}
			}
		case hclsyntax.TokenCParen, hclsyntax.TokenCBrack, hclsyntax.TokenCBrace, hclsyntax.TokenTemplateSeqEnd:
			open = open[:max(0, len(open)-1)]
		case hclsyntax.TokenComma:
			operators = 0
		case hclsyntax.TokenNewline:
			if len(open) == 0 || open[len(open)-1] == hclsyntax.TokenOBrace {
				operators = 0
			}
		case hclsyntax.TokenBang, hclsyntax.TokenMinus, hclsyntax.TokenPlus, hclsyntax.TokenStar, hclsyntax.TokenSlash, hclsyntax.TokenPercent,
			hclsyntax.TokenQuestion, hclsyntax.TokenAnd, hclsyntax.TokenOr, hclsyntax.TokenEqualOp, hclsyntax.TokenNotEqual,
			hclsyntax.TokenLessThan, hclsyntax.TokenLessThanEq, hclsyntax.TokenGreaterThan, hclsyntax.TokenGreaterThanEq:
			if operators++; operators > maxOperators {
				return &tooDeep{token.Range, fmt.Sprintf("an expression has more than %d operators", maxOperators)}
			}
		}
	}
	return nil
}

// jsonDepth also looks into texts, which are templates.
func jsonDepth(file File) *tooDeep {
	decoder := json.NewDecoder(bytes.NewReader(file.Content))
	for depth := 0; ; {
		token, err := decoder.Token()
		if err != nil {
			return nil
		}
		switch token := token.(type) {
		case json.Delim:
			if token == '{' || token == '[' {
				depth++
			} else {
				depth--
			}
		case string:
			tokens, _ := hclsyntax.LexTemplate([]byte(token), file.Name, hcl.InitialPos) // the reader reports what is no token
			if deep := depthOf(tokens); deep != nil {
				deep.at = placeOf(file.Content, decoder.InputOffset())
				return deep
			}
		}
		if depth > maxNesting {
			return &tooDeep{placeOf(file.Content, decoder.InputOffset()), fmt.Sprintf("more than %d brackets are nested here", maxNesting)}
		}
	}
}

// placeOf is the line and column of an offset.
func placeOf(content []byte, offset int64) hcl.Range {
	before := content[:offset]
	line := bytes.Count(before, []byte("\n"))
	return hcl.Range{Start: hcl.Pos{Line: line + 1, Column: len(before) - bytes.LastIndexByte(before, '\n')}}
}
