package gitlab

// Kind is a kind of token.
type Kind string

// The kinds of tokens.
const (
	// Job is CI_JOB_TOKEN: it may read little, start pipelines, and write nothing else.
	Job Kind = "job token"
	// Trigger is a pipeline trigger token: it can only start pipelines of its project.
	Trigger Kind = "trigger token"
	// Private is a token of a person, project or group.
	Private Kind = "access token"
)

// Token is a secret with its kind and its variable. It never prints the secret.
type Token struct {
	kind   Kind
	secret string
	from   string
}

// NewToken returns a token. from is the name of the variable that it was found in, for messages.
func NewToken(kind Kind, secret, from string) Token { return Token{kind, secret, from} }

// Kind returns the token's kind, empty for the zero token.
func (t Token) Kind() Kind { return t.kind }

// String names the token by where it is from.
func (t Token) String() string {
	if t.kind == "" {
		return "no token"
	}
	return "the " + string(t.kind) + " in " + t.from
}

// GoString is String.
func (t Token) GoString() string { return t.String() }

// header names the header that a request carries the token in; it is empty for a token that no header may have.
func (t Token) header() string {
	switch t.kind {
	case Job:
		return "JOB-TOKEN"
	case Private:
		return "PRIVATE-TOKEN"
	default:
		return ""
	}
}
