package stats

// Top is what clients ask for most, and which requests fail most, since somebody began
// to watch. The most frequent come first.
type Top struct {
	Paths  []Path `json:"paths"`
	Errors []Path `json:"errors"`
}

// Path is how often a clean path, without its query, was asked for. A long one is cut
// off, and one that is not UTF-8 has replacement characters.
type Path struct {
	Path   string `json:"path"`
	Status int    `json:"status,omitempty"` // of errors only
	Count  uint64 `json:"count"`            // never too low
	Excess uint64 `json:"excess"`           // how much too high it may be
}
