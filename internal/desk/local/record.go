package local

// Record is a Result for programs to read.
type Record struct {
	Image   string  `json:"image"`
	State   State   `json:"state"`
	Note    string  `json:"note,omitempty"`
	Error   string  `json:"error,omitempty"`
	Because string  `json:"because,omitempty"`
	Log     string  `json:"log,omitempty"`
	Seconds float64 `json:"seconds"`
}

// Records are results for programs to read.
func Records(results []Result) []Record {
	records := make([]Record, len(results))
	for i, r := range results {
		records[i] = Record{Image: r.Image, State: r.State, Note: r.Note, Because: r.Because, Log: r.Log, Seconds: r.Took.Seconds()}
		if r.Err != nil {
			records[i].Error = r.Err.Error()
		}
	}
	return records
}
