package record

// Curve shows how the cost of a request grows with something else: connections,
// files, the size of a file.
type Curve struct {
	Name, Title, About string
	Axis               string // what the points count
	Sizes              bool   `json:",omitempty"` // points are file sizes in bytes, and costs are per MiB
	Points             []Point
	Notes              []string `json:",omitempty"`
}

// Point is one measurement on a curve, with a row for each contestant.
type Point struct {
	X    int64
	Rows []Row
}

// Row returns a contestant's row at a point, or nil if it took no part.
func (p *Point) Row(contestant string) *Row { return findRow(p.Rows, contestant) }

// Cost returns the CPU time of the server in microseconds: per MiB of bodies on
// a curve of sizes, otherwise per request.
func (c *Curve) Cost(r Round) float64 {
	if !c.Sizes {
		return r.CPU()
	}
	return float64(r.User+r.System) * 1e6 / (float64(r.Bytes) / (1 << 20))
}
