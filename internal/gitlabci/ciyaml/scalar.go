package ciyaml

import (
	"math/big"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// What Ruby's YAML takes for something else than text where it is not quoted.
var (
	isNull        = pattern.Lazy(`^(~|null|Null|NULL)?$`)
	isTrue        = pattern.Lazy(`^(?i:yes|true|on)$`)
	isFalse       = pattern.Lazy(`^(?i:no|false|off)$`)
	isInteger     = pattern.Lazy(`^[-+]?(0b[01_,]+|0[0-7_,]+|0|[1-9]([0-9]|[,_][0-9])*|0x[0-9a-fA-F_,]+)$`)
	isSexagesimal = pattern.Lazy(`^[-+]?[0-9][0-9_]*(:[0-5]?[0-9]){1,2}$`)
	isDate        = pattern.Lazy(`^(\d{4}-(1[012]|0\d|\d)-([12]\d|3[01]|0\d|\d)|-?\d{4}-\d{1,2}-\d{1,2}([Tt]|\s+)\d{1,2}:\d\d:\d\d(\.\d*)?(\s*(Z|[-+]\d{1,2}:?(\d\d)?))?)$`)
	isFloat       = pattern.Lazy(`^[-+]?([0-9][0-9_,]*)?\.[0-9]+([eE][-+][0-9]+)?$`)
)

// scalar is a scalar as Ruby reads it. GitLab lets Ruby make no dates: "Tried to load unspecified class: Date".
func (p *parser) scalar(n *yaml.Node) Value {
	text := n.Value
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 || n.Style&yaml.TaggedStyle != 0 && n.Tag == "!!str" {
		return Value{Kind: Text, Text: text}
	}
	switch {
	case isNull().MatchString(text):
		return Value{}
	case isTrue().MatchString(text):
		return Value{Kind: Text, Text: "true", Type: Boolean}
	case isFalse().MatchString(text):
		return Value{Kind: Text, Text: "false", Type: Boolean}
	case isInteger().MatchString(text):
		return Value{Kind: Text, Text: integer(text), Type: Integer}
	case isSexagesimal().MatchString(text):
		return Value{Kind: Text, Text: sexagesimal(text), Type: Integer}
	case isFloat().MatchString(text):
		return Value{Kind: Text, Text: float(text), Type: Float}
	case isDate().MatchString(text):
		p.found.Errorf(diagnostic.Import, p.at(n), "%s is a date without quotes", text).WithHint("write %q", text)
	}
	return Value{Kind: Text, Text: text}
}

// plain has the digits of a number and nothing that only people read.
var plain = strings.NewReplacer("_", "", ",", "", "+", "")

func integer(text string) string {
	n, ok := new(big.Int).SetString(plain.Replace(text), 0)
	if !ok {
		return text
	}
	return n.String()
}

// sexagesimal is a number to the base 60, as 1:30 is 90.
func sexagesimal(text string) string {
	digits, isNegative := strings.CutPrefix(plain.Replace(text), "-")
	total := new(big.Int)
	for part := range strings.SplitSeq(digits, ":") {
		n, ok := new(big.Int).SetString(part, 10)
		if !ok {
			return text
		}
		total.Add(total.Mul(total, big.NewInt(60)), n)
	}
	if isNegative {
		total.Neg(total)
	}
	return total.String()
}

func float(text string) string {
	number, err := strconv.ParseFloat(plain.Replace(text), 64)
	if err != nil {
		return text
	}
	short := strconv.FormatFloat(number, 'f', -1, 64)
	if !strings.Contains(short, ".") {
		short += ".0"
	}
	return short
}
