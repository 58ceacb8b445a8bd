package pyyaml

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// The plain scalars that are no text, https://yaml.org/type/ as PyYAML reads it.
var (
	booleans  = map[string]bool{"yes": true, "no": false, "true": true, "false": false, "on": true, "off": false}
	boolean   = regexp.MustCompile(`^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$`)
	integer   = regexp.MustCompile(`^[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$`)
	float     = regexp.MustCompile(`^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)
	null      = regexp.MustCompile(`^(?:~|null|Null|NULL|)$`)
	timestamp = regexp.MustCompile(`^\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d`)
	lonely    = regexp.MustCompile(`^[=]$`)
)

// scalar returns what a scalar is.
func scalar(n *yaml.Node) (any, error) {
	if n.Style&yaml.TaggedStyle != 0 {
		if n.Tag == "!!str" || n.Tag == "!" {
			return n.Value, nil
		}
		return nil, fail(n, "the tag %s is not supported", n.Tag)
	}
	s := n.Value
	switch {
	case n.Style != 0:
		return s, nil
	case boolean.MatchString(s):
		return booleans[strings.ToLower(s)], nil
	case null.MatchString(s):
		return nil, nil
	case integer.MatchString(s):
		return parseInteger(n)
	case float.MatchString(s):
		return parseFloat(n)
	case timestamp.MatchString(s) || lonely.MatchString(s):
		return nil, fail(n, "%s is no text in YAML 1.1; put it in quotes", s)
	}
	return s, nil
}

func parseInteger(n *yaml.Node) (any, error) {
	s := strings.ReplaceAll(n.Value, "_", "")
	sign := 1
	if s[0] == '-' || s[0] == '+' {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	if strings.Contains(s, ":") {
		total := 0
		for part := range strings.SplitSeq(s, ":") {
			digit, err := strconv.Atoi(part)
			if err != nil || total > math.MaxInt/61 {
				return nil, fail(n, "%s is too large a number", n.Value)
			}
			total = total*60 + digit
		}
		return sign * total, nil
	}
	base := 10
	switch {
	case strings.HasPrefix(s, "0b"):
		s, base = s[2:], 2
	case strings.HasPrefix(s, "0x"):
		s, base = s[2:], 16
	case len(s) > 1 && s[0] == '0':
		base = 8
	}
	value, err := strconv.ParseInt(s, base, 64)
	if err != nil {
		return nil, fail(n, "%s is too large a number", n.Value)
	}
	return sign * int(value), nil
}

func parseFloat(n *yaml.Node) (any, error) {
	s := strings.ToLower(strings.ReplaceAll(n.Value, "_", ""))
	if strings.Contains(s, ":") {
		return nil, fail(n, "%s is a number to the base of sixty; put it in quotes", n.Value)
	}
	value, err := strconv.ParseFloat(strings.Replace(strings.Replace(s, ".inf", "inf", 1), ".nan", "nan", 1), 64)
	if err != nil {
		return nil, fail(n, "%s is too large a number", n.Value)
	}
	return value, nil
}
